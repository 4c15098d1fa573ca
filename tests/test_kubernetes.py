"""eks:call and eks:runJob against a cluster on this machine, with a certificate of its own."""

import base64
import http.server
import json
import ssl
import threading
import urllib.parse

import pytest

from stepwell import CREDENTIALS, ROLE, ended, wait_for

JOBS = "/apis/batch/v1/namespaces/work/jobs"
PODS = "/api/v1/namespaces/work/pods"


class Cluster(http.server.BaseHTTPRequestHandler):
    """As much of a Kubernetes API as tasks need: one job, whose pods have printed something."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def status(self, code, reason):
        self.answer(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code})

    def handle_any(self):
        state = self.server.state
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        place = urllib.parse.urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        state["asked"].append((self.command, self.path, headers, body))
        if not self.headers.get("Authorization", "").startswith(state["token"]):
            return self.status(401, "Unauthorized")
        if self.command == "POST" and place.path == JOBS:
            job = json.loads(body)
            job["metadata"].update(name="sum-x1", namespace="work")
            state["job"] = job
            return self.answer(201, job)
        if self.command == "GET" and place.path == f"{JOBS}/sum-x1":
            return self.answer(200, {**state["job"], "status": state["status"]})
        if self.command == "DELETE" and place.path == f"{JOBS}/sum-x1":
            state["deleted"] = place.query
            return self.answer(200, {"kind": "Status", "status": "Success"})
        if self.command == "GET" and place.path == PODS:
            containers = {"containers": [{"name": "main"}, {"name": "side"}]}
            return self.answer(200, {"items": [{"metadata": {"name": "sum-x1-a"}, "spec": containers}]})
        if self.command == "GET" and place.path == f"{PODS}/sum-x1-a/log":
            if "container=side" in place.query:
                return self.status(400, "BadRequest")
            return self.answer(200, b'{"sum": 6}')
        return self.status(404, "NotFound")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

    def log_message(self, *_):
        pass


@pytest.fixture
def cluster(certificate):
    """A cluster: what it was asked and how its job stands, and the parameters that name it."""
    key, chain = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.state = {"asked": [], "token": "Bearer k8s-aws-v1.", "status": {"active": 1}}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    named = {
        "ClusterName": "here",
        "CertificateAuthority": base64.b64encode(chain.read_bytes()).decode(),
        "Endpoint": f"https://127.0.0.1:{server.server_address[1]}",
    }
    yield server.state, named
    server.shutdown()


@pytest.fixture
def near(serve, tmp_path, cluster):
    """A server that may reach this machine, and knows the token of a cluster there."""
    config = tmp_path / "stepwell.toml"
    known = f'[aws.clusters.own]\nendpoint = "{cluster[1]["Endpoint"]}"\ntoken_file = "own.token"\n'
    config.write_text(f'[http]\nallow = ["127.0.0.1"]\n{known}')
    (tmp_path / "own.token").write_text("from-a-file\n")
    return serve("--config", config, environment=CREDENTIALS)


def run(server, unique, resource, parameters, seconds=30, **fields):
    client = server.boto3()
    task = {"Type": "Task", "Resource": f"arn:aws:states:::eks:{resource}", "Parameters": parameters, "End": True}
    definition = {"StartAt": "T", "States": {"T": {**task, **fields}}}
    machine = client.create_state_machine(name=unique(), definition=json.dumps(definition), roleArn=ROLE)
    execution = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    return ended(client, execution, seconds) if seconds else execution


def test_call_speaks_to_the_cluster_as_eks_wants_it(near, unique, cluster):
    state, named = cluster
    query = {"labelSelector": ["job-name=sum"], "limit": ["5"]}
    result = run(near, unique, "call", {**named, "Method": "GET", "Path": PODS, "QueryParameters": query})
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert output["ResponseBody"]["items"][0]["metadata"] == {"name": "sum-x1-a"}
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    method, path, headers, _ = state["asked"][0]
    assert (method, path) == ("GET", f"{PODS}?labelSelector=job-name%3Dsum&limit=5")
    token = headers["authorization"].removeprefix("Bearer k8s-aws-v1.")
    signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    assert signed.startswith("https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&")
    assert "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&" in signed and "X-Amz-Expires=60&" in signed


def test_refusals_of_the_cluster_are_errors(near, unique, cluster):
    state, named = cluster
    result = run(near, unique, "call", {**named, "Method": "DELETE", "Path": "/nothing"})
    assert (result["status"], result["error"]) == ("FAILED", "EKS.404")
    cause = json.loads(result["cause"])
    assert (cause["StatusCode"], cause["ResponseBody"]["reason"]) == (404, "NotFound")
    state["token"] = "Bearer other"
    assert run(near, unique, "call", {**named, "Method": "GET", "Path": PODS})["error"] == "EKS.401"


def test_a_cluster_has_the_token_of_the_configuration(near, unique, cluster):
    state, named = cluster
    state["token"] = "Bearer from-a-file"
    own = {**named, "ClusterName": "own", "Method": "GET", "Path": PODS}
    result = run(near, unique, "call", own)
    assert result["status"] == "SUCCEEDED", result
    # Whoever writes a definition must not be told the token.
    result = run(near, unique, "call", {**own, "Endpoint": named["Endpoint"].replace("127.0.0.1", "localhost")})
    assert result["error"] == "EKS.SdkClientException" and "is not at the Endpoint" in result["cause"], result
    assert len(state["asked"]) == 1


def test_a_host_that_proves_nothing_is_told_nothing(near, unique, cluster, serve):
    state, named = cluster
    other = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").decode()
    result = run(near, unique, "call", {**named, "CertificateAuthority": other, "Method": "GET", "Path": PODS})
    assert result["error"] == "EKS.SdkClientException"
    # Without leave, this machine is not reached at all.
    far = serve(folder="far", environment=CREDENTIALS)
    result = run(far, unique, "call", {**named, "Method": "GET", "Path": PODS})
    assert result["error"] == "EKS.SdkClientException" and "a loopback address" in result["cause"], result
    of_aws = {**named, "Endpoint": "https://ABC.gr7.us-east-1.eks.amazonaws.com", "Method": "GET", "Path": PODS}
    result = run(near, unique, "call", of_aws)
    assert "clusters of AWS are called only with" in result["cause"], result
    assert state["asked"] == []


def job(**more):
    template = {"spec": {"containers": [{"name": "main", "image": "sum"}], "restartPolicy": "Never"}}
    metadata = {"generateName": "sum-"}
    return {"Job": {"kind": "Job", "metadata": metadata, "spec": {"template": template}}, "Namespace": "work", **more}


def test_run_job_waits_and_brings_the_logs(near, unique, cluster):
    state, named = cluster
    options = {"RetrieveLogs": True, "LogParameters": {"tailLines": ["6"]}}
    execution = run(near, unique, "runJob.sync", {**named, **job(LogOptions=options)}, seconds=None)
    wait_for("the job is asked for", lambda: ("GET", f"{JOBS}/sum-x1") in [asked[:2] for asked in state["asked"]])
    state["status"] = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    result = ended(near.boto3(), execution)
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert (output["kind"], output["status"]["succeeded"]) == ("Job", 1)
    containers = output["logs"]["pods"]["sum-x1-a"]["containers"]
    assert containers["main"] == {"log": {"sum": 6}}
    assert containers["side"]["error"] == "EKS.400"
    logs = [path for _, path, _, _ in state["asked"] if "/log?" in path]
    assert logs[0] == f"{PODS}/sum-x1-a/log?container=main&tailLines=6"


def test_a_job_that_failed_fails_its_task(near, unique, cluster):
    state, named = cluster
    state["status"] = {"failed": 1, "conditions": [{"type": "Failed", "status": "True"}]}
    result = run(near, unique, "runJob.sync", {**named, **job()})
    assert (result["status"], result["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(result["cause"])["status"]["failed"] == 1


def test_a_job_that_nobody_waits_for_any_longer_is_deleted(near, unique, cluster):
    state, named = cluster
    execution = run(near, unique, "runJob.sync", {**named, **job()}, seconds=None)
    wait_for("the job is there", lambda: "job" in state)
    client = near.boto3()

    def submitted():
        events = client.get_execution_history(executionArn=execution)["events"]
        return any(event["type"] == "TaskSubmitted" for event in events)

    wait_for("the job is known to be", submitted)
    client.stop_execution(executionArn=execution)
    wait_for("the job is deleted", lambda: state.get("deleted") == "propagationPolicy=Background")


def test_run_job_alone_only_begins_it(near, unique, cluster):
    result = run(near, unique, "runJob", {**cluster[1], **job()})
    output = json.loads(result["output"])
    assert (output["StatusCode"], output["ResponseBody"]["metadata"]["name"]) == (201, "sum-x1")
