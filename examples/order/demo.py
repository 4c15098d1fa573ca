#!/usr/bin/env python3
"""Runs the order workflow on a fresh server and shows what happens.

Needs Python 3 alone: requests are plain AWS JSON 1.0, which is all that an SDK sends.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
DEADLINE_SECONDS = 60


def main():
    binary = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="stepwell-demo-") as data:
        server = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--functions", HERE / "functions"],
            stdout=subprocess.PIPE,
            text=True,
            env={"STEPWELL_LOG": "warn,functions=warn", **os.environ},
        )
        try:
            show(Client(server))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=10)


class Client:
    def __init__(self, server):
        line = server.stdout.readline()
        if not line.startswith("listening on "):
            sys.exit(f"the server did not start: {line!r}")
        self.url = line.removeprefix("listening on ").strip()

    def call(self, operation, **request):
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AWSStepFunctions.{operation}",
        }
        request = urllib.request.Request(self.url, json.dumps(request).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def history(self, arn):
        events, page = [], {}
        while True:
            answer = self.call("GetExecutionHistory", executionArn=arn, **page)
            events += answer["events"]
            if "nextToken" not in answer:
                return events
            page = {"nextToken": answer["nextToken"]}


def show(client):
    print(f"server     {client.url}")
    machine = client.call(
        "CreateStateMachine",
        name="Order",
        definition=(HERE / "order.asl.json").read_text(),
        roleArn="arn:aws:iam::000000000000:role/order",
    )["stateMachineArn"]
    print(f"machine    {machine}")
    arn = client.call("StartExecution", stateMachineArn=machine, input=(HERE / "input.json").read_text())["executionArn"]
    print(f"execution  {arn}\n")

    execution = follow(client, arn)

    events = client.history(arn)
    started = events[0]["timestamp"]
    rows = [(e["id"], e["previousEventId"], f"{e['timestamp'] - started:.3f}", e["type"], name(e)) for e in events]
    print()
    table(("id", "from", "seconds", "type", "state or function"), rows)
    print(f"\n{execution['status']}")
    if execution["status"] != "SUCCEEDED":
        sys.exit(f"{execution.get('error')}: {execution.get('cause')}")
    print(json.dumps(json.loads(execution["output"]), indent=2))


def follow(client, arn):
    """Prints events as they come, until the execution ends."""
    shown, deadline = 0, time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        execution = client.call("DescribeExecution", executionArn=arn)
        events = client.history(arn)
        for event in events[shown:]:
            print(f"  {event['type']:<26} {name(event)}")
        shown = len(events)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(0.05)
    sys.exit(f"the execution did not end within {DEADLINE_SECONDS} seconds")


def name(event):
    details = next((value for key, value in event.items() if key.endswith("Details")), {})
    return details.get("name") or details.get("resource", "").rpartition(":")[2]


def table(head, rows):
    rows = [tuple(map(str, row)) for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


if __name__ == "__main__":
    main()
