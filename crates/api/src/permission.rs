//! Permission: what a request is done to, as policies of IAM name it.
//!
//! The facts are those of AWS's service authorization reference; where it has no resource for an operation, the one
//! that AWS names in its refusals. The action is the operation's name.

use std::borrow::Cow;

use ids::arn::test_case;
use serde::de::DeserializeOwned;

use crate::constraint::Constrained;
use crate::generated::operations::{Operation, StepFunctions};
use crate::generated::requests::{
    CreateActivityInput, CreateStateMachineAliasInput, CreateStateMachineInput, DeleteActivityInput,
    DeleteStateMachineAliasInput, DeleteStateMachineInput, DeleteStateMachineVersionInput,
    DescribeActivityInput, DescribeExecutionInput, DescribeMapRunInput, DescribeStateMachineAliasInput,
    DescribeStateMachineForExecutionInput, DescribeStateMachineInput, GetActivityTaskInput,
    GetExecutionHistoryInput, ListActivitiesInput, ListExecutionsInput, ListMapRunsInput,
    ListStateMachineAliasesInput, ListStateMachineVersionsInput, ListStateMachinesInput,
    ListTagsForResourceInput, PublishStateMachineVersionInput, RedriveExecutionInput, SendTaskFailureInput,
    SendTaskHeartbeatInput, SendTaskSuccessInput, StartExecutionInput, StartSyncExecutionInput,
    StopExecutionInput, TagResourceInput, TestStateInput, UntagResourceInput, UpdateMapRunInput,
    UpdateStateMachineAliasInput, UpdateStateMachineInput, ValidateStateMachineDefinitionInput,
};
use crate::{ApiError, Caller, Limits, wire};

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// What has this ARN, if it is one.
    Arn(Cow<'a, str>),
    /// Something of the caller's account and region that is to be: its type and name. The name `*` is for all of them.
    Own(&'static str, &'a str),
    /// What the task with this token belongs to: an activity, or the state machine whose execution waits.
    Task(&'a str),
}

/// A request that policies allow or don't.
pub trait Permission {
    /// What the operation is done to.
    fn target(&self) -> Target<'_>;

    /// Further actions that the caller must be allowed, with what they are done to.
    fn further(&self) -> Vec<(&'static str, Target<'_>)> {
        Vec::new()
    }
}

/// Decodes a request, and has `service` say whether the caller may ask that.
pub(crate) async fn permitted<S, T>(
    service: &S,
    caller: &Caller,
    operation: Operation,
    body: &[u8],
    limits: &Limits,
) -> Result<T, ApiError>
where
    S: StepFunctions,
    T: DeserializeOwned + Constrained + Permission + Sync,
{
    let request = wire::decode::<T>(body, limits)?;
    service.permit(caller, operation, &request).await?;
    Ok(request)
}

const ALL: &str = "*";

/// One line for each operation. What is missing here does not compile in `dispatch`.
macro_rules! permissions {
    ($($input:ident: |$request:ident| $target:expr $(, further $further:expr)?;)*) => {
        $(
            impl Permission for $input {
                fn target(&self) -> Target<'_> {
                    let $request = self;
                    $target
                }

                $(
                    fn further(&self) -> Vec<(&'static str, Target<'_>)> {
                        let $request = self;
                        $further
                    }
                )?
            }
        )*
    };
}

permissions! {
    CreateActivityInput: |request| Target::Own("activity", &request.name);
    CreateStateMachineInput: |request| Target::Own("stateMachine", &request.name),
        further vec![pass(&request.role_arn)];
    CreateStateMachineAliasInput: |request| alias_to_be(request);
    DeleteActivityInput: |request| arn(&request.activity_arn);
    DeleteStateMachineInput: |request| arn(&request.state_machine_arn);
    DeleteStateMachineAliasInput: |request| arn(&request.state_machine_alias_arn);
    DeleteStateMachineVersionInput: |request| arn(&request.state_machine_version_arn);
    DescribeActivityInput: |request| arn(&request.activity_arn);
    DescribeExecutionInput: |request| arn(&request.execution_arn);
    DescribeMapRunInput: |request| arn(&request.map_run_arn);
    DescribeStateMachineInput: |request| arn(&request.state_machine_arn);
    DescribeStateMachineAliasInput: |request| arn(&request.state_machine_alias_arn);
    DescribeStateMachineForExecutionInput: |request| arn(&request.execution_arn);
    GetActivityTaskInput: |request| arn(&request.activity_arn);
    GetExecutionHistoryInput: |request| arn(&request.execution_arn);
    ListActivitiesInput: |_request| Target::Own("activity", ALL);
    ListExecutionsInput: |request| match (&request.state_machine_arn, &request.map_run_arn) {
        (Some(listed), _) | (None, Some(listed)) => arn(listed),
        (None, None) => Target::Own("stateMachine", ALL),
    };
    ListMapRunsInput: |request| arn(&request.execution_arn);
    ListStateMachineAliasesInput: |request| arn(&request.state_machine_arn);
    ListStateMachineVersionsInput: |request| arn(&request.state_machine_arn);
    ListStateMachinesInput: |_request| Target::Own("stateMachine", ALL);
    ListTagsForResourceInput: |request| arn(&request.resource_arn);
    PublishStateMachineVersionInput: |request| arn(&request.state_machine_arn);
    RedriveExecutionInput: |request| arn(&request.execution_arn);
    SendTaskFailureInput: |request| Target::Task(&request.task_token);
    SendTaskHeartbeatInput: |request| Target::Task(&request.task_token);
    SendTaskSuccessInput: |request| Target::Task(&request.task_token);
    StartExecutionInput: |request| arn(test_case(&request.state_machine_arn).0);
    StartSyncExecutionInput: |request| arn(test_case(&request.state_machine_arn).0);
    StopExecutionInput: |request| arn(&request.execution_arn);
    TagResourceInput: |request| arn(&request.resource_arn);
    TestStateInput: |_request| Target::Own("stateMachine", ALL), further {
        let reveal = ("states:RevealSecrets", Target::Own("stateMachine", ALL));
        let reveal = request_reveals(_request).then_some(reveal);
        reveal.into_iter().chain(_request.role_arn.as_deref().map(pass)).collect()
    };
    UntagResourceInput: |request| arn(&request.resource_arn);
    UpdateMapRunInput: |request| arn(&request.map_run_arn);
    UpdateStateMachineInput: |request| arn(&request.state_machine_arn),
        further request.role_arn.as_deref().map(pass).into_iter().collect();
    UpdateStateMachineAliasInput: |request| arn(&request.state_machine_alias_arn);
    ValidateStateMachineDefinitionInput: |_request| Target::Own("stateMachine", ALL);
}

fn arn(text: &str) -> Target<'_> {
    Target::Arn(Cow::Borrowed(text))
}

/// Whoever gives a role to something must be allowed to: else it would be a way to what the role may do.
fn pass(role: &str) -> (&'static str, Target<'_>) {
    ("iam:PassRole", arn(role))
}

fn request_reveals(request: &TestStateInput) -> bool {
    request.reveal_secrets == Some(true)
}

/// The alias has the name of the request, and the state machine of the versions it leads to.
fn alias_to_be(request: &CreateStateMachineAliasInput) -> Target<'_> {
    let version = request.routing_configuration.first();
    match version.and_then(|version| version.state_machine_version_arn.rsplit_once(':')) {
        Some((machine, _)) => Target::Arn(Cow::Owned(format!("{machine}:{}", request.name))),
        None => Target::Own("stateMachine", ALL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

    fn read<T: DeserializeOwned>(text: &str) -> T {
        serde_json::from_str(&text.replace("MACHINE", MACHINE)).unwrap()
    }

    fn of(text: &str) -> Target<'_> {
        Target::Arn(Cow::Borrowed(text))
    }

    #[test]
    fn start_is_one_of_the_state_machine_whatever_it_mocks() {
        let request: StartExecutionInput = read(r##"{"stateMachineArn": "MACHINE#case"}"##);
        assert_eq!(request.target(), of(MACHINE));
    }

    #[test]
    fn alias_belongs_to_the_state_machine_of_its_versions() {
        let request: CreateStateMachineAliasInput = read(
            r#"{"name": "prod", "routingConfiguration": [{"stateMachineVersionArn": "MACHINE:1", "weight": 100}]}"#,
        );
        assert_eq!(request.target(), of(&format!("{MACHINE}:prod")));
    }

    #[test]
    fn roles_must_be_passed_on() {
        let role = "arn:aws:iam::000000000000:role/r";
        let request: CreateStateMachineInput = read(&format!(
            r#"{{"name": "m", "definition": "", "roleArn": "{role}"}}"#
        ));
        assert_eq!(request.target(), Target::Own("stateMachine", "m"));
        assert_eq!(request.further(), [("iam:PassRole", of(role))]);
        let request: UpdateStateMachineInput = read(r#"{"stateMachineArn": "MACHINE"}"#);
        assert_eq!(request.further(), []);
    }

    #[test]
    fn secrets_are_revealed_to_whoever_may_see_them() {
        let request: TestStateInput = read(r#"{"definition": "{}", "revealSecrets": true}"#);
        let all = Target::Own("stateMachine", "*");
        assert_eq!(request.further(), [("states:RevealSecrets", all)]);
    }
}
