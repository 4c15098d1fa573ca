"""Services that hang, lie and flood: the task fails, with the error that AWS's SDK would have, and in time."""

import json
import socket
import threading

import pytest

from stepwell import CREDENTIALS, ROLE, ended

# What a host says once it was asked, and whether it says it for ever or then keeps the line open.
HOSTS = {
    "closes": (b"", None),
    "babbles": (b"SSH-2.0-OpenSSH_9.6\r\n", None),
    "lies": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>", None),
    "stops": (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Mess', None),
    "heads": (b"HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n" * 100),
    "floods": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "hangs": (b"HTTP/1.1 200 OK\r\n", b""),
}

ENDS = {"floods": "States.DataLimitExceeded", "hangs": "States.Timeout"}

MESSAGE = {"QueueUrl": "http://queue/1/q", "MessageBody": "m"}
TASKS = {
    "sqs:sendMessage": ("SQS", MESSAGE),
    "aws-sdk:sqs:sendMessage": ("Sqs", MESSAGE),
    "lambda:invoke": ("Lambda", {"FunctionName": "elsewhere", "Payload": {}}),
    "bedrock:invokeModel": ("Bedrock", {"ModelId": "m", "Body": {}}),
    "bedrockagentcore:invokeHarness": ("BedrockAgentCore", {"HarnessArn": "arn:h", "Messages": []}),
}


def answer(line, beginning, more):
    try:
        line.recv(65536)
        line.sendall(beginning)
        while more:
            line.sendall(more)
        if more is not None:
            # Until the other side goes away.
            line.recv(1)
    except OSError:
        pass
    finally:
        line.close()


@pytest.fixture(params=HOSTS)
def host(request):
    """The kind of a host, and where it is."""
    beginning, more = HOSTS[request.param]
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(line, beginning, more), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield request.param, f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_a_hostile_service_fails_its_task_in_time(host, serve, unique):
    kind, address = host
    server = serve(functions=None, environment={"AWS_ENDPOINT_URL": address, **CREDENTIALS})
    client = server.boto3()
    started = {}
    for resource, (_, parameters) in TASKS.items():
        task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
        limit = {"TimeoutSeconds": 2} if kind == "hangs" else {}
        definition = json.dumps({"StartAt": "T", "States": {"T": {**task, **limit}}})
        machine = client.create_state_machine(name=unique(), definition=definition, roleArn=ROLE)
        started[resource] = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    for resource, execution in started.items():
        result = ended(client, execution)
        if (kind, resource) == ("lies", "bedrock:invokeModel"):
            # A model may answer anything.
            assert json.loads(result["output"])["Body"] == "<html>"
            continue
        wanted = ENDS.get(kind, f"{TASKS[resource][0]}.SdkClientException")
        if (kind, resource) == ("lies", "lambda:invoke"):
            wanted = "States.TaskFailed"
        assert (result["status"], result.get("error")) == ("FAILED", wanted), (resource, result)
    assert client.list_state_machines()["stateMachines"], "the server is as it was"
