"""Lambda's own API over local functions, through boto3: a deploy script works without Docker."""

import base64
import io
import json
import threading
import urllib.error
import urllib.request
import zipfile

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import stepwell
from stepwell import ROLE

GREET = "def handler(event, context):\n    print('hello')\n    return {'greeting': 'Hello ' + event['name']}\n"


def package(**files):
    """A deployment package; `__` in a name stands for the dot."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return target.getvalue()


def client(server, service="lambda"):
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=stepwell.REGION,
        aws_access_key_id="tests",
        aws_secret_access_key="tests",
        # What is out of bounds shall be refused by the server, not by the client.
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def create(aws, name, source=GREET, **members):
    return aws.create_function(
        FunctionName=name,
        **{
            "Runtime": "python3.13",
            "Role": ROLE,
            "Handler": "app.handler",
            "Code": {"ZipFile": package(app__py=source)},
            **members,
        },
    )


def refused(call, **members):
    with pytest.raises(ClientError) as error:
        call(**members)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_deployed_function_is_invoked_and_called_by_state_machines(server):
    aws, sfn = client(server), client(server, "stepfunctions")
    created = create(aws, "deployed-greet", Timeout=10, Environment={"Variables": {"KIND": "b"}}, Tags={"team": "x"})
    assert created["FunctionArn"] == stepwell.function_arn("deployed-greet")
    assert created["State"] == "Active" and created["Version"] == "$LATEST" and created["Timeout"] == 10
    aws.get_waiter("function_active_v2").wait(FunctionName="deployed-greet")
    got = aws.get_function(FunctionName=created["FunctionArn"])
    assert got["Tags"] == {"team": "x"}
    assert got["Configuration"]["Environment"] == {"Variables": {"KIND": "b"}}

    answer = aws.invoke(FunctionName="deployed-greet", Payload=b'{"name": "Ada"}', LogType="Tail")
    assert json.load(answer["Payload"]) == {"greeting": "Hello Ada"}
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST" and "FunctionError" not in answer
    assert b"hello" in base64.b64decode(answer["LogResult"])

    definition = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": created["FunctionArn"], "End": True}}}
    machine = sfn.create_state_machine(
        name="calls-deployed", definition=json.dumps(definition), roleArn=ROLE, type="STANDARD"
    )
    execution = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"name": "Bob"}')["executionArn"]
    ended = stepwell.wait_for(
        "the execution ends",
        lambda: (d := sfn.describe_execution(executionArn=execution))["status"] != "RUNNING" and d,
    )
    assert json.loads(ended["output"]) == {"greeting": "Hello Bob"}


def test_failing_function_answers_200_with_its_error(server):
    aws = client(server)
    create(aws, "failing", "def handler(event, context):\n    raise KeyError('x')\n")
    answer = aws.invoke(FunctionName="failing:$LATEST", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "KeyError"


def test_update_changes_what_runs_and_what_is_shown(server):
    aws = client(server)
    before = create(aws, "updated")
    source = GREET.replace("Hello", "Bye")
    code = aws.update_function_code(FunctionName="updated", ZipFile=package(app__py=source, other__py=source))
    assert code["CodeSha256"] != before["CodeSha256"] and code["RevisionId"] != before["RevisionId"]
    aws.get_waiter("function_updated_v2").wait(FunctionName="updated")
    say = lambda: json.load(aws.invoke(FunctionName="updated", Payload=b'{"name": "Ada"}')["Payload"])
    assert say() == {"greeting": "Bye Ada"}
    configuration = aws.update_function_configuration(FunctionName="updated", Handler="other.handler", MemorySize=512)
    assert (configuration["Handler"], configuration["MemorySize"]) == ("other.handler", 512)
    assert say() == {"greeting": "Bye Ada"}
    assert refused(aws.update_function_code, FunctionName="updated", ZipFile=b"x", RevisionId="old")[0] == (
        "PreconditionFailedException"
    )
    assert refused(aws.update_function_code, FunctionName="updated", ZipFile=b"no zip") == (
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    )
    assert say() == {"greeting": "Bye Ada"}


def test_deployed_functions_outlive_a_kill_and_deleted_ones_stay_away(serve):
    server = serve()
    aws = client(server)
    for name in ("kept", "removed"):
        create(aws, name)
    aws.delete_function(FunctionName="removed")
    server.kill()
    server.start()
    aws = client(server)
    assert json.load(aws.invoke(FunctionName="kept", Payload=b'{"name": "Ada"}')["Payload"]) == {"greeting": "Hello Ada"}
    code, message = refused(aws.get_function, FunctionName="removed")
    assert (code, message) == (
        "ResourceNotFoundException",
        f"Function not found: {stepwell.function_arn('removed')}",
    )


def test_list_pages_through_all_functions(serve):
    server = serve(functions=None)
    aws = client(server)
    names = [f"f{i}" for i in range(7)]
    for name in reversed(names):
        create(aws, name)
    pages = aws.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3})
    assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [names[:3], names[3:6], names[6:]]
    assert refused(aws.list_functions, MaxItems=0)[0] == "ValidationException"


def test_functions_of_files_are_shown_and_changed_only_there(server):
    aws = client(server)
    listed = [f["FunctionName"] for p in aws.get_paginator("list_functions").paginate() for f in p["Functions"]]
    name = next(folder.name for folder in sorted(stepwell.FUNCTIONS.iterdir()) if folder.name in listed)
    assert aws.get_function_configuration(FunctionName=name)["State"] == "Active"
    assert refused(aws.delete_function, FunctionName=name)[0] == "ResourceConflictException"
    assert refused(create, aws=aws, name=name) == ("ResourceConflictException", f"Function already exist: {name}")


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"Runtime": "cobol"}, "InvalidParameterValueException", "unknown runtime"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"Handler": "x" * 129}, "ValidationException", "less than or equal to 128"),
        ({"Description": "x" * 257}, "ValidationException", "less than or equal to 256"),
        ({"MemorySize": 64}, "ValidationException", "greater than or equal to 128"),
        ({"Code": {"ZipFile": b"PK"}}, "InvalidParameterValueException", "Could not unzip"),
        ({"Code": {"ZipFile": package(**{"a/b": "x", "a": "y"})}}, "InvalidParameterValueException", '"a"'),
        ({"Code": {"ZipFile": package(**{"x" * 300: "x"})}}, "InvalidParameterValueException", "can't be unpacked"),
        ({"Code": {"S3Bucket": "bucket", "S3Key": "k"}}, "InvalidParameterValueException", "ZipFile"),
        ({"PackageType": "Image"}, "InvalidParameterValueException", "container images"),
        ({"Environment": {"Variables": {"A": "x" * 5000}}}, "InvalidParameterValueException", "4KB"),
        ({"Layers": ["arn:aws:lambda:us-east-1:1:layer:x:1"]}, "InvalidParameterValueException", "layers"),
    ],
)
def test_bad_function_is_refused_and_leaves_nothing(server, members, code, words):
    aws = client(server)
    answered, message = refused(create, aws=aws, name="bad", **members)
    assert answered == code and words in message
    assert refused(aws.get_function, FunctionName="bad")[0] == "ResourceNotFoundException"


def test_deleting_a_version_leaves_the_function(server):
    aws = client(server)
    arn = create(aws, "lasting")["FunctionArn"]
    latest = "InvalidParameterValueException", "$LATEST version cannot be deleted without deleting the function."
    assert refused(aws.delete_function, FunctionName="lasting", Qualifier="$LATEST") == latest
    for members in ({"FunctionName": "lasting", "Qualifier": "3"}, {"FunctionName": f"{arn}:3"}):
        unknown = "ResourceNotFoundException", f"Function not found: {arn}:3"
        assert refused(aws.delete_function, **members) == unknown
    assert aws.invoke(FunctionName="lasting", Payload=b'{"name": "Ada"}')["StatusCode"] == 200
    aws.delete_function(FunctionName="lasting")


def test_event_is_accepted_and_dry_run_runs_nothing(server):
    aws = client(server)
    create(aws, "quiet")
    assert aws.invoke(FunctionName="quiet", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
    assert aws.invoke(FunctionName="quiet", InvocationType="DryRun", Payload=b"{}")["StatusCode"] == 204
    assert refused(aws.invoke, FunctionName="quiet", Payload=b"{no json")[0] == "InvalidRequestContentException"
    assert refused(aws.invoke, FunctionName="nobody", Payload=b"{}")[0] == "ResourceNotFoundException"


def test_parallel_deployments_of_one_name_have_one_winner(server):
    outcomes = []

    def deploy():
        try:
            create(client(server), "contested")
            outcomes.append("created")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=deploy) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ResourceConflictException"] * 7 + ["created"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "AWS4-HMAC-SHA256 x", "Origin": "http://evil.example"}])
def test_web_pages_deploy_nothing(server, headers):
    """What a page in a browser could send: no signature, or an origin."""
    request = urllib.request.Request(
        f"{server.url}/2015-03-31/functions", json.dumps({"FunctionName": "evil"}).encode(), headers
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert error.value.code == 403
