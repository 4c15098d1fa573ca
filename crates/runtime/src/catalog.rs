//! Catalogue: state machines with their revisions, compiled once, and activities.

use std::collections::{HashMap, HashSet, VecDeque};
use std::str::FromStr;
use std::sync::{Arc, Mutex, RwLock};

use asl::{Rules, StateMachine};
use engine::Millis;
use ids::StateMachineArn;
use json::Str;
use store::{
    Activity, CatalogChange, ExecutionQuery, Listed, Machine, MachineKind, MachineStatus, Status, Store,
    StoreError, Tags,
};
use tokio::sync::Mutex as TurnMutex;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::committer::Committer;

/// How many compiled revisions are kept.
const COMPILED_MAX: usize = 1024;

/// What the id of a state machine's first revision begins with. AWS never shows that one.
const FIRST: &str = "INITIAL-";

/// A revision of a state machine, ready to be run.
#[derive(Debug)]
pub struct Revision {
    /// The state machine's ARN.
    pub arn: StateMachineArn,
    /// The same as text.
    pub machine_arn: Str,
    /// The state machine's type.
    pub kind: MachineKind,
    /// What is stored of it.
    pub record: store::Revision,
    /// The definition, compiled.
    pub states: Arc<StateMachine>,
    /// What the ARNs of its executions begin with, the last colon included.
    pub(crate) execution_prefix: String,
}

impl Revision {
    /// The id as clients see it: the first revision has none.
    pub fn shown_id(&self) -> Option<&Str> {
        (!self.record.id.starts_with(FIRST)).then_some(&self.record.id)
    }

    /// Compiles a revision's definition.
    pub fn compile(
        machine_arn: &Str,
        kind: MachineKind,
        record: store::Revision,
    ) -> Result<Self, CatalogError> {
        let rules = Rules {
            express: kind == MachineKind::Express,
        };
        let reading = asl::read(&record.definition, rules);
        match reading.machine {
            Some(states) => Self::compiled(machine_arn, kind, record, Arc::new(states)),
            None => Err(CatalogError::Broken {
                machine_arn: machine_arn.clone(),
                what: asl::definition_message(&reading.diagnostics),
            }),
        }
    }

    /// A revision whose definition is compiled already.
    pub fn compiled(
        machine_arn: &Str,
        kind: MachineKind,
        record: store::Revision,
        states: Arc<StateMachine>,
    ) -> Result<Self, CatalogError> {
        let arn = StateMachineArn::from_str(machine_arn).map_err(|error| CatalogError::Broken {
            machine_arn: machine_arn.clone(),
            what: error.to_string(),
        })?;
        let resource = match kind {
            MachineKind::Standard => "execution",
            MachineKind::Express => "express",
        };
        let scope = &arn.scope;
        let execution_prefix = format!(
            "arn:aws:states:{}:{}:{resource}:{}:",
            scope.region,
            scope.account,
            arn.name.as_str()
        );
        Ok(Self {
            arn,
            machine_arn: machine_arn.clone(),
            kind,
            record,
            states,
            execution_prefix,
        })
    }
}

/// What a revision says, as clients give it.
#[derive(Debug, Clone)]
pub struct NewRevision {
    /// The definition as it was given.
    pub definition: Str,
    /// The same, compiled.
    pub states: Arc<StateMachine>,
    /// The role.
    pub role_arn: Str,
    /// `loggingConfiguration` as JSON text.
    pub logging: Option<Str>,
    /// `tracingConfiguration` as JSON text.
    pub tracing: Option<Str>,
    /// `encryptionConfiguration` as JSON text.
    pub encryption: Option<Str>,
}

/// What became of creating something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation<T> {
    /// It is new.
    New(T),
    /// There is one of that ARN, which was left as it is: whether that is an error is for the caller to say.
    Existing(T),
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
    /// What is stored is not valid (any more).
    #[error("{machine_arn} can't be used: {what}")]
    Broken {
        /// The state machine.
        machine_arn: Str,
        /// What is wrong with it.
        what: String,
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
    compiled: Mutex<Compiled>,
    activities: RwLock<HashSet<Str>>,
    deleting: RwLock<HashSet<Str>>,
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
    ) -> Result<Self, StoreError> {
        let mut activities = HashSet::new();
        let mut after = None;
        loop {
            let page = store.activities(after, 1000).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.arn.clone());
            activities.extend(page.into_iter().map(|activity| activity.arn));
        }
        let mut deleting = HashSet::new();
        let mut after = None;
        loop {
            let page = store.machines(after, 1000).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.arn.clone());
            let gone = page
                .into_iter()
                .filter(|machine| machine.status == MachineStatus::Deleting);
            deleting.extend(gone.map(|machine| machine.arn));
        }
        Ok(Self {
            store,
            committer,
            clock,
            chance,
            turn: TurnMutex::new(()),
            current: RwLock::default(),
            compiled: Mutex::default(),
            activities: RwLock::new(activities),
            deleting: RwLock::new(deleting),
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
        let revision = Arc::new(Revision::compile(&machine.arn, machine.kind, record)?);
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

    /// Creates a state machine, unless there is one of that name.
    pub async fn create_machine(
        &self,
        arn: &StateMachineArn,
        kind: MachineKind,
        new: NewRevision,
        tags: Tags,
    ) -> Result<Creation<Machine>, CatalogError> {
        let text = Str::from(arn.to_string());
        let _turn = self.turn.lock().await;
        if let Some(machine) = self.store.machine(&text).await? {
            return match machine.status {
                MachineStatus::Active => Ok(Creation::Existing(machine)),
                MachineStatus::Deleting => Err(CatalogError::Deleting(machine.arn)),
            };
        }
        let (mut record, states) = self.record(new);
        record.id = format!("{FIRST}{}", record.id).into();
        let machine = Machine {
            arn: text.clone(),
            name: arn.name.text(),
            kind,
            status: MachineStatus::Active,
            created: record.updated,
            revision: record.id.clone(),
            tags,
            published: None,
            last_version: 0,
        };
        self.put(machine.clone(), record, states).await?;
        Ok(Creation::New(machine))
    }

    /// Gives a state machine a new revision.
    pub async fn update_machine(&self, machine_arn: &str, new: NewRevision) -> Result<Machine, CatalogError> {
        let _turn = self.turn.lock().await;
        let mut machine = self.active(machine_arn).await?;
        let (record, states) = self.record(new);
        machine.revision = record.id.clone();
        self.put(machine.clone(), record, states).await?;
        Ok(machine)
    }

    /// Replaces the tags of a state machine.
    pub async fn tag_machine(&self, machine_arn: &str, tags: Tags) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let machine = Machine {
            tags,
            ..self.active(machine_arn).await?
        };
        self.save(vec![CatalogChange::PutMachine(machine)]).await
    }

    /// Deletes a state machine. While executions of it run, it is being deleted, and gone with the last one.
    pub async fn delete_machine(&self, machine_arn: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let machine = self.active(machine_arn).await?;
        write(&self.current).remove(machine_arn);
        write(&self.deleting).insert(machine.arn.clone());
        let marked = Machine {
            status: MachineStatus::Deleting,
            ..machine
        };
        self.save(vec![CatalogChange::PutMachine(marked)]).await?;
        self.remove_if_idle(machine_arn).await
    }

    /// Whether a state machine waits for its last execution to be gone.
    pub(crate) fn is_deleting(&self, machine_arn: &str) -> bool {
        let deleting = read(&self.deleting);
        !deleting.is_empty() && deleting.contains(machine_arn)
    }

    /// An execution of a state machine that is being deleted has ended.
    pub(crate) async fn finish_deleting(&self, machine_arn: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        self.remove_if_idle(machine_arn).await
    }

    /// State machines that are being deleted.
    pub(crate) fn deleting(&self) -> Vec<Str> {
        read(&self.deleting).iter().cloned().collect()
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
        self.save(vec![CatalogChange::RemoveMachine(machine_arn.into())])
            .await?;
        write(&self.deleting).remove(machine_arn);
        let mut compiled = self.compiled();
        compiled.by_id.retain(|(machine, _), _| &**machine != machine_arn);
        compiled.order.retain(|(machine, _)| &**machine != machine_arn);
        Ok(())
    }

    /// An activity.
    pub async fn activity(&self, arn: &str) -> Result<Activity, CatalogError> {
        let activity = self.store.activity(arn).await?;
        activity.ok_or_else(|| CatalogError::NotFound(arn.into()))
    }

    /// Activities in the order of their ARNs.
    pub async fn activities(&self, after: Option<Str>, limit: usize) -> Result<Vec<Activity>, CatalogError> {
        Ok(self.store.activities(after, limit).await?)
    }

    /// Whether there is an activity of that ARN.
    pub fn has_activity(&self, arn: &str) -> bool {
        read(&self.activities).contains(arn)
    }

    /// Creates an activity, unless there is one of that name.
    pub async fn create_activity(&self, activity: Activity) -> Result<Creation<Activity>, CatalogError> {
        let _turn = self.turn.lock().await;
        if let Some(existing) = self.store.activity(&activity.arn).await? {
            return Ok(Creation::Existing(existing));
        }
        self.save(vec![CatalogChange::PutActivity(activity.clone())])
            .await?;
        write(&self.activities).insert(activity.arn.clone());
        Ok(Creation::New(activity))
    }

    /// Replaces the tags of an activity.
    pub async fn tag_activity(&self, arn: &str, tags: Tags) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let activity = Activity {
            tags,
            ..self.activity(arn).await?
        };
        self.save(vec![CatalogChange::PutActivity(activity)]).await
    }

    /// Deletes an activity. Its tasks stay as they are; what is entered from now on fails.
    pub async fn delete_activity(&self, arn: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        self.activity(arn).await?;
        self.save(vec![CatalogChange::RemoveActivity(arn.into())]).await?;
        write(&self.activities).remove(arn);
        Ok(())
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
    ) -> Result<(), CatalogError> {
        let revision = Arc::new(Revision::compiled(
            &machine.arn,
            machine.kind,
            record.clone(),
            states,
        )?);
        let machine_arn = machine.arn.clone();
        let changes = vec![
            CatalogChange::PutMachine(machine),
            CatalogChange::PutRevision {
                machine_arn: machine_arn.clone(),
                revision: record,
            },
        ];
        self.save(changes).await?;
        self.keep(&revision);
        write(&self.current).insert(machine_arn, revision);
        Ok(())
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

    fn compiled(&self) -> std::sync::MutexGuard<'_, Compiled> {
        self.compiled
            .lock()
            .expect("nothing panics while it holds the lock")
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().expect("nothing panics while it holds the lock")
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().expect("nothing panics while it holds the lock")
}
