//! Rights: what somebody must be allowed to do to be answered here.
//!
//! Each answer tells what an operation of the API would, so whoever may not ask for that may not ask here.

use access::{Key, Refusal};
use ids::{ExecutionArn, Scope};

use crate::extension::query::Query;
use crate::gate::Who;

/// Refuses whoever may not see an answer.
pub(crate) fn check(who: &Who, name: &str, query: &Query<'_>) -> Result<(), Refusal> {
    let scope = &who.caller.scope;
    let execution = query.get("executionArn");
    let machine = query.get("stateMachineArn");
    match name {
        "executions" => who.check("states:ListExecutions", &of_machine(scope, machine)),
        "counts" => {
            let machines = query.get("stateMachineArns").unwrap_or_default();
            let mut machines = machines.split(',').filter(|arn| !arn.is_empty());
            machines.try_for_each(|machine| who.check("states:ListExecutions", machine))
        }
        "changes" => match execution {
            Some(execution) => who.check("states:DescribeExecution", execution),
            None => who.check("states:ListExecutions", &of_machine(scope, machine)),
        },
        "history" | "waiting" => who.check("states:GetExecutionHistory", execution.unwrap_or("*")),
        "family" => who.check("states:DescribeExecution", execution.unwrap_or("*")),
        "logs" => {
            let function = query.get("functionName").unwrap_or("*");
            who.check("logs:GetLogEvents", &log_group(scope, function))
        }
        "activity" => who.check("states:DescribeActivity", query.get("activityArn").unwrap_or("*")),
        _ => Ok(()),
    }
}

/// Whether somebody may see the executions of a state machine: what is told of all of them leaves out those of others.
pub(crate) fn may_list(key: Option<&Key>, machine: &str) -> bool {
    key.is_none_or(|key| key.check("states:ListExecutions", machine).is_ok())
}

fn of_machine(scope: &Scope, machine: Option<&str>) -> String {
    machine.map_or_else(|| format!("{scope}:stateMachine:*"), str::to_owned)
}

/// Where Lambda has what a function prints, whatever its caller calls it by.
fn log_group(Scope { region, account }: &Scope, function: &str) -> String {
    let function = functions::parse_name(function).map_or(function, |named| named.name);
    format!("arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{function}")
}

/// The state machine of an execution; what is no ARN of one stays what it is.
pub(crate) fn machine_of(execution: &str) -> String {
    match execution.parse::<ExecutionArn>() {
        Ok(arn) => arn.state_machine.to_string(),
        Err(_) => execution.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execution_belongs_to_its_state_machine() {
        let scope = "arn:aws:states:us-east-1:000000000000";
        for execution in ["execution:m:e", "express:m:e:u", "execution:m/Each:e"] {
            assert_eq!(
                machine_of(&format!("{scope}:{execution}")),
                format!("{scope}:stateMachine:m")
            );
        }
        assert_eq!(machine_of("x"), "x");
    }

    #[test]
    fn function_prints_to_one_group_whatever_it_is_called_by() {
        let arn = "arn:aws-cn:lambda:us-east-1:000000000000:function:f:live";
        for function in ["f", "f:live", "function:f", arn] {
            assert_eq!(
                log_group(&api::caller::home(), function),
                "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f"
            );
        }
        let group = log_group(&api::caller::home(), "function:function:f");
        assert!(group.ends_with("/aws/lambda/function"), "{group}");
    }
}
