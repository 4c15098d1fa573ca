"""Real calls of many services through `aws-sdk` tasks, and what boto3 is answered to the same calls.

All of `CALLS` is one execution. What reads is compared member by member with boto3's answer to the same question, what
makes something with boto3's answer to making another such thing.
"""

import json

import pytest

import sdk_names
from sdk_names import Reference as Of
from stepwell import CREDENTIALS, ROLE, wait_for

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})

ITEM = {
    "id": {"S": "1"},
    "number": {"N": "-12.50"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "texts": {"SS": ["a", "ä"]},
    "DeepMap": {"M": {"camelCase": {"L": [{"S": "x"}, {"M": {}}]}}},
}

# The name that later calls know an answer by, the service, the operation, the parameters. `ME` is a name that only one of the
# two has.
ME = "<me>"
CALLS = [
    # JSON 1.0
    ("table", "dynamodb", "CreateTable", {
        "TableName": ME,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }),
    ("put", "dynamodb", "PutItem", {"TableName": ME, "Item": ITEM}),
    ("item", "dynamodb", "GetItem", {"TableName": ME, "Key": {"id": {"S": "1"}}}),
    ("scan", "dynamodb", "Scan", {"TableName": ME}),
    ("tableRead", "dynamodb", "DescribeTable", {"TableName": ME}),
    ("queue", "sqs", "CreateQueue", {"QueueName": ME, "Attributes": {"VisibilityTimeout": "45"}, "tags": {"aB": "c"}}),
    ("message", "sqs", "SendMessage", {"QueueUrl": Of("queue", "QueueUrl"), "MessageBody": "ü"}),
    ("queueRead", "sqs", "GetQueueAttributes", {"QueueUrl": Of("queue", "QueueUrl"), "AttributeNames": ["All"]}),
    ("queueTags", "sqs", "ListQueueTags", {"QueueUrl": Of("queue", "QueueUrl")}),
    # JSON 1.1
    ("parameter", "ssm", "PutParameter", {"Name": ME, "Value": "a,b", "Type": "StringList"}),
    ("parameterRead", "ssm", "GetParameter", {"Name": ME}),
    ("parameters", "ssm", "DescribeParameters", {"ParameterFilters": [{"Key": "Name", "Values": [ME]}]}),
    ("secret", "secretsmanager", "CreateSecret", {"Name": ME, "SecretString": '{"a": 1}'}),
    ("secretRead", "secretsmanager", "GetSecretValue", {"SecretId": ME}),
    ("key", "kms", "CreateKey", {"Description": ME}),
    ("keyRead", "kms", "DescribeKey", {"KeyId": Of("key", "KeyMetadata", "KeyId")}),
    ("cluster", "ecs", "CreateCluster", {"clusterName": ME, "tags": [{"key": "k", "value": "v"}]}),
    ("clusterRead", "ecs", "DescribeClusters", {"clusters": [ME], "include": ["TAGS"]}),
    ("group", "logs", "CreateLogGroup", {"logGroupName": ME}),
    ("groupRead", "logs", "DescribeLogGroups", {"logGroupNamePrefix": ME}),
    ("rule", "events", "PutRule", {"Name": ME, "ScheduleExpression": "rate(1 hour)", "State": "DISABLED"}),
    ("ruleRead", "events", "DescribeRule", {"Name": ME}),
    ("stream", "kinesis", "CreateStream", {"StreamName": ME, "ShardCount": 1}),
    ("record", "kinesis", "PutRecord", {"StreamName": ME, "Data": "text", "PartitionKey": "p"}),
    ("streamRead", "kinesis", "DescribeStreamSummary", {"StreamName": ME}),
    ("database", "glue", "CreateDatabase", {"DatabaseInput": {"Name": ME, "Parameters": {"aKey": "1"}}}),
    ("databaseRead", "glue", "GetDatabase", {"Name": ME}),
    ("workGroup", "athena", "CreateWorkGroup", {"Name": ME, "Description": "d"}),
    ("workGroupRead", "athena", "GetWorkGroup", {"WorkGroup": ME}),
    ("repository", "ecr", "CreateRepository", {"repositoryName": ME}),
    ("repositoryRead", "ecr", "DescribeRepositories", {"repositoryNames": [ME]}),
    ("certificate", "acm", "RequestCertificate", {"DomainName": "example.com"}),
    ("certificateRead", "acm", "DescribeCertificate", {"CertificateArn": Of("certificate", "CertificateArn")}),
    # Query
    ("who", "sts", "GetCallerIdentity", {}),
    ("role", "iam", "CreateRole", {"RoleName": ME, "AssumeRolePolicyDocument": TRUST}),
    ("roleRead", "iam", "GetRole", {"RoleName": ME}),
    ("topic", "sns", "CreateTopic", {"Name": ME, "Attributes": {"DisplayName": "d"}}),
    ("topicRead", "sns", "GetTopicAttributes", {"TopicArn": Of("topic", "TopicArn")}),
    ("published", "sns", "Publish", {"TopicArn": Of("topic", "TopicArn"), "Message": "m"}),
    ("stack", "cloudformation", "CreateStack", {"StackName": ME, "TemplateBody": TEMPLATE}),
    ("stackRead", "cloudformation", "DescribeStacks", {"StackName": ME}),
    ("dbGroup", "rds", "CreateDBParameterGroup", {
        "DBParameterGroupName": ME, "DBParameterGroupFamily": "mysql8.0", "Description": "d",
    }),
    ("dbGroupRead", "rds", "DescribeDBParameterGroups", {"DBParameterGroupName": ME}),
    ("alarm", "cloudwatch", "PutMetricAlarm", {
        "AlarmName": ME, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "m",
        "Namespace": "n", "Period": 60, "Statistic": "Sum", "Threshold": 1.5,
        "Dimensions": [{"Name": "a", "Value": "b"}],
    }),
    ("alarmRead", "cloudwatch", "DescribeAlarms", {"AlarmNames": [ME]}),
    # EC2
    ("vpc", "ec2", "CreateVpc", {"CidrBlock": "10.1.0.0/16"}),
    ("vpcRead", "ec2", "DescribeVpcs", {"VpcIds": [Of("vpc", "Vpc", "VpcId")]}),
    ("securityGroup", "ec2", "CreateSecurityGroup", {
        "GroupName": ME, "Description": "d", "VpcId": Of("vpc", "Vpc", "VpcId"),
    }),
    ("securityGroupRead", "ec2", "DescribeSecurityGroups", {"GroupIds": [Of("securityGroup", "GroupId")]}),
    # REST JSON
    ("api", "apigateway", "CreateRestApi", {"name": ME, "binaryMediaTypes": ["image/png"]}),
    ("apiRead", "apigateway", "GetRestApi", {"restApiId": Of("api", "id")}),
    ("fileSystem", "efs", "CreateFileSystem", {"CreationToken": ME, "Encrypted": True}),
    ("fileSystemRead", "efs", "DescribeFileSystems", {"FileSystemId": Of("fileSystem", "FileSystemId")}),
    ("thing", "iot", "CreateThing", {"thingName": ME, "attributePayload": {"attributes": {"aB": "c"}}}),
    ("thingRead", "iot", "DescribeThing", {"thingName": ME}),
    ("contacts", "sesv2", "CreateContactList", {"ContactListName": ME, "Description": "d"}),
    ("contactsRead", "sesv2", "GetContactList", {"ContactListName": ME}),
    # REST XML
    ("bucket", "s3", "CreateBucket", {"Bucket": ME}),
    ("object", "s3", "PutObject", {"Bucket": ME, "Key": "a/ü b", "Body": "x", "Metadata": {"who": "me"}}),
    ("objectRead", "s3", "GetObject", {"Bucket": ME, "Key": "a/ü b"}),
    ("objectHead", "s3", "HeadObject", {"Bucket": ME, "Key": "a/ü b"}),
    ("objects", "s3", "ListObjectsV2", {"Bucket": ME, "Prefix": "a/", "EncodingType": "url"}),
    ("zone", "route53", "CreateHostedZone", {"Name": "example.com", "CallerReference": ME}),
    ("zoneRead", "route53", "GetHostedZone", {"Id": Of("zone", "HostedZone", "Id")}),
]  # fmt: skip

# What moto makes up anew for each answer, and what boto3 alone asks for.
VARIES = (
    "athena:GetWorkGroup .WorkGroup.CreationTime",
    "efs:DescribeFileSystems .FileSystems[0].SizeInBytes.Timestamp",
    "s3:GetObject .ChecksumCRC32",
)

# What each service, under the name that its errors have, refuses.
REFUSED = [
    ("DynamoDb", "dynamodb", "DescribeTable", {"TableName": "none"}),
    ("DynamoDb", "dynamodb", "GetItem", {"TableName": "none", "Key": {"id": {"S": "1"}}}),
    ("Sqs", "sqs", "GetQueueUrl", {"QueueName": "none"}),
    ("Ssm", "ssm", "GetParameter", {"Name": "none"}),
    ("SecretsManager", "secretsmanager", "GetSecretValue", {"SecretId": "none"}),
    ("Kms", "kms", "DescribeKey", {"KeyId": "none"}),
    ("Ecs", "ecs", "DescribeServices", {"cluster": "none", "services": ["s"]}),
    ("CloudWatchLogs", "logs", "DescribeLogStreams", {"logGroupName": "none"}),
    ("EventBridge", "events", "DescribeRule", {"Name": "none"}),
    ("Kinesis", "kinesis", "DescribeStreamSummary", {"StreamName": "none"}),
    ("Glue", "glue", "GetDatabase", {"Name": "none"}),
    ("Ecr", "ecr", "DescribeRepositories", {"repositoryNames": ["none"]}),
    ("Acm", "acm", "DescribeCertificate", {
        "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    }),
    ("Iam", "iam", "GetRole", {"RoleName": "none"}),
    ("Sns", "sns", "GetTopicAttributes", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none"}),
    ("CloudFormation", "cloudformation", "DescribeStacks", {"StackName": "none"}),
    ("Rds", "rds", "DescribeDBInstances", {"DBInstanceIdentifier": "none"}),
    ("Ec2", "ec2", "DescribeVpcs", {"VpcIds": ["vpc-0"]}),
    ("ApiGateway", "apigateway", "GetRestApi", {"restApiId": "none"}),
    ("Efs", "efs", "DescribeFileSystems", {"FileSystemId": "fs-00000000"}),
    ("Iot", "iot", "DescribeThing", {"thingName": "none"}),
    ("SesV2", "sesv2", "GetContactList", {"ContactListName": "none"}),
    ("S3", "s3", "GetObject", {"Bucket": "none", "Key": "k"}),
    ("S3", "s3", "ListObjectsV2", {"Bucket": "none"}),
    ("Route53", "route53", "GetHostedZone", {"Id": "none"}),
]  # fmt: skip

READS = ("Describe", "Get", "Head", "List", "Scan")


def mine(value, me):
    """Parameters of the one who has this name."""
    if isinstance(value, dict):
        return {key: mine(item, me) for key, item in value.items()}
    if isinstance(value, list):
        return [mine(item, me) for item in value]
    return me if value == ME else value


@pytest.fixture
def clients(service):
    made = {}
    return lambda named: made.setdefault(named, service(named))


def definition_of(calls, me, clients):
    """A chain of tasks, each of which leaves its result under its name."""
    states, following = {}, None
    for answer, service, operation, parameters in reversed(calls):
        shape = clients(service).meta.service_model.operation_model(operation).input_shape
        states[answer] = {
            "Type": "Task",
            "Resource": sdk_names.resource(service, operation),
            "Parameters": sdk_names.named(shape, mine(parameters, me)),
            "ResultPath": f"$.{answer}",
            **({"Next": following} if following else {"End": True}),
        }
        following = answer
    return {"StartAt": following, "States": states}


def results(wire, execution):
    """What each task of an execution gave, by its name."""
    entered, given = None, {}
    for event in wire.history(execution):
        if event["type"] == "TaskStateEntered":
            entered = event["stateEnteredEventDetails"]["name"]
        elif event["type"] == "TaskSucceeded":
            given[entered] = json.loads(event["taskSucceededEventDetails"]["output"])
    return given


def asked(client, operation, parameters):
    """What boto3 is answered."""
    from botocore import xform_name

    answer = getattr(client, xform_name(operation))(**parameters)
    del answer["ResponseMetadata"]
    return answer


def test_answers_are_those_that_boto3_is_given(serve, moto, clients, unique, figures):
    me, other = (f"{who}-{unique()[-20:].strip('-').lower()}" for who in ("ours", "boto"))
    # Moto takes the account from the caller's key; both call as nobody in particular.
    wire = serve(environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS}).wire()
    definition = json.dumps(definition_of(CALLS, me, clients))
    machine = wire.call("CreateStateMachine", name=me, roleArn=ROLE, definition=definition)["stateMachineArn"]
    execution = wire.call("StartExecution", stateMachineArn=machine, input="{}")["executionArn"]

    def ended():
        described = wire.call("DescribeExecution", executionArn=execution)
        return described["status"] != "RUNNING" and described

    described = wait_for("the execution has ended", ended, seconds=90)
    assert described["status"] == "SUCCEEDED", (described["error"], described["cause"])
    ours, wrong = results(wire, execution), []
    answers, said = {}, {call: Answered(given) for call, given in ours.items()}
    for call, service, operation, parameters in CALLS:
        client = clients(service)
        shape = client.meta.service_model.operation_model(operation).output_shape
        reads = operation.startswith(READS)
        # What Stepwell made is read; what boto3 makes is something else.
        parameters = mine(parameters, me if reads else other)
        parameters = sdk_names.filled(parameters, said if reads else answers)
        theirs = asked(client, operation, parameters)
        if not reads:
            answers[call] = theirs
        if shape is None:
            assert ours[call] in ({}, None), (call, ours[call])
            continue
        found = sdk_names.differences(shape, theirs, ours[call], alike=not reads)
        found = (f"{service}:{operation} {difference}" for difference in found)
        wrong += [difference for difference in found if difference.partition(": ")[0] not in VARIES]
    assert not wrong, "\n".join(wrong)
    figures(f"{len(CALLS)} calls of {len({service for _, service, *_ in CALLS})} services are answered as boto3's are")


def error_name(prefix, model, code):
    """The name of an error: that of its shape where the service declares it, or else one that all errors have."""
    for shape in model.error_shapes:
        if code in (shape.error_code, shape.name):
            name = sdk_names.name(shape.name).removesuffix("Exception").removesuffix("Fault")
            return f"{prefix}.{name}Exception"
    return f"{prefix}.{prefix}Exception"


def test_errors_are_those_that_boto3_is_given(serve, moto, clients, figures):
    from botocore.exceptions import ClientError

    wire = serve(environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS}).wire()
    calls = [(f"c{index}", *refused[1:]) for index, refused in enumerate(REFUSED)]
    definition = definition_of(calls, "none", clients)
    for call, state in definition["States"].items():
        caught = {"ErrorEquals": ["States.ALL"], "ResultPath": f"$.{call}", "Next": state.get("Next", "Done")}
        state.update(Catch=[caught], ResultPath=None)
    definition["States"]["Done"] = {"Type": "Succeed"}
    machine = wire.call("CreateStateMachine", name="refused", roleArn=ROLE, definition=json.dumps(definition))
    execution = wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]

    def output():
        described = wire.call("DescribeExecution", executionArn=execution)
        return described["status"] != "RUNNING" and json.loads(described["output"])

    caught, wrong = wait_for("the execution has ended", output, seconds=60), []
    for (prefix, service, operation, parameters), (call, *_) in zip(REFUSED, calls):
        client = clients(service)
        with pytest.raises(ClientError) as raised:
            asked(client, operation, parameters)
        error = raised.value.response["Error"]
        status = raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
        # SQS has kept the codes that it had before it spoke JSON; the shape's name stands beside them.
        name = error_name(prefix, client.meta.service_model, error.get("QueryErrorCode", error["Code"]))
        words = f"{error['Message']} (Service: {prefix}, Status Code: {status}, Request ID: "
        ours = caught.get(call, {"Error": "none", "Cause": ""})
        if ours["Error"] != name or not ours["Cause"].startswith(words):
            wrong.append(f"{service}:{operation}: boto3 {name}: {words}; the task {ours}")
    assert not wrong, "\n".join(wrong)
    figures(f"{len(REFUSED)} refusals of {len({service for _, service, *_ in REFUSED})} services have the errors they have")


class Answered(dict):
    """A task's result, read by the names that boto3 has."""

    def __getitem__(self, member):
        value = super().__getitem__(sdk_names.name(member))
        return Answered(value) if isinstance(value, dict) else value
