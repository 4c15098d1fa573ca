"""Random workflows give what a second, simple reading of the language says they give: as Standard and as Express."""

import json
import os
import random

import oracle
from stepwell import ROLE, wait_for
from workflows import Maker

SEED = int(os.environ.get("ORACLE_SEED", "0")) or random.randrange(1, 2**31)
WORKFLOWS = int(os.environ.get("ORACLE_WORKFLOWS", "300"))

# Standard executions alone are as long as their history may be, which is nothing that the language says.
TOO_LONG = "The execution reached the maximum number of history events (25000)."


def test_random_workflows_give_what_the_language_says(server, figures):
    wire = server.wire()
    succeeded = 0
    for seed in range(SEED, SEED + WORKFLOWS):
        maker = Maker(seed)
        workflow, data = maker.workflow(), maker.data()
        try:
            expected = outcome_of(workflow, data)
        except oracle.TooLarge:
            continue
        for kind, run in (("EXPRESS", express), ("STANDARD", standard)):
            seen = run(wire, create(wire, seed, kind, workflow), data)
            if kind == "STANDARD" and seen == ("FAILED", TOO_LONG):
                continue
            assert agrees(seen, expected), f"ORACLE_SEED={seed} ORACLE_WORKFLOWS=1 ({kind})\n{json.dumps(workflow)}\n{json.dumps(data)}"
        succeeded += expected[0] == "SUCCEEDED"
    figures(f"random workflows from seed {SEED}: {WORKFLOWS} as the language says, {succeeded} of them SUCCEEDED")


def outcome_of(workflow, data):
    try:
        return "SUCCEEDED", oracle.run(workflow, data)
    except oracle.Failure as failure:
        return "FAILED", failure.error


def agrees(seen, expected):
    """Whether they are equal. The oracle does not know how AWS words the cause of its own errors."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        return seen.keys() == expected.keys() and all(
            agrees(seen[name], value) or (name == "Cause" and value is None) for name, value in expected.items()
        )
    if isinstance(expected, (list, tuple)) and isinstance(seen, (list, tuple)):
        return len(seen) == len(expected) and all(map(agrees, seen, expected))
    return type(seen) is type(expected) and seen == expected


def create(wire, seed, kind, workflow):
    name = f"oracle-{seed}-{kind}"
    return wire.call("CreateStateMachine", name=name, definition=json.dumps(workflow), roleArn=ROLE, type=kind)["stateMachineArn"]


def express(wire, machine, data):
    return seen_in(wire.call("StartSyncExecution", stateMachineArn=machine, input=json.dumps(data)))


def standard(wire, machine, data):
    execution = wire.call("StartExecution", stateMachineArn=machine, input=json.dumps(data))["executionArn"]

    def ended():
        described = wire.call("DescribeExecution", executionArn=execution)
        return described if described["status"] != "RUNNING" else None

    return seen_in(wait_for(execution, ended, pause=0.001))


def seen_in(answer):
    if answer["status"] == "SUCCEEDED":
        return "SUCCEEDED", json.loads(answer["output"])
    if answer.get("cause") == TOO_LONG:
        return answer["status"], TOO_LONG
    return answer["status"], answer["error"]
