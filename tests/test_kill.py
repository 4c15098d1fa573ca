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

import kill_machines
from held_jobs import HeldJobs
from kill_checks import check_execution
from stepwell import CREDENTIALS, LOST, ROLE, Refusal, Wire, chain, wait_for, waiting

KILLS = int(os.environ.get("KILLS", "22"))
# So many kills more come while the server is still starting.
EARLY_KILLS = max(1, KILLS // 5)
JOB = "job"


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
            definition = json.dumps(kill_machines.revision(number))
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


class Jobs(HeldJobs):
    """Glue, whose jobs are under way whenever they are first asked for, and which says what was asked of it."""

    def __init__(self, moto, service):
        self.seen = set()
        service("glue").create_job(
            Name=JOB,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"},
            ExecutionProperty={"MaxConcurrentRuns": 1000},
        )
        super().__init__(moto, "getjobrun", self.hold_first)

    def hold_first(self, answer):
        run = answer["JobRun"]
        if run["Id"] not in self.seen:
            self.seen.add(run["Id"])
            run["JobRunState"] = "RUNNING"

    def counted(self):
        """How often a job was started for each execution, as calls are counted."""
        starts = self.asked_with("startjobrun")
        return collections.Counter(f"{start['Arguments']['--execution']} Run" for start in starts)


class TestOver(Exception):
    """The clients have nothing to do any more."""

    __test__ = False


def test_nothing_is_lost_and_nothing_is_done_twice(serve, moto, service, tmp_path, figures):
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    begun = time.monotonic()
    jobs = Jobs(moto, service)
    server = serve(environment={"STEPWELL_LOG": "warn", "AWS_ENDPOINT_URL_GLUE": jobs.url, **CREDENTIALS})
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
        "wait": (kill_machines.WAITS, 0.03, lambda: {"seconds": inputs.randint(1, 3)}),
        "call": (kill_machines.two_calls(), 0.1, call),
        "call-again": (kill_machines.CALLS_AGAIN, 0.1, call),
        "redriven": (kill_machines.REDRIVEN, 0.2, call),
        "activity": (kill_machines.activity_task(activity), 0.03, lambda: {}),
        "callback": (kill_machines.CALLBACK, 0.1, lambda: {"log": str(world.questions)}),
    }
    several = lambda: {**call(), "items": list(range(inputs.randint(0, 6)))}
    child = machine("child", kill_machines.child())
    kinds["wide"] = (kill_machines.wide(), 0.3, lambda: {**call(), "items": [1, 2, 3]})
    kinds["parent"] = (kill_machines.parent(child), 0.2, call)
    kinds["map"] = (kill_machines.distributed("STANDARD"), 0.4, several)
    kinds["map-express"] = (kill_machines.distributed("EXPRESS"), 0.4, several)
    kinds["job"] = (kill_machines.job(JOB), 0.3, lambda: {})
    kinds["stopped"] = (waiting(), 0.1, lambda: {})
    machines = {kind: machine(kind, definition) for kind, (definition, _, _) in kinds.items()}
    changing = machine("updated", kill_machines.revision(0))
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
        jobs.end()
    assert not world.broken, world.broken

    calls = collections.Counter(world.calls.read_text().splitlines())
    asked = collections.Counter(
        f"{question['execution']} {question['state']}"
        for question in map(json.loads, world.questions.read_text().splitlines())
    )
    made = calls + asked + jobs.counted()
    check = lambda entry: check_execution(world, *entry, made)
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        ends = collections.Counter(threads.map(check, list(world.acknowledged.items())))
    parents = sum(kind == "parent" for kind, _ in world.acknowledged.values())
    assert how_many(wire, child) == parents, "a nested execution was started twice"
    assert not jobs.times("batchstopjobrun"), "a job was stopped that its execution waits for"
    assert world.redrives, "nothing was redriven"
    assert world.stops, "nothing was stopped"
    assert max(world.tokens.values()) == 1, "an activity task was handed out twice"
    known = {f"{request['name']}" for _, request in world.acknowledged.values()}
    callers = {line.split()[0].partition("/")[0] for line in made}
    assert callers <= known, "a call was made for an execution that nobody started"

    figures(
        f"kill -9: seed {seed}, {kills} kills in {time.monotonic() - begun:.0f} s, {len(world.acknowledged)} acknowledged, "
        f"{sum(ends.values())} ended as they should, {sum(calls.values()) + sum(asked.values())} calls, "
        f"{jobs.times('startjobrun')} jobs, {sum(world.tokens.values())} activity tasks, {len(world.redrives)} redrives, {len(world.stops)} stops"
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


def how_many(wire, machine):
    """How many executions a state machine has."""
    found, page = 0, {}
    while True:
        answer = wire.call("ListExecutions", stateMachineArn=machine, maxResults=1000, **page)
        found += len(answer["executions"])
        if not answer.get("nextToken"):
            return found
        page = {"nextToken": answer["nextToken"]}
