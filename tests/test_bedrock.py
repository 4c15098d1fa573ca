"""Models of Bedrock and agents of AgentCore, against a host that stands in for them, and S3 for large bodies."""

import binascii
import http.server
import json
import struct
import threading
import urllib.parse

import pytest

from stepwell import CREDENTIALS, ROLE, ended

HARNESS = "arn:aws:bedrock-agentcore:us-east-1:000000000000:harness/helper"


def message(payload, **headers):
    """A message of an event stream."""
    written = b""
    for name, value in headers.items():
        name = ":" + name.replace("_", "-")
        written += struct.pack("!B", len(name)) + name.encode()
        written += struct.pack("!BH", 7, len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(written) + len(body), len(written))
    whole = prelude + struct.pack("!I", binascii.crc32(prelude)) + written + body
    return whole + struct.pack("!I", binascii.crc32(whole))


def event(name, **payload):
    return message(payload, message_type="event", event_type=name)


def turn(text, reason):
    return [
        event("messageStart", role="assistant"),
        event("contentBlockDelta", contentBlockIndex=0, delta={"text": text[:3]}),
        event("contentBlockDelta", contentBlockIndex=0, delta={"text": text[3:]}),
        event("contentBlockStop", contentBlockIndex=0),
        event("messageStop", stopReason=reason),
        event("metadata", usage={"inputTokens": 5, "outputTokens": 1, "totalTokens": 6}, metrics={"latencyMs": 7}),
    ]


class Models(http.server.BaseHTTPRequestHandler):
    """A model that repeats what it is given, one that is too busy, and an agent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urllib.parse.unquote(self.path)
        self.server.asked.append((path, dict(self.headers.items()), body))
        if path == "/model/echo/invoke":
            return self.answer(200, json.dumps({"said": json.loads(body)}).encode())
        if path == "/model/long/invoke":
            return self.answer(200, json.dumps({"text": "x" * 400_000, "asked": len(body)}).encode())
        if path == "/model/busy/invoke":
            words = json.dumps({"message": "Too many tokens"}).encode()
            return self.answer(429, words, ("x-amzn-ErrorType", "ThrottlingException:http://x/"))
        if path.startswith("/harnesses/invoke"):
            stream = turn("I look it up.", "tool_use") + turn("Green.", "end_turn")
            if b"fail" in body:
                told = {"message": "no more"}
                stream[3:] = [message(told, message_type="exception", exception_type="throttlingException")]
            return self.answer(200, b"".join(stream), ("Content-Type", "application/vnd.amazon.eventstream"))
        return self.answer(404, b"{}")

    def answer(self, status, body, header=("Content-Type", "application/json")):
        self.send_response(status)
        self.send_header(*header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def models():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Models)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def aws(serve, moto, models):
    url = f"http://127.0.0.1:{models.server_address[1]}"
    names = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE")
    return serve(environment={"AWS_ENDPOINT_URL": moto, **dict.fromkeys(names, url), **CREDENTIALS})


def run(server, unique, resource, parameters):
    client = server.boto3()
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    definition = json.dumps({"StartAt": "T", "States": {"T": task}})
    machine = client.create_state_machine(name=unique(), definition=definition, roleArn=ROLE)
    return ended(client, client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])


def test_a_model_is_given_json_and_gives_it(aws, unique, models):
    body = {"prompt": "ü", "n": [1, 2.5]}
    result = run(aws, unique, "bedrock:invokeModel", {"ModelId": "echo", "Body": body})
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == {"Body": {"said": body}, "ContentType": "application/json"}
    _, headers, sent = models.asked[0]
    assert json.loads(sent) == body
    assert (headers["content-type"], headers["accept"]) == ("application/json", "application/json")


def test_errors_of_a_model_have_the_name_of_bedrock(aws, unique):
    result = run(aws, unique, "bedrock:invokeModel", {"ModelId": "busy", "Body": "{}"})
    assert (result["status"], result["error"]) == ("FAILED", "Bedrock.ThrottlingException")
    assert result["cause"].startswith("Too many tokens (Service: BedrockRuntime, Status Code: 429"), result


def test_large_bodies_are_in_s3(aws, unique, models, service):
    s3 = service("s3")
    bucket = unique().lower()
    s3.create_bucket(Bucket=bucket)
    asked = b'{"prompt": "' + b"y" * 5_000_000 + b'"}'
    s3.put_object(Bucket=bucket, Key="in put.json", Body=asked)
    places = {"Input": {"S3Uri": f"s3://{bucket}/in put.json"}, "Output": {"S3Uri": f"s3://{bucket}/out/put.json"}}
    result = run(aws, unique, "bedrock:invokeModel", {"ModelId": "long", **places})
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == {"Body": places["Output"]["S3Uri"], "ContentType": "application/json"}
    assert models.asked[0][2] == asked
    written = s3.get_object(Bucket=bucket, Key="out/put.json")
    answer = json.loads(written["Body"].read())
    assert (len(answer["text"]), answer["asked"], written["ContentType"]) == (400_000, len(asked), "application/json")

    result = run(aws, unique, "bedrock:invokeModel", {"ModelId": "long", "Body": {}})
    assert result["error"] == "States.DataLimitExceeded"
    missing = {"ModelId": "echo", "Input": {"S3Uri": f"s3://{bucket}/nothing"}}
    assert run(aws, unique, "bedrock:invokeModel", missing)["error"] == "S3.NoSuchKeyException"


def harness(text):
    return {"HarnessArn": HARNESS, "Messages": [{"Role": "user", "Content": [{"Text": text}]}]}


def test_an_agent_gives_its_last_message(aws, unique, models):
    result = run(aws, unique, "bedrockagentcore:invokeHarness", harness("What colour?"))
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == {
        "Output": {"Message": {"Role": "assistant", "Content": [{"Text": "Green."}]}},
        "StopReason": "end_turn",
        "Usage": {"InputTokens": 10, "OutputTokens": 2, "TotalTokens": 12},
        "Metrics": {"LatencyMs": 14},
    }
    _, _, sent = models.asked[0]
    assert json.loads(sent)["messages"] == [{"role": "user", "content": [{"text": "What colour?"}]}]


def test_an_agent_may_fail_in_the_midst_of_its_answer(aws, unique):
    result = run(aws, unique, "bedrockagentcore:invokeHarness", harness("fail"))
    assert (result["error"], result["cause"]) == ("BedrockAgentCore.ThrottlingException", "no more")
