"""A restart with many waiting executions."""

import concurrent.futures
import datetime
import itertools
import json
import threading
import time

from stepwell import ROLE, wait_for

COUNT = 10_000
CLIENTS = 4

# The aim is a second. The bound allows for what else runs on the machine: other tests at the same time, a debug build.
SECONDS_TO_FIRST_ANSWER = 5

HOLD_UNTIL = {
    "StartAt": "Hold",
    "States": {"Hold": {"Type": "Wait", "TimestampPath": "$.until", "Next": "Done"}, "Done": {"Type": "Succeed"}},
}


def test_waiting_executions_outlive_a_kill(serve, figures):
    server = serve()
    wire = server.wire()
    request = {"name": "hold", "definition": json.dumps(HOLD_UNTIL), "roleArn": ROLE}
    machine = wire.call("CreateStateMachine", **request)["stateMachineArn"]
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=40)
    input = json.dumps({"until": until.strftime("%Y-%m-%dT%H:%M:%SZ")})

    numbers, lock = itertools.count(), threading.Lock()

    def start_many():
        wire = server.wire()
        while True:
            with lock:
                number = next(numbers)
            if number >= COUNT:
                return
            wire.call("StartExecution", stateMachineArn=machine, name=f"n{number}", input=input)

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as threads:
        for done in [threads.submit(start_many) for _ in range(CLIENTS)]:
            done.result()
    assert datetime.datetime.now(datetime.timezone.utc) < until, "the machine is too slow for this test"
    assert count(wire, machine, "RUNNING") == COUNT

    server.kill()
    begun = time.monotonic()
    server.start()
    wire = server.wire()
    wire.call("ListStateMachines")
    first_answer = time.monotonic() - begun
    restarted_early = datetime.datetime.now(datetime.timezone.utc) < until
    figures(f"restart: {COUNT} waiting executions, kill -9, first answer after {first_answer * 1000:.0f} ms")
    assert first_answer < SECONDS_TO_FIRST_ANSWER

    running = {"stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 1}
    wait_for("all waits have ended", lambda: not wire.call("ListExecutions", **running)["executions"], 120, 0.2)
    assert count(wire, machine, "SUCCEEDED") == COUNT
    last = wire.call("ListExecutions", stateMachineArn=machine, statusFilter="SUCCEEDED", maxResults=1)["executions"][0]
    late = last["stopDate"] - until.replace(microsecond=0).timestamp()
    figures(f"restart: {COUNT} waits due at one moment, the last ended {late:.1f} s after it")
    assert late >= 0
    assert late < 30 or not restarted_early, f"the last wait ended {late} s late"


def count(wire, machine, status):
    request = {"stateMachineArn": machine, "statusFilter": status, "maxResults": 1000}
    found = 0
    while True:
        answer = wire.call("ListExecutions", **request)
        found += len(answer["executions"])
        if not answer.get("nextToken"):
            return found
        request["nextToken"] = answer["nextToken"]
