"""The workflows in `examples/`, through boto3 and through the AWS CLI."""

import datetime
import json
import shutil

import pytest

from aws_cli import Aws
from stepwell import EXAMPLES, ROLE, Server, ended, event_types, wait_for

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="its Charge function needs Node.js")

ENTERED = ["ExecutionStarted", "TaskStateEntered"]
CALLED = ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
FAILED = ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionFailed"]
PASSED = ["PassStateEntered", "PassStateExited", "ExecutionSucceeded"]


class Boto3:
    """Runs a workflow with boto3."""

    def __init__(self, server):
        self.client = server.boto3()

    def create(self, name, definition):
        request = {"name": name, "definition": definition.read_text(), "roleArn": ROLE}
        return self.client.create_state_machine(**request)["stateMachineArn"]

    def start(self, machine, input):
        return self.client.start_execution(stateMachineArn=machine, input=json.dumps(input))["executionArn"]

    def answer(self, token, output):
        self.client.send_task_success(taskToken=token, output=json.dumps(output))

    def status(self, execution):
        return self.client.describe_execution(executionArn=execution)["status"]

    def ended(self, execution, seconds=60):
        return ended(self.client, execution, seconds)

    def event_types(self, execution):
        return event_types(self.client, execution)


class Cli:
    """Runs a workflow with the AWS CLI."""

    def __init__(self, server):
        self.aws = Aws(server)

    def create(self, name, definition):
        options = ("--name", name, "--definition", f"file://{definition}", "--role-arn", ROLE)
        return self.aws("create-state-machine", *options)["stateMachineArn"]

    def start(self, machine, input):
        options = ("--state-machine-arn", machine, "--input", json.dumps(input))
        return self.aws("start-execution", *options)["executionArn"]

    def answer(self, token, output):
        self.aws("send-task-success", "--task-token", token, "--task-output", json.dumps(output))

    def status(self, execution):
        return self.aws("describe-execution", "--execution-arn", execution)["status"]

    def ended(self, execution, seconds=60):
        return self.aws.ended(execution, seconds)

    def event_types(self, execution):
        return self.aws.event_types(execution)


@pytest.fixture(params=[Boto3, Cli], ids=["boto3", "awscli"])
def run(request, tmp_path):
    """Gives a client of a server that has the functions of the named example."""
    servers = []

    def client(example):
        functions = EXAMPLES / example / "functions"
        servers.append(Server(tmp_path / "server", functions=functions if functions.exists() else None).start())
        client = request.param(servers[-1])
        client.machine = client.create(example, EXAMPLES / example / f"{example}.asl.json")
        return client

    yield client
    for server in servers:
        server.end()


def test_hello(run):
    client = run("hello")
    execution = client.start(client.machine, {"who": "world"})
    described = client.ended(execution)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"who": "world"}
    assert client.event_types(execution) == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


def test_choice(run):
    client = run("choice")
    for value, output in ((11, "high"), (10, "low")):
        execution = client.start(client.machine, {"value": value})
        described = client.ended(execution)
        assert described["status"] == "SUCCEEDED"
        assert json.loads(described["output"]) == output
        assert client.event_types(execution) == ["ExecutionStarted", "ChoiceStateEntered", "ChoiceStateExited", *PASSED]


@needs_node
def test_order(run):
    client = run("order")
    order = json.loads((EXAMPLES / "order" / "input.json").read_text())
    execution = client.start(client.machine, order)
    described = client.ended(execution)
    assert described["status"] == "SUCCEEDED", described
    assert json.loads(described["output"]) == {
        "orderId": "o-1001",
        "confirmation": "Order o-1001 is on its way; you paid 28.90.",
        "payment": {"status": "charged", "amount": 28.9, "reference": "pay-o-1001"},
    }
    step = ["TaskStateEntered", *CALLED, "TaskStateExited"]
    assert client.event_types(execution) == ["ExecutionStarted", *step, *step, *step, "ExecutionSucceeded"]


@needs_node
def test_order_that_is_empty(run):
    client = run("order")
    execution = client.start(client.machine, {"orderId": "o-1002", "items": []})
    described = client.ended(execution)
    assert (described["status"], described["error"]) == ("FAILED", "InvalidOrder")
    assert json.loads(described["cause"])["errorMessage"] == "an order needs at least one item"
    assert client.event_types(execution) == [*ENTERED, *FAILED, "ExecutionFailed"]


def test_retry_catch(run):
    client = run("retry-catch")
    execution = client.start(client.machine, {"item": "tea"})
    described = client.ended(execution)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == "Hello, AWS Step Functions!"
    assert client.event_types(execution) == [*ENTERED, *(4 * FAILED), "TaskStateExited", *PASSED]
    # 2, 4 and 8 seconds lie between the four calls.
    seconds = seconds_between(described["startDate"], described["stopDate"])
    assert 14 <= seconds < 30, f"the execution took {seconds} s"


def test_human_approval(run, tmp_path):
    client = run("human-approval")
    inbox = tmp_path / "inbox"
    execution = client.start(client.machine, {"inbox": str(inbox), "question": "May it be refunded?"})

    def message():
        text = inbox.read_text() if inbox.exists() else ""
        return json.loads(text) if text.endswith("\n") else None

    message = wait_for("the question is in the inbox", message)
    assert message["question"] == "May it be refunded?"
    submitted = [*ENTERED, "TaskScheduled", "TaskStarted", "TaskSubmitted"]
    wait_for("the task is submitted", lambda: client.event_types(execution) == submitted)
    assert client.status(execution) == "RUNNING"

    client.answer(message["token"], {"approved": True})
    described = client.ended(execution)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"approved": True}
    assert client.event_types(execution) == [*submitted, "TaskSucceeded", "TaskStateExited", *PASSED]


def seconds_between(earlier, later):
    return in_seconds(later) - in_seconds(earlier)


def in_seconds(date):
    """A date in seconds: boto3 gives a datetime, the CLI a number or text, depending on its configuration."""
    if isinstance(date, str):
        date = datetime.datetime.fromisoformat(date)
    return date.timestamp() if isinstance(date, datetime.datetime) else date
