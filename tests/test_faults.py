"""Writes that fail, syncs that fail, power that fails, a clock that is set back: what was answered is there, whatever happens.

FAULTS_SEED replays the moments at which the power fails; POWER_CUTS changes their number.
"""

import collections
import concurrent.futures
import errno
import itertools
import json
import os
import random
import subprocess
import threading
import time

import pytest

import faults
from kill_checks import check_history
from stepwell import LOST, ROLE, Refusal, Server, Wire, binary, chain, wait_for, waiting
from test_disk import accepted, health

POWER_CUTS = int(os.environ.get("POWER_CUTS", "6"))
# The exit code of a server that does not know any more what is on disk.
FATAL = 70


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return faults.library(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def faulty(library, tmp_path):
    """Servers whose disk and clock are told what to do."""
    servers = []

    def start(config=""):
        server = Server(tmp_path / "server", environment={"STEPWELL_LOG": "warn"})
        server.data.mkdir(parents=True)
        file = tmp_path / "stepwell.toml"
        file.write_text(config)
        server.options += ["--config", file]
        server.faults = faults.Faults(library, tmp_path / "faults", server.data)
        server.environment.update(server.faults.environment)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.end()


def create(wire, name, definition):
    request = {"name": name, "definition": json.dumps(definition), "roleArn": ROLE}
    return wire.call("CreateStateMachine", **request)["stateMachineArn"]


def begin(wire, machine, input="{}"):
    return wire.call("StartExecution", stateMachineArn=machine, input=input)["executionArn"]


def status(wire, execution):
    return wire.call("DescribeExecution", executionArn=execution)["status"]


def is_whole(server):
    """Whether `stepwell check` finds nothing."""
    checked = subprocess.run([binary(), "check", "--data", server.data], capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout) == (0, ""), checked
    return True


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS], ids=errno.errorcode.get)
def test_writes_that_fail_are_said_to_and_heal(faulty, error):
    server = faulty("[disk]\nreserve_bytes = 0\n")
    wire = server.wire()
    machine = create(wire, "m", chain(2))
    started = [begin(wire, machine) for _ in range(5)]
    waits = begin(wire, create(wire, "w", waiting(1)))
    server.faults.tell(write_error=error)
    for _ in range(3):
        with pytest.raises(Refusal) as refusal:
            begin(wire, machine)
        assert (refusal.value.status, refusal.value.code) == (503, "ServiceUnavailableException")
    answered, reason = health(server)
    assert answered == 503 and reason.startswith("degraded: ") and os.strerror(error) in reason, reason
    time.sleep(1.2)  # By now, the execution that waits is due, and can't go on.
    assert [status(wire, execution) for execution in started] == ["SUCCEEDED"] * 5
    assert status(wire, waits) == "RUNNING"
    server.faults.tell(write_error=0)
    wait_for("health", lambda: health(server)[0] == 200)
    started.append(wait_for("a start", lambda: accepted(wire, machine)))
    wait_for("the end of what waited", lambda: status(wire, waits) == "SUCCEEDED")
    server.kill()
    server.faults.power_fails()
    assert is_whole(server)
    wire.turn_to(server.start().url)
    for execution in [*started, waits]:
        check_history(wire.history(execution), status(wire, execution), 0, execution)


def test_writes_that_take_half_of_what_they_are_given_lose_nothing(faulty):
    server = faulty()
    server.faults.tell(short_writes=1)
    wire = server.wire()
    machine = create(wire, "m", chain(5))
    started = [begin(wire, machine, json.dumps("x" * 1000 * number)) for number in range(20)]
    server.kill()
    server.faults.power_fails()
    assert is_whole(server)
    wire.turn_to(server.start().url)
    for number, execution in enumerate(started):
        assert wire.call("DescribeExecution", executionArn=execution)["output"] == json.dumps("x" * 1000 * number)


def test_what_a_failed_sync_has_lost_is_not_built_upon(faulty):
    """Linux forgets what it could not write, says so once, and goes on showing it to whoever reads the file."""
    server = faulty()
    wire = server.wire()
    machine = create(wire, "m", chain(2))
    started = [begin(wire, machine) for _ in range(5)]
    server.faults.tell(sync_error=errno.EIO)
    with pytest.raises((Refusal, *LOST)):
        begin(wire, machine)
    assert server.process.wait(20) == FATAL
    server.faults.tell(sync_error=0)
    assert "it is not known what was saved" in server.said()
    wire.turn_to(server.start().url)
    started += [begin(wire, machine) for _ in range(5)]
    server.kill()
    server.faults.power_fails()
    assert is_whole(server)
    wire.turn_to(server.start().url)
    assert [status(wire, execution) for execution in started] == ["SUCCEEDED"] * 10


class Clients:
    """Who starts executions of a server whose power fails, and remembers what was answered."""

    def __init__(self, server, seed):
        self.server = server
        self.acknowledged = {}
        self.over = threading.Event()
        self.chance = random.Random(seed)
        self.broken = []

    def start(self, kind, machine, input, pause):
        def starting():
            wire = Wire(self.server.url)
            for number in itertools.count():
                if self.over.wait(pause):
                    return
                name, text = f"{kind}-{number}", json.dumps(input(number))
                while not self.over.is_set():
                    url = self.server.url
                    if url is None:
                        self.over.wait(0.02)
                        continue
                    if url != wire.url:
                        wire.turn_to(url)
                    try:
                        arn = wire.call("StartExecution", stateMachineArn=machine, name=name, input=text)["executionArn"]
                    except LOST:
                        continue
                    except Refusal as refusal:
                        if self.server.url != url:
                            continue
                        if refusal.code != "ExecutionAlreadyExists":
                            self.broken.append(str(refusal))
                            return
                        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
                    self.acknowledged[arn] = text
                    break

        thread = threading.Thread(target=starting, daemon=True)
        thread.start()
        return thread


# When executions are removed first after a start.
FIRST_REMOVAL_SECONDS = 10


@pytest.mark.parametrize("kept", ["for ever", "for two seconds"])
def test_power_that_fails_takes_nothing_that_was_answered(faulty, figures, kept):
    seed = int(os.environ.get("FAULTS_SEED", random.SystemRandom().randrange(10**9)))
    print(f"FAULTS_SEED={seed}")
    is_removed = kept != "for ever"
    # A short log is often copied into the database, and begun anew.
    disk = "[disk]\nlog_bytes = 500_000\n"
    server = faulty(disk + (f"[retention]\ndays = {2 / 86_400}\n" if is_removed else "[retention]\ndays = \"forever\"\n"))
    clients = Clients(server, seed)
    wire = server.wire()
    short, waits = create(wire, "short", chain(3)), create(wire, "waits", waiting(1))
    big = create(wire, "large", chain(1))
    large = lambda number: random.Random(number).randbytes(50_000).hex()
    threads = [
        clients.start("short", short, lambda number: {"number": number}, 0.005),
        clients.start("waits", waits, lambda number: number, 0.01),
        clients.start("large", big, large, 0.005),
    ]
    try:
        for _ in range(POWER_CUTS // 3 if is_removed else POWER_CUTS):
            time.sleep(clients.chance.uniform(0.3, 3) + FIRST_REMOVAL_SECONDS * is_removed)
            end_somehow(server, clients.chance)
            server.faults.power_fails(clients.chance)
            assert is_whole(server)
            server.start()
    finally:
        clients.over.set()
        for thread in threads:
            thread.join(30)
    assert not clients.broken
    wire.turn_to(server.url)
    running = {"statusFilter": "RUNNING", "maxResults": 1}
    for machine in (short, waits, big):
        over = lambda: not wire.call("ListExecutions", stateMachineArn=machine, **running)["executions"]
        wait_for(f"{machine} is done", over, 60)

    def check(entry):
        execution, input = entry
        wire = server.wire()
        try:
            described = wire.call("DescribeExecution", executionArn=execution)
            events = wire.history(execution)
        except Refusal as refusal:
            assert is_removed and refusal.code == "ExecutionDoesNotExist", refusal
            return "removed"
        finally:
            wire.connection.close()
        assert (described["status"], described["input"]) == ("SUCCEEDED", input), execution
        check_history(events, "SUCCEEDED", 0, execution)
        return "whole"

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = collections.Counter(pool.map(check, list(clients.acknowledged.items())))
    figures(f"power: executions are kept {kept}, seed {seed}: {len(clients.acknowledged)} acknowledged, {dict(found)}")
    if is_removed:
        listed = lambda arn: wire.call("ListExecutions", stateMachineArn=arn)["executions"]
        wait_for("all to be removed", lambda: not any(map(listed, (short, waits, big))), 60, 0.5)
        server.kill()
        server.faults.power_fails(clients.chance)
        assert is_whole(server)


def end_somehow(server, chance):
    """The end of a server, at times while it ends in order."""
    if chance.random() < 0.2:
        server.process.terminate()
        time.sleep(chance.uniform(0, 0.2))
    server.kill()


def test_a_clock_that_is_set_back_while_the_server_is_down(faulty):
    server = faulty()
    wire = server.wire()
    machine = create(wire, "m", chain(2))
    hold = create(wire, "hold", waiting(2))
    before = [begin(wire, machine) for _ in range(3)]
    waits = begin(wire, hold)
    server.kill()
    server.faults.tell(clock_seconds=-3600)
    wire.turn_to(server.start().url)
    after = [begin(wire, machine) for _ in range(3)]
    assert [status(wire, execution) for execution in [*before, *after]] == ["SUCCEEDED"] * 6
    listed = wire.call("ListExecutions", stateMachineArn=machine)["executions"]
    assert {execution["executionArn"] for execution in listed} == {*before, *after}
    assert status(wire, waits) == "RUNNING"
    server.kill()
    server.faults.tell(clock_seconds=0)
    wire.turn_to(server.start().url)
    wait_for("the end of what waited", lambda: status(wire, waits) == "SUCCEEDED")
    check_history(wire.history(waits), "SUCCEEDED", 0, waits)
