//! What expressions see of an execution: variables in reach, the context object, chance.

use std::cell::OnceCell;

use asl::{Env, Outside, StateKind, Target};
use json::{Object, Str, Value};

use crate::event::BranchId;
use crate::execution::{At, Execution, Fork, Phase, Visit};
use crate::moment::{Chance, Millis};
use crate::probe::Probe;
use crate::step::Stepper;

/// An execution as the expressions of one state see it.
pub(crate) struct View<'a> {
    execution: &'a Execution,
    chance: &'a Chance,
    now: Millis,
    branch: BranchId,
    token: Option<Str>,
    item: Option<ViewedItem<'a>>,
    probe: Option<&'a Probe>,
    context: OnceCell<Value>,
}

/// The item of an iteration, as the context object shows it.
pub(crate) struct ViewedItem<'a> {
    pub(crate) index: u64,
    pub(crate) value: Value,
    /// Its name, where it is a member of an object.
    pub(crate) key: Option<&'a Str>,
    /// Where it comes from, in a Distributed Map.
    pub(crate) source: Option<&'a str>,
}

impl<'a> View<'a> {
    pub(crate) fn new(step: &'a Stepper<'_>, branch: BranchId) -> Self {
        let mut view = Self::of(step.execution, &step.chance, step.now(), branch);
        view.probe = step.probe;
        view
    }

    /// An execution outside of a step.
    pub(crate) fn of(execution: &'a Execution, chance: &'a Chance, now: Millis, branch: BranchId) -> Self {
        Self {
            execution,
            chance,
            now,
            branch,
            token: None,
            item: None,
            probe: None,
            context: OnceCell::new(),
        }
    }

    /// With the token of the task that is about to be scheduled.
    pub(crate) fn with_token(mut self, token: Option<Str>) -> Self {
        self.token = token;
        self
    }

    /// With the item of the iteration that is about to start.
    pub(crate) fn with_item(mut self, item: ViewedItem<'a>) -> Self {
        self.item = Some(item);
        self
    }

    /// What an expression may see when `$` and `$states.input` mean this value.
    pub(crate) fn env(&'a self, input: &'a Value) -> Env<'a> {
        Env::new(input, self)
    }

    fn make_context(&self) -> Value {
        let mut context = match self.probe.and_then(|probe| probe.context.as_ref()) {
            Some(Value::Object(given)) => given.clone(),
            _ => self.execution_context(),
        };
        if let Some(visit) = self.execution.visit(self.branch) {
            if !context.contains("State") {
                context.insert("State", self.state(visit));
            }
            if let Some(token) = self.token.clone().or_else(|| self.running_token(visit))
                && !context.contains("Task")
            {
                context.insert("Task", Value::object([("Token", Value::from(token))]));
            }
        }
        if let Some(item) = self.current_item()
            && !context.contains("Map")
        {
            let mut shown: Object = [("Index", Value::from(item.index)), ("Value", item.value)]
                .into_iter()
                .collect();
            if let Some(key) = item.key {
                shown.insert("Key", key.clone());
            }
            if let Some(source) = item.source {
                shown.insert("Source", source);
            }
            context.insert("Map", Value::object([("Item", Value::from(shown))]));
        }
        context.into()
    }

    fn execution_context(&self) -> Object {
        let head = self.execution.head();
        let mut execution: Object = [
            ("Id", Value::from(head.arn.clone())),
            ("Input", head.input.value().clone()),
            ("StartTime", Value::from(head.started.to_iso())),
            ("Name", Value::from(head.name.clone())),
            ("RoleArn", role(&head.role_arn)),
        ]
        .into_iter()
        .collect();
        // AWS has the count for Express executions as well, which can't be redriven, but not where a state is tested.
        let redriven = self.execution.redriven();
        if self.probe.is_none() {
            execution.insert("RedriveCount", redriven.map_or(0, |redriven| redriven.count));
        }
        if let Some(redriven) = redriven {
            execution.insert("RedriveTime", redriven.at.to_iso());
        }
        let machine = Value::object([
            ("Id", Value::from(head.machine_arn.clone())),
            ("Name", Value::from(head.machine_name.clone())),
        ]);
        [("Execution", Value::from(execution)), ("StateMachine", machine)]
            .into_iter()
            .collect()
    }

    fn state(&self, visit: &Visit) -> Value {
        let state = self.execution.head().machine.state(visit.state);
        let mut members: Object = [
            ("Name", Value::from(state.name.clone())),
            ("EnteredTime", Value::from(visit.entered_at.to_iso())),
        ]
        .into_iter()
        .collect();
        if matches!(
            state.kind,
            StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)
        ) {
            members.insert("RetryCount", visit.retries);
        }
        members.into()
    }

    fn running_token(&self, visit: &Visit) -> Option<Str> {
        let Phase::Task(attempt) = &visit.phase else {
            return None;
        };
        let order = self.execution.order(self.branch, visit, attempt)?;
        has_token(&order.target)
            .then(|| token(self.execution.head().id, attempt.event, attempt.scheduled.nonce))
    }

    /// The item of the iteration that is about to start, or of the nearest one that this branch runs in.
    fn current_item(&self) -> Option<ViewedItem<'_>> {
        if let Some(item) = &self.item {
            let value = item.value.clone();
            return Some(ViewedItem { value, ..*item });
        }
        if let Some(probe) = self.probe {
            let (index, value) = probe.item.clone()?;
            return Some(ViewedItem::inline(index, value));
        }
        let mut branch = self.execution.branches.get(&self.branch)?;
        loop {
            let parent = branch.parent?;
            branch = self.execution.branches.get(&parent.branch)?;
            let At::In(visit) = &branch.at else { return None };
            if let Phase::Fork(Fork::Map(iterations)) = &visit.phase {
                let item = iterations.items.value().at(parent.slot as usize)?;
                return Some(ViewedItem::inline(u64::from(parent.slot), item.clone()));
            }
        }
    }
}

impl ViewedItem<'_> {
    /// The item of an inline Map.
    pub(crate) fn inline(index: u64, value: Value) -> Self {
        Self {
            index,
            value,
            key: None,
            source: None,
        }
    }
}

/// The role of an execution; the test of a state may have none.
fn role(arn: &Str) -> Value {
    if arn.is_empty() {
        return Value::Null;
    }
    Value::from(arn.clone())
}

/// Whether tasks of this kind have a token that their parameters may name.
pub(crate) fn has_token(target: &Target) -> bool {
    match target {
        Target::Function => false,
        Target::Activity => true,
        Target::Service { pattern, .. } => *pattern != asl::Pattern::RequestResponse,
    }
}

/// The token of a task, as text.
pub(crate) fn token(execution: u64, event: u64, nonce: u64) -> Str {
    ids::TaskToken {
        execution_id: execution,
        scheduled_event_id: event,
        nonce,
    }
    .to_string()
    .into()
}

impl Outside for View<'_> {
    fn context(&self) -> &Value {
        self.context.get_or_init(|| self.make_context())
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.execution.variable(self.branch, name).cloned()
    }

    fn limits(&self) -> &asl::Limits {
        &self.execution.head().machine.limits
    }

    fn now_millis(&self) -> i64 {
        self.now.0
    }

    fn random(&self) -> u64 {
        self.chance.next()
    }
}
