"""Jobs that are waited for with `.sync`, at moto: followed over a `kill -9`, ended with the execution, never started twice."""

import json
import urllib.request

import pytest

from held_jobs import HeldJobs
from stepwell import CREDENTIALS, ROLE, task, wait_for


def ecs(service, name):
    ec2, ecs = service("ec2"), service("ecs")
    [subnet, *_] = ec2.describe_subnets()["Subnets"]
    [group, *_] = ec2.describe_security_groups()["SecurityGroups"]
    ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(
        family=name,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "c", "image": "i", "essential": True, "memory": 128}],
    )
    network = {"AwsvpcConfiguration": {"Subnets": [subnet["SubnetId"]], "SecurityGroups": [group["GroupId"]]}}
    return {"Cluster": name, "TaskDefinition": name, "LaunchType": "FARGATE", "NetworkConfiguration": network}


def ecs_task_ends(answer):
    """Moto's tasks end without saying how their containers did."""
    for found in answer["tasks"]:
        found["lastStatus"] = "STOPPED"
        found["containers"] = [{"name": "c", "exitCode": 0}]


def batch(service, name):
    role = service("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    batch = service("batch")
    environment = batch.create_compute_environment(
        computeEnvironmentName=name, type="UNMANAGED", state="ENABLED", serviceRole=role
    )["computeEnvironmentArn"]
    batch.create_job_queue(
        jobQueueName=name,
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment}],
    )
    container = {"image": "i", "vcpus": 1, "memory": 128, "command": ["true"]}
    batch.register_job_definition(jobDefinitionName=name, type="container", containerProperties=container)
    return {"JobName": name, "JobQueue": name, "JobDefinition": name}


def glue(service, name):
    service("glue").create_job(Name=name, Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"})
    return {"JobName": name}


def athena(service, name):
    return {"QueryString": f"SELECT '{name}'", "WorkGroup": "primary"}


def codebuild(service, name):
    service("codebuild").create_project(
        name=name,
        source={"type": "S3", "location": "bucket/path/source.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=service("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"],
    )
    return {"ProjectName": name}


class Job:
    """How a service is asked for a job, about it, and to end it; how an answer says that it runs, and the status of its end."""

    def __init__(self, make, resource, started, asked, cancelled, hold, names_job, ended, release=None):
        self.make, self.resource = make, resource
        self.started, self.asked, self.cancelled = started, asked, cancelled
        self.hold, self.names_job, self.ended, self.release = hold, names_job, ended, release


def holds(*path):
    """Sets the last member of a path in each thing that an answer tells of."""
    *outer, (last, value) = path

    def hold(answer):
        found = answer
        for member in outer:
            found = found[member]
        for one in found if isinstance(found, list) else [found]:
            one[last] = value

    return hold


JOBS = {
    "ecs": Job(
        ecs, "ecs:runTask.sync", "runtask", "describetasks", "stoptask",
        holds("tasks", ("lastStatus", "RUNNING")), lambda asked: asked["task"], lambda output: output["LastStatus"] == "STOPPED",
        ecs_task_ends,
    ),
    "batch": Job(
        batch, "batch:submitJob.sync", "submitjob", "describejobs", "terminatejob",
        holds("jobs", ("status", "RUNNING")), lambda asked: asked["jobId"], lambda output: output["Status"] == "SUCCEEDED",
        holds("jobs", ("status", "SUCCEEDED")),
    ),
    "glue": Job(
        glue, "glue:startJobRun.sync", "startjobrun", "getjobrun", "batchstopjobrun",
        holds("JobRun", ("JobRunState", "RUNNING")), lambda asked: asked["JobRunIds"][0],
        lambda output: output["JobRunState"] == "SUCCEEDED",
    ),
    "athena": Job(
        athena, "athena:startQueryExecution.sync", "startqueryexecution", "getqueryexecution", "stopqueryexecution",
        holds("QueryExecution", "Status", ("State", "RUNNING")), lambda asked: asked["QueryExecutionId"],
        lambda output: output["QueryExecution"]["Status"]["State"] == "SUCCEEDED",
    ),
    "codebuild": Job(
        codebuild, "codebuild:startBuild.sync", "startbuild", "batchgetbuilds", "stopbuild",
        holds("builds", ("buildStatus", "IN_PROGRESS")), lambda asked: asked["id"],
        lambda output: output["Build"]["BuildStatus"] == "SUCCEEDED",
    ),
}  # fmt: skip


@pytest.fixture
def without_docker(moto):
    """Moto's jobs of Batch run in containers unless it is told otherwise."""
    body = json.dumps({"batch": {"use_docker": False}}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/config", body, method="POST"), timeout=30).close()


@pytest.fixture(params=JOBS)
def job(request, without_docker):
    return JOBS[request.param]


@pytest.fixture
def start(serve, service, moto, unique, job):
    """Starts an execution whose job stays under way; gives the server, the services and the execution."""
    held = HeldJobs(moto, job.asked, job.hold)
    name = unique()[-20:].strip("-").replace("-", "x")
    parameters = job.make(service, f"j{name}")
    server = serve(environment={"AWS_ENDPOINT_URL": held.url, **CREDENTIALS})
    definition = json.dumps(task(f"arn:aws:states:::{job.resource}", Parameters=parameters))
    wire = server.wire()
    machine = wire.call("CreateStateMachine", name=name, roleArn=ROLE, definition=definition)["stateMachineArn"]
    execution = wire.call("StartExecution", stateMachineArn=machine, input="{}")["executionArn"]

    def under_way():
        types = [event["type"] for event in wire.history(execution)]
        assert "ExecutionFailed" not in types, wire.call("DescribeExecution", executionArn=execution)["cause"]
        return "TaskSubmitted" in types and held.times(job.asked) > 0

    wait_for("the job is under way, and asked for", under_way)
    yield server, held, execution
    held.end()


def ended(wire, execution):
    def description():
        found = wire.call("DescribeExecution", executionArn=execution)
        return found["status"] != "RUNNING" and found

    return wait_for("the execution has ended", description, seconds=60)


def test_a_job_is_followed_over_a_kill(start, job):
    server, held, execution = start
    server.kill()
    before = held.times(job.asked)
    server.start()
    wait_for("the job is asked for again", lambda: held.times(job.asked) > before, seconds=45)
    if job.release:
        held.hold = job.release
    else:
        held.release()
    result = ended(server.wire(), execution)
    assert result["status"] == "SUCCEEDED", result
    assert job.ended(json.loads(result["output"])), result["output"]
    assert held.times(job.started) == 1
    assert held.times(job.cancelled) == 0


def test_a_job_ends_with_its_execution(start, job):
    server, held, execution = start
    wire = server.wire()
    wire.call("StopExecution", executionArn=execution, error="E", cause="c")
    [asked] = wait_for("the job is ended", lambda: held.asked_with(job.cancelled))
    assert job.names_job(asked)
    described = wire.call("DescribeExecution", executionArn=execution)
    assert (described["status"], described["error"]) == ("ABORTED", "E")
    assert held.times(job.started) == 1


@pytest.mark.parametrize("reason", ["it takes too long", "another branch fails"])
def test_a_job_ends_when_nobody_waits_for_it_any_more(serve, service, moto, unique, reason):
    job, name = JOBS["glue"], unique()[-20:].strip("-")
    held = HeldJobs(moto, job.asked, job.hold)
    follow = task(f"arn:aws:states:::{job.resource}", Parameters=job.make(service, name))
    if reason == "it takes too long":
        definition, error = follow, "States.Timeout"
        follow["States"]["Work"]["TimeoutSeconds"] = 3
    else:
        # The job is under way before the other branch fails.
        wait = {"Type": "Wait", "Seconds": 3, "Next": "Fail"}
        fail = {"StartAt": "Wait", "States": {"Wait": wait, "Fail": {"Type": "Fail", "Error": "Other"}}}
        both = {"Type": "Parallel", "Branches": [follow, fail], "End": True}
        definition, error = {"StartAt": "Both", "States": {"Both": both}}, "Other"
    wire = serve(environment={"AWS_ENDPOINT_URL": held.url, **CREDENTIALS}).wire()
    request = {"name": "m", "roleArn": ROLE, "definition": json.dumps(definition)}
    machine = wire.call("CreateStateMachine", **request)["stateMachineArn"]
    execution = wire.call("StartExecution", stateMachineArn=machine, input="{}")["executionArn"]
    assert ended(wire, execution)["error"] == error
    [asked] = wait_for("the job is ended", lambda: held.asked_with(job.cancelled))
    assert job.names_job(asked)
    held.end()


def test_a_token_is_good_after_a_kill(serve, service, moto, unique):
    url = service("sqs").create_queue(QueueName=unique())["QueueUrl"]
    message = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    definition = json.dumps(task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters=message))
    server = serve(environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS})
    wire = server.wire()
    machine = wire.call("CreateStateMachine", name="m", roleArn=ROLE, definition=definition)["stateMachineArn"]
    execution = wire.call("StartExecution", stateMachineArn=machine, input="{}")["executionArn"]
    receive = service("sqs").receive_message
    [got] = wait_for("the message", lambda: receive(QueueUrl=url).get("Messages"))
    # A call that a kill meets is lost: only what is known to be submitted is waited for.
    submitted = lambda: any(event["type"] == "TaskSubmitted" for event in wire.history(execution))
    wait_for("the queue's answer", submitted)
    server.kill()
    wire = server.start().wire()
    token = json.loads(got["Body"])["token"]
    wire.call("SendTaskHeartbeat", taskToken=token)
    wire.call("SendTaskSuccess", taskToken=token, output='"done"')
    assert ended(wire, execution)["output"] == '"done"'
    assert "Messages" not in receive(QueueUrl=url), "nobody was asked twice"


NESTED = {
    "Type": "Task",
    "Resource": "arn:aws:states:::states:startExecution.sync:2",
    "Parameters": {"StateMachineArn.$": "$.child", "Input": {"from": "parent"}},
}


def test_nested_executions_go_on_over_a_kill_and_end_with_their_parent(serve, unique):
    server = serve()
    wire = server.wire()
    states = {"Ask": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:nested", "End": True}}
    wire.call("CreateActivity", name="nested")
    child = wire.call(
        "CreateStateMachine", name="child", roleArn=ROLE, definition=json.dumps({"StartAt": "Ask", "States": states})
    )["stateMachineArn"]
    definition = json.dumps({"StartAt": "Nest", "States": {"Nest": {**NESTED, "End": True}}})
    parent = wire.call("CreateStateMachine", name="parent", roleArn=ROLE, definition=definition)["stateMachineArn"]
    request = {"stateMachineArn": parent, "input": json.dumps({"child": child})}
    first = wire.call("StartExecution", **request)["executionArn"]
    second = wire.call("StartExecution", **request)["executionArn"]

    def children():
        found = wire.call("ListExecutions", stateMachineArn=child)["executions"]
        return len(found) == 2 and found

    wait_for("both children run", children)
    server.kill()
    wire = server.start().wire()
    wire.call("StopExecution", executionArn=first)
    stopped = wait_for(
        "a child ends with its parent",
        lambda: [one for one in wire.call("ListExecutions", stateMachineArn=child)["executions"] if one["status"] == "ABORTED"],
    )
    assert len(stopped) == 1
    # The task of the child that was stopped may still be handed out; nobody can answer it any more.
    worker = server.wire()

    def answered():
        given = worker.call("GetActivityTask", activityArn=states["Ask"]["Resource"])
        if not given.get("taskToken"):
            return False
        try:
            worker.call("SendTaskSuccess", taskToken=given["taskToken"], output='"done"')
        except Exception:
            return False
        return True

    wait_for("the other child's task is done", answered, seconds=60)
    result = ended(wire, second)
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"])["Output"] == "done"
    assert len(wire.call("ListExecutions", stateMachineArn=child)["executions"]) == 2
