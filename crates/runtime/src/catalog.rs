//! Catalogue: state machines, compiled once, and activities.
//!
//! - `revision`: what a state machine is between two updates.
//! - `versions`, `aliases`: revisions under numbers, and names for those.
//! - `target`: what a start of a state machine, version or alias runs.
//! - `life`: when a state machine can still be started.
//! - `activities`, `tags`.

mod activities;
mod aliases;
mod life;
mod revision;
mod tags;
mod target;
mod versions;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use asl::StateMachine;
use engine::Millis;
use ids::arn::without_label;
use ids::{Scope, StateMachineArn};
use json::Str;
use store::{
    CatalogChange, ExecutionQuery, Listed, Machine, MachineKind, MachineStatus, Published, Status, Store,
    StoreError, Tags, Version,
};
use tokio::sync::Mutex as TurnMutex;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::committer::Committer;
use crate::limits::Limits;

pub use aliases::NewAlias;
pub use revision::{NewRevision, Revision};
pub use target::Target;

use life::Deleting;
pub(crate) use life::{Life, Starting};
use target::Lane;

/// How many compiled revisions are kept.
const COMPILED_MAX: usize = 1024;

/// What became of creating something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation<T> {
    /// It is new.
    New(T),
    /// There is one of that ARN, which was left as it is: whether that is an error is for the caller to say.
    Existing(T),
}

/// What became of updating a state machine.
#[derive(Debug, Clone)]
pub struct Update {
    /// Its revision now.
    pub revision: Arc<Revision>,
    /// The version that was to be published.
    pub version: Option<Version>,
}

/// Why the catalogue could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// There is none of that ARN.
    #[error("there is no {0}")]
    NotFound(Str),
    /// The state machine is being deleted.
    #[error("{0} is being deleted")]
    Deleting(Str),
    /// The state machine has another revision by now than the one that was named.
    #[error("the revision is {current} and not {named}")]
    OtherRevision {
        /// The one that was named.
        named: Str,
        /// The current one.
        current: Str,
    },
    /// The version can't be deleted.
    #[error("aliases lead to the version: {0:?}")]
    Aliased(
        /// The names of the aliases that lead to it.
        Vec<Str>,
    ),
    /// The state machine has as many versions as it can have.
    #[error("{machine_arn} has {limit} versions, and no more are allowed")]
    TooManyVersions {
        /// The state machine.
        machine_arn: Str,
        /// How many it can have.
        limit: usize,
    },
    /// The state machine has as many aliases as it can have.
    #[error("{machine_arn} has {limit} aliases, and no more are allowed")]
    TooManyAliases {
        /// The state machine.
        machine_arn: Str,
        /// How many it can have.
        limit: usize,
    },
    /// What is stored is not valid (any more).
    #[error("{machine_arn} can't be used: {what}")]
    Broken {
        /// The state machine.
        machine_arn: Str,
        /// What is wrong with it.
        what: String,
    },
    /// The account has as many state machines in the region as it can have.
    #[error("there are {0} state machines, and no more are allowed")]
    TooManyMachines(usize),
    /// The account has as many activities in the region as it can have.
    #[error("there are {0} activities, and no more are allowed")]
    TooManyActivities(usize),
    /// The resource has as many tags as it can have.
    #[error("{resource_arn} would have more than {limit} tags")]
    TooManyTags {
        /// The resource.
        resource_arn: Str,
        /// How many it can have.
        limit: usize,
    },
    /// It could not be read or saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// State machines and activities. Every change is saved when it answers.
pub struct Catalog {
    store: Arc<dyn Store>,
    committer: Committer,
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
    /// Changes take turns.
    turn: TurnMutex<()>,
    /// The revisions that starts use, of machines that were asked for.
    current: RwLock<HashMap<Str, Arc<Revision>>>,
    /// Where versions and aliases lead that were asked for, by their ARNs.
    lanes: RwLock<HashMap<Str, Arc<[Lane]>>>,
    compiled: Mutex<Compiled>,
    /// Of machines that have compiled revisions.
    lives: Mutex<HashMap<Str, Arc<Life>>>,
    activities: RwLock<HashSet<Str>>,
    deleting: Deleting,
    /// How many state machines there are of each account and region.
    machine_counts: Mutex<HashMap<Scope, usize>>,
    limits: Limits,
}

#[derive(Default)]
struct Compiled {
    by_id: HashMap<(Str, Str), Arc<Revision>>,
    order: VecDeque<(Str, Str)>,
}

impl Catalog {
    /// The catalogue of a store.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        committer: Committer,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        let mut activities = HashSet::new();
        let mut after = None;
        loop {
            let page = store.activities(after, 1000).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.arn.clone());
            activities.extend(page.into_iter().map(|activity| activity.arn));
        }
        let deleting = Deleting::default();
        let mut machine_counts = HashMap::new();
        let mut after = None;
        loop {
            let page = store.machines(after, 1000).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.arn.clone());
            for machine in &page {
                if let Ok(arn) = machine.arn.parse::<StateMachineArn>() {
                    *machine_counts.entry(arn.scope).or_default() += 1;
                }
            }
            let gone = page
                .into_iter()
                .filter(|machine| machine.status == MachineStatus::Deleting);
            gone.for_each(|machine| deleting.insert(machine.arn));
        }
        Ok(Self {
            store,
            committer,
            clock,
            chance,
            turn: TurnMutex::new(()),
            current: RwLock::default(),
            lanes: RwLock::default(),
            compiled: Mutex::default(),
            lives: Mutex::default(),
            activities: RwLock::new(activities),
            deleting,
            machine_counts: Mutex::new(machine_counts),
            limits,
        })
    }

    /// The revision that a start of the state machine uses now. A machine that is being deleted has none.
    pub async fn current(&self, machine_arn: &str) -> Result<Arc<Revision>, CatalogError> {
        if let Some(revision) = read(&self.current).get(machine_arn) {
            return Ok(Arc::clone(revision));
        }
        let machine = self.machine(machine_arn).await?;
        if machine.status == MachineStatus::Deleting {
            return Err(CatalogError::Deleting(machine.arn));
        }
        let revision = self.revision(&machine.arn, &machine.revision).await?;
        // Another change may have come in between; then the next start asks again.
        let _turn = self.turn.lock().await;
        let latest = self.machine(machine_arn).await?;
        if latest.status == MachineStatus::Active && latest.revision == revision.record.id {
            write(&self.current).insert(machine.arn, Arc::clone(&revision));
        }
        Ok(revision)
    }

    /// A revision of a state machine, compiled.
    pub async fn revision(&self, machine_arn: &str, id: &str) -> Result<Arc<Revision>, CatalogError> {
        let key = (Str::from(machine_arn), Str::from(id));
        if let Some(revision) = self.compiled().by_id.get(&key) {
            return Ok(Arc::clone(revision));
        }
        let machine = self.machine(machine_arn).await?;
        let record = self.store.revision(machine_arn, id).await?;
        let record =
            record.ok_or_else(|| CatalogError::NotFound(format!("revision {id} of {machine_arn}").into()))?;
        let life = self.life(&machine.arn);
        let limits = self.limits.executions;
        let revision = Revision::compile(&machine.arn, machine.kind, record, life, limits)?;
        let revision = Arc::new(revision);
        self.keep(&revision);
        Ok(revision)
    }

    /// A state machine.
    pub async fn machine(&self, machine_arn: &str) -> Result<Machine, CatalogError> {
        let machine = self.store.machine(machine_arn).await?;
        machine.ok_or_else(|| CatalogError::NotFound(machine_arn.into()))
    }

    /// State machines in the order of their ARNs.
    pub async fn machines(&self, after: Option<Str>, limit: usize) -> Result<Vec<Machine>, CatalogError> {
        Ok(self.store.machines(after, limit).await?)
    }

    /// Creates a state machine, unless there is one of that name. With `publish`, it has version 1 at once.
    pub async fn create_machine(
        &self,
        arn: &StateMachineArn,
        kind: MachineKind,
        new: NewRevision,
        tags: Tags,
        publish: Option<Published>,
    ) -> Result<Creation<Machine>, CatalogError> {
        let text = Str::from(arn.to_string());
        let _turn = self.turn.lock().await;
        if let Some(machine) = self.store.machine(&text).await? {
            return match machine.status {
                MachineStatus::Active => Ok(Creation::Existing(machine)),
                MachineStatus::Deleting => Err(CatalogError::Deleting(machine.arn)),
            };
        }
        let limit = self.limits.state_machines;
        if self
            .machine_counts()
            .get(&arn.scope)
            .is_some_and(|count| *count >= limit)
            || limit == 0
        {
            return Err(CatalogError::TooManyMachines(limit));
        }
        let (mut record, states) = self.record(new);
        record.id = revision::first(&record.id);
        let mut machine = Machine {
            arn: text.clone(),
            name: arn.name.text(),
            kind,
            status: MachineStatus::Active,
            created: record.updated,
            revision: record.id.clone(),
            tags,
            published: publish.clone(),
            last_version: 0,
        };
        let version = publish.map(|published| self.next_version(&mut machine, published));
        self.put(machine.clone(), record, states, version).await?;
        *self.machine_counts().entry(arn.scope.clone()).or_default() += 1;
        Ok(Creation::New(machine))
    }

    /// Gives a state machine a new revision, if there is one, and publishes what is current then, if asked to.
    ///
    /// Fails with [`CatalogError::OtherRevision`] when it no longer has the revision `from`, on which the new
    /// one was decided.
    pub async fn update_machine(
        &self,
        machine_arn: &str,
        from: &Str,
        new: Option<NewRevision>,
        publish: Option<Published>,
    ) -> Result<Update, CatalogError> {
        let _turn = self.turn.lock().await;
        let mut machine = self.active(machine_arn).await?;
        if machine.revision != *from {
            return Err(CatalogError::OtherRevision {
                named: from.clone(),
                current: machine.revision,
            });
        }
        let Some(new) = new else {
            let revision = self.revision(&machine.arn, &machine.revision).await?;
            let version = match publish {
                Some(published) => Some(self.publish_current(machine, published).await?),
                None => None,
            };
            return Ok(Update { revision, version });
        };
        let (record, states) = self.record(new);
        machine.revision = record.id.clone();
        let version = match publish {
            Some(published) => {
                self.must_have_room(&machine.arn).await?;
                Some(self.next_version(&mut machine, published))
            }
            None => None,
        };
        let revision = self.put(machine, record, states, version.clone()).await?;
        Ok(Update { revision, version })
    }

    /// Deletes a state machine. While executions of it run, it is being deleted, and gone with the last one:
    /// each ends where it would go on to another state.
    pub async fn delete_machine(&self, machine_arn: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let marked = Machine {
            status: MachineStatus::Deleting,
            ..self.active(machine_arn).await?
        };
        let arn = marked.arn.clone();
        self.save(vec![CatalogChange::PutMachine(marked)]).await?;
        write(&self.current).remove(machine_arn);
        self.forget_lanes_of(machine_arn);
        self.deleting.insert(arn.clone());
        // What is being started is saved then, and seen below.
        self.life(&arn).end().await;
        self.remove_if_idle(machine_arn).await
    }

    /// Whether a state machine waits for its last execution to be gone.
    pub(crate) fn is_deleting(&self, machine_arn: &str) -> bool {
        self.deleting.contains(machine_arn)
    }

    /// An execution of a state machine that is being deleted has ended.
    pub(crate) async fn finish_deleting(&self, machine_arn: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        self.remove_if_idle(machine_arn).await
    }

    /// State machines that are being deleted.
    pub(crate) fn deleting(&self) -> Vec<Str> {
        self.deleting.all()
    }

    async fn remove_if_idle(&self, machine_arn: &str) -> Result<(), CatalogError> {
        let of = Listed::Machine(machine_arn.into());
        let query = ExecutionQuery {
            of,
            status: Some(Status::Running),
            after: None,
            limit: 1,
        };
        if !self.store.executions(query).await?.is_empty() || !self.is_deleting(machine_arn) {
            return Ok(());
        }
        if self.has_map_runs(machine_arn).await? {
            return Ok(());
        }
        self.save(vec![CatalogChange::RemoveMachine(machine_arn.into())])
            .await?;
        self.deleting.remove(machine_arn);
        lock(&self.lives).remove(machine_arn);
        if let Ok(arn) = machine_arn.parse::<StateMachineArn>()
            && let Some(count) = self.machine_counts().get_mut(&arn.scope)
        {
            *count = count.saturating_sub(1);
        }
        let mut compiled = self.compiled();
        compiled.by_id.retain(|(machine, _), _| &**machine != machine_arn);
        compiled.order.retain(|(machine, _)| &**machine != machine_arn);
        Ok(())
    }

    /// Whether executions of its map runs may still run.
    async fn has_map_runs(&self, machine_arn: &str) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let page = self.store.open_map_runs(after, 1000).await?;
            let Some(last) = page.last() else {
                return Ok(false);
            };
            after = Some(last.arn.clone());
            let of_machine = |run: &store::MapRun| without_label(&run.machine_arn) == machine_arn;
            if page.iter().any(of_machine) {
                return Ok(true);
            }
        }
    }

    /// The life that a state machine has, from the first time that it is asked for.
    fn life(&self, machine_arn: &Str) -> Arc<Life> {
        Arc::clone(lock(&self.lives).entry(machine_arn.clone()).or_default())
    }

    async fn active(&self, machine_arn: &str) -> Result<Machine, CatalogError> {
        let machine = self.machine(machine_arn).await?;
        match machine.status {
            MachineStatus::Active => Ok(machine),
            MachineStatus::Deleting => Err(CatalogError::Deleting(machine.arn)),
        }
    }

    fn record(&self, new: NewRevision) -> (store::Revision, Arc<StateMachine>) {
        let record = store::Revision {
            id: self.chance.uuid().to_string().into(),
            definition: new.definition,
            role_arn: new.role_arn,
            logging: new.logging,
            tracing: new.tracing,
            encryption: new.encryption,
            updated: self.now(),
        };
        (record, new.states)
    }

    fn now(&self) -> Millis {
        self.clock.now()
    }

    async fn put(
        &self,
        machine: Machine,
        record: store::Revision,
        states: Arc<StateMachine>,
        version: Option<Version>,
    ) -> Result<Arc<Revision>, CatalogError> {
        let revision = Arc::new(Revision::compiled(
            &machine.arn,
            machine.kind,
            record.clone(),
            states,
            self.life(&machine.arn),
        )?);
        let machine_arn = machine.arn.clone();
        let mut changes = vec![
            CatalogChange::PutMachine(machine),
            CatalogChange::PutRevision {
                machine_arn: machine_arn.clone(),
                revision: record,
            },
        ];
        changes.extend(version.map(CatalogChange::PutVersion));
        self.save(changes).await?;
        self.keep(&revision);
        write(&self.current).insert(machine_arn, Arc::clone(&revision));
        Ok(revision)
    }

    async fn save(&self, changes: Vec<CatalogChange>) -> Result<(), CatalogError> {
        Ok(self.committer.catalog(changes).await?)
    }

    fn keep(&self, revision: &Arc<Revision>) {
        let key = (revision.machine_arn.clone(), revision.record.id.clone());
        let mut compiled = self.compiled();
        if compiled.by_id.insert(key.clone(), Arc::clone(revision)).is_none() {
            compiled.order.push_back(key);
        }
        if compiled.order.len() > COMPILED_MAX
            && let Some(oldest) = compiled.order.pop_front()
        {
            compiled.by_id.remove(&oldest);
        }
    }

    fn machine_counts(&self) -> MutexGuard<'_, HashMap<Scope, usize>> {
        lock(&self.machine_counts)
    }

    fn compiled(&self) -> MutexGuard<'_, Compiled> {
        lock(&self.compiled)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds the lock")
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().expect("nothing panics while it holds the lock")
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().expect("nothing panics while it holds the lock")
}
