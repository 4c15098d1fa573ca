//! Trial: tests one state, and does its task when no mock answers for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use asl::{StateId, StateMachine};
use engine::{Head, Millis, Moment, Order, Setup, Trial, Verdict};
use ids::Scope;
use integrations::{Answer, Call, Exchange};
use json::{Payload, Str};

use crate::request::StartError;
use crate::shared::Shared;

/// One state to be tested.
#[derive(Debug)]
pub struct StateTest {
    /// The machine that the state stands in.
    pub machine: Arc<StateMachine>,
    /// Which of its states.
    pub state: StateId,
    /// The account and region that the state runs in.
    pub scope: Scope,
    /// The role that it runs in, if the test names one.
    pub role_arn: Option<Str>,
    /// What it is given.
    pub input: Payload,
    /// What else it finds, and what its work comes to.
    pub setup: Setup,
}

impl Shared {
    /// Runs the state, and its task too when it has no mock. Nothing of it is saved. Along with the verdict comes the
    /// HTTP exchange that the task was, if it was one, with its secrets if they are to be revealed.
    pub(crate) async fn test_state(
        self: &Arc<Self>,
        test: StateTest,
        reveal: bool,
    ) -> Result<(Verdict, Option<Exchange>), StartError> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(StartError::Closing);
        }
        let started = self.clock.now();
        let scope = test.scope.clone();
        let head = self.head_of(&test, started);
        let trial = Trial::new(head, test.state, test.setup);
        let (trial, order) = self.apart(trial, |trial, moment| trial.begin(moment)).await?;
        let Some(order) = order else {
            return Ok((trial.verdict(), None));
        };

        let task = order.task;
        let limit = started.after_seconds(self.settings.limits.test_state_seconds);
        let due = order.deadline.map_or(limit, |deadline| deadline.min(limit));
        let call = call(&trial, order, &scope);
        let (answer, exchange) = self.answer_before(due, call, reveal).await?.unzip();
        let end = move |trial: &mut Trial, moment: Moment<'_>| match answer {
            Some(Answer::Succeeded(output)) => trial.succeeded(task, output, moment),
            Some(Answer::Failed(ending)) => trial.failed(task, ending, moment),
            // Whoever waits for more than the answer is tested with a mock.
            Some(Answer::Submitted(_)) | None => trial.timed_out(task, moment),
        };
        let (trial, ()) = self.apart(trial, end).await?;
        Ok((trial.verdict(), exchange.flatten()))
    }

    /// Has the engine work where no request waits for it: an expression may take its second.
    async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        mut trial: Trial,
        act: impl FnOnce(&mut Trial, Moment<'_>) -> T + Send + 'static,
    ) -> Result<(Trial, T), StartError> {
        let shared = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let moment = Moment {
                now: shared.clock.now(),
                seed: shared.chance.next(),
                room: 1,
                world: &*shared,
            };
            let done = act(&mut trial, moment);
            (trial, done)
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a state could not be tested");
            StartError::Closing
        })
    }

    /// Does a task, unless its time is over before.
    async fn answer_before(
        &self,
        due: Millis,
        call: Call,
        reveal: bool,
    ) -> Result<Option<(Answer, Option<Exchange>)>, StartError> {
        if self.dispatcher.room() == 0 {
            return Err(StartError::Throttled);
        }
        let mut answer = std::pin::pin!(self.dispatcher.perform(call, reveal));
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(Some(answer)),
                () = self.clock.sleep_until(due) => {
                    if self.clock.now() >= due {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// An Express execution of a state machine that nobody created, as AWS has it.
    fn head_of(&self, test: &StateTest, started: Millis) -> Head {
        let (machine_name, name) = (self.chance.uuid().to_string(), self.chance.uuid().to_string());
        let Scope { region, account } = &test.scope;
        let prefix = format!("arn:aws:states:{region}:{account}");
        Head {
            id: self.unsaved_id().0,
            arn: format!("{prefix}:express:{machine_name}:{name}").into(),
            name: name.into(),
            machine_arn: format!("{prefix}:stateMachine:{machine_name}").into(),
            machine_name: machine_name.into(),
            version_arn: None,
            alias_arn: None,
            role_arn: test.role_arn.clone().unwrap_or_default(),
            region: Arc::clone(region),
            started,
            express: true,
            machine: Arc::clone(&test.machine),
            flow: asl::StateMachine::TOP,
            input: test.input.clone(),
        }
    }
}

fn call(trial: &Trial, order: Order, scope: &Scope) -> Call {
    let head = trial.head();
    Call {
        execution: head.id,
        execution_arn: head.arn.clone(),
        machine_arn: head.machine_arn.clone(),
        role_arn: head.role_arn.clone(),
        state: asl::LONE_STATE.into(),
        token: None,
        account: Arc::clone(&scope.account),
        region: Arc::clone(&scope.region),
        limits: head.machine.limits,
        order,
    }
}
