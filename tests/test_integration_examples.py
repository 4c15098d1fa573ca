"""The workflows in `examples/` that call AWS services, at moto and a model's stand-in; and that the documents show what runs."""

import contextlib
import http.server
import json
import threading
import urllib.parse

import pytest

from held_jobs import HeldJobs
from stepwell import CREDENTIALS, EXAMPLES, ROLE, ROOT, ended
from test_jobs import ecs_task_ends

# The document that explains an example shows its whole definition.
DOCUMENTS = {
    "messaging/messaging.asl.json": "messaging.md",
    "stock/stock.asl.json": "dynamodb.md",
    "archive/archive.asl.json": "s3-and-other-services.md",
    "jobs/jobs.asl.json": "jobs.md",
    "containers/containers.asl.json": "containers.md",
    "http/http.asl.json": "http.md",
    "nested/nested.asl.json": "nested-executions.md",
    "nested/price.asl.json": "nested-executions.md",
    "summary/summary.asl.json": "ai.md",
}


@pytest.mark.parametrize("example", DOCUMENTS)
def test_documents_show_the_examples_as_they_are(example):
    document = (ROOT / "docs" / DOCUMENTS[example]).read_text()
    assert (EXAMPLES / example).read_text().strip() in document
    assert f"../examples/{example}" in document


@pytest.fixture
def aws(serve, moto):
    return serve(environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS})


def run(server, example, input, name="example"):
    client = server.boto3()
    definition = (EXAMPLES / example).read_text()
    machine = client.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    started = client.start_execution(stateMachineArn=machine, input=json.dumps(input))
    result = ended(client, started["executionArn"], seconds=60)
    result["output"] = json.loads(result.get("output", "null"))
    return result


def test_messaging(aws, service, unique):
    sqs, sns, events = service("sqs"), service("sns"), service("events")

    def queue():
        url = sqs.create_queue(QueueName=unique())["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    (orders, _), (news, news_arn), (told, told_arn) = queue(), queue(), queue()
    topic = sns.create_topic(Name=unique())["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=news_arn)
    rule = unique()
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": told_arn}])
    order = {"id": "o-1", "lines": [{"item": "tea"}]}
    result = run(aws, "messaging/messaging.asl.json", {"queueUrl": orders, "topicArn": topic, "order": order})
    assert result["status"] == "SUCCEEDED", result

    def received(url):
        [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        return message, json.loads(message["Body"])

    message, body = received(orders)
    assert body == order
    assert message["MessageAttributes"]["kind"]["StringValue"] == "order"
    assert result["output"] == {"messageId": message["MessageId"]}
    _, body = received(news)
    assert (body["Subject"], body["Message"]) == ("A new order", "Order o-1 is queued")
    _, body = received(told)
    assert body["detail"] == {"order": "o-1", "message": message["MessageId"]}
    events.remove_targets(Rule=rule, Ids=["queue"])
    events.delete_rule(Name=rule)


def test_stock(aws, service):
    dynamodb = service("dynamodb")
    for table, key in (("stock", "item"), ("orders", "id")):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamodb.put_item(TableName="stock", Item={"item": {"S": "tea"}, "available": {"N": "5"}})
    result = run(aws, "stock/stock.asl.json", {"item": "tea", "count": 3})
    assert result["status"] == "SUCCEEDED", result
    assert result["output"]["stock"] == {"left": 2}
    assert result["output"]["order"] == {"item": "tea", "paid": False}
    result = run(aws, "stock/stock.asl.json", {"item": "tea", "count": 3})
    assert (result["error"], result["cause"]) == ("SoldOut", "there is not enough of tea")


def test_archive(aws, service, unique):
    bucket = unique().lower()
    s3 = service("s3")
    s3.create_bucket(Bucket=bucket)
    service("ssm").put_parameter(Name="/archive/bucket", Value=bucket, Type="String", Overwrite=True)
    result = run(aws, "archive/archive.asl.json", {"id": "d-1", "text": "ü"})
    assert result["status"] == "SUCCEEDED", result
    execution = result["executionArn"].rpartition(":")[2]
    assert result["output"] == {"document": {"id": "d-1", "text": "ü"}, "bytes": 24, "by": execution}
    assert s3.head_object(Bucket=bucket, Key="d-1.json")["ContentType"] == "application/json"


def test_jobs(aws, service):
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/clean.py"}
    service("glue").create_job(Name="clean-orders", Role=ROLE, Command=command)
    result = run(aws, "jobs/jobs.asl.json", {"day": "2026-11-22"})
    assert result["status"] == "SUCCEEDED", result
    assert result["output"]["job"]["state"] == "SUCCEEDED"
    assert result["output"]["query"]["state"] == "SUCCEEDED"


def test_containers(serve, service, moto):
    ec2, ecs = service("ec2"), service("ecs")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:1]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]][:1]
    ecs.create_cluster(clusterName="media")
    container = {"name": "converter", "image": "converter", "essential": True, "memory": 512}
    ecs.register_task_definition(
        family="convert",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    held = HeldJobs(moto, "describetasks", ecs_task_ends)
    server = serve(environment={"AWS_ENDPOINT_URL": held.url, **CREDENTIALS})
    input = {"film": "f-1", "subnets": subnets, "securityGroups": groups}
    result = run(server, "containers/containers.asl.json", input)
    held.end()
    assert result["status"] == "SUCCEEDED", result
    assert result["output"]["codes"] == [0]
    [asked] = held.asked_with("runtask")
    [overridden] = asked["overrides"]["containerOverrides"]
    assert {"name": "FILM", "value": "f-1"} in overridden["environment"]


def test_nested(serve):
    server = serve()
    client = server.boto3()
    price = (EXAMPLES / "nested/price.asl.json").read_text()
    client.create_state_machine(name="price", definition=price, roleArn=ROLE)
    lines = [{"item": "tea", "count": 2}, {"item": "cake", "count": 1}, {"item": "moon", "count": 1}]
    result = run(server, "nested/nested.asl.json", {"lines": lines})
    assert result["status"] == "SUCCEEDED", result
    assert result["output"] == [{"price": 6}, {"price": 4}, {"price": None}]


class Model(http.server.BaseHTTPRequestHandler):
    """Answers as Claude does on Bedrock, busy at first."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        status, answer = 429, {"message": "busy"}
        if len(self.server.asked) > 3:
            text = f"You said: {body['messages'][0]['content']}"
            status, answer = 200, {"content": [{"type": "text", "text": text}], "usage": {"output_tokens": 7}}
        answer = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 200:
            self.send_header("x-amzn-ErrorType", "ThrottlingException")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def host(handler):
    """A host on this machine, and its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Apis(http.server.BaseHTTPRequestHandler):
    """Makes invoices, and takes notifications."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.path, self.headers, body))
        status, answer = (200, b'{"id": "in-1"}') if self.path == "/v1/invoices" else (202, b"{}")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def test_http(serve, tmp_path):
    config = tmp_path / "stepwell.toml"
    connection = '[connections.Stripe]\nauthorization = "BASIC"\nusername = "key"\npassword = ""\n'
    config.write_text(f'{connection}[http]\nallow = ["127.0.0.1"]\nplain = true\n')
    with host(Apis) as (apis, url):
        server = serve("--config", config, environment={"AWS_ENDPOINT_URL_API_GATEWAY": url})
        result = run(server, "http/http.asl.json", {"payments": url, "customer": "c-1"})
    assert result["status"] == "SUCCEEDED", result
    assert (result["output"]["invoice"], result["output"]["notified"]) == ({"id": "in-1"}, {"status": 202})
    (_, headers, invoice), (path, notified, notification) = apis.asked
    assert headers["Authorization"] == "Basic a2V5Og=="
    assert urllib.parse.parse_qs(invoice) == {"customer": ["c-1"], "description": ["Monthly subscription"]}
    assert (path, notified["Host"]) == ("/prod/notifications", "a1b2c3.execute-api.us-east-1.amazonaws.com")
    assert (notified["X-Tenant"], json.loads(notification)) == ("7", {"customer": "c-1", "invoice": "in-1"})


def test_summary(serve):
    with host(Model) as (model, url):
        server = serve(environment={"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url, **CREDENTIALS})
        result = run(server, "summary/summary.asl.json", {"text": "tea"})
    assert result["status"] == "SUCCEEDED", result
    assert result["output"] == {"summary": "You said: In one sentence: tea", "tokens": 7}
    assert model.asked[0][0].startswith("/model/anthropic.claude-3-haiku")
