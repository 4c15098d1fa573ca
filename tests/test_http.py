"""HTTP tasks and API Gateway against hosts on this machine."""

import contextlib
import http.server
import json
import ssl
import threading

import pytest

from stepwell import CREDENTIALS, ROLE, ended, event_types

CONFIG = """
[http]
allow = ["127.0.0.1"]

[connections.Shop]
authorization = "API_KEY"
key_name = "X-Key"
key_value = { env = "SHOP_KEY" }
"""

CONNECTION = "arn:aws:events:us-east-1:000000000000:connection/Shop/81210c42-8af1-456b-9c4a-6ff02fc664ac"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked; `/status/N` answers with that status."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
        text = json.dumps(asked).encode()
        self.send_response(int(self.path.rpartition("/")[2]) if self.path.startswith("/status/") else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Answered-By", "echo")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def host(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "stepwell.toml"
    path.write_text(CONFIG)
    return path


def call(endpoint, **parameters):
    return {
        "ApiEndpoint": endpoint,
        "Method": "GET",
        "InvocationConfig": {"ConnectionArn": CONNECTION},
        **parameters,
    }


def run(client, resource, parameters, name):
    states = {"Call": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}}
    machine = client.create_state_machine(
        name=name, roleArn=ROLE, definition=json.dumps({"StartAt": "Call", "States": states})
    )
    return ended(client, client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])


HTTP = "arn:aws:states:::http:invoke"


def test_https_apis_are_called_with_the_connection(serve, config, certificate):
    key, chain = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    environment = {"SHOP_KEY": "k-17", "SSL_CERT_FILE": str(chain)}
    with host(context) as url:
        client = serve("--config", config, environment=environment).boto3()
        parameters = call(f"{url}/items", Method="POST", QueryParameters={"q": "a b"}, RequestBody={"n": 1})
        done = run(client, HTTP, parameters, "post")
        assert done["status"] == "SUCCEEDED", done
        result = json.loads(done["output"])
        assert (result["StatusCode"], result["StatusText"]) == (200, "OK")
        assert result["Headers"]["X-Answered-By"] == ["echo"]
        asked = result["ResponseBody"]
        assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/items?q=a%20b", '{"n":1}')
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        assert headers["x-key"] == "k-17"
        assert headers["user-agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"
        assert event_types(client, done["executionArn"])[1:5] == [
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
        ]
        gone = run(client, HTTP, call(f"{url}/status/410"), "gone")
        assert (gone["status"], gone["error"]) == ("FAILED", "States.Http.StatusCode.410")
        assert json.loads(gone["cause"])["path"] == "/status/410"


def test_hosts_that_are_not_trusted_get_nothing(serve, config, certificate):
    key, chain = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with host(context) as url:
        client = serve("--config", config, environment={"SHOP_KEY": "k-17"}).boto3()
        done = run(client, HTTP, call(url), "untrusted")
        assert (done["status"], done["error"]) == ("FAILED", "States.Http.Socket")
        assert "certificate" in done["cause"]


def test_what_only_this_machine_reaches_is_refused(serve, tmp_path):
    path = tmp_path / "stepwell.toml"
    path.write_text(CONFIG.replace('allow = ["127.0.0.1"]', ""))
    with host() as url:
        server = serve("--config", path, environment={"SHOP_KEY": "k-17"})
        client = server.boto3()
        plain = run(client, HTTP, call(url), "plain")
        assert (plain["error"], "is not an HTTPS address" in plain["cause"]) == ("States.Http.Socket", True)
        for number, endpoint in enumerate((url.replace("http:", "https:"), "https://169.254.169.254/latest")):
            refused = run(client, HTTP, call(endpoint), f"refused-{number}")
            assert (refused["status"], refused["error"]) == ("FAILED", "States.Http.Socket")
            assert 'in allow below [http] in stepwell.toml allows it' in refused["cause"]
        assert "k-17" not in server.said()


def test_forbidden_headers_are_refused_before_anything_is_sent(serve, config):
    client = serve("--config", config, environment={"SHOP_KEY": "k-17"}).boto3()
    done = run(client, HTTP, call("https://127.0.0.1:1", Headers={"Authorization": "mine"}), "header")
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")
    assert "The header 'Authorization' is not supported by Step Functions" in done["cause"]
    assert "TaskScheduled" not in event_types(client, done["executionArn"])


def test_broken_connections_keep_the_server_from_starting(serve, config):
    server = serve("--config", config, spawn=True)
    assert server.process.wait(30) == 2
    assert 'connection "Shop": the environment variable SHOP_KEY is not set' in server.said()


def test_api_gateway_is_where_the_endpoint_says(serve):
    with host() as url:
        client = serve(environment={"AWS_ENDPOINT_URL": url}).boto3()
        parameters = {
            "ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com",
            "Method": "POST",
            "Stage": "prod",
            "Path": "orders",
            "QueryParameters": {"q": ["1", "2"]},
            "RequestBody": "HelloWorld",
            "AuthType": "IAM_ROLE",
        }
        done = run(client, "arn:aws:states:::apigateway:invoke", parameters, "api")
        assert done["status"] == "SUCCEEDED", done
        asked = json.loads(done["output"])["ResponseBody"]
        assert (asked["path"], asked["body"]) == ("/prod/orders?q=1&q=2", '"HelloWorld"')
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        assert "/us-east-1/execute-api/aws4_request" in headers["authorization"]
        assert headers["host"] == "a1.execute-api.us-east-1.amazonaws.com"
        parameters = {"ApiEndpoint": url, "Method": "GET", "Path": "status/403"}
        refused = run(client, "arn:aws:states:::apigateway:invoke", parameters, "refused")
        assert (refused["status"], refused["error"]) == ("FAILED", "ApiGateway.403")


def test_test_state_shows_the_request_and_its_secrets_when_asked(serve, tmp_path):
    path = tmp_path / "stepwell.toml"
    path.write_text(CONFIG.replace("[http]", "[http]\nplain = true"))
    with host() as url:
        client = serve("--config", path, environment={"SHOP_KEY": "k-17"}).boto3()
        parameters = call(f"{url}/items", Headers={"X-Mine": "1"}, QueryParameters={"q": "1"})
        state = {"Type": "Task", "Resource": HTTP, "Parameters": parameters, "End": True}

        def tested(**members):
            return client.test_state(definition=json.dumps(state), roleArn=ROLE, **members)["inspectionData"]

        shown = tested(inspectionLevel="TRACE")
        region = "User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144"
        assert shown["request"] == {
            "protocol": "http",
            "method": "GET",
            "url": f"{url}/items?q=1",
            "headers": f"[X-Mine: 1, {region}]",
        }
        assert (shown["response"]["statusCode"], shown["response"]["statusMessage"]) == ("200", "OK")
        assert json.loads(shown["response"]["body"])["path"] == "/items?q=1"
        revealed = tested(inspectionLevel="TRACE", revealSecrets=True)
        assert revealed["request"]["headers"] == f"[X-Mine: 1, X-Key: k-17, {region}]"
        assert "request" not in tested(inspectionLevel="DEBUG")


def test_aws_itself_is_not_called_by_accident(serve):
    parameters = {"ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com", "Method": "GET"}
    refused = run(serve().boto3(), "arn:aws:states:::apigateway:invoke", parameters, "api")
    assert (refused["status"], refused["error"]) == ("FAILED", "ApiGateway.SdkClientException")
    assert "no endpoint is configured for `API Gateway`" in refused["cause"]


def test_connections_may_be_those_of_eventbridge(serve, tmp_path, moto, service):
    made = service("events").create_connection(
        Name="Crm",
        AuthorizationType="API_KEY",
        AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k-4"},
            "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Tenant", "Value": "7"}]},
        },
    )
    path = tmp_path / "stepwell.toml"
    path.write_text('[http]\nallow = ["127.0.0.1"]\nplain = true\n')
    with host() as url:
        client = serve("--config", path, environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS}).boto3()
        parameters = call(url, InvocationConfig={"ConnectionArn": made["ConnectionArn"]})
        done = run(client, HTTP, parameters, "of-eventbridge")
        assert done["status"] == "SUCCEEDED", done
        headers = json.loads(done["output"])["ResponseBody"]["headers"]
        headers = {name.lower(): value for name, value in headers.items()}
        assert (headers["x-key"], headers["x-tenant"]) == ("k-4", "7")
        parameters = call(url, InvocationConfig={"ConnectionArn": CONNECTION})
        missing = run(client, HTTP, parameters, "missing")
        assert missing["error"] == "Events.ConnectionResource.ResourceNotFound"
