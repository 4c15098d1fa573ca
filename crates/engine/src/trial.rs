//! Trial: one state by itself, as the API's TestState runs it.
//!
//! The state runs in the engine that runs executions, as the only state of an Express execution that nobody saves:
//! it is entered, what it does outside is answered by a mock or by whoever does the task, and it is over when it is
//! left, has failed, or would be tried again. A Wait does not wait. A [`Verdict`] says what came of it.

use std::sync::Arc;

use asl::{Failure, Map, Resource, State, StateId, StateKind};
use json::{Payload, Str, Value};

use crate::effect::{Effect, Order, Outcome};
use crate::event::{BranchId, Detail, Ending, StateType};
use crate::execution::{At, Execution, Head, Phase, Variable};
use crate::input::TaskKey;
use crate::moment::{Moment, Refusal, World};
use crate::probe::{Handled, Probe, Stage};
use crate::states;
use crate::states::batch::batches;
use crate::step::{Stepper, Work};
use crate::view::View;

/// The error of a Map of which more failed than it tolerates, and its cause.
pub const TOO_MANY_FAILED: (&str, &str) = (
    "States.ExceedToleratedFailureThreshold",
    "The specified tolerated failure threshold was exceeded",
);

/// What a test says beside the state and its input.
#[derive(Debug, Default)]
pub struct Setup {
    /// The variables that the state finds.
    pub variables: Vec<(Str, Payload)>,
    /// The context object that it sees, an object; its own when there is none.
    pub context: Option<Value>,
    /// How often it was tried again already, by the retrier that means its error.
    pub retries: u64,
    /// What its work comes to. A Parallel or a Map needs one.
    pub mock: Option<Mock>,
    /// The items that a Map's `ItemReader` reads.
    pub items: Option<Arc<[Value]>>,
    /// How many iterations of a Map failed.
    pub failed_iterations: u64,
}

/// What the work of a state comes to in place of being done.
#[derive(Debug)]
pub enum Mock {
    /// It is done, with this result.
    Result(Payload),
    /// It failed.
    Error(Ending),
}

/// One state under test.
#[derive(Debug)]
pub struct Trial {
    execution: Execution,
    state: StateId,
    setup: Setup,
    /// The variables that it finds.
    variables: Vec<(Str, Value)>,
    probe: Probe,
    next: Option<StateId>,
    map: Option<MapFigures>,
}

/// How a state came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictStatus {
    /// It was left.
    Succeeded,
    /// It failed, and nothing caught it.
    Failed,
    /// It failed, and would be tried again.
    Retriable,
    /// It failed, and a catcher caught it.
    Caught,
}

/// What came of a state.
#[derive(Debug)]
pub struct Verdict {
    /// How it came out.
    pub status: VerdictStatus,
    /// What it gives on.
    pub output: Option<Payload>,
    /// The error, caught ones too.
    pub error: Option<Ending>,
    /// Where it goes.
    pub next: Option<StateId>,
    /// What its data became on the way.
    pub stages: Vec<(Stage, Value)>,
    /// The variables as they are then.
    pub variables: Vec<(Str, Value)>,
    /// Who dealt with the error.
    pub handled: Handled,
    /// The figures of a Map that came as far as its items.
    pub map: Option<MapFigures>,
}

/// What a Map allows itself.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MapFigures {
    /// `MaxConcurrency`; 0 sets no limit.
    pub max_concurrency: u64,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Option<u64>,
    /// `ToleratedFailurePercentage`.
    pub tolerated_percentage: Option<f64>,
}

impl MapFigures {
    /// Whether so many failures are more than is tolerated. A Map that says nothing about it tolerates what the
    /// test says.
    fn exceeded_by(&self, failed: u64, total: u64) -> bool {
        let by_count = self.tolerated_count.is_some_and(|most| failed > most);
        let by_percentage = self
            .tolerated_percentage
            .is_some_and(|most| failed as f64 * 100.0 > most * total as f64);
        by_count || by_percentage
    }
}

/// A world in which every task can be scheduled: one that is mocked needs nothing of it.
struct Anywhere;

impl World for Anywhere {
    fn refuse(&self, _state: &str, _resource: &Resource, _parameters: &Value) -> Option<Refusal> {
        None
    }
}

impl Trial {
    /// A state that nothing has happened to. The execution's head says what it finds around it.
    pub fn new(head: Head, state: StateId, mut setup: Setup) -> Self {
        let machine = Arc::clone(&head.machine);
        let item = is_in_map(&machine, state).then(|| (0, head.input.value().clone()));
        let context = setup.context.take();
        let variables = setup.variables.iter();
        Self {
            variables: variables
                .map(|(name, value)| (name.clone(), value.value().clone()))
                .collect(),
            probe: Probe::new(machine.state(state).query_language, context, item),
            execution: Execution::new(head),
            state,
            setup,
            next: None,
            map: None,
        }
    }

    /// The execution that the state is alone in.
    pub fn head(&self) -> &Head {
        self.execution.head()
    }

    /// Enters the state, and runs it as far as it goes. The order of a task that no mock answers is given: feed
    /// its answer.
    pub fn begin(&mut self, moment: Moment<'_>) -> Option<Order> {
        let is_mocked = self.setup.mock.is_some();
        let moment = Moment {
            room: 1,
            world: if is_mocked { &Anywhere } else { moment.world },
            ..moment
        };
        let (id, setup) = (self.state, std::mem::take(&mut self.setup));
        let (figures, effects) = self.step(moment, |step| {
            enter(step, id, &setup);
            run(step, id, setup)
        });
        self.map = figures;
        effects.into_iter().find_map(|effect| match effect {
            Effect::Send(order) if !is_mocked => Some(order),
            _ => None,
        })
    }

    /// The task is done.
    pub fn succeeded(&mut self, task: TaskKey, output: Payload, moment: Moment<'_>) {
        self.step(moment, |step| states::task::succeeded(step, task, output));
    }

    /// The task failed.
    pub fn failed(&mut self, task: TaskKey, ending: Ending, moment: Moment<'_>) {
        self.step(moment, |step| states::task::failed(step, task, ending));
    }

    /// The task's time is over, or that of the test.
    pub fn timed_out(&mut self, task: TaskKey, moment: Moment<'_>) {
        self.step(moment, |step| states::task::timed_out(step, task, false));
    }

    /// What came of the state.
    pub fn verdict(&self) -> Verdict {
        let failure = self.probe.failure();
        let root = self.execution.branches.get(&BranchId::ROOT);
        let mut output = None;
        let status = match (&self.execution.outcome, root.map(|root| &root.at)) {
            (Some(_), _) | (None, None | Some(At::Start)) => VerdictStatus::Failed,
            (None, Some(At::Left(left))) => {
                output = Some(left.clone());
                match failure {
                    Some(_) => VerdictStatus::Caught,
                    None => VerdictStatus::Succeeded,
                }
            }
            (None, Some(At::In(visit))) => match visit.phase {
                Phase::Backoff { .. } => VerdictStatus::Retriable,
                _ => VerdictStatus::Failed,
            },
        };
        let error = match &self.execution.outcome {
            Some(Outcome::Failed(ending)) => Some(ending.clone()),
            _ => failure.map(Ending::from),
        };
        let variables = match root {
            Some(root) => {
                let variables = root.variables.iter();
                variables
                    .map(|known| (known.name.clone(), known.value.clone()))
                    .collect()
            }
            // Nothing is assigned in a state that fails.
            None => self.variables.clone(),
        };
        Verdict {
            status,
            output,
            error,
            next: self.next,
            stages: self.probe.seen(),
            variables,
            handled: self.probe.handled(),
            map: self.map,
        }
    }

    fn step<T>(&mut self, moment: Moment<'_>, act: impl FnOnce(&mut Stepper<'_>) -> T) -> (T, Vec<Effect>) {
        let machine = Arc::clone(&self.execution.head.machine);
        let mut step = Stepper::new(&machine, &mut self.execution, moment, Some(&self.probe));
        let done = act(&mut step);
        // Where the state goes to is not entered.
        for work in step.work.drain(..) {
            if let Work::Enter { state, .. } = work {
                self.next = Some(state);
            }
        }
        (done, step.effects)
    }
}

/// Whether a state stands in the processor of a Map, at any depth.
fn is_in_map(machine: &asl::StateMachine, state: StateId) -> bool {
    let mut owner = machine.flow(machine.state(state).flow).owner;
    while let Some(outer) = owner {
        let outer = machine.state(outer);
        if matches!(outer.kind, StateKind::Map(_)) {
            return true;
        }
        owner = machine.flow(outer.flow).owner;
    }
    false
}

/// Begins the execution in the state.
fn enter(step: &mut Stepper<'_>, id: StateId, setup: &Setup) {
    let head = Arc::clone(&step.execution.head);
    let started = Detail::ExecutionStarted {
        input: head.input.clone(),
        role_arn: head.role_arn.clone(),
        version_arn: None,
        alias_arn: None,
    };
    step.record(BranchId::ROOT, 0, started);
    if let Some(root) = step.execution.branches.get_mut(&BranchId::ROOT) {
        root.variables = setup.variables.iter().map(variable).collect();
        step.execution.variable_bytes = setup.variables.iter().map(|(_, value)| value.bytes()).sum();
    }
    let state = step.machine.state(id);
    let entered = Detail::StateEntered {
        kind: StateType::of(&state.kind),
        state: id.0,
        name: state.name.clone(),
        input: head.input.clone(),
    };
    step.record_next(BranchId::ROOT, entered);
    let Some(root) = step.execution.branches.get_mut(&BranchId::ROOT) else {
        return;
    };
    if let (At::In(visit), Some(after)) = (&mut root.at, after(&state.kind)) {
        visit.retries = setup.retries;
        let retriers = 0..after.retry.len() as u32;
        visit.attempts = retriers.map(|retrier| (retrier, setup.retries)).collect();
    }
}

fn variable((name, payload): &(Str, Payload)) -> Variable {
    Variable {
        name: name.clone(),
        value: payload.value().clone(),
        bytes: payload.bytes(),
    }
}

fn after(kind: &StateKind) -> Option<&asl::After> {
    match kind {
        StateKind::Task(task) => Some(&task.after),
        StateKind::Parallel(parallel) => Some(&parallel.after),
        StateKind::Map(map) => Some(&map.after),
        _ => None,
    }
}

/// Runs the state that was entered.
fn run(step: &mut Stepper<'_>, id: StateId, setup: Setup) -> Option<MapFigures> {
    let state = step.machine.state(id);
    match &state.kind {
        StateKind::Parallel(parallel) => {
            if let Err(failure) = states::parallel::given(step, BranchId::ROOT, state, parallel) {
                step.fail_beginning(BranchId::ROOT, failure);
                return None;
            }
            settle(step, &parallel.after, setup.mock);
            return None;
        }
        StateKind::Map(map) => return run_map(step, state, map, setup),
        _ => states::begin(step, BranchId::ROOT, id),
    }
    match step.execution.visit(BranchId::ROOT).map(|visit| &visit.phase) {
        Some(Phase::Waiting { .. }) => states::wait::over(step, BranchId::ROOT),
        Some(Phase::Task(attempt)) => {
            let key = TaskKey {
                branch: BranchId::ROOT,
                event: attempt.event,
            };
            match setup.mock {
                Some(Mock::Result(result)) => {
                    states::task::succeeded(step, key, result);
                }
                Some(Mock::Error(ending)) => {
                    states::task::failed(step, key, ending);
                }
                None => {}
            }
        }
        _ => {}
    }
    None
}

/// The branches or iterations come to what the mock says.
fn settle(step: &mut Stepper<'_>, after: &asl::After, mock: Option<Mock>) {
    match mock {
        Some(Mock::Result(result)) => states::complete(step, BranchId::ROOT, after, &result),
        Some(Mock::Error(ending)) => step.fail(BranchId::ROOT, Failure::from(ending).into()),
        None => {
            let failure = Failure::runtime("A Parallel or Map is tested with a mock.");
            step.fail(BranchId::ROOT, failure.into());
        }
    }
}

fn run_map(step: &mut Stepper<'_>, state: &State, map: &Map, setup: Setup) -> Option<MapFigures> {
    let (figures, items) = match prepare_map(step, state, map, setup.items) {
        Ok(prepared) => prepared,
        Err(failure) => {
            step.fail_beginning(BranchId::ROOT, failure);
            return None;
        }
    };
    let total = match (&setup.mock, items) {
        (_, Some(items)) => items,
        (Some(Mock::Result(result)), None) => result
            .value()
            .as_array()
            .map_or(0, |results| results.len() as u64),
        (_, None) => 0,
    };
    if matches!(setup.mock, Some(Mock::Result(_))) && figures.exceeded_by(setup.failed_iterations, total) {
        let failure = Failure::new(TOO_MANY_FAILED.0, TOO_MANY_FAILED.1);
        step.fail(BranchId::ROOT, failure.into());
    } else {
        settle(step, &map.after, setup.mock);
    }
    Some(figures)
}

/// What a Map does before its iterations begin; the number of its items where they are known.
fn prepare_map(
    step: &Stepper<'_>,
    state: &State,
    map: &Map,
    read: Option<Arc<[Value]>>,
) -> Result<(MapFigures, Option<u64>), Failure> {
    let root = BranchId::ROOT;
    let distributed = map.distributed.as_ref();
    let reader = distributed.and_then(|distributed| distributed.reader.as_ref());
    let known = reader.is_none() || read.is_some();
    let read = reader.map(|_| read.unwrap_or_default());
    if let (Some(items), Some(_)) = (&read, reader.and_then(|reader| reader.items_pointer.as_ref()))
        && known
    {
        step.saw(Stage::ItemsPointer, &Value::Array(Arc::clone(items)));
    }
    let prepared = states::map::prepare(step, root, state, map, read)?;
    let input = states::input(step, root);
    let effective = states::effective_input(step, root, state, &input)?;
    let view = View::new(step, root);
    let env = view.env(&effective);

    let pairs = states::map_run::pairs(prepared.items.value());
    let mut items = match &pairs {
        Some(pairs) => pairs.as_slice(),
        None => prepared.items.value().as_array().unwrap_or_default(),
    };
    if let Some(most) = reader.and_then(|reader| reader.max_items.as_ref()) {
        let most = usize::try_from(most.resolve("MaxItems", env)?).unwrap_or(usize::MAX);
        items = &items[..items.len().min(most)];
    }
    let selected = match known {
        true => select(step, state, map, items)?,
        false => None,
    };
    let inputs = match &selected {
        Some(inputs) => Some(inputs.as_slice()),
        None if map.item_selector.is_none() && known => Some(items),
        None => None,
    };
    let batcher = distributed.and_then(|distributed| distributed.batcher.as_ref());
    if let (Some(batcher), Some(inputs)) = (batcher, inputs) {
        let bounds = states::map_run::bounds(step, batcher, env)?;
        step.saw(Stage::ItemBatcher, &Value::from(batches(inputs, &bounds)));
    }
    let tolerance = &map.tolerance;
    let (tolerated_count, tolerated_percentage) = states::map_run::tolerated(tolerance, env)?;
    let figures = MapFigures {
        max_concurrency: prepared.max_concurrency,
        tolerated_count,
        tolerated_percentage,
    };
    Ok((figures, known.then_some(items.len() as u64)))
}

/// The inputs of all iterations, where `ItemSelector` makes them. They are told as long as they are not larger
/// together than a payload.
fn select(
    step: &Stepper<'_>,
    state: &State,
    map: &Map,
    items: &[Value],
) -> Result<Option<Vec<Value>>, Failure> {
    if map.item_selector.is_none() {
        return Ok(None);
    }
    let mut inputs = Vec::with_capacity(items.len());
    let mut bytes = 0;
    for (slot, item) in (0..).zip(items) {
        let input = states::map::select(step, BranchId::ROOT, state, map, slot, item.clone())?;
        bytes += input.bytes();
        if bytes > step.machine.limits.payload_bytes {
            return Ok(None);
        }
        inputs.push(input.value().clone());
    }
    step.saw(Stage::ItemSelector, &Value::from(inputs.clone()));
    Ok(Some(inputs))
}
