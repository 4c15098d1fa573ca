"""Whatever is asked, the answer fits AWS's model: its members, their types and bounds, and the errors declared."""

import json
import os
import random

import pytest

import model
from stepwell import ACCOUNT, ROLE, arn, chain, task, wait_for, waiting

SEED = int(os.environ.get("MODEL_SEED", "0")) or random.randrange(1, 2**31)
REQUESTS = int(os.environ.get("MODEL_REQUESTS", "5000"))

# How often a member is left out though it is required, or is of another type.
ODD = 0.01

# It keeps its caller waiting for up to a minute.
SLOW = {"GetActivityTask"}

WRONG = [None, 1, -1, 1.5, 1e300, 2**63, True, "x", "\0", [], [[]], {}, {"a": 1}]
TEXTS = ["a", "Step1", "live", "INITIAL", "", " ", "é", "😀", "\u202e", "\ud800", "a\0", "a b", "<a>", "123", "a.b-c_d"]
PAYLOADS = ['{"a": [1]}', "{}", " [] ", "1", "null", '"\\ud800"', "", "nope", "NaN", "1e999", '{"a": 1, "a": 2}', "[" * 2000]
DEFINITIONS = [
    *map(json.dumps, (chain(2), waiting(), {"Type": "Pass", "End": True}, {"Type": "Fail", "Error": "E"})),
    json.dumps({"Type": "Map", "ItemProcessor": chain(), "ToleratedFailureCount": 1, "End": True}),
    json.dumps({"Type": "Parallel", "Branches": [chain()], "Next": "After"}),
    json.dumps({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.a %}", "End": True}),
    json.dumps({**task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Arguments={})["States"]["Work"]}),
    *("{}", "[]", "null", "nope", '{"StartAt": 1}', "[" * 2000),
]


class Client:
    """Checks every answer that it gets."""

    def __init__(self, server):
        self.wire = server.wire()

    def ask(self, operation, **members):
        """The answer, whatever it is."""
        status, answer = self.wire.send(json.dumps(members).encode(), operation)
        assert not model.faults(operation, status, answer), f"seed {SEED}: {operation} {members}"
        return status, answer

    def done(self, operation, **members):
        status, answer = self.ask(operation, **members)
        assert status == 200, answer
        return answer


@pytest.fixture
def checked(serve):
    return Client(serve())


def machine(checked, name, definition, **members):
    made = checked.done("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE, **members)
    return made["stateMachineArn"]


class World:
    """What there is to ask about, and requests that do."""

    def __init__(self, checked, seed):
        self.random = random.Random(seed)
        chained = machine(checked, "chained", chain(2), publish=True)
        checked.done("UpdateStateMachine", stateMachineArn=chained, definition=json.dumps(chain(3)), publish=True)
        versions = [f"{chained}:{number}" for number in (1, 2)]
        routes = [{"stateMachineVersionArn": version, "weight": 50} for version in versions]
        checked.done("CreateStateMachineAlias", name="live", routingConfiguration=routes)
        failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
        express = machine(checked, "express", chain(), type="EXPRESS")
        machines = [chained, express, machine(checked, "waits", waiting()), machine(checked, "fails", failing)]
        started = [checked.done("StartExecution", stateMachineArn=of)["executionArn"] for of in (*machines, f"{chained}:live")]
        activity = checked.done("CreateActivity", name="activity")["activityArn"]
        self.arns = {
            "stateMachineArn": [*machines, *versions, f"{chained}:live"],
            "stateMachineVersionArn": [*versions, f"{chained}:9"],
            "stateMachineAliasArn": [f"{chained}:live", f"{chained}:nobody"],
            "executionArn": started,
            "activityArn": [activity],
            "resourceArn": [*machines, activity],
            "roleArn": [ROLE],
        }
        self.others = [one for arns in self.arns.values() for one in arns]
        self.others += [f"{chained}{end}" for end in (":0", ":01", ":-1", f":{2**64}", "/label", ":1/label", "#Case", ":1:2")]
        self.others += [arn("mapRun", "a/b:123e4567-e89b-12d3-a456-426614174000"), arn("express", "a:b:c"), arn("activity", "")]
        self.others += [arn("stateMachine", name) for name in ("", "x" * 80, "x" * 81, "é", "a b")]
        self.others += [one.replace(ACCOUNT, "111122223333") for one in self.others]
        self.others += ["", "arn", "arn:aws:lambda:us-east-1:000000000000:function:f"]

    def request(self, shape):
        members = {}
        for name, member in shape.members.items():
            if self.random.random() < (1 - ODD if name in shape.required_members else 0.4):
                members[name] = self.value(name, member)
        if self.random.random() < ODD:
            members["unheardOf"] = 1
        return members

    def value(self, name, shape):
        pick = self.random.choice
        if self.random.random() < ODD:
            return pick(WRONG)
        if shape.type_name == "structure":
            return self.request(shape)
        if shape.type_name == "list":
            return [self.value(name, shape.member) for _ in range(pick((0, 1, 1, 2, 3)))]
        if shape.type_name == "boolean":
            return pick((True, False))
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 100)
        if shape.type_name != "string":
            return pick((least, most, 1, 2, 50, 50, least - 1, most + 1, 2**31, -(2**63)))
        if shape.enum:
            return pick(shape.enum) if self.random.random() > ODD else "NONE_OF_THEM"
        if name.endswith("Arn"):
            return pick(self.arns.get(name, self.others) if self.random.random() < 0.8 else self.others)
        if name == "definition":
            return pick(DEFINITIONS)
        if name in ("input", "output", "variables", "context", "result", "mapItemReaderData"):
            return pick(PAYLOADS)
        return pick([*TEXTS, "x" * min(most, 3000), "x" * (min(most, 3000) + 1), f"n{self.random.getrandbits(20)}"])


def test_answers_to_odd_requests_fit_the_model(checked, figures):
    world = World(checked, SEED)
    done = set()
    for _ in range(REQUESTS):
        operation = world.random.choice(sorted(model.OPERATIONS.keys() - SLOW))
        status, _ = checked.ask(operation, **world.request(model.OPERATIONS[operation].input_shape))
        if status == 200:
            done.add(operation)
    figures(f"answers that fit the model: {REQUESTS} with seed {SEED}, {len(done)} operations succeeded")


def test_answers_to_ordinary_requests_fit_the_model(checked):
    activity = checked.done("CreateActivity", name="work")["activityArn"]
    work = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 60, "End": True}
    over = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"StartAt": "Work", "States": {"Work": work}}, "Next": "Both"}
    assigned = {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"v": 1}, "Next": "Broken"}
    broken = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $v.w %}", "End": True}
    both = {"Type": "Parallel", "Branches": [chain(), waiting(0)], "Next": "Assigned"}
    states = {"Over": over, "Both": both, "Assigned": assigned, "Broken": broken}
    whole = machine(checked, "whole", {"StartAt": "Over", "States": states})
    execution = checked.done("StartExecution", stateMachineArn=whole, input='{"items": [1, 2]}', traceHeader="Root=1-5-a")
    execution = execution["executionArn"]
    for _ in range(2):
        token = checked.done("GetActivityTask", activityArn=activity, workerName="w")["taskToken"]
        checked.done("SendTaskHeartbeat", taskToken=token)
        checked.done("SendTaskSuccess", taskToken=token, output="{}")
        checked.ask("SendTaskFailure", taskToken=token)

    def ended():
        return checked.done("DescribeExecution", executionArn=execution)["status"] == "FAILED"

    for redrives in range(2):
        wait_for("the execution has failed", ended)
        history = {"executionArn": execution, "maxResults": 1000}
        types = {event["type"] for event in checked.done("GetExecutionHistory", **history)["events"]}
        assert {"ActivitySucceeded", "MapIterationSucceeded", "ParallelStateSucceeded", "EvaluationFailed"} <= types
        checked.done("GetExecutionHistory", reverseOrder=True, includeExecutionData=False, **history)
        if not redrives:
            checked.done("RedriveExecution", executionArn=execution)
    checked.done("ListExecutions", stateMachineArn=whole)
    checked.done("DescribeStateMachineForExecution", executionArn=execution)

    express = machine(checked, "express", chain(), type="EXPRESS")
    checked.done("StartSyncExecution", stateMachineArn=express)
    failing = {"Type": "Map", "ItemProcessor": chain(), "Retry": [{"ErrorEquals": ["States.ALL"]}], "End": True}
    for level in ("INFO", "DEBUG", "TRACE"):
        for mock in ({"result": "[1]"}, {"errorOutput": {"error": "E", "cause": "C"}}):
            tested = {"definition": json.dumps(failing), "input": "[1]", "variables": '{"v": 1}'}
            checked.done("TestState", mock=mock, inspectionLevel=level, **tested)


def test_errors_that_are_too_long_are_cut(checked):
    fail = {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "$.cause"}
    caught = {"Type": "Parallel", "Branches": [{"StartAt": "F", "States": {"F": fail}}], "ResultPath": None}
    caught |= {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Seen", "ResultPath": "$.seen"}], "End": True}
    seen = {"Type": "Fail", "Error": "Seen", "CausePath": "$.seen.Cause"}
    nested = task("arn:aws:states:::states:startExecution.sync", Parameters={"Input.$": "$"})
    given = json.dumps({"error": "é" * 257, "cause": "é" * 32769})
    fails = machine(checked, "fails", {"StartAt": "F", "States": {"F": fail}})
    nested["States"]["Work"]["Parameters"]["StateMachineArn"] = fails
    catches = machine(checked, "catches", {"StartAt": "P", "States": {"P": caught, "Seen": seen}})
    for failing in (fails, catches, machine(checked, "nests", nested)):
        execution = checked.done("StartExecution", stateMachineArn=failing, input=given)["executionArn"]

        def ended():
            found = checked.done("DescribeExecution", executionArn=execution)
            return found if found["status"] == "FAILED" else None

        assert len(wait_for("the execution has failed", ended)["cause"]) == 32768
        checked.done("GetExecutionHistory", executionArn=execution)
    tested = checked.done("TestState", definition=json.dumps(fail), input=given)
    assert (len(tested["error"]), len(tested["cause"])) == (256, 32768)
