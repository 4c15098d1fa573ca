"""Access keys: who is let in, who may do what, and what AWS's clients are told."""

import contextlib
import datetime
import http.client
import json
import subprocess
import urllib.parse

import boto3
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

import stepwell
from aws_cli import Aws, CommandFailed
from stepwell import ACCOUNT, REGION, chain, ended, function_arn, task, wait_for

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER_ACCOUNT = "111122223333"

CONFIGURATION = f"""
functions_key = "worker"

[keys.admin]
access_key_id = "AKIAADMIN"
secret_access_key = "{SECRET}"

[keys.worker]
access_key_id = "AKIAWORKER"
secret_access_key_env = "WORKER_SECRET"
session_token = "worker-token"
policy = "worker.json"

[keys.reader]
access_key_id = "AKIAREADER"
secret_access_key_file = "reader.secret"

[[keys.reader.statements]]
Effect = "Allow"
Action = ["states:Describe*", "states:Get*", "states:List*"]
Resource = "*"

[[keys.reader.statements]]
Effect = "Deny"
Action = "states:*"
Resource = "arn:aws:states:*:*:*:secret*"

[keys.nobody]
access_key_id = "AKIANOTHING"
secret_access_key = "{SECRET}"
statements = []

[keys.stranger]
access_key_id = "AKIASTRANGER"
secret_access_key = "{SECRET}"
account = "{OTHER_ACCOUNT}"
"""

WORKER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["states:StartExecution", "states:StartSyncExecution"],
            "Resource": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:for-worker*",
        },
        {"Effect": "Allow", "Action": "states:SendTask*", "Resource": f"arn:aws:states:*:{ACCOUNT}:stateMachine:for-worker*"},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function_arn("Echo")},
    ],
}

IDS = {"admin": "AKIAADMIN", "worker": "AKIAWORKER", "reader": "AKIAREADER", "stranger": "AKIASTRANGER", "nobody": "AKIANOTHING"}
SECRETS = {name: SECRET if name in ("admin", "stranger", "nobody") else f"secret-of-the-{name}" for name in IDS}


def configure(folder, text=CONFIGURATION):
    folder.mkdir(exist_ok=True)
    (folder / "reader.secret").write_text(SECRETS["reader"] + "\n")
    (folder / "worker.json").write_text(json.dumps(WORKER_POLICY))
    file = folder / "stepwell.toml"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with keys, which listens on every address."""
    folder = tmp_path_factory.mktemp("guarded")
    server = stepwell.Server(
        folder,
        "--config",
        configure(folder),
        functions=stepwell.FUNCTIONS,
        environment={"WORKER_SECRET": SECRETS["worker"]},
        listen="0.0.0.0:0",
    )
    server.start()
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    yield server
    server.end()


def client(server, user, service="stepfunctions", secret=None, region=REGION):
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=region,
        aws_access_key_id=IDS.get(user, user),
        aws_secret_access_key=secret or SECRETS.get(user, SECRET),
        aws_session_token="worker-token" if user == "worker" else None,
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )


def refused(call, **request):
    """The status, code and message of the error that a call is answered with."""
    with pytest.raises(ClientError) as refusal:
        call(**request)
    answer = refusal.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def create(sfn, name, definition=None, account=ACCOUNT):
    role = f"arn:aws:iam::{account}:role/tests"
    return sfn.create_state_machine(name=name, definition=json.dumps(definition or chain()), roleArn=role)["stateMachineArn"]


def denied(user, action, resource, why="because no identity-based policy allows the {action} action"):
    account = OTHER_ACCOUNT if user == "stranger" else ACCOUNT
    return (
        400,
        "AccessDeniedException",
        f"User: arn:aws:iam::{account}:user/{user} is not authorized to perform: {action} on resource: {resource} "
        + why.format(action=action),
    )


def test_key_lets_its_owner_in(guarded, unique):
    sfn = client(guarded, "admin")
    machine = create(sfn, unique())
    execution = sfn.start_execution(stateMachineArn=machine, input='{"ü": "日本"}')["executionArn"]
    assert ended(sfn, execution)["status"] == "SUCCEEDED"
    assert client(guarded, "reader").describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_command_line_signs(guarded, unique):
    keys = {"AWS_ACCESS_KEY_ID": IDS["admin"], "AWS_SECRET_ACCESS_KEY": SECRET}
    assert "stateMachines" in Aws(guarded, **keys)("list-state-machines")
    wrong = Aws(guarded, **keys | {"AWS_SECRET_ACCESS_KEY": "wrong"})
    with pytest.raises(CommandFailed, match="InvalidSignatureException.*signature we calculated does not match"):
        wrong("list-state-machines")


def test_wrong_secret_is_told_what_should_have_been_signed(guarded):
    status, code, message = refused(client(guarded, "admin", secret="wrong").list_state_machines)
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.\n\n"
        "The Canonical String for this request should have been\n'POST\n/\n\n"
    )
    assert "x-amz-target:AWSStepFunctions.ListStateMachines\n" in message
    assert "\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in message
    assert SECRET not in message


@pytest.mark.parametrize("user", ["AKIANOBODY", "tests", ACCOUNT])
def test_unknown_key_is_refused(guarded, user):
    status, code, message = refused(client(guarded, user).list_state_machines)
    assert status == 400
    if user == ACCOUNT:
        # The id with which the server signs its own calls, with a secret that nobody knows.
        assert code == "InvalidSignatureException"
    else:
        assert (code, message) == ("UnrecognizedClientException", "The security token included in the request is invalid.")


def test_session_token_belongs_to_its_key(guarded):
    session = boto3.client(
        "stepfunctions",
        endpoint_url=guarded.url,
        region_name=REGION,
        aws_access_key_id=IDS["worker"],
        aws_secret_access_key=SECRETS["worker"],
        aws_session_token="another",
    )
    assert refused(session.list_activities)[1] == "UnrecognizedClientException"


@contextlib.contextmanager
def clock_off_by(minutes, monkeypatch):
    """Signs as a machine does whose clock is wrong."""
    now = lambda *_, **__: datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(minutes=minutes)
    for name in ("get_current_datetime",):
        if hasattr(botocore.auth, name):
            monkeypatch.setattr(botocore.auth, name, now)
    if not hasattr(botocore.auth, "get_current_datetime"):
        real = datetime.datetime

        class Off(real):
            @classmethod
            def utcnow(cls):
                return now()

            @classmethod
            def now(cls, tz=None):
                return real.now(tz) + datetime.timedelta(minutes=minutes)

        monkeypatch.setattr(botocore.auth.datetime, "datetime", Off)
    yield
    monkeypatch.undo()


def test_clock_may_be_a_quarter_of_an_hour_off(guarded, monkeypatch):
    sfn = client(guarded, "admin")
    for minutes in (-14, 14):
        with clock_off_by(minutes, monkeypatch):
            sfn.list_state_machines()
    with clock_off_by(-16, monkeypatch):
        status, code, message = refused(sfn.list_state_machines)
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith("Signature expired: ") and message.endswith("Z - 15 min.)")
    with clock_off_by(16, monkeypatch):
        assert refused(sfn.list_state_machines)[2].startswith("Signature not yet current: ")


def ask(server, method="POST", path="/", body=b"{}", host=None, **headers):
    """A request as it stands here; gives the status, the answer and its headers."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if host:
        headers["Host"] = host
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    with contextlib.suppress(ValueError):
        text = json.loads(text)
    return answer.status, text, answer.headers


LIST = {"X_Amz_Target": "AWSStepFunctions.ListStateMachines", "Content_Type": "application/x-amz-json-1.0"}


def code(answer):
    return answer["__type"].rpartition("#")[2]


def test_request_without_signature_is_refused(guarded):
    status, answer, _ = ask(guarded, **LIST)
    assert (status, code(answer), answer["message"]) == (
        400,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )
    status, answer, _ = ask(guarded, Authorization="Bearer secret-of-somebody", **LIST)
    assert (status, code(answer)) == (400, "IncompleteSignatureException")
    assert answer["message"].startswith("Authorization header requires 'Credential' parameter. ")
    assert "somebody" not in answer["message"]
    for path in ("/stepwell/executions", "/stepwell/changes", "/stepwell/logs?functionName=Echo"):
        status, answer, _ = ask(guarded, "GET", path, None)
        assert (status, answer["code"]) == (403, "MissingAuthenticationTokenException")
    status, answer, headers = ask(guarded, "GET", "/2015-03-31/functions/", None)
    assert (status, answer) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_health_and_the_console_need_no_key(guarded):
    assert ask(guarded, "GET", "/health", None)[:2] == (200, b"ok\n")
    assert ask(guarded, "GET", "/console/", None)[0] == 200


def signed(server, body, path="/", method="POST", user="admin", service="states", **headers):
    """The headers of a signature."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers)
    botocore.auth.SigV4Auth(Credentials(IDS[user], SECRETS[user]), service, REGION).add_auth(request)
    return dict(request.headers)


def test_signature_covers_body_and_operation(guarded):
    headers = signed(guarded, b"{}", **LIST)
    assert ask(guarded, body=b"{}", **headers)[0] == 200
    status, answer, _ = ask(guarded, body=b'{"maxResults": 1}', **headers)
    assert (status, code(answer)) == (400, "InvalidSignatureException")
    other = headers | {"X-Amz-Target": "AWSStepFunctions.ListActivities"}
    assert code(ask(guarded, body=b"{}", **other)[1]) == "InvalidSignatureException"
    without = signed(guarded, b"{}", Content_Type=LIST["Content_Type"]) | {"X-Amz-Target": LIST["X_Amz_Target"]}
    status, answer, _ = ask(guarded, body=b"{}", **without)
    assert answer["message"] == "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."
    # Only S3 takes bodies that nobody signed.
    unsigned = signed(guarded, b"{}", X_Amz_Content_Sha256="UNSIGNED-PAYLOAD", **LIST)
    assert code(ask(guarded, body=b"{}", **unsigned)[1]) == "InvalidSignatureException"
    status, answer, _ = ask(guarded, body=b"{}", **signed(guarded, b"{}", service="sqs", **LIST))
    assert answer["message"] == "Credential should be scoped to correct service: 'states'."


def test_action_that_no_policy_allows_is_denied(guarded, unique):
    machine = create(client(guarded, "admin"), unique())
    reader = client(guarded, "reader")
    assert reader.describe_state_machine(stateMachineArn=machine)["status"] == "ACTIVE"
    assert refused(reader.start_execution, stateMachineArn=machine) == denied("reader", "states:StartExecution", machine)
    name = unique()
    to_be = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    refusal = refused(reader.create_state_machine, name=name, definition="{}", roleArn=stepwell.ROLE)
    assert refusal == denied("reader", "states:CreateStateMachine", to_be)
    # What a request is comes before what its caller may do, and that before whether it makes sense.
    assert refused(reader.stop_execution, executionArn="x") == denied("reader", "states:StopExecution", "x")
    headers = signed(guarded, b"[]", user="reader", **{**LIST, "X_Amz_Target": "AWSStepFunctions.StopExecution"})
    assert code(ask(guarded, body=b"[]", **headers)[1]) == "SerializationException"


def test_resource_that_no_policy_allows_is_denied(guarded, unique):
    admin, worker = client(guarded, "admin"), client(guarded, "worker")
    mine, other = create(admin, f"for-worker-{unique()}"), create(admin, unique())
    execution = worker.start_execution(stateMachineArn=mine)["executionArn"]
    assert refused(worker.start_execution, stateMachineArn=other) == denied("worker", "states:StartExecution", other)
    assert refused(worker.describe_execution, executionArn=execution) == denied(
        "worker", "states:DescribeExecution", execution
    )


def test_explicit_denial_wins(guarded, unique):
    machine = create(client(guarded, "admin"), f"secret-{unique()}")
    refusal = refused(client(guarded, "reader").describe_state_machine, stateMachineArn=machine)
    why = "with an explicit deny in an identity-based policy"
    assert refusal == denied("reader", "states:DescribeStateMachine", machine, why)


def test_lists_of_everything_leave_out_what_is_denied(guarded, unique):
    admin, name = client(guarded, "admin"), unique()
    hidden, shown = create(admin, f"secret-{name}"), create(admin, name)
    path = "/stepwell/changes"
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(guarded.url).netloc, timeout=60)
    connection.request("GET", path, headers=signed(guarded, None, path, "GET", "reader"))
    feed = connection.getresponse()
    assert feed.readline() == b": hello\n"
    for machine in (hidden, shown):
        ended(admin, admin.start_execution(stateMachineArn=machine)["executionArn"])

    def listed(user):
        path = "/stepwell/executions"
        _, answer, _ = ask(guarded, "GET", path, None, **signed(guarded, None, path, "GET", user))
        return {execution["stateMachineArn"] for execution in answer["executions"]}

    assert {hidden, shown} <= listed("admin")
    assert hidden not in listed("reader") and shown in listed("reader")
    told = b""
    while shown.encode() not in told:
        told += feed.readline()
    connection.close()
    assert hidden.encode() not in told


def test_task_is_answered_by_whoever_may_answer_its_state_machine(guarded, unique):
    admin, worker, reader = (client(guarded, user) for user in ("admin", "worker", "reader"))
    ask_somebody = task(
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters={"FunctionName": function_arn("Echo"), "Payload": {"name.$": "$$.Task.Token"}},
    )
    for machine, may in (
        (create(admin, f"for-worker-{unique()}", ask_somebody), True),
        (create(admin, unique(), ask_somebody), False),
    ):
        execution = admin.start_execution(stateMachineArn=machine)["executionArn"]

        def wait(user="admin"):
            path = "/stepwell/waiting?" + urllib.parse.urlencode({"executionArn": execution})
            waits = ask(guarded, "GET", path, None, **signed(guarded, None, path, "GET", user))[1]["waiting"]
            return waits and waits[0]["kind"] == "callback" and waits[0]

        token = wait_for("a token", wait)["token"]
        assert "token" not in wait("reader")
        assert refused(reader.send_task_success, taskToken=token, output="{}") == denied(
            "reader", "states:SendTaskSuccess", machine
        )
        if may:
            worker.send_task_success(taskToken=token, output='"yes"')
            assert ended(admin, execution)["output"] == '"yes"'
        else:
            assert refused(worker.send_task_success, taskToken=token, output="{}") == denied(
                "worker", "states:SendTaskSuccess", machine
            )
            admin.stop_execution(executionArn=execution)


def test_accounts_stay_apart(guarded, unique):
    admin, stranger = client(guarded, "admin"), client(guarded, "stranger")
    name = unique()
    mine, theirs = create(admin, name), create(stranger, name, account=OTHER_ACCOUNT)
    refusal = refused(stranger.create_state_machine, name=name, definition="{}", roleArn=stepwell.ROLE)
    assert refusal == (400, "AccessDeniedException", "Cross-account pass role is not allowed.")
    assert theirs == f"arn:aws:states:{REGION}:{OTHER_ACCOUNT}:stateMachine:{name}"
    execution = admin.start_execution(stateMachineArn=mine)["executionArn"]
    activity = admin.create_activity(name=name)["activityArn"]
    listed = {machine["stateMachineArn"] for machine in stranger.list_state_machines()["stateMachines"]}
    assert listed == {theirs}
    assert stranger.list_activities()["activities"] == []
    assert stranger.list_executions(stateMachineArn=theirs)["executions"] == []
    why = "because no resource-based policy allows the {action} action"
    for call, action, request in (
        (stranger.describe_state_machine, "DescribeStateMachine", {"stateMachineArn": mine}),
        (stranger.start_execution, "StartExecution", {"stateMachineArn": mine}),
        (stranger.list_executions, "ListExecutions", {"stateMachineArn": mine}),
        (stranger.describe_execution, "DescribeExecution", {"executionArn": execution}),
        (stranger.get_activity_task, "GetActivityTask", {"activityArn": activity}),
        (stranger.list_tags_for_resource, "ListTagsForResource", {"resourceArn": mine}),
    ):
        resource = next(iter(request.values()))
        assert refused(call, **request) == denied("stranger", f"states:{action}", resource, why)


def test_function_calls_back_with_the_key_it_is_lent(guarded, unique):
    admin = client(guarded, "admin")
    inner = create(admin, f"for-worker-{unique()}")
    lambdas = client(guarded, "admin", "lambda")
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    return {name: os.environ.get(name) for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', "
        "'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL')}\n"
    )
    name = unique()
    from test_lambda_api import package

    lambdas.create_function(
        FunctionName=name, Runtime="python3.13", Role=stepwell.ROLE, Handler="app.handler", Code={"ZipFile": package(app__py=source)}
    )
    lent = json.load(lambdas.invoke(FunctionName=name)["Payload"])
    assert lent["AWS_ENDPOINT_URL"] == guarded.url
    called_back = boto3.client(
        "stepfunctions",
        endpoint_url=lent["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=lent["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=lent["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=lent["AWS_SESSION_TOKEN"],
    )
    assert called_back.start_execution(stateMachineArn=inner)["executionArn"]
    # A state machine calls it whatever its key: tasks are the account's own.
    outer = create(admin, unique(), task(function_arn(name)))
    execution = admin.start_execution(stateMachineArn=outer)["executionArn"]
    assert ended(admin, execution)["status"] == "SUCCEEDED"


def test_tasks_call_this_server_without_a_key(guarded, unique):
    admin = client(guarded, "admin")
    inner = create(admin, unique())
    for resource, parameters in (
        ("arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": inner}),
        ("arn:aws:states:::aws-sdk:sfn:listStateMachines", {}),
        ("arn:aws:states:::aws-sdk:lambda:listFunctions", {}),
    ):
        outer = create(admin, unique(), task(resource, Parameters=parameters))
        execution = admin.start_execution(stateMachineArn=outer)["executionArn"]
        description = ended(admin, execution)
        assert description["status"] == "SUCCEEDED", (resource, description)


def test_lambda_api_keeps_to_policies(guarded):
    worker = client(guarded, "worker", "lambda")
    assert worker.invoke(FunctionName="Echo", Payload=b'{"name": "Ada"}')["StatusCode"] == 200
    assert worker.invoke(FunctionName=function_arn("Echo"), Qualifier="$LATEST")["StatusCode"] == 200
    status, code, message = refused(worker.invoke, FunctionName="another")
    assert (status, code) == (403, "AccessDeniedException")
    assert message.endswith(
        f"is not authorized to perform: lambda:InvokeFunction on resource: {function_arn('another')} because no "
        "identity-based policy allows the lambda:InvokeFunction action"
    )
    assert refused(worker.list_functions)[1] == "AccessDeniedException"
    # Whatever a function is called by, it is the same one.
    other_region = function_arn("Echo").replace(REGION, "eu-west-1")
    for name in (other_region, other_region.replace("arn:aws:", "arn:aws-cn:"), "function:Echo"):
        assert worker.invoke(FunctionName=name)["StatusCode"] == 200


# What each operation is done to

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m:e"
MAP_RUN = f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:m/Each:r"
ACTIVITY = f"arn:aws:states:{REGION}:{ACCOUNT}:activity:a"
ALL_MACHINES, ALL_ACTIVITIES = MACHINE[:-1] + "*", ACTIVITY[:-1] + "*"
ROUTES = [{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 100}]
TARGETS = {
    "CreateActivity": (ACTIVITY, {"name": "a"}),
    "CreateStateMachine": (MACHINE, {"name": "m", "definition": "{}", "roleArn": stepwell.ROLE}),
    "CreateStateMachineAlias": (f"{MACHINE}:prod", {"name": "prod", "routingConfiguration": ROUTES}),
    "DeleteActivity": (ACTIVITY, {"activityArn": ACTIVITY}),
    "DeleteStateMachine": (MACHINE, {"stateMachineArn": MACHINE}),
    "DeleteStateMachineAlias": (f"{MACHINE}:prod", {"stateMachineAliasArn": f"{MACHINE}:prod"}),
    "DeleteStateMachineVersion": (f"{MACHINE}:1", {"stateMachineVersionArn": f"{MACHINE}:1"}),
    "DescribeActivity": (ACTIVITY, {"activityArn": ACTIVITY}),
    "DescribeExecution": (EXECUTION, {"executionArn": EXECUTION}),
    "DescribeMapRun": (MAP_RUN, {"mapRunArn": MAP_RUN}),
    "DescribeStateMachine": (MACHINE, {"stateMachineArn": MACHINE}),
    "DescribeStateMachineAlias": (f"{MACHINE}:prod", {"stateMachineAliasArn": f"{MACHINE}:prod"}),
    "DescribeStateMachineForExecution": (EXECUTION, {"executionArn": EXECUTION}),
    "GetActivityTask": (ACTIVITY, {"activityArn": ACTIVITY}),
    "GetExecutionHistory": (EXECUTION, {"executionArn": EXECUTION}),
    "ListActivities": (ALL_ACTIVITIES, {}),
    "ListExecutions": (MAP_RUN, {"mapRunArn": MAP_RUN}),
    "ListMapRuns": (EXECUTION, {"executionArn": EXECUTION}),
    "ListStateMachineAliases": (MACHINE, {"stateMachineArn": MACHINE}),
    "ListStateMachineVersions": (MACHINE, {"stateMachineArn": MACHINE}),
    "ListStateMachines": (ALL_MACHINES, {}),
    "ListTagsForResource": (ACTIVITY, {"resourceArn": ACTIVITY}),
    "PublishStateMachineVersion": (MACHINE, {"stateMachineArn": MACHINE}),
    "RedriveExecution": (EXECUTION, {"executionArn": EXECUTION}),
    "SendTaskFailure": (ALL_MACHINES, {"taskToken": "t"}),
    "SendTaskHeartbeat": (ALL_MACHINES, {"taskToken": "t"}),
    "SendTaskSuccess": (ALL_MACHINES, {"taskToken": "t", "output": "{}"}),
    "StartExecution": (f"{MACHINE}:1", {"stateMachineArn": f"{MACHINE}:1"}),
    "StartSyncExecution": (MACHINE, {"stateMachineArn": MACHINE}),
    "StopExecution": (EXECUTION, {"executionArn": EXECUTION}),
    "TagResource": (MACHINE, {"resourceArn": MACHINE, "tags": []}),
    "TestState": (ALL_MACHINES, {"definition": "{}"}),
    "UntagResource": (MACHINE, {"resourceArn": MACHINE, "tagKeys": []}),
    "UpdateMapRun": (MAP_RUN, {"mapRunArn": MAP_RUN}),
    "UpdateStateMachine": (MACHINE, {"stateMachineArn": MACHINE}),
    "UpdateStateMachineAlias": (f"{MACHINE}:prod", {"stateMachineAliasArn": f"{MACHINE}:prod"}),
    "ValidateStateMachineDefinition": (ALL_MACHINES, {"definition": "{}"}),
}


def test_every_operation_needs_its_own_action(guarded):
    nobody = client(guarded, "nobody")
    operations = {nobody.meta.method_to_api_mapping[method]: method for method in nobody.meta.method_to_api_mapping}
    assert set(TARGETS) == set(operations)
    for operation, (resource, request) in TARGETS.items():
        refusal = refused(getattr(nobody, operations[operation]), **request)
        assert refusal == denied("nobody", f"states:{operation}", resource)


# Signing in


def sign_in(server, user="admin", secret=None, **headers):
    body = json.dumps({"accessKeyId": IDS.get(user, user), "secretAccessKey": secret or SECRETS[user]}).encode()
    status, answer, got = ask(server, "POST", "/stepwell/session", body, Content_Type="application/json", **headers)
    cookie = got.get("Set-Cookie")
    return status, answer, cookie


def test_browser_signs_in_and_out(guarded):
    status, answer, _ = ask(guarded, "GET", "/stepwell/session", None)
    assert (status, answer) == (200, {"required": True, "region": REGION, "user": None, "until": None})
    status, answer, cookie = sign_in(guarded)
    assert status == 200
    assert answer["user"] == {
        "name": "admin",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/admin",
        "account": ACCOUNT,
        "accessKeyId": IDS["admin"],
    }
    assert cookie.endswith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict")
    session = {"Cookie": cookie.split(";")[0]}
    assert ask(guarded, "GET", "/stepwell/session", None, **session)[1] == answer
    assert ask(guarded, **LIST, **session)[0] == 200
    assert ask(guarded, "GET", "/stepwell/executions", None, **session)[0] == 200
    _, answer, got = ask(guarded, "DELETE", "/stepwell/session", None, **session)
    assert answer["user"] is None and got["Set-Cookie"].startswith("stepwell-session=; Path=/; Max-Age=0")
    status, answer, _ = ask(guarded, **LIST, **session)
    assert (status, code(answer)) == (400, "ExpiredTokenException")
    status, answer, _ = ask(guarded, "GET", "/stepwell/executions", None, **session)
    assert (status, answer["code"]) == (403, "ExpiredTokenException")


def test_feed_ends_with_its_session(guarded, unique):
    admin = client(guarded, "admin")
    machine = create(admin, unique())
    session = {"Cookie": sign_in(guarded)[2].split(";")[0]}
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(guarded.url).netloc, timeout=60)
    connection.request("GET", "/stepwell/changes", headers=session)
    feed = connection.getresponse()
    assert feed.status == 200 and feed.readline() == b": hello\n"
    ask(guarded, "DELETE", "/stepwell/session", None, **session)
    admin.start_execution(stateMachineArn=machine)
    assert b"data:" not in feed.read()


def test_session_may_do_what_its_key_may(guarded, unique):
    machine = create(client(guarded, "admin"), unique())
    session = {"Cookie": sign_in(guarded, "reader")[2].split(";")[0]}
    start = {**LIST, "X_Amz_Target": "AWSStepFunctions.StartExecution"}
    status, answer, _ = ask(guarded, body=json.dumps({"stateMachineArn": machine}).encode(), **start, **session)
    assert (status, code(answer)) == (400, "AccessDeniedException")
    execution = machine.replace("stateMachine", "execution") + ":e"
    path = "/stepwell/{}?" + urllib.parse.urlencode({"executionArn": execution})
    assert ask(guarded, "GET", path.format("history"), None, **session)[0] == 404
    status, answer, _ = ask(guarded, "GET", "/stepwell/logs?functionName=Echo", None, **session)
    assert (status, answer["code"]) == (403, "AccessDeniedException")
    assert f"logs:GetLogEvents on resource: arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/Echo" in answer["message"]


def test_pages_of_other_origins_get_nothing(guarded):
    session = {"Cookie": sign_in(guarded)[2].split(";")[0]}
    own = {"Origin": guarded.url, "Sec_Fetch_Site": "same-origin"}
    assert ask(guarded, **LIST, **session, **own)[0] == 200
    for foreign in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": guarded.url, "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        status, answer, _ = ask(guarded, **LIST, **session, **foreign)
        assert (status, code(answer)) == (400, "AccessDeniedException"), foreign
        assert ask(guarded, "GET", "/stepwell/executions", None, **session, **foreign)[0] == 403
        assert sign_in(guarded, **foreign)[0] == 403


def test_wrong_attempts_are_few(serve, tmp_path):
    environment = {"WORKER_SECRET": SECRETS["worker"], "STEPWELL_LOG": "debug"}
    server = serve("--config", configure(tmp_path / "keys"), environment=environment)
    session = sign_in(server)[2].split(";")[0].split("=")[1]
    for _ in range(10):
        status, answer, cookie = sign_in(server, secret="wrong")
        assert (status, answer["code"], cookie) == (403, "UnrecognizedClientException", None)
    status, answer, _ = sign_in(server)
    assert (status, answer["code"]) == (429, "TooManyAttempts")
    # A signature still counts: it is no way to guess.
    assert client(server, "admin").list_state_machines()["stateMachines"] == []
    said = server.said()
    assert not [secret for secret in (*SECRETS.values(), "worker-token", session) if secret in said]


# Without keys


def test_without_keys_only_this_machine_is_listened_to():
    done = stepwell.run("serve", "--listen", "0.0.0.0:0", "--data", ":memory:")
    assert done.returncode != 0
    assert "there are no access keys: add a `[keys.NAME]` table to stepwell.toml" in done.stderr


def test_without_keys_pages_of_other_origins_get_nothing(server):
    port = urllib.parse.urlsplit(server.url).port
    assert ask(server, **LIST)[0] == 200
    assert ask(server, **LIST, Origin=server.url)[0] == 200
    assert ask(server, host="sync-localhost", **LIST)[0] == 200
    assert ask(server, **LIST, host=f"localhost:{port}", Origin=f"http://localhost:{port}")[0] == 200
    for foreign in ({"Origin": "http://evil.example"}, {"Origin": "http://localhost:3000"}, {"Sec_Fetch_Site": "cross-site"}):
        assert code(ask(server, **LIST, **foreign)[1]) == "AccessDeniedException", foreign
    # A page whose host's name was made to mean this machine is of the same origin as what it asks.
    rebound = {"host": f"evil.example:{port}"}
    assert code(ask(server, **LIST, **rebound, Origin=f"http://evil.example:{port}")[1]) == "AccessDeniedException"
    assert ask(server, "GET", "/stepwell/executions", None, **rebound)[0] == 403
    assert ask(server, "GET", "/stepwell/executions", None)[0] == 200
    answer = ask(server, "GET", "/stepwell/session", None)[1]
    assert answer == {"required": False, "region": REGION, "user": None, "until": None}


def test_without_keys_the_id_names_the_account(server, unique):
    name = unique()
    one, other = client(server, OTHER_ACCOUNT), client(server, "222233334444")
    machine = create(one, name)
    assert machine == f"arn:aws:states:{REGION}:{OTHER_ACCOUNT}:stateMachine:{name}"
    assert other.list_state_machines()["stateMachines"] == []
    assert refused(other.describe_state_machine, stateMachineArn=machine)[1] == "StateMachineDoesNotExist"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys.a]\naccess_key_id = "AKIA"', "[keys.a]: needs one of `secret_access_key`"),
        (f'[keys.a]\naccess_key_id = "AKIA"\nsecret_access_key = "{SECRET}"\npolicy = "no.json"', "failed to read"),
        ('functions_key = "a"', "`functions_key` is `a`, and there is no [keys.a]"),
        ('origins = ["stepwell.example.com"]', "`stepwell.example.com` is no origin"),
    ],
)
def test_configuration_that_makes_no_sense_ends_the_start(tmp_path, text, said):
    file = tmp_path / "stepwell.toml"
    file.write_text(text)
    done = stepwell.run("serve", "--config", file, "--listen", "127.0.0.1:0", "--data", ":memory:")
    assert done.returncode != 0 and said in done.stderr
    assert SECRET not in done.stderr


def test_the_guides_example_is_one(serve, tmp_path):
    guide = (stepwell.ROOT / "docs" / "authentication.md").read_text()
    text = guide.split("```toml\n")[1].split("```")[0]
    file = tmp_path / "stepwell.toml"
    file.write_text(text)
    (tmp_path / "orders.secret").write_text(SECRETS["reader"])
    server = serve("--config", file, environment={"ADMIN_SECRET": SECRET})
    admin = client(server, "AKIAADMIN", secret=SECRET)
    orders = client(server, "AKIAORDERS", secret=SECRETS["reader"])
    execution = orders.start_execution(stateMachineArn=create(admin, "order-1"))["executionArn"]
    assert ended(orders, execution)["status"] == "SUCCEEDED"
    machine = create(admin, "other")
    assert refused(orders.start_execution, stateMachineArn=machine) == denied("orders", "states:StartExecution", machine)
