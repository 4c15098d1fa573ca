"""Every operation through boto3."""

import concurrent.futures
import json
import socket

import pytest
from botocore.exceptions import ClientError

from stepwell import ACCOUNT, REGION, ROLE, arn, chain, ended, event_types, function_arn, task, wait_for, waiting


def refused(call, **request):
    """The code of the error that a call is answered with."""
    with pytest.raises(ClientError) as refusal:
        call(**request)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return refusal.value.response["Error"]["Code"]


# State machines


def test_a_machine_is_created_described_and_deleted(client, unique):
    name, definition = unique(), json.dumps(chain(2))
    created = client.create_state_machine(name=name, definition=definition, roleArn=ROLE)
    machine = created["stateMachineArn"]
    assert machine == f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"

    described = client.describe_state_machine(stateMachineArn=machine)
    assert described["name"] == name
    assert described["definition"] == definition
    assert described["roleArn"] == ROLE
    assert described["status"] == "ACTIVE"
    assert described["type"] == "STANDARD"
    assert described["creationDate"] == created["creationDate"]
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert described["tracingConfiguration"] == {"enabled": False}

    client.delete_state_machine(stateMachineArn=machine)

    def gone():
        try:
            return client.describe_state_machine(stateMachineArn=machine)["status"] != "DELETING"
        except client.exceptions.StateMachineDoesNotExist:
            return True

    wait_for("the machine is gone", gone)
    assert refused(client.describe_state_machine, stateMachineArn=machine) == "StateMachineDoesNotExist"
    client.delete_state_machine(stateMachineArn=machine)


def test_creating_the_same_machine_again_gives_the_first(client, unique):
    request = {"name": unique(), "definition": json.dumps(chain()), "roleArn": ROLE}
    first = client.create_state_machine(**request)
    again = client.create_state_machine(**request)
    assert again["stateMachineArn"] == first["stateMachineArn"]
    assert again["creationDate"] == first["creationDate"]
    request["definition"] = json.dumps(chain(2))
    assert refused(client.create_state_machine, **request) == "StateMachineAlreadyExists"


def test_an_update_holds_for_executions_started_later(client, create):
    machine = create(waiting())
    before = client.start_execution(stateMachineArn=machine)["executionArn"]
    updated = client.update_state_machine(stateMachineArn=machine, definition=json.dumps(chain(3)))
    assert updated["revisionId"]

    assert json.loads(client.describe_state_machine(stateMachineArn=machine)["definition"]) == chain(3)
    old = client.describe_state_machine_for_execution(executionArn=before)
    assert json.loads(old["definition"]) == waiting()
    assert old["stateMachineArn"] == machine
    assert old["roleArn"] == ROLE

    after = client.start_execution(stateMachineArn=machine)["executionArn"]
    assert ended(client, after)["status"] == "SUCCEEDED"
    new = client.describe_state_machine_for_execution(executionArn=after)
    assert json.loads(new["definition"]) == chain(3)
    assert new["revisionId"] == updated["revisionId"]
    client.stop_execution(executionArn=before)


def test_an_update_needs_something_to_change(client, create):
    assert refused(client.update_state_machine, stateMachineArn=create(chain())) == "MissingRequiredParameter"
    missing = {"stateMachineArn": arn("stateMachine", "nowhere"), "roleArn": ROLE}
    assert refused(client.update_state_machine, **missing) == "StateMachineDoesNotExist"


def test_machines_are_listed_page_by_page(client, create):
    machines = {create(chain()) for _ in range(5)} | {create(chain(), "EXPRESS")}
    pages = list(client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2}))
    assert all(len(page["stateMachines"]) <= 2 for page in pages)
    listed = [machine for page in pages for machine in page["stateMachines"]]
    assert machines <= {machine["stateMachineArn"] for machine in listed}
    assert {machine["type"] for machine in listed if machine["stateMachineArn"] in machines} == {"STANDARD", "EXPRESS"}
    assert refused(client.list_state_machines, nextToken="no token of ours") == "InvalidToken"


def test_a_definition_is_validated(client):
    good = client.validate_state_machine_definition(definition=json.dumps(chain()))
    assert good["result"] == "OK"
    assert good["diagnostics"] == []

    wrong = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    bad = client.validate_state_machine_definition(definition=json.dumps(wrong))
    assert bad["result"] == "FAIL"
    finding = bad["diagnostics"][0]
    assert finding["severity"] == "ERROR"
    assert finding["code"] == "MISSING_TRANSITION_TARGET"
    assert finding["location"] == "/States/A/Next"


# Executions


def test_an_execution_runs_to_its_end(client, create, unique):
    machine, name = create(chain(3)), unique()
    started = client.start_execution(stateMachineArn=machine, name=name, input='{"tea": ["green", 1.50]}')
    execution = started["executionArn"]
    assert execution == machine.replace(":stateMachine:", ":execution:") + f":{name}"
    described = ended(client, execution)
    assert described["status"] == "SUCCEEDED"
    assert described["name"] == name
    assert described["stateMachineArn"] == machine
    assert described["input"] == '{"tea": ["green", 1.50]}'
    assert json.loads(described["output"]) == {"tea": ["green", 1.5]}
    assert described["inputDetails"] == {"included": True}
    assert described["outputDetails"] == {"included": True}
    assert described["startDate"] == started["startDate"]
    assert described["stopDate"] >= described["startDate"]
    assert described["redriveCount"] == 0


def test_a_name_starts_one_execution(client, create, unique):
    machine, name = create(waiting()), unique()
    request = {"stateMachineArn": machine, "name": name, "input": '{"a": 1}'}
    first = client.start_execution(**request)
    again = client.start_execution(**request)
    assert again["executionArn"] == first["executionArn"]
    assert again["startDate"] == first["startDate"]
    assert refused(client.start_execution, **{**request, "input": '{"a": 2}'}) == "ExecutionAlreadyExists"
    client.stop_execution(executionArn=first["executionArn"])
    ended(client, first["executionArn"])
    assert refused(client.start_execution, **request) == "ExecutionAlreadyExists"


def test_many_starts_of_one_name_meet_in_one_execution(server, create, unique):
    request = {"stateMachineArn": create(waiting()), "name": unique(), "input": "{}"}
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        starts = list(threads.map(lambda _: server.wire().call("StartExecution", **request), range(32)))
    assert len({start["executionArn"] for start in starts}) == 1
    assert len({start["startDate"] for start in starts}) == 1


def test_an_execution_is_stopped(client, create):
    execution = client.start_execution(stateMachineArn=create(waiting()))["executionArn"]
    stopped = client.stop_execution(executionArn=execution, error="Closed", cause="the shop closes")
    described = ended(client, execution)
    assert described["status"] == "ABORTED"
    assert (described["error"], described["cause"]) == ("Closed", "the shop closes")
    assert described["stopDate"] == stopped["stopDate"]
    assert event_types(client, execution) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]


def test_an_execution_is_stopped_in_the_middle_of_a_call(client, create):
    execution = client.start_execution(stateMachineArn=create(task(function_arn("Sleep"))))["executionArn"]
    types = ["ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted"]
    wait_for("the call is made", lambda: event_types(client, execution) == types)
    client.stop_execution(executionArn=execution)
    assert ended(client, execution)["status"] == "ABORTED"
    assert event_types(client, execution) == [*types, "ExecutionAborted"]


def test_executions_are_listed_by_status_newest_first(client, create):
    machine = create({
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.wait", "BooleanEquals": True, "Next": "Hold"}],
                "Default": "Done",
            },
            "Hold": {"Type": "Wait", "Seconds": 3600, "End": True},
            "Done": {"Type": "Succeed"},
        },
    })

    def start(wait):
        input = json.dumps({"wait": wait})
        return client.start_execution(stateMachineArn=machine, input=input)["executionArn"]

    finished = [start(False) for _ in range(5)]
    for execution in finished:
        assert ended(client, execution)["status"] == "SUCCEEDED"
    held = [start(True) for _ in range(3)]

    def listed(page_size, **request):
        pages = client.get_paginator("list_executions").paginate(
            stateMachineArn=machine, PaginationConfig={"PageSize": page_size}, **request
        )
        return [execution for page in pages for execution in page["executions"]]

    everything = listed(3)
    assert {execution["executionArn"] for execution in everything} == {*finished, *held}
    assert len(everything) == 8
    running = [execution["executionArn"] for execution in listed(2, statusFilter="RUNNING")]
    assert sorted(running) == sorted(held)
    succeeded = listed(2, statusFilter="SUCCEEDED")
    assert sorted(execution["executionArn"] for execution in succeeded) == sorted(finished)
    assert succeeded == sorted(succeeded, key=lambda execution: execution["stopDate"], reverse=True)
    assert listed(2, statusFilter="FAILED") == []
    for execution in held:
        client.stop_execution(executionArn=execution)


def test_history_is_read_both_ways_and_in_pages(client, create):
    execution = client.start_execution(stateMachineArn=create(chain(10)), input='{"n": 1}')["executionArn"]
    ended(client, execution)
    whole = client.get_execution_history(executionArn=execution)
    assert "nextToken" not in whole
    events = whole["events"]
    assert [event["id"] for event in events] == list(range(1, 23))
    assert [event["previousEventId"] for event in events] == [0, 0, *range(2, 22)]
    assert events[0]["executionStartedEventDetails"]["input"] == '{"n": 1}'
    assert events[0]["executionStartedEventDetails"]["roleArn"] == ROLE
    assert json.loads(events[-1]["executionSucceededEventDetails"]["output"]) == {"n": 1}

    backwards = client.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
    assert backwards == events[::-1]

    for reverse in (False, True):
        pages = client.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=reverse, PaginationConfig={"PageSize": 5}
        )
        pages = [page["events"] for page in pages]
        assert [len(page) for page in pages] == [5, 5, 5, 5, 2]
        assert [event for page in pages for event in page] == (events[::-1] if reverse else events)

    bare = client.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert [event["type"] for event in bare] == [event["type"] for event in events]
    assert "input" not in bare[0]["executionStartedEventDetails"]
    assert all("input" not in event.get("stateEnteredEventDetails", {}) for event in bare)
    assert bare[1]["stateEnteredEventDetails"]["name"] == "Step1"
    token = {"executionArn": execution, "nextToken": "no token of ours"}
    assert refused(client.get_execution_history, **token) == "InvalidToken"


def test_a_failure_has_its_error_and_cause(execute):
    definition = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "OutOfTea", "Cause": "the pot is empty"}}}
    described = execute(definition)
    assert described["status"] == "FAILED"
    assert (described["error"], described["cause"]) == ("OutOfTea", "the pot is empty")
    assert "output" not in described


# Express executions


def test_a_synchronous_express_execution_is_answered_with_its_output(client, create):
    machine = create(chain(2), "EXPRESS")
    answer = client.start_sync_execution(stateMachineArn=machine, input='{"cups": 2}', name="once")
    assert answer["status"] == "SUCCEEDED"
    assert json.loads(answer["output"]) == {"cups": 2}
    assert answer["executionArn"].startswith(machine.replace(":stateMachine:", ":express:") + ":once:")
    assert answer["billingDetails"]["billedMemoryUsedInMB"] > 0
    assert answer["stopDate"] >= answer["startDate"]


def test_a_synchronous_express_execution_is_answered_with_its_failure(client, create):
    definition = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "OutOfTea", "Cause": "the pot is empty"}}}
    answer = client.start_sync_execution(stateMachineArn=create(definition, "EXPRESS"))
    assert answer["status"] == "FAILED"
    assert (answer["error"], answer["cause"]) == ("OutOfTea", "the pot is empty")


def test_the_sync_host_prefix_is_understood(server, create, monkeypatch):
    machine = create(chain(), "EXPRESS")
    port = server.url.rpartition(":")[2]
    resolve = socket.getaddrinfo

    # Where sync-localhost does not resolve by itself, it does here; the server sees the same either way.
    def resolve_prefixed(host, *arguments, **options):
        return resolve("127.0.0.1" if host == "sync-localhost" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_prefixed)
    client = server.boto3(endpoint_url=f"http://localhost:{port}", inject_host_prefix=True)
    hosts = []
    client.meta.events.register("before-send.*.*", lambda request, **_: hosts.append(request.url))
    answer = client.start_sync_execution(stateMachineArn=machine, input='{"host": "sync"}')
    assert json.loads(answer["output"]) == {"host": "sync"}
    tested = client.test_state(definition='{"Type": "Succeed"}', input='{"host": "sync"}')
    assert json.loads(tested["output"]) == {"host": "sync"}
    assert hosts == [f"http://sync-localhost:{port}/"] * 2


def test_an_asynchronous_express_execution_runs_every_time(client, create, tmp_path):
    log = tmp_path / "calls"
    parameters = {"execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "log.$": "$.log"}
    machine = create(task(function_arn("Count"), Parameters=parameters), "EXPRESS")
    request = {"stateMachineArn": machine, "name": "again", "input": json.dumps({"log": str(log)})}
    first, second = client.start_execution(**request), client.start_execution(**request)
    assert first["executionArn"] != second["executionArn"]
    wait_for("both have called", lambda: log.exists() and log.read_text().count("again Work\n") == 2)


def test_standard_and_express_are_kept_apart(client, create):
    standard, express = create(chain()), create(chain(), "EXPRESS")
    assert refused(client.start_sync_execution, stateMachineArn=standard) == "StateMachineTypeNotSupported"
    assert refused(client.list_executions, stateMachineArn=express) == "StateMachineTypeNotSupported"
    execution = client.start_execution(stateMachineArn=express)["executionArn"]
    assert refused(client.describe_execution, executionArn=execution) == "InvalidArn"


# Activities


def test_an_activity_is_created_described_listed_and_deleted(client, unique):
    name = unique()
    created = client.create_activity(name=name)
    activity = created["activityArn"]
    assert activity == arn("activity", name)
    assert client.create_activity(name=name)["creationDate"] == created["creationDate"]
    described = client.describe_activity(activityArn=activity)
    assert (described["name"], described["creationDate"]) == (name, created["creationDate"])
    pages = client.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2})
    assert activity in [listed["activityArn"] for page in pages for listed in page["activities"]]
    client.delete_activity(activityArn=activity)
    assert refused(client.describe_activity, activityArn=activity) == "ActivityDoesNotExist"
    assert refused(client.get_activity_task, activityArn=activity) == "ActivityDoesNotExist"
    client.delete_activity(activityArn=activity)


@pytest.fixture
def activity(client, unique):
    return client.create_activity(name=unique())["activityArn"]


def test_a_worker_takes_a_task_and_succeeds(client, create, activity):
    execution = client.start_execution(stateMachineArn=create(task(activity)), input='{"leaf": "green"}')["executionArn"]
    work = client.get_activity_task(activityArn=activity, workerName="brewer")
    assert json.loads(work["input"]) == {"leaf": "green"}
    client.send_task_heartbeat(taskToken=work["taskToken"])
    client.send_task_success(taskToken=work["taskToken"], output='{"brewed": true}')
    described = ended(client, execution)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"brewed": True}
    assert event_types(client, execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    started = client.get_execution_history(executionArn=execution)["events"][3]
    assert started["activityStartedEventDetails"]["workerName"] == "brewer"
    assert refused(client.send_task_success, taskToken=work["taskToken"], output="{}") == "TaskTimedOut"


def test_a_worker_fails_its_task(client, create, activity):
    execution = client.start_execution(stateMachineArn=create(task(activity)))["executionArn"]
    work = client.get_activity_task(activityArn=activity)
    client.send_task_failure(taskToken=work["taskToken"], error="OutOfTea", cause="the pot is empty")
    described = ended(client, execution)
    assert described["status"] == "FAILED"
    assert (described["error"], described["cause"]) == ("OutOfTea", "the pot is empty")


def test_a_waiting_worker_gets_its_task_at_once(client, server, create, activity):
    machine = create(task(activity))
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        waiting_worker = threads.submit(server.wire().call, "GetActivityTask", activityArn=activity)
        client.start_execution(stateMachineArn=machine, input='{"n": 7}')
        work = waiting_worker.result(timeout=20)
    assert json.loads(work["input"]) == {"n": 7}
    client.send_task_success(taskToken=work["taskToken"], output="{}")


def test_a_worker_that_went_away_gets_no_task(client, server, create, activity):
    machine = create(task(activity))
    sockets = server.sockets()
    gone = server.wire()
    body = json.dumps({"activityArn": activity, "workerName": "gone"}).encode()
    headers = {"X-Amz-Target": "AWSStepFunctions.GetActivityTask", "Content-Type": "application/x-amz-json-1.0"}
    gone.connection.request("POST", "/", body, headers)
    wait_for("the server has the worker's connection", lambda: server.sockets() > sockets)
    gone.connection.close()
    wait_for("the server has seen it go", lambda: server.sockets() <= sockets)
    client.start_execution(stateMachineArn=machine, input='{"n": 8}')
    work = client.get_activity_task(activityArn=activity, workerName="here")
    assert json.loads(work["input"]) == {"n": 8}
    client.send_task_success(taskToken=work["taskToken"], output="{}")


def test_no_task_within_a_minute_is_an_empty_answer(client, activity):
    answer = client.get_activity_task(activityArn=activity)
    assert not answer.get("taskToken")
    assert not answer.get("input")


def test_heartbeats_keep_a_task_alive_and_their_absence_ends_it(client, create, activity):
    machine = create(task(activity, HeartbeatSeconds=1, TimeoutSeconds=60))
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    token = client.get_activity_task(activityArn=activity)["taskToken"]
    taken = client.describe_execution(executionArn=execution)["startDate"]
    beats = iter(range(30))

    # Six beats, a quarter of a second apart, outlast the heartbeat of one second.
    def beaten():
        client.send_task_heartbeat(taskToken=token)
        return next(beats) == 6

    wait_for("the heart beats", beaten, pause=0.25)
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    described = ended(client, execution)
    assert described["status"] == "FAILED"
    assert described["error"] == "States.Timeout"
    assert (described["stopDate"] - taken).total_seconds() > 2.4
    assert "ActivityTimedOut" in event_types(client, execution)
    assert refused(client.send_task_heartbeat, taskToken=token) == "TaskTimedOut"


def test_a_token_that_is_none_is_refused(client):
    for call, request in (
        (client.send_task_success, {"output": "{}"}),
        (client.send_task_failure, {}),
        (client.send_task_heartbeat, {}),
    ):
        assert refused(call, taskToken="not a token", **request) == "InvalidToken"


def test_an_output_that_is_no_json_is_refused(client, create, activity):
    client.start_execution(stateMachineArn=create(task(activity)))
    token = client.get_activity_task(activityArn=activity)["taskToken"]
    assert refused(client.send_task_success, taskToken=token, output="{") == "InvalidOutput"
    client.send_task_success(taskToken=token, output="{}")


# What is not there


def test_an_execution_that_failed_goes_on_when_it_is_redriven(client, create):
    definition = {
        "StartAt": "Once",
        "States": {
            "Once": {"Type": "Pass", "Result": "kept", "ResultPath": "$.once", "Next": "Gate"},
            "Gate": {
                "Type": "Choice",
                "Choices": [{"Variable": "$$.Execution.RedriveCount", "NumericEquals": 1, "Next": "Done"}],
            },
            "Done": {"Type": "Succeed"},
        },
    }
    machine = create(definition)
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    wait_for("it has failed", lambda: client.describe_execution(executionArn=execution)["status"] == "FAILED")
    described = client.describe_execution(executionArn=execution)
    assert (described["redriveStatus"], described["redriveCount"]) == ("REDRIVABLE", 0)
    assert "redriveStatusReason" not in described and "redriveDate" not in described
    redriven = client.redrive_execution(executionArn=execution, clientToken="one")["redriveDate"]
    wait_for("it has succeeded", lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    assert client.redrive_execution(executionArn=execution, clientToken="one")["redriveDate"] == redriven
    assert refused(client.redrive_execution, executionArn=execution) == "ExecutionNotRedrivable"
    described = client.describe_execution(executionArn=execution)
    assert (described["redriveCount"], described["redriveDate"]) == (1, redriven)
    assert described["output"] == '{"once":"kept"}'
    listed = client.list_executions(stateMachineArn=machine)["executions"]
    assert [(item["redriveCount"], item["redriveDate"]) for item in listed] == [(1, redriven)]
    events = client.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in events[4:]] == [
        "ExecutionFailed",
        "ExecutionRedriven",
        "ChoiceStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]
    assert events[5]["executionRedrivenEventDetails"] == {"redriveCount": 1}


def test_answers_carry_a_request_id(client):
    metadata = client.list_activities()["ResponseMetadata"]
    assert metadata["RequestId"]
    assert metadata["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.0"


# Tests of single states


def test_a_state_is_tested_out_of_its_machine(client):
    machine = chain(2)
    name = machine["StartAt"]
    tested = client.test_state(definition=json.dumps(machine), stateName=name, input='{"cups": 2}')
    assert (tested["status"], tested["nextState"]) == ("SUCCEEDED", machine["States"][name]["Next"])
    assert json.loads(tested["output"]) == {"cups": 2}
    with pytest.raises(ClientError, match="State not found in definition"):
        client.test_state(definition=json.dumps(machine), stateName="none")


def test_a_tested_task_calls_its_function(client):
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    echo = json.dumps({**state, "Parameters": {"FunctionName": "Echo", "Payload.$": "$"}, "OutputPath": "$.Payload"})
    tested = client.test_state(definition=echo, roleArn=ROLE, input='{"cups": 2}', inspectionLevel="DEBUG")
    assert json.loads(tested["output"]) == {"cups": 2}
    shown = tested["inspectionData"]
    assert json.loads(shown["afterParameters"]) == {"FunctionName": "Echo", "Payload": {"cups": 2}}
    assert json.loads(shown["result"])["StatusCode"] == 200

    catch = [{"ErrorEquals": ["OutOfTea"], "Next": "Brew"}]
    fails = json.dumps({**state, "Parameters": {"FunctionName": "Raise"}, "Catch": catch})
    tested = client.test_state(definition=fails, roleArn=ROLE)
    assert (tested["status"], tested["nextState"], tested["error"]) == ("CAUGHT_ERROR", "Brew", "OutOfTea")


def test_a_mock_answers_for_the_work_of_a_state(client):
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:kms:encrypt", "Parameters": {"KeyId": "k"}, "End": True}
    definition = json.dumps({**state, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]})
    tested = client.test_state(definition=definition, mock={"result": '{"CiphertextBlob": "c"}'})
    assert json.loads(tested["output"]) == {"CiphertextBlob": "c"}
    with pytest.raises(ClientError, match="Field 'CiphertextBlob' must be a string"):
        client.test_state(definition=definition, mock={"result": '{"CiphertextBlob": 1}'})
    loose = client.test_state(
        definition=definition, mock={"result": '{"CiphertextBlob": 1}', "fieldValidationMode": "NONE"}
    )
    assert loose["status"] == "SUCCEEDED"
    failure = {"errorOutput": {"error": "Kms.Broken", "cause": "It is."}}
    for retries, status in ((1, "RETRIABLE"), (2, "FAILED")):
        configuration = {"retrierRetryCount": retries}
        tested = client.test_state(definition=definition, mock=failure, stateConfiguration=configuration)
        assert (tested["status"], tested["error"], tested["cause"]) == (status, "Kms.Broken", "It is.")
