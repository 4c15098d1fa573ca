"""What must be true of an execution whose server was killed, by its history and by what was counted outside."""

import json

import pytest

from kill_machines import LOST_CALL
from stepwell import Refusal


def check_execution(world, execution, acknowledged, calls):
    """Fails unless an execution is there and went as it should; gives its kind and its end."""
    kind, request = acknowledged
    wire = world.server.wire()
    try:
        described = wire.call("DescribeExecution", executionArn=execution)
        events = wire.history(execution)
        made_by = events
        if kind == "parent" and described["status"] == "SUCCEEDED":
            made_by = wire.history(json.loads(described["output"])["child"])
        with pytest.raises(Refusal) as refusal:
            wire.call("StartExecution", **request)
        assert refusal.value.code == "ExecutionAlreadyExists"
    finally:
        wire.connection.close()
    story = f"{execution}: {described}\n" + "\n".join(map(str, events))
    status, error = described["status"], described.get("error")
    lost = kind == "call" and (status, error) == ("FAILED", LOST_CALL)
    expected = "ABORTED" if kind == "stopped" else "SUCCEEDED"
    assert status == expected or lost, story
    assert described["input"] == request["input"], story
    check_history(events, status, described["redriveCount"], story)
    if kind == "stopped":
        assert described["stopDate"] == world.stops[execution] and error == "Enough", story
        return kind, status
    if kind == "updated":
        assert json.loads(described["output"]) == world.revisions[execution], story
    if kind in ("map", "map-express"):
        check_map_run(wire, execution, kind, described, calls, story)
    if kind == "pass":
        assert json.loads(described["output"]) == json.loads(request["input"]), story
    if kind == "wait":
        seconds = json.loads(request["input"])["seconds"]
        assert described["stopDate"] - described["startDate"] >= seconds, story
    made = 0
    for state, attempts, left in visits(made_by):
        made = calls[f"{request['name']} {state}"]
        allowed = min(attempts, 1) if kind == "call" else attempts
        assert made <= allowed, f"{state}: {made} calls, {allowed} asked for\n{story}"
        assert made or not left or kind == "activity", f"{state} succeeded without a call\n{story}"
    if lost:
        return kind, "lost when it was made" if made else "lost before it was made"
    return kind, status


def check_history(events, status, redrives, story):
    assert [event["id"] for event in events] == list(range(1, len(events) + 1)), story
    assert all(event["previousEventId"] < event["id"] for event in events), story
    assert events[0]["type"] == "ExecutionStarted", story
    ends = [event["type"] for event in events[1:] if event["type"].startswith("Execution")]
    assert ends == ["ExecutionFailed", "ExecutionRedriven"] * redrives + [f"Execution{status.title()}"], story
    assert events[-1]["type"] == ends[-1], story
    times = [event["timestamp"] for event in events]
    assert times == sorted(times), story


def visits(events):
    """Each Task state that was entered: its name, how often it was attempted in all its visits, whether it was left."""
    found = {}
    inside = {}
    for event in events:
        # An event belongs to the state that the one before it belongs to; branches and iterations begin anew.
        state = inside.get(event["previousEventId"])
        if event["type"] == "TaskStateEntered":
            state = event["stateEnteredEventDetails"]["name"]
            found.setdefault(state, [state, 0, False])
        elif event["type"] in ("LambdaFunctionStarted", "TaskStarted"):
            found[state][1] += 1
        elif event["type"] == "TaskStateExited":
            state = event["stateExitedEventDetails"]["name"]
            found[state][2] = True
        inside[event["id"]] = state
    return list(found.values())


def check_map_run(wire, execution, kind, described, calls, story):
    """Each item was done by one execution, and nobody called more often than a history says."""
    items = json.loads(described["input"])["items"]
    assert json.loads(described["output"]) == items, story
    (run,) = wire.call("ListMapRuns", executionArn=execution)["mapRuns"]
    found = wire.call("DescribeMapRun", mapRunArn=run["mapRunArn"])
    assert found["status"] == "SUCCEEDED", found
    for counts in (found["itemCounts"], found["executionCounts"]):
        assert counts["succeeded"] == counts["total"] == len(items), f"{found}\n{story}"
    listed = wire.call("ListExecutions", mapRunArn=run["mapRunArn"])["executions"]
    assert len({child["name"] for child in listed}) == len(listed) == len(items), listed
    name = described["name"]
    made = {item: calls[f"{name}/{item} Item"] for item in items}
    assert all(made.values()), f"an item succeeded without a call: {made}\n{story}"
    if kind == "map-express":
        return
    for child in listed:
        arn = child["executionArn"]
        events = wire.history(arn)
        item = json.loads(wire.call("DescribeExecution", executionArn=arn)["input"])["item"]
        inside = f"{story}\n{arn}:\n" + "\n".join(map(str, events))
        check_history(events, "SUCCEEDED", 0, inside)
        ((_, attempts, _),) = visits(events)
        assert made[item] <= attempts, f"item {item}: {made[item]} calls, {attempts} asked for\n{inside}"
