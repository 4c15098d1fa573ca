//! Shared: what all workers and all callers of one runtime use together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

use engine::{Effect, Ending, Event, Execution, Lane, Millis, Order, Refusal, TaskKey, World};
use integrations::Described;
use json::{Str, Value};
use store::{ExecId, Store};

use crate::activities::Activities;
use crate::catalog::{Catalog, CatalogError, Revision};
use crate::chance::Chance;
use crate::changes::Changes;
use crate::clock::Clock;
use crate::committer::Committer;
use crate::dispatcher::Dispatcher;
use crate::express::ExpressRing;
use crate::health::Health;
use crate::live::Live;
use crate::log::Logged;
use crate::mailbox::{Mailboxes, Work};
use crate::map_runs::MapRuns;
use crate::rate::Buckets;
use crate::settings::Settings;
use crate::tasks::Tasks;

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tasks: Arc<dyn Tasks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) chance: Arc<Chance>,
    pub(crate) mailboxes: Arc<Mailboxes>,
    pub(crate) committer: Committer,
    pub(crate) health: Arc<Health>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) activities: Arc<Activities>,
    pub(crate) catalog: Catalog,
    pub(crate) express: ExpressRing,
    pub(crate) changes: Changes,
    pub(crate) map_runs: MapRuns,
    /// How many Standard executions are open.
    pub(crate) open: AtomicUsize,
    /// How many synchronous Express executions were started.
    pub(crate) express_started: AtomicU64,
    /// What accounts have left of their state transitions, by what the ARNs of their state machines begin with.
    pub(crate) transitions: Buckets<String>,
    pub(crate) closing: AtomicBool,
    /// When the runtime was opened: no heartbeat is missed before.
    pub(crate) opened: Millis,
}

impl World for Shared {
    fn is_deleting(&self, machine_arn: &str) -> bool {
        self.catalog.is_deleting(ids::arn::without_label(machine_arn))
    }

    fn refuse(&self, _: &str, resource: &asl::Resource, parameters: &Value) -> Option<Refusal> {
        if resource.target == asl::Target::Activity && !self.catalog.has_activity(&resource.arn) {
            let reason = format!("The activity {} does not exist.", resource.arn);
            return Some(Refusal::Explained(reason));
        }
        self.tasks.refuse(resource, parameters).map(Refusal::Explained)
    }

    fn lane(&self, resource: &asl::Resource, parameters: &Value) -> Option<Lane> {
        let (name, width) = self.tasks.lane(&resource.target, &resource.arn, parameters)?;
        let room = self.dispatcher.lane_room(&name, width);
        Some(Lane { name, room })
    }
}

impl Shared {
    /// The lane that a task goes through, and how many it takes; none for a test's, which are not done.
    pub(crate) fn lane_of(&self, live: &Live, order: &Order) -> Option<(Str, usize)> {
        if live.test_run.is_some() {
            return None;
        }
        self.tasks
            .lane(&order.target, &order.resource, order.parameters.value())
    }

    /// Takes places for the tasks that a step decided to send, beside those that are held already.
    pub(crate) fn take_places(&self, live: &mut Live, effects: &[Effect], held: usize) {
        let mut sends = 0;
        for effect in effects {
            let Effect::Send(order) = effect else { continue };
            sends += 1;
            if live.places.iter().all(|(task, _)| *task != order.task)
                && let Some((lane, width)) = self.lane_of(live, order)
            {
                let place = self.dispatcher.enter(lane, width);
                live.places.push((order.task, place));
            }
        }
        self.dispatcher.take(sends, held);
    }

    /// An id for an Express execution that is never saved: above all that are.
    pub(crate) fn unsaved_id(&self) -> ExecId {
        let number = self
            .express_started
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        ExecId((1 << 47) | (number & 0x7fff_ffff_ffff))
    }

    /// What is to be logged of events, when logs are kept and the state machine asks for it.
    pub(crate) fn logged(
        &self,
        execution: &Execution,
        revision: &Arc<Revision>,
        events: &[Event],
    ) -> Option<Logged> {
        self.settings.event_log.as_ref()?;
        Logged::of(execution, revision, events)
    }

    /// Tells whoever keeps logs what is true for good.
    pub(crate) fn log(&self, logged: Option<Logged>) {
        if let (Some(log), Some(logged)) = (&self.settings.event_log, logged) {
            log.write(logged);
        }
    }

    /// Asks what became of a nested execution, and tells its parent when it has ended. If it still runs, it will say so
    /// itself when it ends.
    pub(crate) fn ask_child(self: &Arc<Self>, parent: ExecId, task: TaskKey, arn: Str) {
        let mut shared = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let again = match shared.describe(&arn).await {
                    Ok(child) if child.outcome.is_some() => {
                        return shared.mailboxes.send(parent, Work::ChildEnded { task, child });
                    }
                    Ok(_) => return,
                    Err(error) => {
                        tracing::error!(%arn, %error, "a nested execution can't be asked");
                        match error.may_pass() {
                            true => shared.a_little_later().await,
                            false => return,
                        }
                    }
                };
                let Some(again) = again else { return };
                shared = again;
            }
        });
    }

    /// Stops a nested execution whose parent no longer waits for it.
    pub(crate) fn stop_child(self: &Arc<Self>, arn: Str) {
        let mut shared = Arc::clone(self);
        tokio::spawn(async move {
            while let Err(error) = shared.stop(&arn, Ending::default()).await {
                let again = match error.may_pass() {
                    true => shared.a_little_later().await,
                    false => None,
                };
                let Some(again) = again else {
                    tracing::warn!(%arn, %error, "a nested execution could not be stopped");
                    return;
                };
                shared = again;
            }
        });
    }

    /// Looks whether a state machine that is being deleted can go, now that an execution of it has ended.
    pub(crate) fn finish_deleting(self: &Arc<Self>, child: &Described) {
        self.machine_may_go(ids::arn::without_label(&child.machine_arn));
    }

    /// Looks whether a state machine that is being deleted can go.
    pub(crate) fn machine_may_go(self: &Arc<Self>, machine_arn: &str) {
        if !self.catalog.is_deleting(machine_arn) {
            return;
        }
        self.remove_deleted(machine_arn.into());
    }

    /// Removes a state machine that is being deleted, if no execution of it is left.
    pub(crate) fn remove_deleted(self: &Arc<Self>, machine_arn: Str) {
        let mut shared = Arc::clone(self);
        tokio::spawn(async move {
            while let Err(error) = shared.catalog.finish_deleting(&machine_arn).await {
                tracing::warn!(%machine_arn, %error, "a deleted state machine could not be removed");
                let again = match &error {
                    CatalogError::Store(error) if error.may_pass() => shared.a_little_later().await,
                    _ => None,
                };
                let Some(again) = again else { return };
                shared = again;
            }
        });
    }

    /// Waits as long as after a failed commit, without keeping the runtime alive. Nothing when it is gone by then.
    pub(crate) async fn a_little_later(self: Arc<Self>) -> Option<Arc<Self>> {
        let until = Millis(self.clock.now().0.saturating_add(self.settings.retry_millis));
        let (clock, weak) = (Arc::clone(&self.clock), Arc::downgrade(&self));
        drop(self);
        clock.sleep_until(until).await;
        weak.upgrade()
    }
}
