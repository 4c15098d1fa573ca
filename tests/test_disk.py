"""A disk that takes nothing: what was answered is kept, what is asked is refused, and all goes on when the disk does."""

import http.client
import json
import os
import pathlib
import resource
import shutil
import sqlite3
import subprocess
import time
import urllib.parse

import pytest

from stepwell import ROLE, Refusal, Server, Wire, wait_for

PASS = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
WAIT = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": true}}}'

# Random, so that packing does not make it small.
LARGE = '"' + os.urandom(60_000).hex() + '"'


def health(server):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=20)
    connection.request("GET", "/health")
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def create(wire, name, definition):
    return wire.call("CreateStateMachine", name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]


def fill(wire, machine):
    """Starts executions until one is refused. Gives those that were acknowledged, and the refusal."""
    started = []
    for _ in range(2000):
        try:
            started.append(wire.call("StartExecution", stateMachineArn=machine, input=LARGE)["executionArn"])
        except Refusal as refusal:
            return started, refusal
    raise AssertionError("the disk does not become full")


def heals(server, wire, machine, started, make_room):
    """The disk is full until `make_room`; then everything goes on, and is still there after a kill."""
    assert len(started) > 3
    status, reason = health(server)
    assert status == 503 and reason.startswith("degraded: "), reason
    for execution in started:
        assert wire.call("DescribeExecution", executionArn=execution)["input"] == LARGE

    make_room()
    wait_for("health", lambda: health(server)[0] == 200, seconds=20)
    execution = wait_for("a start", lambda: accepted(wire, machine), seconds=20)
    for execution in [*started, execution]:
        ended = lambda: wire.call("DescribeExecution", executionArn=execution)["status"] == "SUCCEEDED"
        wait_for(f"{execution} to end", ended, seconds=30)

    server.kill()
    server.start()
    wire.turn_to(server.url)
    for execution in started:
        assert wire.call("DescribeExecution", executionArn=execution)["status"] == "SUCCEEDED"
        assert len(wire.history(execution)) >= 4


def accepted(wire, machine):
    try:
        return wire.call("StartExecution", stateMachineArn=machine, input=LARGE)["executionArn"]
    except Refusal:
        return None


@pytest.mark.parametrize("definition", [PASS, WAIT], ids=["pass", "wait"])
def test_files_that_may_not_grow(tmp_path, definition):
    server = Server(tmp_path)
    server.start()
    try:
        wire = Wire(server.url)
        machine = create(wire, "m", definition)
        pid = server.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (3_000_000, most))
        started, refusal = fill(wire, machine)
        assert (refusal.status, refusal.code) == (503, "ServiceUnavailableException")
        assert "ulimit -f" in health(server)[1]
        room = lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        heals(server, wire, machine, started, room)
    finally:
        server.end()


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 12 MB, where that can be had."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs to mount a file system")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_is_full(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(8_000_000))
    config = small_disk / "stepwell.toml"
    config.write_text("[disk]\nreserve_bytes = 0\n")
    server = Server(small_disk, "--config", config)
    server.start()
    try:
        wire = Wire(server.url)
        machine = create(wire, "m", WAIT)
        started, refusal = fill(wire, machine)
        assert (refusal.status, refusal.code) == (503, "ServiceUnavailableException")
        assert refusal.message == "Nothing can be saved: the disk of the server is full"
        time.sleep(1.5)  # By now, the executions that wait are due, and can't go on.
        heals(server, wire, machine, started, ballast.unlink)
    finally:
        server.end()


def test_the_last_of_a_disk_is_kept_for_what_has_begun(small_disk):
    config = small_disk / "stepwell.toml"
    config.write_text("[disk]\nreserve_bytes = 40000000\n")
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    server = Server(small_disk, "--config", config)
    server.start()
    try:
        wire = Wire(server.url)
        machine = create(wire, "m", WAIT)
        execution = accepted(wire, machine)
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(30_000_000))
        refused = lambda: accepted(wire, machine) is None
        wait_for("a refusal", refused, seconds=5)
        status, reason = health(server)
        assert status == 503 and "bytes left" in reason, reason
        ended = lambda: wire.call("DescribeExecution", executionArn=execution)["status"] == "SUCCEEDED"
        wait_for("the end", ended)
        ballast.unlink()
        wait_for("a start", lambda: accepted(wire, machine), seconds=5)
    finally:
        server.end()


def test_a_disk_that_becomes_read_only(small_disk):
    server = Server(small_disk)
    (small_disk / "stepwell.toml").write_text("[disk]\nreserve_bytes = 0\n")
    server.options += ["--config", small_disk / "stepwell.toml"]
    # What the test itself writes is elsewhere.
    server.log = pathlib.Path(f"{small_disk}.log")
    server.start()
    try:
        wire = Wire(server.url)
        machine = create(wire, "m", PASS)
        started = [accepted(wire, machine) for _ in range(5)]
        bind = subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], capture_output=True)
        if bind.returncode != 0:
            pytest.skip("a file system with files open for writing can't be made read-only here")
        assert accepted(wire, machine) is None
        room = lambda: subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        heals(server, wire, machine, started, room)
    finally:
        server.end()


def test_a_folder_that_is_moved_under_the_server(tmp_path):
    server = Server(tmp_path)
    server.start()
    try:
        wire = Wire(server.url)
        machine = create(wire, "m", PASS)
        started = [accepted(wire, machine) for _ in range(5)]
        elsewhere = tmp_path / "elsewhere"
        server.data.rename(elsewhere)
        with pytest.raises(Refusal) as refusal:
            wire.call("StartExecution", stateMachineArn=machine, input="{}")
        assert (refusal.value.status, refusal.value.code) == (503, "ServiceUnavailableException")
        assert "stepwell.db is gone" in health(server)[1]
        heals(server, wire, machine, started, lambda: elsewhere.rename(server.data))
    finally:
        server.end()


def test_a_folder_that_is_removed_under_the_server(tmp_path):
    server = Server(tmp_path)
    server.start()
    wire = Wire(server.url)
    machine = create(wire, "m", PASS)
    shutil.rmtree(server.data)
    assert accepted(wire, machine) is None
    assert health(server)[0] == 503
    assert server.stop() == 0
    assert not (server.data / "stepwell.db").exists()


def test_check_names_what_is_damaged(tmp_path):
    server = Server(tmp_path)
    server.start()
    wire = Wire(server.url)
    machine = create(wire, "m", PASS)
    executions = [accepted(wire, machine) for _ in range(5)]
    wait_for("the end", lambda: wire.call("DescribeExecution", executionArn=executions[-1])["status"] == "SUCCEEDED")
    check = [server.command()[0], "check", "--data", server.data]
    used = subprocess.run(check, capture_output=True, text=True)
    assert used.returncode == 2 and "uses the data folder" in used.stderr
    assert server.stop() == 0
    whole = subprocess.run(check, capture_output=True, text=True)
    assert (whole.returncode, whole.stdout) == (0, ""), whole
    assert "5 executions" in whole.stderr

    database = sqlite3.connect(server.data / "stepwell.db")
    first = database.execute("SELECT min(id) FROM execution").fetchone()[0]
    database.execute("UPDATE history SET bytes = zeroblob(length(bytes)) WHERE key >> 16 = ?", [first])
    database.commit()
    database.close()
    damaged = subprocess.run([*check, "--output", "json"], capture_output=True, text=True)
    assert damaged.returncode == 1
    findings = json.loads(damaged.stdout)["findings"]
    name = next(name for name in executions if name in findings[0])
    server.start()
    wire.turn_to(server.url)
    with pytest.raises(Refusal) as refusal:
        wire.history(name)
    assert refusal.value.status == 500 and name in refusal.value.message
    for other in executions:
        if other != name:
            assert len(wire.history(other)) == 4
    server.end()
