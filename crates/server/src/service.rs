//! The service: what it works with, and which file answers which operation.

use std::sync::{Arc, OnceLock, Weak};

use access::Keys;
use api::{
    ApiError, Caller, CreateActivityInput, CreateActivityOutput, CreateStateMachineAliasInput,
    CreateStateMachineAliasOutput, CreateStateMachineInput, CreateStateMachineOutput, DeleteActivityInput,
    DeleteActivityOutput, DeleteStateMachineAliasInput, DeleteStateMachineAliasOutput,
    DeleteStateMachineInput, DeleteStateMachineOutput, DeleteStateMachineVersionInput,
    DeleteStateMachineVersionOutput, DescribeActivityInput, DescribeActivityOutput, DescribeExecutionInput,
    DescribeExecutionOutput, DescribeMapRunInput, DescribeMapRunOutput, DescribeStateMachineAliasInput,
    DescribeStateMachineAliasOutput, DescribeStateMachineForExecutionInput,
    DescribeStateMachineForExecutionOutput, DescribeStateMachineInput, DescribeStateMachineOutput,
    GetActivityTaskInput, GetActivityTaskOutput, GetExecutionHistoryInput, GetExecutionHistoryOutput, Limits,
    ListActivitiesInput, ListActivitiesOutput, ListExecutionsInput, ListExecutionsOutput, ListMapRunsInput,
    ListMapRunsOutput, ListStateMachineAliasesInput, ListStateMachineAliasesOutput,
    ListStateMachineVersionsInput, ListStateMachineVersionsOutput, ListStateMachinesInput,
    ListStateMachinesOutput, ListTagsForResourceInput, ListTagsForResourceOutput, LoggingConfiguration,
    Operation, Permission, PublishStateMachineVersionInput, PublishStateMachineVersionOutput,
    RedriveExecutionInput, RedriveExecutionOutput, SendTaskFailureInput, SendTaskFailureOutput,
    SendTaskHeartbeatInput, SendTaskHeartbeatOutput, SendTaskSuccessInput, SendTaskSuccessOutput,
    StartExecutionInput, StartExecutionOutput, StartSyncExecutionInput, StartSyncExecutionOutput,
    StepFunctions, StopExecutionInput, StopExecutionOutput, TagResourceInput, TagResourceOutput,
    TestStateInput, TestStateOutput, UntagResourceInput, UntagResourceOutput, UpdateMapRunInput,
    UpdateMapRunOutput, UpdateStateMachineAliasInput, UpdateStateMachineAliasOutput, UpdateStateMachineInput,
    UpdateStateMachineOutput, ValidateStateMachineDefinitionInput, ValidateStateMachineDefinitionOutput,
};
use integrations::Integrations;
use runtime::Runtime;
use store::MachineKind;
use tokio::sync::watch;

use crate::logs::Logs;
use crate::operations;
use crate::own_api::Own;
use crate::permits;
use crate::throttle::{Throttle, Throttling};

/// Answers the operations of the API with what a runtime does and knows.
pub struct Server {
    pub(crate) runtime: Runtime,
    throttle: Option<Throttle>,
    limits: Limits,
    closing: watch::Sender<bool>,
    logs: OnceLock<Arc<Logs>>,
    keys: OnceLock<Arc<Keys>>,
}

impl Server {
    /// A server over a runtime. Tasks of these integrations that call `aws-sdk:sfn` call this server from now
    /// on, as long as it exists.
    pub fn new(runtime: Runtime, integrations: &Integrations) -> Arc<Self> {
        Self::throttled(runtime, integrations, None)
    }

    /// The same, in which accounts may call operations only so often.
    pub fn throttled(
        runtime: Runtime,
        integrations: &Integrations,
        throttling: Option<Throttling>,
    ) -> Arc<Self> {
        let limits = runtime.limits();
        let server = Arc::new(Self {
            limits: Limits {
                request_bytes: limits.request_bytes,
                payload_bytes: limits.executions.payload_bytes,
                definition_characters: limits.executions.definition_bytes,
            },
            runtime,
            throttle: throttling.map(Throttle::new),
            closing: watch::Sender::new(false),
            logs: OnceLock::new(),
            keys: OnceLock::new(),
        });
        let own: Weak<Self> = Arc::downgrade(&server);
        integrations.set_own_api(Arc::new(Own(own)));
        server
    }

    /// Tells the logs of the log groups that state machines name from now on. Only the first call counts.
    pub fn set_logs(&self, logs: Arc<Logs>) {
        let _ = self.logs.set(logs);
    }

    /// Keeps to what these keys may do, from now on. Only the first call counts.
    pub fn set_keys(&self, keys: Arc<Keys>) {
        let _ = self.keys.set(keys);
    }

    /// Tells the logs what a state machine logs from now on.
    pub(crate) fn announce_logging(&self, configuration: &LoggingConfiguration) {
        if let Some(logs) = self.logs.get() {
            logs.announce(configuration);
        }
    }

    /// Sends away whoever waits for an activity task, so that a shutdown need not wait for them.
    pub fn end_polls(&self) {
        self.closing.send_replace(true);
    }

    /// Ends when nobody shall wait any longer.
    pub(crate) async fn polls_ended(&self) {
        // An error would mean that the sender is gone, which is the server's own.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }
}

impl Server {
    /// Counts a start, when calls are counted.
    pub(crate) fn count_start(&self, kind: MachineKind, caller: &Caller) -> Result<(), ApiError> {
        match &self.throttle {
            Some(throttle) => throttle.start(kind, caller, self.runtime.now()),
            None => Ok(()),
        }
    }
}

/// Sends each method to the file of its operation.
macro_rules! operations {
    ($($method:ident: $input:ty => $output:ty,)*) => {
        impl StepFunctions for Server {
            async fn health(&self) -> Result<(), String> {
                self.runtime.health().await.map_err(|error| error.to_string())
            }

            fn admit(&self, operation: Operation, caller: &Caller) -> Result<(), ApiError> {
                match &self.throttle {
                    Some(throttle) => throttle.call(operation, caller, self.runtime.now()),
                    None => Ok(()),
                }
            }

            async fn permit<T: Permission + Sync>(
                &self,
                caller: &Caller,
                operation: Operation,
                request: &T,
            ) -> Result<(), ApiError> {
                match self.keys.get() {
                    Some(keys) => permits::check(self, keys, caller, operation, request).await,
                    None => Ok(()),
                }
            }

            fn limits(&self) -> Limits {
                self.limits
            }

            $(
                fn $method(
                    &self,
                    caller: &Caller,
                    request: $input,
                ) -> impl Future<Output = Result<$output, ApiError>> + Send {
                    operations::$method::answer(self, caller, request)
                }
            )*
        }
    };
}

operations! {
    create_activity: CreateActivityInput => CreateActivityOutput,
    create_state_machine: CreateStateMachineInput => CreateStateMachineOutput,
    create_state_machine_alias: CreateStateMachineAliasInput => CreateStateMachineAliasOutput,
    delete_activity: DeleteActivityInput => DeleteActivityOutput,
    delete_state_machine: DeleteStateMachineInput => DeleteStateMachineOutput,
    delete_state_machine_alias: DeleteStateMachineAliasInput => DeleteStateMachineAliasOutput,
    delete_state_machine_version: DeleteStateMachineVersionInput => DeleteStateMachineVersionOutput,
    describe_activity: DescribeActivityInput => DescribeActivityOutput,
    describe_execution: DescribeExecutionInput => DescribeExecutionOutput,
    describe_map_run: DescribeMapRunInput => DescribeMapRunOutput,
    describe_state_machine: DescribeStateMachineInput => DescribeStateMachineOutput,
    describe_state_machine_alias: DescribeStateMachineAliasInput => DescribeStateMachineAliasOutput,
    describe_state_machine_for_execution:
        DescribeStateMachineForExecutionInput => DescribeStateMachineForExecutionOutput,
    get_activity_task: GetActivityTaskInput => GetActivityTaskOutput,
    get_execution_history: GetExecutionHistoryInput => GetExecutionHistoryOutput,
    list_activities: ListActivitiesInput => ListActivitiesOutput,
    list_executions: ListExecutionsInput => ListExecutionsOutput,
    list_map_runs: ListMapRunsInput => ListMapRunsOutput,
    list_state_machine_aliases: ListStateMachineAliasesInput => ListStateMachineAliasesOutput,
    list_state_machine_versions: ListStateMachineVersionsInput => ListStateMachineVersionsOutput,
    list_state_machines: ListStateMachinesInput => ListStateMachinesOutput,
    list_tags_for_resource: ListTagsForResourceInput => ListTagsForResourceOutput,
    publish_state_machine_version: PublishStateMachineVersionInput => PublishStateMachineVersionOutput,
    redrive_execution: RedriveExecutionInput => RedriveExecutionOutput,
    send_task_failure: SendTaskFailureInput => SendTaskFailureOutput,
    send_task_heartbeat: SendTaskHeartbeatInput => SendTaskHeartbeatOutput,
    send_task_success: SendTaskSuccessInput => SendTaskSuccessOutput,
    start_execution: StartExecutionInput => StartExecutionOutput,
    start_sync_execution: StartSyncExecutionInput => StartSyncExecutionOutput,
    stop_execution: StopExecutionInput => StopExecutionOutput,
    tag_resource: TagResourceInput => TagResourceOutput,
    test_state: TestStateInput => TestStateOutput,
    untag_resource: UntagResourceInput => UntagResourceOutput,
    update_map_run: UpdateMapRunInput => UpdateMapRunOutput,
    update_state_machine: UpdateStateMachineInput => UpdateStateMachineOutput,
    update_state_machine_alias: UpdateStateMachineAliasInput => UpdateStateMachineAliasOutput,
    validate_state_machine_definition:
        ValidateStateMachineDefinitionInput => ValidateStateMachineDefinitionOutput,
}
