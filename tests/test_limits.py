"""Quotas that were raised, lowered and set to nonsense, from one end of the server to the other."""

import json
import pathlib

import pytest

from stepwell import ROLE, Refusal, chain, ended, run

MEBIBYTE = 1 << 20


@pytest.fixture
def limited(serve, tmp_path):
    """Starts servers with these limits."""

    def start(**limits):
        config = tmp_path / "limits.toml"
        config.write_text("[limits]\n" + "".join(f"{key} = {value}\n" for key, value in limits.items()))
        return serve("--config", config)

    return start


def create(wire, name, definition, **members):
    request = {"name": name, "definition": json.dumps(definition), "roleArn": ROLE, **members}
    return wire.call("CreateStateMachine", **request)["stateMachineArn"]


def test_ten_mebibytes_go_through_every_kind_of_state(limited):
    server = limited(payload_bytes=10 * MEBIBYTE, variable_bytes=10 * MEBIBYTE)
    wire, client = server.wire(), server.boto3()
    activity = wire.call("CreateActivity", name="copy")["activityArn"]
    whole = {"ItemsPath": "$.items", "ItemProcessor": chain(), "ResultPath": None}
    inner = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}
    machine = create(
        wire,
        "large",
        {
            "StartAt": "Keep",
            "States": {
                "Keep": {"Type": "Pass", "Assign": {"kept.$": "$.text"}, "Next": "Each"},
                "Each": {"Type": "Map", **whole, "Next": "Both"},
                "Both": {"Type": "Parallel", "Branches": [inner], "OutputPath": "$[0]", "Next": "Copy"},
                "Copy": {"Type": "Task", "Resource": activity, "Next": "Ask"},
                "Ask": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $kept %}", "End": True},
            },
        },
    )
    text = "ü\"x" * (2 * MEBIBYTE)
    given = json.dumps({"text": text, "items": [1, 2]}, ensure_ascii=False)
    assert 10 * MEBIBYTE < len(given.encode()) <= 10 * MEBIBYTE + 100
    with pytest.raises(Refusal, match="less than or equal to 10485760 bytes in UTF-8"):
        wire.call("StartExecution", stateMachineArn=machine, input=given)
    text = text[:-100]
    given = json.dumps({"text": text, "items": [1, 2]}, ensure_ascii=False)
    execution = wire.call("StartExecution", stateMachineArn=machine, input=given)["executionArn"]
    handed = wire.call("GetActivityTask", activityArn=activity)
    assert json.loads(handed["input"])["text"] == text
    wire.call("SendTaskSuccess", taskToken=handed["taskToken"], output=handed["input"])
    found = ended(client, execution, 120)
    assert found["status"] == "SUCCEEDED", found.get("cause")
    assert json.loads(found["output"]) == text

    server.kill()
    server.start()
    wire = server.wire()
    assert json.loads(wire.call("DescribeExecution", executionArn=execution)["output"]) == text
    events = wire.history(execution)
    assert events[-1]["type"] == "ExecutionSucceeded"
    assert json.loads(events[0]["executionStartedEventDetails"]["input"])["text"] == text


def test_a_history_has_room_for_a_hundred_thousand_events(limited):
    server = limited(history_events=100_000)
    wire, client = server.wire(), server.boto3()
    again = {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": True, "Next": "End"}], "Default": "Go"}
    go = {"Type": "Pass", "Next": "Again"}
    endless = {"StartAt": "Go", "States": {"Go": go, "Again": again, "End": {"Type": "Succeed"}}}
    machine = create(wire, "endless", endless)
    execution = wire.call("StartExecution", stateMachineArn=machine)["executionArn"]
    found = ended(client, execution, 240)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert "(100000)" in found["cause"]
    events = wire.history(execution, includeExecutionData=False)
    assert [event["id"] for event in events] == list(range(1, 100_001))
    last = wire.call("GetExecutionHistory", executionArn=execution, reverseOrder=True, maxResults=1)["events"]
    assert [event["id"] for event in last] == [100_000]


def test_a_state_machine_has_room_for_two_thousand_versions(limited):
    wire = limited(versions=2000).wire()
    machine = create(wire, "many", chain())
    for number in range(1, 2001):
        changed = {**chain(), "Comment": str(number)}
        request = {"stateMachineArn": machine, "definition": json.dumps(changed), "publish": True}
        assert wire.call("UpdateStateMachine", **request)["stateMachineVersionArn"] == f"{machine}:{number}"
    wire.call("UpdateStateMachine", stateMachineArn=machine, definition=json.dumps(chain(2)))
    with pytest.raises(Refusal, match="'2000'.*raise limits.versions"):
        wire.call("PublishStateMachineVersion", stateMachineArn=machine)
    listed, token = [], {}
    while True:
        page = wire.call("ListStateMachineVersions", stateMachineArn=machine, maxResults=1000, **token)
        listed += [version["stateMachineVersionArn"] for version in page["stateMachineVersions"]]
        if not page.get("nextToken"):
            break
        token = {"nextToken": page["nextToken"]}
    assert listed == [f"{machine}:{number}" for number in range(2000, 0, -1)]


def test_lowered_limits_hold(limited):
    server = limited(payload_bytes=2048, request_bytes=1_048_576, history_events=10, inline_map_concurrency=1, tags=1)
    wire, client = server.wire(), server.boto3()
    machine = create(wire, "long", chain(6))
    with pytest.raises(Refusal, match="less than or equal to 2048 bytes"):
        wire.call("StartExecution", stateMachineArn=machine, input=json.dumps("x" * 2048))
    found = ended(client, wire.call("StartExecution", stateMachineArn=machine)["executionArn"])
    assert "(10)" in found["cause"]
    double = {"StartAt": "D", "States": {"D": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": True}}}
    machine = create(wire, "double", double)
    found = ended(client, wire.call("StartExecution", stateMachineArn=machine, input=json.dumps("x" * 1500))["executionArn"])
    assert found["error"] == "States.DataLimitExceeded"
    with pytest.raises(Refusal, match="a resource can have 1"):
        create(wire, "tagged", chain(), tags=[{"key": key, "value": ""} for key in "ab"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("payload_bytes = 0", "`payload_bytes` is 0; it must be from 1024 to 33554432"),
        ("versions = -1", "versions = -1"),
        ("request_bytes = 4096", "must be at least `payload_bytes`"),
        ("payload = 1", "unknown field `payload`"),
    ],
)
def test_nonsense_ends_the_start_and_is_named(tmp_path: pathlib.Path, line, words):
    config = tmp_path / "stepwell.toml"
    config.write_text(f"[limits]\n{line}\n")
    ended = run("serve", "--listen", "127.0.0.1:0", "--data", ":memory:", "--config", config)
    assert ended.returncode != 0
    assert words in ended.stderr


def test_a_single_run_keeps_to_the_limits_too(tmp_path):
    config, definition = tmp_path / "stepwell.toml", tmp_path / "one.asl.json"
    definition.write_text(json.dumps(chain()))
    large = tmp_path / "input.json"
    large.write_text(json.dumps("x" * 300_000))
    refused = run("run", definition, "--input", f"@{large}")
    assert "the limit is 262144, which payload_bytes below [limits] in stepwell.toml raises" in refused.stderr
    config.write_text("[limits]\npayload_bytes = 400_000\n")
    assert run("run", definition, "--input", f"@{large}", "--config", config).returncode == 0
