"""The real binary as a test sees it: started, asked, killed, started again."""

import contextlib
import http.client
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
FUNCTIONS = HERE / "functions"
EXAMPLES = ROOT / "examples"

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tests"

# What clients of AWS need to be told before they send anything.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}

START_SECONDS = 60
END_SECONDS = 30


def binary():
    """The binary under test: STEPWELL_BIN, or what cargo built, the optimised one first."""
    named = os.environ.get("STEPWELL_BIN")
    if named:
        return pathlib.Path(named).resolve()
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for profile in ("release", "debug"):
        candidate = target / profile / "stepwell"
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"no stepwell below {target}; run `cargo build --release -p stepwell` or set STEPWELL_BIN")


def arn(kind, name):
    return f"arn:aws:states:{REGION}:{ACCOUNT}:{kind}:{name}"


def function_arn(name):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def wait_for(what, condition, seconds=20.0, pause=0.02):
    """Asks until the condition gives something true, and gives that; fails by name when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s; last seen: {found!r}")
        time.sleep(pause)


class Refusal(Exception):
    """An error that the server answered."""

    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class Wire:
    """One keep-alive connection that speaks AWS JSON 1.0 with nothing in between. Not for use by several threads."""

    def __init__(self, url, timeout=75):
        self.timeout = timeout
        self.turn_to(url)

    def turn_to(self, url):
        """Talks to another server from now on."""
        self.url = url
        self.address = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.address, timeout=self.timeout)

    def call(self, operation, **members):
        status, answer = self.send(json.dumps(members).encode(), operation)
        if status == 200:
            return answer
        raise Refusal(status, answer["__type"].rpartition("#")[2], answer.get("message", ""))

    def send(self, body, operation=None, headers=None):
        """Sends any bytes at all; gives the status and the answer, as JSON if it is that."""
        headers = {"Content-Type": "application/x-amz-json-1.0", **(headers or {})}
        if operation:
            headers["X-Amz-Target"] = f"AWSStepFunctions.{operation}"
        try:
            self.connection.request("POST", "/", body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def history(self, execution, **members):
        """All events of an execution, page by page."""
        events = []
        while True:
            answer = self.call("GetExecutionHistory", executionArn=execution, maxResults=1000, **members)
            events += answer["events"]
            if not answer.get("nextToken"):
                return events
            members["nextToken"] = answer["nextToken"]


# What a client may see of a server that was killed under it.
LOST = (OSError, http.client.HTTPException)


class Server:
    """`stepwell serve` on a free port, and a folder it keeps its data in."""

    def __init__(self, folder, *options, functions=None, environment=None, listen="127.0.0.1:0"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.log = self.folder / "stderr.log"
        self.listen = listen
        self.options = [*options]
        if functions:
            self.options += ["--functions", functions]
        self.environment = environment or {}
        self.process = None
        self.url = None

    def command(self):
        return [binary(), "serve", "--listen", self.listen, "--data", self.data, *self.options]

    def spawn(self, **settings):
        """Starts the process without waiting for it to answer."""
        # Only this process's own test may end it: a Ctrl-C reaches pytest, which stops it in turn.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                **settings,
            )
        self.lines = queue.Queue()
        threading.Thread(target=read_lines, args=(self.process.stdout, self.lines), daemon=True).start()
        return self

    def ready(self):
        """Waits for the first line, which says where the server listens."""
        try:
            line = self.lines.get(timeout=START_SECONDS)
        except queue.Empty:
            raise AssertionError(f"the server printed nothing in {START_SECONDS} s; its log:\n{self.said()}") from None
        prefix = "listening on "
        if line is None or not line.startswith(prefix):
            raise AssertionError(f"the server's first line was {line!r}; its log:\n{self.said()}")
        self.url = line[len(prefix) :].strip()
        return self

    def start(self, **settings):
        return self.spawn(**settings).ready()

    def kill(self):
        """kill -9."""
        # Its port may be somebody else's before long.
        self.url = None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(END_SECONDS)

    def stop(self):
        """SIGTERM; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(END_SECONDS)

    def end(self):
        """Ends the process, whatever state it is in."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(END_SECONDS)

    def said(self):
        """What the server wrote to its standard error so far."""
        return self.log.read_text(errors="replace")

    def sockets(self):
        """How many sockets the process has open."""
        count = 0
        for descriptor in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            # One may be closed while we look.
            with contextlib.suppress(OSError):
                count += os.readlink(descriptor).startswith("socket:")
        return count

    def wire(self, timeout=75):
        return Wire(self.url, timeout)

    def boto3(self, **config):
        """A boto3 client. Host prefixes are off unless asked for: `sync-127.0.0.1` is no name."""
        import boto3
        from botocore.config import Config

        config = {"inject_host_prefix": False, "read_timeout": 75, "retries": {"max_attempts": 0}, **config}
        return boto3.client(
            "stepfunctions",
            endpoint_url=config.pop("endpoint_url", self.url),
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(**config),
        )


def read_lines(stream, lines):
    with stream:
        for line in stream:
            lines.put(line.decode(errors="replace"))
    lines.put(None)


def run(*arguments, input=None, seconds=60, **settings):
    """Runs the binary to its end; gives what came of it."""
    return subprocess.run(
        [binary(), *arguments],
        input=input,
        capture_output=True,
        text=True,
        timeout=seconds,
        **settings,
    )


def ended(client, execution, seconds=30):
    """The description of an execution once it has ended."""

    def description():
        found = client.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return wait_for(f"{execution} has ended", description, seconds)


def event_types(client, execution):
    """The types of an execution's events, in order."""
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event["type"] for page in pages for event in page["events"]]


def chain(length=1):
    """A definition of Pass states in a row."""
    names = [f"Step{i}" for i in range(1, length + 1)]
    states = {name: {"Type": "Pass", "Next": following} for name, following in zip(names, names[1:])}
    states[names[-1]] = {"Type": "Pass", "End": True}
    return {"StartAt": names[0], "States": states}


def waiting(seconds=3600):
    """A definition that waits."""
    return {"StartAt": "Hold", "States": {"Hold": {"Type": "Wait", "Seconds": seconds, "End": True}}}


def task(resource, **members):
    """A definition of one Task state."""
    return {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": resource, "End": True, **members}}}
