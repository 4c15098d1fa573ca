"""What state machines log, in the CloudWatch Logs of moto."""

import json
import re

import pytest

from stepwell import ACCOUNT, CREDENTIALS, REGION, ROLE, chain, ended, wait_for

VALIDATION = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"


@pytest.fixture
def server(serve, moto):
    return serve(environment={"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": moto, **CREDENTIALS})


def logging(group, level="ALL"):
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    return {"level": level, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}


def machine(client, name, configuration):
    request = {"name": name, "roleArn": ROLE, "definition": json.dumps(chain(2))}
    return client.create_state_machine(**request, loggingConfiguration=configuration)["stateMachineArn"]


def entries(logs, group):
    """The entries in a group, by execution, and the names of its streams."""
    found = {}
    streams = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    for stream in streams:
        for event in logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]:
            entry = json.loads(event["message"])
            assert event["timestamp"] == int(entry["event_timestamp"])
            found.setdefault(entry["execution_arn"], []).append(int(entry["id"]))
    return found, streams


def test_entries_come_in_order_and_whole(server, service, unique):
    logs, client, group = service("logs"), server.boto3(), f"/aws/vendedlogs/states/{unique()}"
    logs.create_log_group(logGroupName=group)
    arn = machine(client, "busy", logging(group))
    wait_for("the group is tried", lambda: entries(logs, group)[1] == [VALIDATION])
    executions = [client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(30)]
    for execution in executions:
        ended(client, execution)
    events = list(range(1, 7))
    found, streams = wait_for(
        "all entries are there",
        lambda: (seen := entries(logs, group)) and all(seen[0].get(one) == events for one in executions) and seen,
    )
    assert len(found) == 30
    [stream] = [stream for stream in streams if stream != VALIDATION]
    assert re.fullmatch(r"states/busy/20\d\d(-\d\d){4}/[0-9a-f]{8}", stream)


def test_what_is_not_delivered_when_the_server_ends_is_delivered_first(server, service, unique):
    logs, client, group = service("logs"), server.boto3(), f"/aws/vendedlogs/states/{unique()}"
    logs.create_log_group(logGroupName=group)
    arn = machine(client, "ends", logging(group))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    ended(client, execution)
    assert server.stop() == 0
    assert entries(logs, group)[0] == {execution: list(range(1, 7))}


def test_a_group_that_is_missing_disturbs_no_execution(server, service, unique):
    client, group = server.boto3(), f"/aws/vendedlogs/states/{unique()}"
    execution = client.start_execution(stateMachineArn=machine(client, "m", logging(group)))["executionArn"]
    assert ended(client, execution)["status"] == "SUCCEEDED"
    wait_for("the server says so", lambda: "log entries were not delivered" in server.said())
    assert group in server.said() and "The specified log group does not exist" in server.said()


def test_logging_may_begin_later(server, service, unique):
    logs, client, group = service("logs"), server.boto3(), f"/aws/vendedlogs/states/{unique()}"
    logs.create_log_group(logGroupName=group)
    arn = machine(client, "later", {"level": "OFF"})
    client.update_state_machine(stateMachineArn=arn, loggingConfiguration=logging(group, "FATAL"))
    wait_for("the group is tried", lambda: entries(logs, group)[1] == [VALIDATION])
    ended(client, client.start_execution(stateMachineArn=arn)["executionArn"])
    assert server.stop() == 0
    assert entries(logs, group) == ({}, [VALIDATION]), "nothing fatal has happened"
