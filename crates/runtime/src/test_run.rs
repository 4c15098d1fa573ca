//! Test runs: executions whose tasks get mocked responses, and which invocation of its state each task is.

use std::collections::HashMap;

use asl::Target;
use engine::{BranchId, Detail, Event, Lane, Order, Refusal, TaskKey, World};
use integrations::{Answer, Mock, Test, mocked_answers};
use json::{Str, Value};

use crate::shared::Shared;

/// An execution that was started as a test case. What it knows is folded from the history, so that it is the
/// same after a restart.
#[derive(Debug)]
pub(crate) struct TestRun {
    machine: Str,
    case: Str,
    /// The state that each branch is in.
    states: HashMap<BranchId, Str>,
    /// The events that scheduled the tasks of each state, in order.
    scheduled: HashMap<Str, Vec<u64>>,
}

impl TestRun {
    pub(crate) fn new(machine: Str, case: Str) -> Self {
        Self {
            machine,
            case,
            states: HashMap::new(),
            scheduled: HashMap::new(),
        }
    }

    /// Takes notice of what became true.
    pub(crate) fn see(&mut self, events: &[Event]) {
        for event in events {
            match &event.detail {
                Detail::StateEntered { name, .. } => {
                    self.states.insert(event.branch, name.clone());
                }
                Detail::TaskScheduled { .. } | Detail::LambdaFunctionScheduled { .. } => {
                    if let Some(state) = self.states.get(&event.branch) {
                        self.scheduled.entry(state.clone()).or_default().push(event.id);
                    }
                }
                _ => {}
            }
        }
    }

    /// What a task gets instead of being done.
    pub(crate) fn mock(&self, shared: &Shared, task: TaskKey) -> Mock {
        let state = self.states.get(&task.branch);
        let invocations = state.and_then(|state| self.scheduled.get(state));
        let (state, invocations) = (
            state.map_or("", |state| state),
            invocations.map_or(&[][..], Vec::as_slice),
        );
        let invocation = invocations.partition_point(|event| *event < task.event);
        shared.tasks.mock(self.test(), state, invocation as u64)
    }

    /// Whether a task gets a mocked response, or fails for want of one.
    pub(crate) fn mocks(&self, shared: &Shared, task: TaskKey) -> bool {
        let state = self.states.get(&task.branch).map_or("", |state| state);
        shared.tasks.is_real(self.test(), state) != Ok(true)
    }

    /// What becomes of a task that is not done, one after the other; nothing if it is to be done for real.
    pub(crate) fn answers(&self, shared: &Shared, order: &Order) -> Option<Vec<Answer>> {
        mocked_answers(&order.target, self.mock(shared, order.task))
    }

    fn test(&self) -> Test<'_> {
        Test {
            machine: &self.machine,
            case: &self.case,
        }
    }
}

/// The world as an execution meets it: a test run must not do for real what its test case is not known for.
pub(crate) struct Surroundings<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) test_run: Option<&'a TestRun>,
}

/// What Step Functions Local says of a test case that lists an activity.
const NO_MOCKED_ACTIVITIES: &str = "Activity state cannot be mocked. Please remove mocks mapped for all activity state in the mock config file.";

impl World for Surroundings<'_> {
    fn is_deleting(&self, machine_arn: &str) -> bool {
        self.shared.is_deleting(machine_arn)
    }

    fn refuse(&self, state: &str, resource: &asl::Resource, parameters: &Value) -> Option<Refusal> {
        if let Some(test_run) = self.test_run {
            match self.shared.tasks.is_real(test_run.test(), state) {
                Err(unknown) => return Some(Refusal::Plain(unknown)),
                Ok(false) if resource.target == Target::Activity => {
                    return Some(Refusal::Plain(NO_MOCKED_ACTIVITIES.to_owned()));
                }
                Ok(_) => {}
            }
        }
        self.shared.refuse(state, resource, parameters)
    }

    fn lane(&self, resource: &asl::Resource, parameters: &Value) -> Option<Lane> {
        match self.test_run {
            Some(_) => None,
            None => self.shared.lane(resource, parameters),
        }
    }
}
