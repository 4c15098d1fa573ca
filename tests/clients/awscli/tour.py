"""A tour of every operation through the AWS CLI. Prints the operations that were answered, for `test_tours.py`."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROLE = "arn:aws:iam::000000000000:role/tour"
BESIDE = pathlib.Path(sys.executable).parent / "aws"
PROGRAM = str(BESIDE) if BESIDE.exists() else shutil.which("aws")
answered = set()


def name(kind):
    return f"awscli-{kind}-{os.getpid()}"


def run(command, **options):
    words = [PROGRAM, "stepfunctions", command, "--output", "json"]
    for option, value in options.items():
        words.append("--" + option.replace("_", "-"))
        words += value if isinstance(value, list) else [str(value)]
    return subprocess.run(words, capture_output=True, text=True, timeout=90)


def operation(command):
    return "".join(word.capitalize() for word in command.split("-"))


def call(command, **options):
    done = run(command, **options)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    answered.add(operation(command))
    return json.loads(done.stdout) if done.stdout.strip() else {}


def refused(command, code, **options):
    """Calls an operation that must be refused: the CLI says with which error."""
    done = run(command, **options)
    assert done.returncode in (254, 255) and f"({code})" in done.stderr, f"{command}: {done.returncode} {done.stderr}"
    answered.add(operation(command))


def ended(execution):
    while True:
        described = call("describe-execution", execution_arn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.02)


def machines(activity):
    definition = json.dumps({"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": activity, "End": True}}})
    assert call("validate-state-machine-definition", definition=definition)["result"] == "OK"
    machine = call("create-state-machine", name=name("work"), definition=definition, role_arn=ROLE)["stateMachineArn"]
    assert call("describe-state-machine", state_machine_arn=machine)["definition"] == definition
    assert call("update-state-machine", state_machine_arn=machine, role_arn=f"{ROLE}2")["revisionId"]
    listed = call("list-state-machines", page_size=1)["stateMachines"]
    assert machine in [item["stateMachineArn"] for item in listed]
    refused("create-state-machine", "InvalidDefinition", name=name("bad"), definition="{}", role_arn=ROLE)
    return machine


def executions(machine, activity):
    def take():
        return call("get-activity-task", activity_arn=activity, worker_name="tour")["taskToken"]

    def start():
        return call("start-execution", state_machine_arn=machine, input='{"cups":2}')["executionArn"]

    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(take)
        good = start()
        token = waiting.result(timeout=90)
    call("send-task-heartbeat", task_token=token)
    call("send-task-success", task_token=token, task_output='{"brewed": true}')
    assert json.loads(ended(good)["output"]) == {"brewed": True}
    history = call("get-execution-history", execution_arn=good, page_size=2)["events"]
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))

    bad = start()
    call("send-task-failure", task_token=take(), error="OutOfTea", cause="the pot is empty")
    assert ended(bad)["error"] == "OutOfTea"
    call("redrive-execution", execution_arn=bad)
    call("send-task-success", task_token=take(), task_output="{}")
    assert ended(bad)["status"] == "SUCCEEDED"

    long = start()
    call("stop-execution", execution_arn=long, error="Closed")
    refused("describe-execution", "ExecutionDoesNotExist", execution_arn=f"{long}-gone")
    assert len(call("list-executions", state_machine_arn=machine, page_size=1)["executions"]) == 3
    assert call("describe-state-machine-for-execution", execution_arn=good)["stateMachineArn"] == machine
    assert call("list-map-runs", execution_arn=good)["mapRuns"] == []
    run = good.replace(":execution:", ":mapRun:").rpartition(":")[0] + "/Each:00000000-0000-0000-0000-000000000000"
    refused("describe-map-run", "ResourceNotFound", map_run_arn=run)
    refused("update-map-run", "ResourceNotFound", map_run_arn=run, max_concurrency=1)


def versions(machine):
    first = call("publish-state-machine-version", state_machine_arn=machine)["stateMachineVersionArn"]
    listed = call("list-state-machine-versions", state_machine_arn=machine)["stateMachineVersions"]
    assert [item["stateMachineVersionArn"] for item in listed] == [first]
    routes = f"stateMachineVersionArn={first},weight=100"
    alias = call("create-state-machine-alias", name="live", routing_configuration=routes)["stateMachineAliasArn"]
    call("update-state-machine-alias", state_machine_alias_arn=alias, description="what is live")
    assert call("describe-state-machine-alias", state_machine_alias_arn=alias)["description"] == "what is live"
    assert len(call("list-state-machine-aliases", state_machine_arn=machine)["stateMachineAliases"]) == 1
    call("delete-state-machine-alias", state_machine_alias_arn=alias)
    call("delete-state-machine-version", state_machine_version_arn=first)

    call("tag-resource", resource_arn=machine, tags="key=tea,value=green")
    assert call("list-tags-for-resource", resource_arn=machine)["tags"] == [{"key": "tea", "value": "green"}]
    call("untag-resource", resource_arn=machine, tag_keys=["tea"])


def synchronous():
    definition = json.dumps({"StartAt": "Pour", "States": {"Pour": {"Type": "Pass", "End": True}}})
    machine = call("create-state-machine", name=name("pour"), definition=definition, role_arn=ROLE, type="EXPRESS")
    poured = call("start-sync-execution", state_machine_arn=machine["stateMachineArn"], input="[2]")
    assert (poured["status"], poured["output"]) == ("SUCCEEDED", "[2]")
    tested = call("test-state", definition='{"Type": "Pass", "End": true}', input="[2]")
    assert (tested["status"], tested["output"]) == ("SUCCEEDED", "[2]")


def tour():
    activity = call("create-activity", name=name("one"))["activityArn"]
    assert call("describe-activity", activity_arn=activity)["name"] == name("one")
    assert activity in [item["activityArn"] for item in call("list-activities", page_size=1)["activities"]]
    machine = machines(activity)
    executions(machine, activity)
    versions(machine)
    synchronous()
    call("delete-state-machine", state_machine_arn=machine)
    call("delete-activity", activity_arn=activity)
    refused("describe-activity", "ActivityDoesNotExist", activity_arn=activity)
    print(json.dumps(sorted(answered)))


if __name__ == "__main__":
    tour()
