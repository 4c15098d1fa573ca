"""What the web console is served as, and what it asks beside AWS's API."""

import contextlib
import http.client
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

from stepwell import ended, wait_for

PAUSE = {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 3600, "End": True}}}
FAILING = {"StartAt": "Give up", "States": {"Give up": {"Type": "Fail", "Error": "Tired", "Cause": "It is late"}}}
PASSING = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


def ask(server, path, **query):
    """Asks the console's own API."""
    with urllib.request.urlopen(f"{server.url}/stepwell/{path}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return json.load(answer)


def refused(server, path, **query):
    try:
        ask(server, path, **query)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["code"]
    raise AssertionError(f"{path} with {query} was answered")


@contextlib.contextmanager
def feed(server, **query):
    """The lines of a feed of changes."""
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        path = f"/stepwell/changes?{urllib.parse.urlencode(query)}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        lines = connection.makefile("r", encoding="utf-8")
        assert lines.readline().startswith("HTTP/1.1 200")
        wait = iter(lines.readline, "")
        assert any(line.startswith(": hello") for line in wait)
        yield wait


def test_the_servers_address_leads_to_the_console(server):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Location"]) == (302, "/console/")
    connection.request("GET", "/console/executions/some", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    connection.request("POST", "/console/")
    assert connection.getresponse().status == 405


def test_executions_are_found_by_name_status_time_and_error(server, client, create, unique):
    machine, failing = create(PASSING), create(FAILING)
    stem = unique()
    began = int(time.time() * 1000)
    for number in range(3):
        execution = client.start_execution(stateMachineArn=machine, name=f"{stem}-{number}")["executionArn"]
        ended(client, execution)
    ended(client, client.start_execution(stateMachineArn=failing, name=f"{stem}-sad")["executionArn"])

    def found(**query):
        return [execution["name"].removeprefix(stem) for execution in ask(server, "executions", **query)["executions"]]

    assert found(name=stem.upper()) == ["-sad", "-2", "-1", "-0"]
    assert found(name=stem, status="FAILED") == ["-sad"]
    assert found(name=stem, error="tire") == ["-sad"]
    assert found(name=stem, stateMachineArn=machine) == ["-2", "-1", "-0"]
    assert found(name=stem, since=began - 1000, until=began - 500) == []
    assert found(name=stem, since=int(time.time() * 1000) + 60_000) == []


def test_a_long_list_is_found_page_by_page_and_nothing_twice(server, client, create, unique):
    machines = [create(PASSING), create(PASSING)]
    stem = unique()
    started = {client.start_execution(stateMachineArn=machines[i % 2], name=f"{stem}-{i}")["executionArn"] for i in range(250)}
    wait_for("all to end", lambda: len(pages(server, name=stem, status="SUCCEEDED")) == 250)
    assert set(pages(server, name=stem)) == started


def pages(server, **query):
    """The executions of all pages, in their order."""
    arns = []
    while True:
        page = ask(server, "executions", **query)
        arns += [execution["executionArn"] for execution in page["executions"]]
        if "nextToken" not in page:
            assert len(arns) == len(set(arns))
            return arns
        query["nextToken"] = page["nextToken"]


def test_express_executions_are_found_with_their_history(server, client, create, unique):
    machine = create(PASSING, "EXPRESS")
    name = unique()
    execution = client.start_execution(stateMachineArn=machine, name=name)["executionArn"]
    wait_for("the end", lambda: ask(server, "executions", name=name)["executions"])
    events = ask(server, "history", executionArn=execution)["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_what_an_execution_waits_for_is_told_with_its_token(server, client, create, unique):
    activity = client.create_activity(name=unique())["activityArn"]
    machine = create({"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": activity, "End": True}}})
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]

    def waits():
        return ask(server, "waiting", executionArn=execution)["waiting"]

    [wait] = wait_for("the task", waits)
    assert (wait["state"], wait["kind"], wait["activityArn"], wait["taken"]) == ("Ask", "activity", activity, False)
    assert ask(server, "activity", activityArn=activity) == {"waitingTasks": 1, "waitingWorkers": []}
    task = client.get_activity_task(activityArn=activity, workerName="Ada")
    [wait] = waits()
    assert (wait["token"], wait["taken"], wait["worker"]) == (task["taskToken"], True, "Ada")
    client.send_task_success(taskToken=wait["token"], output="{}")
    ended(client, execution)
    assert waits() == []


def test_counts_tell_what_runs_and_what_failed(server, client, create):
    running, failing = create(PAUSE), create(FAILING)
    client.start_execution(stateMachineArn=running)
    ended(client, client.start_execution(stateMachineArn=failing)["executionArn"])
    counts = ask(server, "counts", stateMachineArns=f"{running},{failing}")["counts"]
    assert [(count["running"], count["failed"]) for count in counts] == [(1, 0), (0, 1)]


def test_changes_are_told_within_a_second_to_those_who_show_them(serve):
    server = serve()
    client = server.boto3()

    def create(name):
        return client.create_state_machine(name=name, definition=json.dumps(PAUSE), roleArn="arn:aws:iam::000000000000:role/any")

    machine, other = create("shown")["stateMachineArn"], create("other")["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    with feed(server, executionArn=execution) as lines, feed(server, stateMachineArn=other) as silent, feed(server) as all_machines:
        began = time.monotonic()
        client.stop_execution(executionArn=execution)
        told = next(line for line in lines if line.startswith("data: "))
        assert time.monotonic() - began < 1
        assert json.loads(told.removeprefix("data: ")) == {"executions": [execution], "machines": [], "all": False}
        told = next(line for line in all_machines if line.startswith("data: "))
        assert json.loads(told.removeprefix("data: "))["machines"] == [machine]
        # The end of the server ends feeds, and does not wait for them.
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
        assert not any(line.startswith("data: ") for line in silent)


def test_mistaken_questions_are_refused(server, create):
    assert refused(server, "nothing") == (404, "NotFound")
    assert refused(server, "waiting") == (400, "InvalidRequest")
    assert refused(server, "waiting", executionArn="x") == (400, "InvalidRequest")
    assert refused(server, "executions", status="SLOW") == (400, "InvalidRequest")
    assert refused(server, "executions", since="yesterday") == (400, "InvalidRequest")
    assert refused(server, "executions", nextToken="x") == (400, "InvalidRequest")
    foreign = "arn:aws:states:us-east-1:111111111111:execution:m:e"
    assert refused(server, "history", executionArn=foreign) == (404, "NotFound")
    assert refused(server, "logs", functionName="nobody") == (404, "NotFound")
