"""The state machines that a killed server runs. Each call notes who made it, so that somebody outside can count."""

from stepwell import function_arn

LOST_CALL = "Lambda.SdkClientException"

CALL = {"execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "log.$": "$.log", "seconds.$": "$.seconds"}
ONCE_A_SECOND = {"IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 9999}


def two_calls(**members):
    call = {"Type": "Task", "Resource": function_arn("Count"), "Parameters": CALL, "ResultPath": "$.last", **members}
    return {"StartAt": "First", "States": {"First": {**call, "Next": "Second"}, "Second": {**call, "End": True}}}


WAITS = {
    "StartAt": "Hold",
    "States": {"Hold": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"}, "Done": {"Type": "Succeed"}},
}
CALLS_AGAIN = two_calls(Retry=[{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}])
# Fails in its middle until it is redriven, and wherever a call is lost.
REDRIVEN = two_calls()
REDRIVEN["States"]["First"]["Next"] = "Gate"
REDRIVEN["States"]["Gate"] = {
    "Type": "Choice",
    "Choices": [{"Variable": "$$.Execution.RedriveCount", "NumericGreaterThan": 0, "Next": "Second"}],
}
CALLBACK = {
    "StartAt": "Asked",
    "States": {
        "Asked": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": "Ask",
                "Payload": {
                    "execution.$": "$$.Execution.Name",
                    "state.$": "$$.State.Name",
                    "token.$": "$$.Task.Token",
                    "log.$": "$.log",
                },
            },
            "TimeoutSeconds": 10,
            "Retry": [{"ErrorEquals": ["States.Timeout", LOST_CALL], **ONCE_A_SECOND}],
            "End": True,
        }
    },
}


def wide():
    """Three branches: a Map of calls, a call, and a Wait."""
    again = [{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}]
    call = lambda name: {name: {"Type": "Task", "Resource": function_arn("Count"), "Parameters": CALL, "Retry": again, "End": True}}
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "Parameters": {"log.$": "$.log", "seconds.$": "$.seconds", "item.$": "$$.Map.Item.Value"},
        "MaxConcurrency": 2,
        "ItemProcessor": {"StartAt": "InMap", "States": call("InMap")},
        "ResultSelector": {"items.$": "$[*].item"},
        "End": True,
    }
    # What a call gives back is what it was given, and the item would be lost on the way.
    each["ItemProcessor"]["States"]["InMap"]["ResultPath"] = "$.called"
    branches = [
        {"StartAt": "Each", "States": {"Each": each}},
        {"StartAt": "InBranch", "States": call("InBranch")},
        {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 1, "End": True}}},
    ]
    return {"StartAt": "Wide", "States": {"Wide": {"Type": "Parallel", "Branches": branches, "End": True}}}


def parent(child):
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": child,
            "Input": {"log.$": "$.log", "seconds.$": "$.seconds", "parent.$": "$$.Execution.Name"},
        },
        "ResultSelector": {"child.$": "$.ExecutionArn", "status.$": "$.Status"},
        "End": True,
    }
    return {"StartAt": "Child", "States": {"Child": start}}


def child():
    """Calls for its parent, twice, and once more whenever a call is lost."""
    definition = two_calls(Retry=[{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}])
    for state in definition["States"].values():
        state["Parameters"] = {**CALL, "execution.$": "$.parent"}
    return definition


def revision(number):
    return {"StartAt": "Tell", "States": {"Tell": {"Type": "Pass", "Result": number, "End": True}}}


def activity_task(activity):
    # An answer that carried a task may be lost with the server; no heartbeat then says so.
    retry = [{"ErrorEquals": ["States.Timeout"], **ONCE_A_SECOND}]
    work = {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 4, "Retry": retry, "End": True}
    return {"StartAt": "Work", "States": {"Work": work}}


# Whose executions are those of a Map Run: the name of the execution that started it, and the number of the item.
SELECTOR = {
    "execution.$": "States.Format('{}/{}', $$.Execution.Name, $$.Map.Item.Index)",
    "item.$": "$$.Map.Item.Value",
    "log.$": "$.log",
    "seconds.$": "$.seconds",
}


def distributed(execution_type):
    """Calls for each item of its input, in an execution for each."""
    call = {
        "Type": "Task",
        "Resource": function_arn("Count"),
        "Parameters": {**CALL, "execution.$": "$.execution"},
        "ResultPath": "$.called",
        "OutputPath": "$.item",
        "Retry": [{"ErrorEquals": [LOST_CALL], **ONCE_A_SECOND}],
        "End": True,
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": execution_type}
    each = {
        "Type": "Map",
        "Label": "Items",
        "ItemsPath": "$.items",
        "ItemSelector": SELECTOR,
        "MaxConcurrency": 3,
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "Item", "States": {"Item": call}},
        "End": True,
    }
    return {"StartAt": "Each", "States": {"Each": each}}


def job(name):
    """A job of Glue that is waited for; its start is asked for again when nobody knows whether there was one."""
    run = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": name, "Arguments": {"--execution.$": "$$.Execution.Name"}},
        "Retry": [{"ErrorEquals": ["Glue.SdkClientException"], **ONCE_A_SECOND}],
        "ResultSelector": {"run.$": "$.Id"},
        "End": True,
    }
    return {"StartAt": "Run", "States": {"Run": run}}
