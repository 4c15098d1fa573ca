"""kill -9 at any moment under load: nothing acknowledged is lost, nothing is done twice.

KILL_SEED replays the moments of the kills (though not what the machine does meanwhile); KILLS changes their number.
"""

import collections
import concurrent.futures
import itertools
import json
import os
import random
import threading
import time

import pytest

from stepwell import LOST, ROLE, Refusal, Wire, chain, function_arn, wait_for, waiting

KILLS = int(os.environ.get("KILLS", "22"))
# So many kills more come while the server is still starting.
EARLY_KILLS = max(1, KILLS // 5)
LOST_CALL = "Lambda.SdkClientException"

CALL = {"execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "log.$": "$.log", "seconds.$": "$.seconds"}
ONCE_A_SECOND = {"IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 9999}


def two_calls(**members):
    call = {"Type": "Task", "Resource": function_arn("Count"), "Parameters": CALL, "ResultPath": "$.last", **members}
    return {"StartAt": "First", "States": {"First": {**call, "Next": "Second"}, "Second": {**call, "End": True}}}


WAITS = {
    "StartAt": "Hold",
    "States": {"Hold": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"}, "Done": {"Type": "Succeed"}},
}
CALLS_AGAIN = two_calls(Retry=[{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}])
# Fails in its middle until it is redriven, and wherever a call is lost.
REDRIVEN = two_calls()
REDRIVEN["States"]["First"]["Next"] = "Gate"
REDRIVEN["States"]["Gate"] = {
    "Type": "Choice",
    "Choices": [{"Variable": "$$.Execution.RedriveCount", "NumericGreaterThan": 0, "Next": "Second"}],
}
CALLBACK = {
    "StartAt": "Asked",
    "States": {
        "Asked": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": "Ask",
                "Payload": {
                    "execution.$": "$$.Execution.Name",
                    "state.$": "$$.State.Name",
                    "token.$": "$$.Task.Token",
                    "log.$": "$.log",
                },
            },
            "TimeoutSeconds": 10,
            "Retry": [{"ErrorEquals": ["States.Timeout", LOST_CALL], **ONCE_A_SECOND}],
            "End": True,
        }
    },
}


def wide():
    """Three branches: a Map of calls, a call, and a Wait."""
    again = [{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}]
    call = lambda name: {name: {"Type": "Task", "Resource": function_arn("Count"), "Parameters": CALL, "Retry": again, "End": True}}
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "Parameters": {"log.$": "$.log", "seconds.$": "$.seconds", "item.$": "$$.Map.Item.Value"},
        "MaxConcurrency": 2,
        "ItemProcessor": {"StartAt": "InMap", "States": call("InMap")},
        "ResultSelector": {"items.$": "$[*].item"},
        "End": True,
    }
    # What a call gives back is what it was given, and the item would be lost on the way.
    each["ItemProcessor"]["States"]["InMap"]["ResultPath"] = "$.called"
    branches = [
        {"StartAt": "Each", "States": {"Each": each}},
        {"StartAt": "InBranch", "States": call("InBranch")},
        {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 1, "End": True}}},
    ]
    return {"StartAt": "Wide", "States": {"Wide": {"Type": "Parallel", "Branches": branches, "End": True}}}


def parent(child):
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": child,
            "Input": {"log.$": "$.log", "seconds.$": "$.seconds", "parent.$": "$$.Execution.Name"},
        },
        "ResultSelector": {"child.$": "$.ExecutionArn", "status.$": "$.Status"},
        "End": True,
    }
    return {"StartAt": "Child", "States": {"Child": start}}


def child():
    """Calls for its parent, twice, and once more whenever a call is lost."""
    definition = two_calls(Retry=[{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}])
    for state in definition["States"].values():
        state["Parameters"] = {**CALL, "execution.$": "$.parent"}
    return definition


def revision(number):
    return {"StartAt": "Tell", "States": {"Tell": {"Type": "Pass", "Result": number, "End": True}}}


def activity_task(activity):
    # An answer that carried a task may be lost with the server; no heartbeat then says so.
    retry = [{"ErrorEquals": ["States.Timeout"], **ONCE_A_SECOND}]
    work = {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 4, "Retry": retry, "End": True}
    return {"StartAt": "Work", "States": {"Work": work}}


class World:
    """A server that keeps dying, its clients, and what they were told."""

    def __init__(self, server, folder):
        self.server = server
        self.calls = folder / "calls"
        self.questions = folder / "questions"
        self.over = threading.Event()
        self.closed = threading.Event()
        self.acknowledged = {}
        self.tokens = collections.Counter()
        self.redrives = set()
        self.stops = {}
        self.revisions = {}
        self.broken = []

    def answered(self, wire, operation, **members):
        """Asks until there is an answer, however often the server dies under it."""
        while not self.closed.is_set():
            url = self.server.url
            if url is None:
                self.closed.wait(0.01)
                continue
            if wire.url != url:
                wire.turn_to(url)
            try:
                return wire.call(operation, **members)
            except LOST:
                self.closed.wait(0.01)
            except Refusal:
                # Where the server has died meanwhile, somebody else may have answered on its old port.
                if self.server.url == url:
                    raise
        raise TestOver

    def thread(self, work, *arguments):
        def guarded():
            try:
                work(*arguments)
            except TestOver:
                pass
            except BaseException as problem:
                self.broken.append(f"{work.__name__}: {problem!r}")

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def start_executions(self, kind, machine, pause, input):
        """A client that starts one named execution after another and remembers which starts were answered."""
        wire = Wire(self.server.url)
        for number in itertools.count():
            request = {"stateMachineArn": machine, "name": f"{kind}-{number}", "input": json.dumps(input())}
            execution = machine.replace(":stateMachine:", ":execution:") + ":" + request["name"]
            try:
                started = self.answered(wire, "StartExecution", **request)
                assert started["executionArn"] == execution
            except Refusal as refusal:
                # An earlier attempt was served, but its answer was lost.
                if refusal.code != "ExecutionAlreadyExists":
                    raise
            self.acknowledged[execution] = (kind, request)
            if self.over.wait(pause):
                return

    def work_on(self, activity, worker):
        wire = Wire(self.server.url)
        while True:
            work = self.answered(wire, "GetActivityTask", activityArn=activity, workerName=worker)
            token = work.get("taskToken")
            if token:
                self.tokens[token] += 1
                self.succeed(wire, token)

    def redrive(self, machine):
        """A client that redrives whatever has failed, with a token that makes a lost answer harmless."""
        wire = Wire(self.server.url)
        while not self.closed.wait(0.1):
            failed = self.answered(wire, "ListExecutions", stateMachineArn=machine, statusFilter="FAILED")
            for execution in failed["executions"]:
                arn, count = execution["executionArn"], execution["redriveCount"]
                try:
                    self.answered(wire, "RedriveExecution", executionArn=arn, clientToken=f"after-{count}")
                except Refusal as refusal:
                    # It went on meanwhile.
                    if refusal.code != "ExecutionNotRedrivable":
                        raise
                self.redrives.add((arn, count))

    def stop(self, machine):
        """A client that stops whatever runs, and remembers when it was told that it stopped."""
        wire = Wire(self.server.url)
        while not self.closed.wait(0.2):
            running = self.answered(wire, "ListExecutions", stateMachineArn=machine, statusFilter="RUNNING")
            for execution in running["executions"]:
                arn = execution["executionArn"]
                self.stops[arn] = self.answered(wire, "StopExecution", executionArn=arn, error="Enough")["stopDate"]

    def update(self, machine):
        """A client that changes a definition, and starts an execution of each."""
        wire = Wire(self.server.url)
        for number in itertools.count(1):
            definition = json.dumps(revision(number))
            self.answered(wire, "UpdateStateMachine", stateMachineArn=machine, definition=definition)
            request = {"stateMachineArn": machine, "name": f"updated-{number}", "input": "{}"}
            try:
                execution = self.answered(wire, "StartExecution", **request)["executionArn"]
            except Refusal as refusal:
                if refusal.code != "ExecutionAlreadyExists":
                    raise
                execution = machine.replace(":stateMachine:", ":execution:") + ":" + request["name"]
            self.acknowledged[execution] = ("updated", request)
            self.revisions[execution] = number
            if self.over.wait(0.1):
                return

    def answer_questions(self):
        wire, read = Wire(self.server.url), 0
        while not self.closed.wait(0.02):
            if not self.questions.exists():
                continue
            with open(self.questions, encoding="utf-8") as questions:
                questions.seek(read)
                for line in questions:
                    if not line.endswith("\n"):
                        break
                    read += len(line)
                    self.succeed(wire, json.loads(line)["token"])

    def succeed(self, wire, token):
        try:
            self.answered(wire, "SendTaskSuccess", taskToken=token, output='{"answered": true}')
        except Refusal as refusal:
            # Its task has ended: an earlier attempt was served, or the task was lost and is made again.
            if refusal.code not in ("TaskTimedOut", "TaskDoesNotExist"):
                raise


class TestOver(Exception):
    """The clients have nothing to do any more."""

    __test__ = False


def test_nothing_is_lost_and_nothing_is_done_twice(serve, tmp_path, figures):
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    begun = time.monotonic()
    server = serve(environment={"STEPWELL_LOG": "warn"})
    world = World(server, tmp_path)
    wire = server.wire()

    def machine(name, definition):
        request = {"name": name, "definition": json.dumps(definition), "roleArn": ROLE}
        return wire.call("CreateStateMachine", **request)["stateMachineArn"]

    activity = wire.call("CreateActivity", name="work")["activityArn"]
    inputs = random.Random(seed)
    call = lambda: {"log": str(world.calls), "seconds": round(inputs.uniform(0, 0.05), 3)}
    kinds = {
        "pass": (chain(5), 0.01, lambda: {"tea": ["green", 1.5]}),
        "wait": (WAITS, 0.03, lambda: {"seconds": inputs.randint(1, 3)}),
        "call": (two_calls(), 0.1, call),
        "call-again": (CALLS_AGAIN, 0.1, call),
        "redriven": (REDRIVEN, 0.2, call),
        "activity": (activity_task(activity), 0.03, lambda: {}),
        "callback": (CALLBACK, 0.1, lambda: {"log": str(world.questions)}),
    }
    kinds["wide"] = (wide(), 0.3, lambda: {**call(), "items": [1, 2, 3]})
    kinds["parent"] = (parent(machine("child", child())), 0.2, call)
    kinds["stopped"] = (waiting(), 0.1, lambda: {})
    machines = {kind: machine(kind, definition) for kind, (definition, _, _) in kinds.items()}
    changing = machine("updated", revision(0))
    held = {"stateMachineArn": machine("held", waiting()), "name": "held", "input": "{}"}
    first_held = wire.call("StartExecution", **held)

    starters = [
        world.thread(world.start_executions, kind, machines[kind], pause, input)
        for kind, (_, pause, input) in kinds.items()
    ]
    starters.append(world.thread(world.update, changing))
    workers = [world.thread(world.work_on, activity, f"worker-{n}") for n in range(2)]
    workers.append(world.thread(world.answer_questions))
    workers.append(world.thread(world.redrive, machines["redriven"]))
    workers.append(world.thread(world.stop, machines["stopped"]))
    try:
        kills = keep_killing(server, chance)
        world.over.set()
        for starter in starters:
            starter.join(30)
        assert not world.broken, world.broken
        assert not any(starter.is_alive() for starter in starters), "a client got no answer"

        wire = server.wire()

        def has_some(arn, status):
            listed = wire.call("ListExecutions", stateMachineArn=arn, statusFilter=status, maxResults=1)
            return bool(listed["executions"])

        for arn in [*machines.values(), changing]:
            wait_for(
                f"all executions of {arn} have ended",
                lambda: not has_some(arn, "RUNNING") and not (arn == machines["redriven"] and has_some(arn, "FAILED")),
                seconds=60,
                pause=0.2,
            )
        again = wire.call("StartExecution", **held)
        assert again == first_held, "a repeated start gives the first one's answer"
    finally:
        world.over.set()
        world.closed.set()
    assert not world.broken, world.broken

    calls = collections.Counter(world.calls.read_text().splitlines())
    asked = collections.Counter(
        f"{question['execution']} {question['state']}"
        for question in map(json.loads, world.questions.read_text().splitlines())
    )
    check = lambda entry: check_execution(world, *entry, calls + asked)
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        ends = collections.Counter(threads.map(check, list(world.acknowledged.items())))
    assert world.redrives, "nothing was redriven"
    assert world.stops, "nothing was stopped"
    assert max(world.tokens.values()) == 1, "an activity task was handed out twice"
    known = {f"{request['name']}" for _, request in world.acknowledged.values()}
    assert {line.split()[0] for line in calls + asked} <= known, "a call was made for an execution that nobody started"

    figures(
        f"kill -9: seed {seed}, {kills} kills in {time.monotonic() - begun:.0f} s, {len(world.acknowledged)} acknowledged, "
        f"{sum(ends.values())} ended as they should, {sum(calls.values()) + sum(asked.values())} calls, "
        f"{sum(world.tokens.values())} activity tasks, {len(world.redrives)} redrives, {len(world.stops)} stops"
    )
    figures(f"  {'kind':<12} {'end':<24} {'executions':>10}")
    for (kind, end), count in sorted(ends.items()):
        figures(f"  {kind:<12} {end:<24} {count:>10}")


def keep_killing(server, chance):
    """Kills the server again and again, working or still starting; leaves it running. Gives the number of kills."""
    early = set(chance.sample(range(KILLS), EARLY_KILLS))
    kills = 0
    for number in range(KILLS):
        # Sleeping is the point: nothing but the clock decides when a process dies.
        time.sleep(chance.uniform(0.1, 1.6))
        server.kill()
        kills += 1
        if number in early:
            server.spawn()
            time.sleep(chance.uniform(0, 0.1))
            server.kill()
            kills += 1
        server.start()
    return kills


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
