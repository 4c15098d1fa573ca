"""What no client and no operator should do, and what becomes of it: a clear answer, and nothing damaged."""

import contextlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import urllib.parse

import pytest

from stepwell import (
    FUNCTIONS,
    LOST,
    ROLE,
    Refusal,
    Server,
    arn,
    chain,
    ended,
    event_types,
    function_arn,
    run,
    task,
    wait_for,
    waiting,
)


@pytest.fixture
def wire(server):
    """A raw connection; afterwards the server still lives and answers."""
    yield server.wire()
    assert server.process.poll() is None, server.said()[-2000:]
    server.wire().call("ListActivities", maxResults=1)


# Requests


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b"[]", b"null", b'"text"', b"\xff\xfe{}", b'{"maxResults": 1}}', b'{"maxResults": }'],
    ids=repr,
)
def test_a_body_that_is_no_json_object_is_refused(wire, body):
    status, answer = wire.send(body, "ListStateMachines")
    # An empty body is read as no members by AWS's servers; either reading harms nobody.
    if body == b"" and status == 200:
        return
    assert status == 400
    assert answer["__type"].endswith("SerializationException")


@pytest.mark.parametrize(
    "operation, members",
    [
        ("StartExecution", {"stateMachineArn": 5}),
        ("StartExecution", {"stateMachineArn": arn("stateMachine", "x"), "input": {"not": "text"}}),
        ("ListStateMachines", {"maxResults": "many"}),
        ("ListStateMachines", {"maxResults": [1]}),
        ("GetExecutionHistory", {"executionArn": arn("execution", "x:y"), "reverseOrder": "yes"}),
        ("CreateStateMachine", {"name": "x", "definition": "{}", "roleArn": ROLE, "loggingConfiguration": "all"}),
    ],
)
def test_a_member_of_the_wrong_type_is_refused(wire, operation, members):
    with pytest.raises(Refusal) as refusal:
        wire.call(operation, **members)
    assert (refusal.value.status, refusal.value.code) == (400, "SerializationException")


@pytest.mark.parametrize(
    "operation, members, member",
    [
        ("StartExecution", {}, "stateMachineArn"),
        ("StartExecution", {"stateMachineArn": ""}, "stateMachineArn"),
        ("ListStateMachines", {"maxResults": 1001}, "maxResults"),
        ("ListStateMachines", {"maxResults": -1}, "maxResults"),
        ("CreateActivity", {"name": "x" * 81}, "name"),
        ("ListExecutions", {"stateMachineArn": arn("stateMachine", "x"), "statusFilter": "TIRED"}, "statusFilter"),
    ],
)
def test_a_member_outside_its_bounds_is_refused_by_name(wire, operation, members, member):
    with pytest.raises(Refusal) as refusal:
        wire.call(operation, **members)
    assert (refusal.value.status, refusal.value.code) == (400, "ValidationException")
    assert f"'{member}' failed to satisfy constraint" in refusal.value.message


@pytest.mark.parametrize("depth", [1_000, 100_000, 400_000])
def test_nesting_without_end_is_refused(wire, depth):
    status, answer = wire.send(b'{"maxResults":' + b"[" * depth, "ListStateMachines")
    assert status == 400
    assert answer["__type"].endswith("SerializationException")
    status, answer = wire.send(b'{"unknown":' + b"[" * depth + b"]" * depth + b"}", "ListStateMachines")
    assert status in (200, 400)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_a_deeply_nested_input_or_definition_harms_nobody(wire, create, depth):
    nested = "[" * depth + "]" * depth
    with contextlib.suppress(Refusal):
        wire.call("StartExecution", stateMachineArn=create(chain()), input=nested)
    with pytest.raises(Refusal) as refusal:
        wire.call("CreateStateMachine", name=f"deep-{depth}", definition=nested, roleArn=ROLE)
    assert refusal.value.code == "InvalidDefinition"
    level = {"Type": "Pass", "End": True}
    for _ in range(200):
        branch = {"StartAt": "S", "States": {"S": level}}
        level = {"Type": "Parallel", "Branches": [branch], "End": True}
    definition = json.dumps({"StartAt": "S", "States": {"S": level}})
    with pytest.raises(Refusal) as refusal:
        wire.call("CreateStateMachine", name=f"deep-states-{depth}", definition=definition, roleArn=ROLE)
    assert refusal.value.code == "InvalidDefinition"


@pytest.mark.parametrize("megabytes", [2, 20])
def test_a_request_that_is_too_large_is_refused(wire, megabytes):
    body = json.dumps({"name": "x", "definition": "x" * (megabytes << 20), "roleArn": ROLE}).encode()
    try:
        status, answer = wire.send(body, "CreateStateMachine")
    except LOST:
        # The server may close a connection that goes on sending what nobody will read.
        return
    assert status in (400, 413)
    assert answer["__type"]


def test_an_input_or_definition_at_its_limit_is_taken_and_one_byte_more_is_not(wire, create):
    machine = create(chain())
    input = json.dumps("x" * (262_144 - 2))
    wire.call("StartExecution", stateMachineArn=machine, input=input)
    with pytest.raises(Refusal) as refusal:
        wire.call("StartExecution", stateMachineArn=machine, input=input + " ")
    assert refusal.value.code in ("ValidationException", "InvalidExecutionInput")


def test_an_unknown_target_is_refused(wire):
    for target in ("AWSStepFunctions.BrewTea", "AWSStepFunctions.", "DynamoDB_20120810.ListTables", "", None):
        headers = {} if target is None else {"X-Amz-Target": target}
        status, answer = wire.send(b"{}", headers=headers)
        assert 400 <= status < 500, target
        assert answer["__type"].endswith("UnknownOperationException"), target


def test_bytes_that_are_no_http_harm_nobody(server, wire):
    address = urllib.parse.urlsplit(server.url)
    for bytes_sent in (b"\x00" * 4096, b"GET", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"A" * 200_000, b"\x16\x03\x01"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(bytes_sent)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass


def test_an_unfinished_body_does_not_keep_others_waiting(server, wire):
    connections = []
    for _ in range(200):
        connection = http.client.HTTPConnection(wire.address, timeout=10)
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        connections.append(connection)
    wire.call("ListStateMachines")
    for connection in connections:
        connection.close()


# Things that do not exist


def test_things_that_do_not_exist(wire):
    machine, activity = arn("stateMachine", "nowhere"), arn("activity", "nowhere")
    execution = arn("execution", "nowhere:never")
    for operation, members, code in (
        ("DescribeStateMachine", {"stateMachineArn": machine}, "StateMachineDoesNotExist"),
        ("UpdateStateMachine", {"stateMachineArn": machine, "roleArn": ROLE}, "StateMachineDoesNotExist"),
        ("StartExecution", {"stateMachineArn": machine}, "StateMachineDoesNotExist"),
        ("StartSyncExecution", {"stateMachineArn": machine}, "StateMachineDoesNotExist"),
        ("ListExecutions", {"stateMachineArn": machine}, "StateMachineDoesNotExist"),
        ("DescribeExecution", {"executionArn": execution}, "ExecutionDoesNotExist"),
        ("DescribeStateMachineForExecution", {"executionArn": execution}, "ExecutionDoesNotExist"),
        ("GetExecutionHistory", {"executionArn": execution}, "ExecutionDoesNotExist"),
        ("StopExecution", {"executionArn": execution}, "ExecutionDoesNotExist"),
        ("DescribeActivity", {"activityArn": activity}, "ActivityDoesNotExist"),
        ("GetActivityTask", {"activityArn": activity}, "ActivityDoesNotExist"),
    ):
        with pytest.raises(Refusal) as refusal:
            wire.call(operation, **members)
        assert (refusal.value.status, refusal.value.code) == (400, code), operation
    wire.call("DeleteStateMachine", stateMachineArn=machine)
    wire.call("DeleteActivity", activityArn=activity)


@pytest.mark.parametrize("bad", ["x", "arn:aws:states", arn("machine", "x"), "arn:aws:s3:::bucket", arn("stateMachine", "a b")])
def test_an_arn_that_is_none_is_refused(wire, bad):
    for operation, member in (
        ("DescribeStateMachine", "stateMachineArn"),
        ("StartExecution", "stateMachineArn"),
        ("DescribeExecution", "executionArn"),
        ("StopExecution", "executionArn"),
        ("DescribeActivity", "activityArn"),
    ):
        with pytest.raises(Refusal) as refusal:
            wire.call(operation, **{member: bad})
        assert (refusal.value.status, refusal.value.code) == (400, "InvalidArn"), operation


# Definitions and inputs


@pytest.mark.parametrize(
    "definition, words",
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ("{}", "SCHEMA_VALIDATION_FAILED"),
        ({"StartAt": "A", "States": {}}, ""),
        ({"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}, "MISSING_TRANSITION_TARGET"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "MISSING_TRANSITION_TARGET"),
        ({"StartAt": "A", "States": {"A": {"Type": "Tea", "End": True}}}, "/States/A"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "/States/A"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, "InputPath": "tea"}}}, "/States/A/InputPath"),
        ({"StartAt": "A", "States": {"A": {"Type": "Wait", "End": True}}}, "/States/A"),
        ({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": -1, "End": True}}}, "/States/A/Seconds"),
        ({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "tea", "End": True}}}, "/States/A/Resource"),
        ({"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": []}}}, "/States/A/Choices"),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, "Parameters": {"x.$": "States.Tea()"}}}},
            "/States/A/Parameters",
        ),
    ],
)
def test_a_definition_with_a_mistake_is_refused_with_its_place(client, definition, words):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    wire_error = None
    try:
        client.create_state_machine(name="mistaken", definition=text, roleArn=ROLE)
    except client.exceptions.ClientError as error:
        wire_error = error.response["Error"]
    except Exception as error:  # boto3 refuses an empty definition itself.
        assert text == "" and "definition" in str(error)
        return
    assert wire_error and wire_error["Code"] == "InvalidDefinition", wire_error
    assert wire_error["Message"].startswith("Invalid State Machine Definition: '")
    assert words in wire_error["Message"]


@pytest.mark.parametrize("input", ["", "{", "tea", "{'a': 1}", '{"a": 1} x', "\x00"])
def test_an_input_that_is_no_json_is_refused(wire, create, input):
    machine, express = create(chain()), create(chain(), "EXPRESS")
    for operation, target in (("StartExecution", machine), ("StartExecution", express), ("StartSyncExecution", express)):
        with pytest.raises(Refusal) as refusal:
            wire.call(operation, stateMachineArn=target, input=input)
        assert (refusal.value.status, refusal.value.code) == (400, "InvalidExecutionInput")


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a*", "a\n", "", "x" * 81, "<tea>"])
def test_a_name_with_reserved_characters_is_refused(wire, create, name):
    machine = create(chain())
    for operation, members in (
        ("StartExecution", {"stateMachineArn": machine}),
        ("CreateActivity", {}),
        ("CreateStateMachine", {"definition": json.dumps(chain()), "roleArn": ROLE}),
    ):
        with pytest.raises(Refusal) as refusal:
            wire.call(operation, name=name, **members)
        assert refusal.value.code in ("InvalidName", "ValidationException"), operation


def test_a_loop_without_end_stops_at_the_limit_of_history(client, create):
    never = [{"Variable": "$.never", "IsPresent": True, "Next": "End"}]
    endless = {
        "StartAt": "Again",
        "States": {
            "Again": {"Type": "Pass", "Next": "Enough"},
            "Enough": {"Type": "Choice", "Choices": never, "Default": "Again"},
            "End": {"Type": "Succeed"},
        },
    }
    execution = client.start_execution(stateMachineArn=create(endless))["executionArn"]
    described = ended(client, execution, 60)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    last = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert last["type"] == "ExecutionFailed"
    assert last["id"] <= 25_000


# Functions


def works(execute):
    described = execute(task(function_arn("Echo")), {"still": "there"})
    assert described["status"] == "SUCCEEDED", described
    assert json.loads(described["output"]) == {"still": "there"}


@pytest.mark.parametrize(
    "name, error",
    [
        ("Raise", "OutOfTea"),
        ("Hang", "Sandbox.Timedout"),
        ("Die", "Runtime.ExitError"),
        ("Garbage", "Runtime.InvalidResponse"),
        ("Nobody", "Lambda.ResourceNotFoundException"),
    ],
)
def test_a_function_that_fails_fails_its_task(client, execute, name, error):
    described = execute(task(function_arn(name)), {"tea": 1})
    assert (described["status"], described.get("error")) == ("FAILED", error), described
    assert described["cause"]
    types = event_types(client, described["executionArn"])
    assert types[-2] in ("LambdaFunctionFailed", "LambdaFunctionScheduleFailed", "LambdaFunctionTimedOut")
    works(execute)


def test_a_function_that_floods_its_log_is_not_stopped_by_it(execute, server):
    before = server.log.stat().st_size
    described = execute(task(function_arn("Flood")), seconds=60)
    assert described["status"] == "SUCCEEDED", described
    assert server.log.stat().st_size - before < 8 << 20
    works(execute)


def test_a_result_that_is_too_large_fails_its_task(execute):
    described = execute(task(function_arn("Huge")), {"length": 262_143})
    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")
    described = execute(task(function_arn("Huge")), {"length": 7 << 20})
    assert (described["status"], described["error"]) == ("FAILED", "Function.ResponseSizeTooLarge")
    works(execute)


def test_functions_that_hang_do_not_keep_others_waiting(client, create, execute):
    machine = create(task(function_arn("Hang")))
    hanging = [client.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(8)]
    works(execute)
    for execution in hanging:
        assert ended(client, execution, 60)["error"] == "Sandbox.Timedout"


def test_functions_end_with_a_killed_server(serve):
    server = serve()
    client = server.boto3()
    request = {"name": "sleep", "definition": json.dumps(task(function_arn("Sleep"))), "roleArn": ROLE}
    machine = client.create_state_machine(**request)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    wait_for("the function sleeps", lambda: "LambdaFunctionStarted" in event_types(client, execution))
    workers = wait_for("the function has a process", lambda: descendants(server.process.pid))
    server.kill()
    wait_for("its processes have ended", lambda: not any(is_alive(pid) for pid in workers))

    server.start()
    described = ended(server.boto3(), execution)
    assert (described["status"], described["error"]) == ("FAILED", "Lambda.SdkClientException")


def descendants(pid):
    """The processes below a process."""
    found = []
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *descendants(child)]
    return found


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


# Operators


def refuses_to_start(*options, words):
    """`serve` with these options ends by itself with a clear message and an exit code."""
    options = ("--listen", "127.0.0.1:0", *options) if "--listen" not in options else options
    done = run("serve", *options, seconds=30)
    assert done.returncode not in (0, None) and done.returncode > 0, done
    assert done.stdout == ""
    assert "panicked" not in done.stderr
    for word in words:
        assert word in done.stderr, f"{word!r} is not in: {done.stderr}"
    return done.stderr


def test_a_taken_port_is_named(serve, tmp_path):
    taken = urllib.parse.urlsplit(serve().url).netloc
    refuses_to_start("--listen", taken, "--data", tmp_path / "other", words=[taken, "--listen"])


def test_a_folder_belongs_to_one_server(serve):
    first = serve()
    machine = first.boto3().create_state_machine(name="m", definition=json.dumps(chain()), roleArn=ROLE)
    refuses_to_start("--data", first.data, words=[str(first.data)])
    assert first.boto3().describe_state_machine(stateMachineArn=machine["stateMachineArn"])["name"] == "m"


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path):
    refuses_to_start("--data", "/proc/stepwell", words=["/proc/stepwell"])
    file = tmp_path / "file"
    file.write_text("mine")
    refuses_to_start("--data", file, words=[str(file)])
    refuses_to_start("--data", file / "below", words=[str(file / "below")])
    assert file.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_folder_is_named(tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)
    refuses_to_start("--data", folder, words=[str(folder)])


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "tea.jpg").write_bytes(b"\xff\xd8")
    refuses_to_start("--data", folder, words=[str(folder)])
    assert [entry.name for entry in folder.iterdir()] == ["tea.jpg"]


def test_data_that_is_not_ours_is_left_alone(serve):
    server = serve()
    server.stop()
    files = [path for path in server.data.rglob("*") if path.is_file() and path.stat().st_size > 0]
    database = max(files, key=lambda path: path.stat().st_size)
    before = database.read_bytes()
    database.write_bytes(b"these are not the bytes that were here " * 200)
    refuses_to_start("--data", server.data, words=[str(server.data)])
    assert database.read_bytes() == b"these are not the bytes that were here " * 200
    database.write_bytes(before)
    server.start()
    server.wire().call("ListStateMachines")


def test_a_functions_folder_that_is_not_there_is_named(tmp_path):
    missing = tmp_path / "nothing"
    refuses_to_start("--data", tmp_path / "data", "--functions", missing, words=[str(missing)])


def test_an_address_for_everybody_is_refused(tmp_path):
    refuses_to_start("--listen", "0.0.0.0:0", "--data", tmp_path / "data", words=["0.0.0.0"])
    refuses_to_start("--listen", "tea", "--data", tmp_path / "data", words=["tea"])


def test_a_configuration_with_a_mistake_is_named(tmp_path):
    file = tmp_path / "stepwell.toml"
    file.write_text('listen = "127.0.0.1:0"\nbrew = "tea"\n')
    refuses_to_start("--config", file, "--data", tmp_path / "data", words=[str(file), "brew"])
    file.write_text("listen = [\n")
    refuses_to_start("--config", file, "--data", tmp_path / "data", words=[str(file)])
    missing = tmp_path / "missing.toml"
    refuses_to_start("--config", missing, "--data", tmp_path / "data", words=[str(missing)])


# A disk without room


class Tmpfs:
    """A file system with room for a few megabytes, and later for more."""

    words = "the disk is full"

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]
        done = subprocess.run(mount, capture_output=True, text=True) if shutil.which("mount") else None
        if done is None or done.returncode:
            pytest.skip(f"a small tmpfs cannot be mounted here: {done.stderr.strip() if done else 'no mount'}")

    def settings(self):
        return {}

    def make_room(self):
        subprocess.run(["mount", "-o", "remount,size=256m", self.folder], check=True)

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


class FileSizeLimit:
    """A limit on the length of any file the server writes."""

    words = "failed to write"

    def __init__(self, folder):
        folder.mkdir()
        self.limited = True

    def settings(self):
        return {"preexec_fn": limit_file_size} if self.limited else {}

    def make_room(self):
        self.limited = False

    def remove(self):
        pass


def limit_file_size():
    # Without this, the signal would end the process before it sees the error that a full disk gives.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24 << 20, 24 << 20))


@pytest.mark.parametrize("limit", [Tmpfs, FileSizeLimit])
def test_a_full_disk_loses_nothing_that_was_answered(limit, tmp_path):
    room = limit(tmp_path / "small")
    config = tmp_path / "stepwell.toml"
    # Nothing is kept back: the disk shall fill to the last block.
    config.write_text("[disk]\nreserve_bytes = 0\n")
    server = Server(tmp_path / "server", "--config", config, functions=FUNCTIONS)
    server.data = tmp_path / "small" / "data"
    try:
        server.start(**room.settings())
        wire = server.wire()
        request = {"name": "m", "definition": json.dumps(waiting()), "roleArn": ROLE}
        machine = wire.call("CreateStateMachine", **request)["stateMachineArn"]
        acknowledged, refusals = fill(server, machine)
        assert acknowledged, "nothing could be started at all"
        assert refusals, "the disk never filled"
        if server.process.poll() is None:
            # The server lives on: what is there can still be read, and SIGTERM ends it.
            assert server.wire().call("DescribeExecution", executionArn=acknowledged[0])["status"] == "RUNNING"
            server.process.terminate()
        status = server.process.wait(30)
        said = server.said()
        assert status >= 0, f"killed by signal {-status}: {said[-2000:]}"
        assert "panicked" not in said, said[-2000:]
        assert room.words in said, said[-2000:]

        room.make_room()
        server.start(**room.settings())
        wire = server.wire()
        for execution in acknowledged:
            described = wire.call("DescribeExecution", executionArn=execution)
            assert described["status"] == "RUNNING", described
        fresh = wire.call("StartExecution", stateMachineArn=machine, name="with-room-again")
        assert wire.call("DescribeExecution", executionArn=fresh["executionArn"])["status"] == "RUNNING"
    finally:
        server.end()
        room.remove()


def fill(server, machine):
    """Starts executions with inputs of 100 KB until four refusals or losses in a row; gives what was acknowledged."""
    wire, acknowledged, refusals = server.wire(timeout=30), [], []
    for number in range(2_000):
        # Random text, so that no compression helps.
        input = json.dumps(os.urandom(50_000).hex())
        try:
            start = wire.call("StartExecution", stateMachineArn=machine, name=f"n{number}", input=input)
            acknowledged.append(start["executionArn"])
            refusals.clear()
        except (Refusal, *LOST) as refusal:
            refusals.append(refusal)
            if len(refusals) == 4:
                break
    return acknowledged, refusals
