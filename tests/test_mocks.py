"""Tests of workflows with the mock configuration file of Step Functions Local."""

import json

import pytest
from botocore.exceptions import ClientError

from stepwell import ROLE, ended, event_types, run, wait_for

DEFINITION = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge-card", "Payload.$": "$"},
            "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "BackoffRate": 1}],
            "Catch": [{"ErrorEquals": ["CardDeclined"], "Next": "Refused"}],
            "ResultSelector": {"receipt.$": "$.Payload.receipt"},
            "Next": "Ship",
        },
        "Ship": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "https://example.com/warehouse", "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        },
        "Refused": {"Type": "Fail", "Error": "OrderRefused"},
    },
}

BUSY = {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "Rate Exceeded."}}
MOCKS = {
    "StateMachines": {
        "orders": {
            "TestCases": {
                "Fast": {"Charge": "Charged", "Ship": "Shipped"},
                "SlowCard": {"Charge": "ChargedAtLast", "Ship": "Shipped"},
                "DeclinedCard": {"Charge": "Declined"},
            }
        }
    },
    "MockedResponses": {
        "Charged": {"0": {"Return": {"StatusCode": 200, "Payload": {"receipt": "r-1"}}}},
        "ChargedAtLast": {"0-1": BUSY, "2": {"Return": {"StatusCode": 200, "Payload": {"receipt": "r-17"}}}},
        "Declined": {"0": {"Throw": {"Error": "CardDeclined", "Cause": "insufficient funds"}}},
        "Shipped": {"0": {"Return": {"parcel": "p-4"}}},
    },
}


@pytest.fixture
def mocks(tmp_path):
    path = tmp_path / "mocks.json"
    path.write_text(json.dumps(MOCKS))
    return path


def create(client, name="orders", **members):
    created = client.create_state_machine(name=name, definition=json.dumps(DEFINITION), roleArn=ROLE, **members)
    return created["stateMachineArn"]


def test_the_test_case_behind_the_arn_gives_the_responses(serve, mocks):
    server = serve(environment={"SFN_MOCK_CONFIG": str(mocks)})
    client = server.boto3()
    machine = create(client)

    execution = client.start_execution(stateMachineArn=f"{machine}#Fast", name="fast")["executionArn"]
    fast = ended(client, execution)
    assert (fast["status"], json.loads(fast["output"])) == ("SUCCEEDED", {"parcel": "p-4"})
    assert fast["stateMachineArn"] == machine
    assert event_types(client, execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]

    declined = ended(client, client.start_execution(stateMachineArn=f"{machine}#DeclinedCard")["executionArn"])
    assert (declined["status"], declined["error"]) == ("FAILED", "OrderRefused")
    assert "a test begins" in server.said() and "mocked" in server.said()


def test_express_executions_are_tests_too(serve, mocks):
    client = serve("--mock-config", mocks).boto3()
    definition = {**DEFINITION, "States": {**DEFINITION["States"], "Charge": {**DEFINITION["States"]["Charge"]}}}
    del definition["States"]["Charge"]["Next"], definition["States"]["Ship"]
    definition["States"]["Charge"]["End"] = True
    arn = client.create_state_machine(
        name="orders", definition=json.dumps(definition), roleArn=ROLE, type="EXPRESS"
    )["stateMachineArn"]
    done = client.start_sync_execution(stateMachineArn=f"{arn}#Fast")
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"receipt": "r-1"})


def test_a_test_goes_on_after_a_kill(serve, mocks):
    server = serve("--mock-config", mocks)
    client = server.boto3()
    execution = client.start_execution(stateMachineArn=f"{create(client)}#SlowCard")["executionArn"]
    wait_for("the first failure", lambda: "TaskFailed" in event_types(client, execution))
    server.kill()
    server.start()
    client = server.boto3()
    slow = ended(client, execution)
    assert (slow["status"], json.loads(slow["output"])) == ("SUCCEEDED", {"parcel": "p-4"})
    assert event_types(client, execution).count("TaskFailed") == 2


def test_unknown_test_cases_are_refused_by_name(serve, mocks):
    client = serve("--mock-config", mocks).boto3()
    machine = create(client)
    with pytest.raises(ClientError) as refused:
        client.start_execution(stateMachineArn=f"{machine}#Fats")
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == (
        "The mock configuration has no test case 'Fats' for state machine 'orders'; it has 'Fast', 'SlowCard', 'DeclinedCard'."
    )


def test_without_a_mock_configuration_the_arn_is_invalid(serve):
    client = serve().boto3()
    with pytest.raises(ClientError) as refused:
        client.start_execution(stateMachineArn=f"{create(client)}#Fast")
    assert refused.value.response["Error"]["Code"] == "InvalidArn"


def test_a_changed_file_counts_from_the_next_start_on(serve, tmp_path):
    path = tmp_path / "later.json"
    client = serve("--mock-config", path).boto3()
    machine = create(client)
    with pytest.raises(ClientError, match="has no test case 'Fast'"):
        client.start_execution(stateMachineArn=f"{machine}#Fast")
    path.write_text(json.dumps(MOCKS))
    fast = ended(client, client.start_execution(stateMachineArn=f"{machine}#Fast")["executionArn"])
    assert fast["status"] == "SUCCEEDED"
    path.write_text('{"StateMachines": {"orders": 5}}')
    with pytest.raises(ClientError, match="StateMachines.orders must be an object, but its type is number"):
        client.start_execution(stateMachineArn=f"{machine}#Fast")


def test_a_broken_file_keeps_the_server_from_starting(tmp_path):
    path = tmp_path / "mocks.json"
    path.write_text('{"MockedResponses": {"R": {"first": {"Return": 1}}}}')
    done = run("serve", "--listen", "127.0.0.1:0", "--data", ":memory:", "--mock-config", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'MockedResponses.R."first" must be the number of an invocation, as in "0"' in done.stderr


def test_run_takes_a_test_case(tmp_path, mocks):
    definition = tmp_path / "orders.asl.json"
    definition.write_text(json.dumps(DEFINITION))
    done = run("run", definition, "--quiet", "--mock-config", mocks, "--test-case", "Fast")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"parcel": "p-4"}), done.stderr
    done = run("run", definition, "--quiet", "--mock-config", mocks, "--test-case", "Fats")
    assert (done.returncode, done.stdout) == (2, "")
    assert "it has 'Fast', 'SlowCard', 'DeclinedCard'" in done.stderr
