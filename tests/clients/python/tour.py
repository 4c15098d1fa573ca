"""A tour of every operation through boto3. Prints the operations that were answered, for `test_tours.py`."""

import concurrent.futures
import json
import os
import socket
import time

import boto3
from botocore.config import Config

ROLE = "arn:aws:iam::000000000000:role/tour"
answered = set()


def name(kind):
    return f"boto3-{kind}-{os.getpid()}"


def resolved(host, *rest, look_up=socket.getaddrinfo, **options):
    """Only this process is told that `sync-localhost` is this machine."""
    return look_up("127.0.0.1" if host == "sync-localhost" else host, *rest, **options)


socket.getaddrinfo = resolved


def connect(endpoint_url=None, **config):
    config = Config(retries={"max_attempts": 0}, read_timeout=75, **config)
    return boto3.client("stepfunctions", endpoint_url=endpoint_url, config=config)


# With the prefix as the SDK puts it.
client = connect(os.environ["AWS_ENDPOINT_URL_SFN"].replace("127.0.0.1", "localhost"))
# Without it, as `docs/clients.md` says; the endpoint comes from the environment.
plain = connect(inject_host_prefix=False)


def call(operation, by=None, **request):
    by = by or client
    method = {name: method for method, name in by.meta.method_to_api_mapping.items()}[operation]
    answer = getattr(by, method)(**request)
    answered.add(operation)
    return answer


def refused(operation, kind, **request):
    """Calls an operation that must be refused with an error of a class."""
    try:
        answer = call(operation, **request)
    except getattr(client.exceptions, kind) as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert error.response["Error"]["Code"] == kind
        answered.add(operation)
    else:
        raise AssertionError(f"{operation} is answered: {answer}")


def pages(method, member, **request):
    found = list(client.get_paginator(method).paginate(PaginationConfig={"PageSize": 1}, **request))
    assert len(found) > 1, f"{member} came on one page"
    return [item for page in found for item in page[member]]


def ended(execution):
    while True:
        described = call("DescribeExecution", executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.02)


def activities():
    activity = call("CreateActivity", name=name("one"))["activityArn"]
    second = call("CreateActivity", name=name("two"))["activityArn"]
    assert call("DescribeActivity", activityArn=activity)["name"] == name("one")
    call("ListActivities", maxResults=1)
    listed = {item["activityArn"] for item in pages("list_activities", "activities")}
    assert {activity, second} <= listed
    call("DeleteActivity", activityArn=second)
    refused("DescribeActivity", "ActivityDoesNotExist", activityArn=second)
    return activity


def machines(activity):
    definition = json.dumps({"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": activity, "End": True}}})
    assert call("ValidateStateMachineDefinition", definition=definition)["result"] == "OK"
    machine = call("CreateStateMachine", name=name("work"), definition=definition, roleArn=ROLE)["stateMachineArn"]
    assert call("DescribeStateMachine", stateMachineArn=machine)["definition"] == definition
    assert call("UpdateStateMachine", stateMachineArn=machine, roleArn=f"{ROLE}2")["revisionId"]
    other = {"name": name("other"), "roleArn": ROLE}
    doomed = call("CreateStateMachine", definition=definition, **other)["stateMachineArn"]
    refused("CreateStateMachine", "StateMachineAlreadyExists", definition=f"{definition} ", **other)
    call("ListStateMachines", maxResults=1)
    assert machine in {item["stateMachineArn"] for item in pages("list_state_machines", "stateMachines")}
    call("DeleteStateMachine", stateMachineArn=doomed)
    refused("StartExecution", "StateMachineDoesNotExist", stateMachineArn=doomed)
    refused("CreateStateMachine", "InvalidDefinition", name=name("bad"), definition="{}", roleArn=ROLE)
    return machine


def versions(machine):
    first = call("PublishStateMachineVersion", stateMachineArn=machine)["stateMachineVersionArn"]
    call("UpdateStateMachine", stateMachineArn=machine, roleArn=f"{ROLE}4")
    second = call("PublishStateMachineVersion", stateMachineArn=machine)["stateMachineVersionArn"]
    listed = call("ListStateMachineVersions", stateMachineArn=machine)["stateMachineVersions"]
    assert [item["stateMachineVersionArn"] for item in listed] == [second, first]
    routes = [{"stateMachineVersionArn": first, "weight": 100}]
    alias = call("CreateStateMachineAlias", name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    routes = [{"stateMachineVersionArn": version, "weight": 50} for version in (first, second)]
    call("UpdateStateMachineAlias", stateMachineAliasArn=alias, routingConfiguration=routes)
    assert call("DescribeStateMachineAlias", stateMachineAliasArn=alias)["routingConfiguration"] == routes
    listed = call("ListStateMachineAliases", stateMachineArn=machine)["stateMachineAliases"]
    assert [item["stateMachineAliasArn"] for item in listed] == [alias]
    refused("DeleteStateMachineVersion", "ConflictException", stateMachineVersionArn=first)
    call("DeleteStateMachineAlias", stateMachineAliasArn=alias)
    call("DeleteStateMachineVersion", stateMachineVersionArn=first)

    tags = [{"key": "tea", "value": "green"}]
    call("TagResource", resourceArn=machine, tags=tags)
    assert call("ListTagsForResource", resourceArn=machine)["tags"] == tags
    call("UntagResource", resourceArn=machine, tagKeys=["tea"])
    refused("ListTagsForResource", "ResourceNotFound", resourceArn=f"{machine}-gone")


def executions(machine, activity):
    def take():
        return call("GetActivityTask", activityArn=activity, workerName="tour")

    def start():
        return call("StartExecution", stateMachineArn=machine, input='{"cups": 2}')["executionArn"]

    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        # The worker asks before there is anything to do.
        waiting = worker.submit(take)
        good = start()
        work = waiting.result(timeout=70)
    assert json.loads(work["input"]) == {"cups": 2}
    token = work["taskToken"]
    call("SendTaskHeartbeat", taskToken=token)
    call("SendTaskSuccess", taskToken=token, output='{"brewed": true}')
    assert json.loads(ended(good)["output"]) == {"brewed": True}
    refused("SendTaskSuccess", "TaskTimedOut", taskToken=token, output="{}")
    refused("SendTaskSuccess", "InvalidToken", taskToken="none", output="{}")
    call("GetExecutionHistory", executionArn=good)
    history = pages("get_execution_history", "events", executionArn=good)
    assert history[-1]["type"] == "ExecutionSucceeded"

    bad = start()
    call("SendTaskFailure", taskToken=take()["taskToken"], error="OutOfTea", cause="the pot is empty")
    assert ended(bad)["error"] == "OutOfTea"
    call("RedriveExecution", executionArn=bad)
    call("SendTaskSuccess", taskToken=take()["taskToken"], output="{}")
    described = ended(bad)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)
    refused("RedriveExecution", "ExecutionNotRedrivable", executionArn=bad)

    long = start()
    assert call("StopExecution", executionArn=long, error="Closed")["stopDate"]
    assert ended(long)["status"] == "ABORTED"
    refused("DescribeExecution", "ExecutionDoesNotExist", executionArn=f"{long}-gone")
    refused("DescribeExecution", "InvalidArn", executionArn="tea")
    call("ListExecutions", stateMachineArn=machine, statusFilter="ABORTED")
    assert len(pages("list_executions", "executions", stateMachineArn=machine)) == 3
    assert call("DescribeStateMachineForExecution", executionArn=good)["stateMachineArn"] == machine

    assert call("ListMapRuns", executionArn=good)["mapRuns"] == []
    run = good.replace(":execution:", ":mapRun:").rpartition(":")[0] + "/Each:00000000-0000-0000-0000-000000000000"
    refused("DescribeMapRun", "ResourceNotFound", mapRunArn=run)
    refused("UpdateMapRun", "ResourceNotFound", mapRunArn=run, maxConcurrency=1)


def synchronous():
    definition = json.dumps({"StartAt": "Pour", "States": {"Pour": {"Type": "Pass", "End": True}}})
    machine = call("CreateStateMachine", name=name("pour"), definition=definition, roleArn=ROLE, type="EXPRESS")
    machine = machine["stateMachineArn"]
    for by in (client, plain):
        poured = call("StartSyncExecution", by, stateMachineArn=machine, input='{"cups": 2}')
        assert (poured["status"], json.loads(poured["output"])) == ("SUCCEEDED", {"cups": 2})
        tested = call("TestState", by, definition='{"Type": "Pass", "End": true}', input='{"cups": 2}')
        assert (tested["status"], json.loads(tested["output"])) == ("SUCCEEDED", {"cups": 2})
    call("DeleteStateMachine", stateMachineArn=machine)


def tour():
    activity = activities()
    machine = machines(activity)
    executions(machine, activity)
    versions(machine)
    synchronous()
    call("DeleteStateMachine", stateMachineArn=machine)
    call("DeleteActivity", activityArn=activity)
    print(json.dumps(sorted(answered)))


if __name__ == "__main__":
    tour()
