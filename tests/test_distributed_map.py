"""Distributed Maps of the real binary: their operations through boto3, a thousand executions, and kill -9 among them."""

import json
import time

import pytest

from stepwell import ROLE, ended, event_types, wait_for

COUNT = 1000


def each(processor, execution_type="STANDARD", **fields):
    """A state machine whose one state does every item of its input by this state."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": execution_type}
    state = {
        "Type": "Map",
        "Label": "Items",
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "Do", "States": {"Do": {**processor, "End": True}}},
        "End": True,
        **fields,
    }
    return {"StartAt": "Each", "States": {"Each": state}}


def children(client, run, **filters):
    """All executions of a Map Run."""
    pages = client.get_paginator("list_executions").paginate(mapRunArn=run, **filters)
    return [child for page in pages for child in page["executions"]]


def test_the_operations_tell_of_a_map_run(client, create):
    items = list(range(20))
    machine = create(each({"Type": "Pass"}, ItemBatcher={"MaxItemsPerBatch": 3}, MaxConcurrency=4))
    execution = client.start_execution(stateMachineArn=machine, input=json.dumps(items))["executionArn"]
    output = json.loads(ended(client, execution)["output"])
    assert [item for batch in output for item in batch["Items"]] == items
    assert event_types(client, execution) == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    assert run["stateMachineArn"] == f"{machine}/Items"
    described = client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["status"] == "SUCCEEDED"
    assert described["maxConcurrency"] == 4
    assert (described["itemCounts"]["succeeded"], described["executionCounts"]["succeeded"]) == (20, 7)
    found = children(client, run["mapRunArn"], statusFilter="SUCCEEDED", PaginationConfig={"PageSize": 3})
    assert sorted(child["itemCount"] for child in found) == [2, 3, 3, 3, 3, 3, 3]
    child = client.describe_execution(executionArn=found[0]["executionArn"])
    assert child["mapRunArn"] == run["mapRunArn"]
    assert event_types(client, child["executionArn"])[-1] == "ExecutionSucceeded"
    with pytest.raises(client.exceptions.ValidationException):
        client.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=1)


@pytest.mark.parametrize("execution_type", ["STANDARD", "EXPRESS"])
def test_a_kill_among_a_thousand_executions_loses_none(serve, figures, execution_type):
    server = serve()
    client = server.boto3()
    definition = each({"Type": "Wait", "Seconds": 1}, execution_type, MaxConcurrency=100)
    machine = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
    items = json.dumps(list(range(COUNT)))
    execution = client.start_execution(stateMachineArn=machine, name="e", input=items)["executionArn"]
    for _ in range(3):
        time.sleep(1.5)
        server.kill()
        server.start()
        client = server.boto3()
    begun = time.monotonic()
    assert ended(client, execution, 120)["output"] == items.replace(" ", "")
    figures(f"distributed map: {COUNT} {execution_type} items, three kills, ended {time.monotonic() - begun:.1f} s later")
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    counts = client.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
    assert (counts["succeeded"], counts["total"]) == (COUNT, COUNT)
    found = children(client, run["mapRunArn"])
    assert len({child["name"] for child in found}) == len(found) == COUNT


def test_stopping_the_execution_stops_what_it_started(serve):
    client = serve().boto3()
    definition = each({"Type": "Wait", "Seconds": 3600})
    machine = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine, input="[1, 2, 3]")["executionArn"]
    (run,) = wait_for("the map run", lambda: client.list_map_runs(executionArn=execution)["mapRuns"])
    arn = run["mapRunArn"]
    wait_for("its executions", lambda: len(children(client, arn, statusFilter="RUNNING")) == 3)
    client.stop_execution(executionArn=execution)
    wait_for("their end", lambda: client.describe_map_run(mapRunArn=arn)["status"] == "ABORTED")
    assert len(children(client, arn, statusFilter="ABORTED")) == 3
