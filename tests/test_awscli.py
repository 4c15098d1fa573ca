"""Every operation through the AWS CLI."""

import concurrent.futures
import json

import pytest

from aws_cli import Aws, CommandFailed
from stepwell import ROLE, arn, chain, task, waiting


@pytest.fixture
def aws(server):
    return Aws(server)


def create(aws, name, definition, kind="STANDARD"):
    options = ("--name", name, "--definition", json.dumps(definition), "--role-arn", ROLE, "--type", kind)
    return aws("create-state-machine", *options)["stateMachineArn"]


def test_machines(aws, unique, tmp_path):
    name = unique()
    machine = create(aws, name, chain())
    assert machine == arn("stateMachine", name)
    assert json.loads(aws("describe-state-machine", "--state-machine-arn", machine)["definition"]) == chain()

    file = tmp_path / "machine.asl.json"
    file.write_text(json.dumps(chain(2)))
    updated = aws("update-state-machine", "--state-machine-arn", machine, "--definition", f"file://{file}")
    assert updated["revisionId"]
    listed = aws("list-state-machines", "--page-size", 2)["stateMachines"]
    assert machine in [entry["stateMachineArn"] for entry in listed]
    assert aws("validate-state-machine-definition", "--definition", f"file://{file}")["result"] == "OK"

    assert aws("delete-state-machine", "--state-machine-arn", machine) is None
    with pytest.raises(CommandFailed, match="StateMachineDoesNotExist"):
        aws("start-execution", "--state-machine-arn", machine)


def test_executions(aws, unique):
    machine = create(aws, unique(), chain(2))
    start = ("--state-machine-arn", machine, "--name", "first", "--input", '{"cups": 2}')
    execution = aws("start-execution", *start)["executionArn"]
    described = aws.ended(execution)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"cups": 2}
    with pytest.raises(CommandFailed, match="ExecutionAlreadyExists"):
        aws("start-execution", *start)

    history = aws("get-execution-history", "--execution-arn", execution, "--page-size", 2)["events"]
    assert [event["id"] for event in history] == [1, 2, 3, 4, 5, 6]
    backwards = aws("get-execution-history", "--execution-arn", execution, "--reverse-order", "--no-include-execution-data")
    assert [event["id"] for event in backwards["events"]] == [6, 5, 4, 3, 2, 1]
    assert "output" not in backwards["events"][0]["executionSucceededEventDetails"]
    options = ("--state-machine-arn", machine, "--status-filter", "SUCCEEDED")
    listed = aws("list-executions", *options)["executions"]
    assert [entry["name"] for entry in listed] == ["first"]
    revision = aws("describe-state-machine-for-execution", "--execution-arn", execution)
    assert json.loads(revision["definition"]) == chain(2)


def test_an_execution_is_stopped(aws, unique):
    machine = create(aws, unique(), waiting())
    execution = aws("start-execution", "--state-machine-arn", machine)["executionArn"]
    aws("stop-execution", "--execution-arn", execution, "--error", "Closed", "--cause", "the shop closes")
    described = aws.ended(execution)
    assert (described["status"], described["error"]) == ("ABORTED", "Closed")


def test_a_synchronous_execution(aws, unique):
    machine = create(aws, unique(), chain(), "EXPRESS")
    answer = aws("start-sync-execution", "--state-machine-arn", machine, "--input", '{"cups": 2}')
    assert answer["status"] == "SUCCEEDED"
    assert json.loads(answer["output"]) == {"cups": 2}


def test_a_state_by_itself(aws):
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q"}, "Next": "Sent"}
    mock = json.dumps({"result": json.dumps({"MessageId": "m"})})
    options = ("--definition", json.dumps(task), "--mock", mock, "--inspection-level", "TRACE")
    tested = aws("test-state", *options)
    assert (tested["status"], tested["nextState"]) == ("SUCCEEDED", "Sent")
    assert json.loads(tested["inspectionData"]["result"]) == {"MessageId": "m"}
    with pytest.raises(CommandFailed, match="RoleArn must be specified"):
        aws("test-state", "--definition", json.dumps(task))


def test_activities(aws, unique):
    activity = aws("create-activity", "--name", unique())["activityArn"]
    assert aws("describe-activity", "--activity-arn", activity)["activityArn"] == activity
    assert activity in [entry["activityArn"] for entry in aws("list-activities")["activities"]]
    machine = create(aws, unique(), task(activity))

    def take():
        options = ("--activity-arn", activity, "--worker-name", "cli")
        return aws("get-activity-task", *options)["taskToken"]

    first = aws("start-execution", "--state-machine-arn", machine)["executionArn"]
    token = take()
    aws("send-task-heartbeat", "--task-token", token)
    aws("send-task-success", "--task-token", token, "--task-output", '{"brewed": true}')
    assert json.loads(aws.ended(first)["output"]) == {"brewed": True}

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        token = threads.submit(take)
        second = aws("start-execution", "--state-machine-arn", machine)["executionArn"]
        token = token.result(timeout=60)
    aws("send-task-failure", "--task-token", token, "--error", "OutOfTea", "--cause", "the pot is empty")
    described = aws.ended(second)
    assert (described["status"], described["error"]) == ("FAILED", "OutOfTea")

    aws("delete-activity", "--activity-arn", activity)
    with pytest.raises(CommandFailed, match="ActivityDoesNotExist"):
        aws("describe-activity", "--activity-arn", activity)
