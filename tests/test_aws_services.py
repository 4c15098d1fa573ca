"""Tasks that call AWS services, against those of moto."""

import json

import pytest

from stepwell import ACCOUNT, CREDENTIALS, EXAMPLES, ROLE, Refusal, wait_for


@pytest.fixture
def aws(serve, moto):
    """A server whose tasks call moto."""
    return serve(environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS})


def chain(*tasks):
    """Tasks one after the other: their resources, parameters and other fields."""
    states = {}
    for index, (resource, parameters, fields) in enumerate(tasks):
        after = {"End": True} if index + 1 == len(tasks) else {"Next": f"T{index + 1}"}
        resource = f"arn:aws:states:::aws-sdk:{resource}"
        states[f"T{index}"] = {"Type": "Task", "Resource": resource, "Parameters": parameters, **fields, **after}
    return {"StartAt": "T0", "States": states}


def ended(wire, execution):
    """How an execution has ended."""

    def description():
        found = wire.call("DescribeExecution", executionArn=execution)
        return found["status"] != "RUNNING" and found

    return wait_for(f"{execution} has ended", description)


def run(server, unique, definition, data=None):
    wire = server.wire()
    machine = wire.call("CreateStateMachine", name=unique(), roleArn=ROLE, definition=json.dumps(definition))
    execution = wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"], input=json.dumps(data or {}))
    return ended(wire, execution["executionArn"])


def test_dynamodb_keeps_an_item(aws, service, unique):
    table = unique()
    service("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"id": {"S": "1"}}
    item = {**key, "open": {"Bool": True}, "nothing": {"Nul": True}, "list": {"L": [{"N": "1.5"}]}}
    result = run(
        aws,
        unique,
        chain(
            ("dynamodb:putItem", {"TableName": table, "Item": item}, {"ResultPath": None}),
            ("dynamodb:getItem", {"TableName": table, "Key": key}, {"OutputPath": "$.Item"}),
        ),
    )
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == item


def test_s3_keeps_an_object(aws, service, unique):
    bucket = unique().lower()
    service("s3").create_bucket(Bucket=bucket)
    place = {"Bucket": bucket, "Key": "a/b c/ü.json"}
    copy = {"SourceBucket": bucket, "SourceKey": place["Key"], "DestinationBucket": bucket, "DestinationKey": "copy"}
    result = run(
        aws,
        unique,
        chain(
            ("s3:putObject", {**place, "Body": {"x": ["ü"]}, "Metadata": {"who": "me"}}, {}),
            ("s3:copyObject", copy, {}),
            ("s3:getObject", {"Bucket": bucket, "Key": "copy"}, {}),
        ),
    )
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert output["Body"] == '{"x":["ü"]}'
    assert output["Metadata"] == {"who": "me"}
    assert output["ContentLength"] == 12
    assert output["LastModified"].endswith("Z")
    assert list(output)[-1] == "Body"


@pytest.mark.parametrize(
    "resource, parameters, error, cause",
    [
        ("s3:getObject", {"Bucket": "nobody", "Key": "k"}, "S3.NoSuchBucketException", "Status Code: 404"),
        ("dynamodb:deleteTable", {"TableName": "none"}, "DynamoDb.ResourceNotFoundException", "Service: DynamoDb"),
        ("iam:getRole", {"RoleName": "none"}, "Iam.NoSuchEntityException", "Service: Iam"),
        ("ec2:describeInstances", {"InstanceIds": ["i-1"]}, "Ec2.Ec2Exception", "Service: Ec2"),
        ("lambda:getFunction", {"FunctionName": "none"}, "Lambda.ResourceNotFoundException", "Service: Lambda"),
    ],
)
def test_errors_have_their_names(aws, unique, resource, parameters, error, cause):
    result = run(aws, unique, chain((resource, parameters, {})))
    assert (result["status"], result["error"]) == ("FAILED", error)
    assert cause in result["cause"]


@pytest.mark.parametrize(
    "resource, parameters, expected",
    [
        ("ssm:putParameter", {"Name": "n", "Value": {"a": 1}, "Type": "String"}, {"Version": 1}),
        ("sts:getCallerIdentity", {}, {"Account"}),
        ("route53:listHostedZones", {}, {"HostedZones"}),
        ("sns:createTopic", {"Name": "t"}, {"TopicArn"}),
        ("ec2:describeVpcs", {}, {"Vpcs"}),
        ("cloudwatchlogs:createLogGroup", {"LogGroupName": "g"}, {}),
        ("eventbridge:listEventBuses", {}, {"EventBuses"}),
        ("lambda:listFunctions", {}, {"Functions"}),
    ],
)
def test_every_protocol_is_spoken(aws, unique, resource, parameters, expected):
    result = run(aws, unique, chain((resource, parameters, {})))
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    for name in expected:
        assert name in output
        if isinstance(expected, dict):
            assert output[name] == expected[name]


def test_a_message_carries_the_token_back(aws, service, unique):
    sqs = service("sqs")
    url = sqs.create_queue(QueueName=unique())["QueueUrl"]
    message = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    definition = chain(("sqs:sendMessage.waitForTaskToken", message, {}))
    wire = aws.wire()
    machine = wire.call("CreateStateMachine", name=unique(), roleArn=ROLE, definition=json.dumps(definition))
    execution = wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]
    got = wait_for("the message", lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    token = json.loads(got[0]["Body"])["token"]
    wire.call("SendTaskSuccess", taskToken=token, output='"done"')
    result = ended(wire, execution)
    assert (result["status"], result["output"]) == ("SUCCEEDED", '"done"')


def optimised(resource, parameters):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return {"StartAt": "T", "States": {"T": state}}


def test_a_role_is_taken_on(aws, unique):
    role = {"Credentials": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/other"}}
    result = run(aws, unique, chain(("sts:getCallerIdentity", {}, role)))
    assert result["status"] == "SUCCEEDED", result
    assert ":assumed-role/other/" in json.loads(result["output"])["Arn"]


def test_names_that_are_not_there_are_refused(aws, unique):
    for resource in ("dynamodb:putItems", "dynamo:putItem", "kinesis:subscribeToShard"):
        with pytest.raises(Refusal) as refused:
            run(aws, unique, chain((resource, {}, {})))
        assert refused.value.code == "InvalidDefinition"
        assert f"The resource provided arn:aws:states:::aws-sdk:{resource} is not recognized." in refused.value.message


def test_parameters_that_are_not_there_are_refused(aws, unique):
    result = run(aws, unique, chain(("dynamodb:getItem", {"TableName": "t", "Keys": {}}, {})))
    assert (result["status"], result["error"]) == ("FAILED", "States.Runtime")
    assert "The field 'Key' is required but was missing" in result["cause"]
    assert "The field 'Keys' is not supported by Step Functions" in result["cause"]


def test_nothing_is_called_that_nobody_configured(serve, unique):
    server = serve(environment={"AWS_ENDPOINT_URL": "", **CREDENTIALS})
    result = run(server, unique, chain(("s3:listBuckets", {}, {})))
    assert (result["status"], result["error"]) == ("FAILED", "S3.SdkClientException")
    assert "AWS_ENDPOINT_URL_S3" in result["cause"]


def task(resource, parameters, **fields):
    """One task of a service with an integration of its own."""
    resource = f"arn:aws:states:::{resource}"
    return {
        "StartAt": "T",
        "States": {"T": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}},
    }


def test_messages_are_sent_as_text_and_tell_of_their_http(aws, service, unique):
    sqs = service("sqs")
    url = sqs.create_queue(QueueName=unique())["QueueUrl"]
    result = run(aws, unique, task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"a": [1, "ü"]}}))
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert sorted(output) == ["MD5OfMessageBody", "MessageId", "SdkHttpMetadata", "SdkResponseMetadata"]
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert (message["MessageId"], message["Body"]) == (output["MessageId"], '{"a":[1,"ü"]}')


def test_a_topic_passes_on_what_is_published(aws, service, unique):
    sqs, sns = service("sqs"), service("sns")
    url = sqs.create_queue(QueueName=unique())["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=unique())["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    result = run(aws, unique, task("sns:publish", {"TopicArn": topic, "Message": {"a": 1}, "Subject": "s"}))
    assert result["status"] == "SUCCEEDED", result
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["Message"] == '{"a":1}'


def test_an_item_has_the_names_of_the_api(aws, service, unique):
    table = unique()
    service("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "1"}, "open": {"BOOL": True}, "nothing": {"NULL": True}}
    assert run(aws, unique, task("dynamodb:putItem", {"TableName": table, "Item": item}))["status"] == "SUCCEEDED"
    read = task("dynamodb:getItem", {"TableName": table, "Key": {"id": {"S": "1"}}}, OutputPath="$.Item")
    assert json.loads(run(aws, unique, read)["output"]) == item


def test_errors_have_the_names_of_the_older_client(aws, unique):
    item = {"id": {"S": "1"}}
    result = run(aws, unique, task("dynamodb:putItem", {"TableName": unique(), "Item": item}))
    assert result["error"] == "DynamoDB.ResourceNotFoundException"
    assert "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException;" in result["cause"]
    result = run(aws, unique, task("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "b", "Colour": "red"}))
    assert result["error"] == "States.Runtime"
    assert "The field 'Colour' is not supported by Step Functions" in result["cause"]


def test_events_tell_which_execution_sent_them(aws, service, unique):
    sqs, events = service("sqs"), service("events")
    url = sqs.create_queue(QueueName=unique())["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule, source = unique(), unique()
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue}])
    entry = {"Source": source, "DetailType": "t", "Detail": {"a": 1}}
    result = run(aws, unique, task("events:putEvents", {"Entries": [entry]}))
    assert json.loads(result["output"])["FailedEntryCount"] == 0
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail"] == {"a": 1}
    assert event["resources"] == [result["executionArn"], result["stateMachineArn"]]


def test_a_query_is_waited_for(aws, unique):
    definition = task("athena:startQueryExecution.sync", {"QueryString": "SELECT 1", "WorkGroup": "primary"})
    wire = aws.wire()
    machine = wire.call("CreateStateMachine", name=unique(), roleArn=ROLE, definition=json.dumps(definition))
    execution = wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"])["executionArn"]
    result = ended(wire, execution)
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"])["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    types = [event["type"] for event in wire.history(execution)]
    assert types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_job_is_asked_for_after_a_kill_and_not_started_again(aws, service, unique):
    glue, job = service("glue"), unique()
    glue.create_job(Name=job, Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"})
    definition = task("glue:startJobRun.sync", {"JobName": job})
    wire = aws.wire()
    machine = wire.call("CreateStateMachine", name=unique(), roleArn=ROLE, definition=json.dumps(definition))
    execution = wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"])["executionArn"]
    wait_for("the job is accepted", lambda: any(e["type"] == "TaskSubmitted" for e in wire.history(execution)))
    aws.kill()
    aws.start()
    result = ended(aws.wire(), execution)
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"])["JobRunState"] == "SUCCEEDED"
    assert len(glue.get_job_runs(JobName=job)["JobRuns"]) == 1


def test_a_human_approves(aws, service, unique):
    """The callback pattern over a queue: whoever has the token answers."""
    sqs = service("sqs")
    url = sqs.create_queue(QueueName=unique())["QueueUrl"]
    definition = json.loads((EXAMPLES / "human-approval" / "queue.asl.json").read_text())
    definition["States"]["WaitForHuman"]["Parameters"]["QueueUrl"] = url
    wire = aws.wire()
    machine = wire.call("CreateStateMachine", name=unique(), roleArn=ROLE, definition=json.dumps(definition))
    execution = wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]
    [message] = wait_for("the request", lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    assert wire.call("DescribeExecution", executionArn=execution)["status"] == "RUNNING"
    wire.call("SendTaskSuccess", taskToken=json.loads(message["Body"])["Token"], output='{"approved": true}')
    result = ended(wire, execution)
    assert (result["status"], json.loads(result["output"])) == ("SUCCEEDED", {"approved": True})
