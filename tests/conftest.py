"""Fixtures: servers for tests to talk to, and figures that tests report."""

import itertools
import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

import stepwell
from stepwell import REGION, ROLE, Server, ended, wait_for

# The tests that take longest begin first, so that others run beside them.
LONGEST = ("test_kill.py", "every_operation", "no_task_within", "retry_catch", "test_restart.py")


def pytest_collection_modifyitems(items):
    def rank(item):
        return next((i for i, part in enumerate(LONGEST) if part in item.nodeid), len(LONGEST))

    items.sort(key=rank)


def pytest_terminal_summary(terminalreporter):
    """Shows what tests measured, above pytest's own summary."""
    reports = itertools.chain(*(terminalreporter.getreports(outcome) for outcome in ("passed", "failed")))
    figures = [text for report in reports for name, text in getattr(report, "user_properties", ()) if name == "figures"]
    if figures:
        terminalreporter.section("figures")
        for text in figures:
            terminalreporter.write_line(text)


@pytest.fixture
def figures(record_property):
    """Reports a line of figures at the end of the run."""
    return lambda text: record_property("figures", text)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that many tests share; each uses names of its own."""
    server = Server(tmp_path_factory.mktemp("server"), functions=stepwell.FUNCTIONS)
    server.start()
    yield server
    server.end()


@pytest.fixture
def serve(tmp_path):
    """Starts servers that only this test uses."""
    servers = []

    def start(*options, folder="server", spawn=False, environment=None, functions=stepwell.FUNCTIONS, **settings):
        server = Server(tmp_path / folder, *options, environment=environment, functions=functions)
        servers.append(server)
        return server.spawn(**settings) if spawn else server.start(**settings)

    yield start
    for server in servers:
        server.end()


@pytest.fixture(scope="session")
def client(server):
    return server.boto3()


@pytest.fixture
def unique(request):
    """Names that no other test uses."""
    numbers = itertools.count(1)
    stem = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:40]
    return lambda: f"{stem}-{time.time_ns() % 10**12}-{next(numbers)}"


@pytest.fixture
def create(client, unique):
    """Creates state machines; gives their ARNs."""

    def machine(definition, kind="STANDARD", **members):
        text = definition if isinstance(definition, str) else json.dumps(definition)
        members.setdefault("name", unique())
        return client.create_state_machine(definition=text, roleArn=ROLE, type=kind, **members)["stateMachineArn"]

    return machine


@pytest.fixture
def execute(client, create):
    """Runs a definition to its end; gives the description of the execution."""

    def execution(definition, input=None, seconds=30, **members):
        started = client.start_execution(
            stateMachineArn=create(definition), input=json.dumps({} if input is None else input), **members
        )
        return ended(client, started["executionArn"], seconds)

    return execution


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """An address at which moto answers for every service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("moto") / "log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"

    def answers():
        try:
            return urllib.request.urlopen(f"{url}/moto-api/", timeout=5).status == 200
        except OSError:
            return False

    try:
        wait_for(f"moto, which says {log.read_text()}", answers, seconds=60)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def service(moto):
    """Clients of moto's services."""
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests"}
    import boto3

    return lambda name: boto3.client(name, endpoint_url=moto, region_name=REGION, **keys)


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody but who is told so trusts."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tests"
    extensions = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run(
        [*command.split(), *extensions, "-keyout", key, "-out", chain], check=True, capture_output=True
    )
    return key, chain
