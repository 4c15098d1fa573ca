//! Memory: a backend that forgets, for tests and for `--data :memory:`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::ready;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::{Mutex, MutexGuard};

use engine::{Event, Millis};
use json::{Payload, Str};

use crate::batch::{Batch, CatalogChange, Commit, ExpressChange, conflict};
use crate::catalog::{Activity, Alias, Machine, Revision, Version};
use crate::codec::{self, Blob, PayloadTable};
use crate::error::StoreError;
use crate::id::ExecId;
use crate::map_run::{MapChild, MapRun, MapRunStatus};
use crate::record::{
    Closed, Created, ExecutionQuery, Expired, ExpressStart, HistoryPage, Listed, Loaded, NextExpiry, OpenRow,
    Position, Redriven, Status, Summary,
};
use crate::store::{Reply, Store};

/// How many executions a call removes at most.
const EXPIRED_AT_ONCE: usize = 128;

/// Keeps everything in memory, in the same encoding as the other backends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    executions: BTreeMap<ExecId, Row>,
    names: HashMap<Str, ExecId>,
    lists: BTreeSet<(Listed, Status, Position)>,
    /// Executions that have ended, in the order of that.
    ended: BTreeSet<(Millis, ExecId)>,
    history: BTreeMap<(ExecId, u32), Blob>,
    payloads: BTreeMap<(ExecId, u16), Vec<u8>>,
    open: BTreeMap<ExecId, OpenRow>,
    express: BTreeMap<ExecId, ExpressStart>,
    latest: Option<ExecId>,
    machines: BTreeMap<Str, Machine>,
    revisions: BTreeMap<(Str, Str), Revision>,
    versions: BTreeMap<(Str, u64), Version>,
    aliases: BTreeMap<(Str, Str), Alias>,
    activities: BTreeMap<Str, Activity>,
    map_runs: BTreeMap<Str, MapRun>,
    /// The executions of map runs.
    map_children: BTreeSet<(Str, ExecId)>,
}

#[derive(Debug)]
struct Row {
    created: Created,
    closed: Option<Closed>,
    redriven: Option<Redriven>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }
}

impl State {
    /// Saves a batch that is known to fit.
    fn save(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        batch.join_commits()?;
        let mut merged = Vec::with_capacity(batch.executions.len());
        for commit in &batch.executions {
            merged.push(self.check(commit)?);
        }
        for change in batch.catalog {
            self.change_catalog(change);
        }
        for (commit, events) in batch.executions.into_iter().zip(merged) {
            self.apply(commit, events);
        }
        for change in batch.express {
            match change {
                ExpressChange::Started(start) => {
                    self.latest = self.latest.max(Some(start.id));
                    self.express.insert(start.id, start);
                }
                ExpressChange::Finished(id) => {
                    self.express.remove(&id);
                }
            }
        }
        Ok(())
    }

    /// Whether a commit agrees with what is stored, and what its events become.
    fn check(&self, commit: &Commit) -> Result<Option<Blob>, StoreError> {
        let id = commit.id;
        if let Some(created) = &commit.created {
            if self
                .executions
                .get(&id)
                .is_some_and(|row| row.created != *created)
            {
                return Err(conflict(id, "another execution has this number"));
            }
            if self.names.get(&created.arn).is_some_and(|other| *other != id) {
                return Err(conflict(
                    id,
                    format!("there is another execution {}", created.arn),
                ));
            }
        } else if (commit.closed.is_some() || commit.redriven.is_some()) && !self.executions.contains_key(&id)
        {
            return Err(conflict(id, "it is not stored"));
        }
        let Some(new) = &commit.events else {
            return Ok(None);
        };
        match self.history.get(&(id, new.first)) {
            Some(stored) => Ok(Some(stored.merge(new).map_err(|what| conflict(id, what))?)),
            None => Ok(Some(new.clone())),
        }
    }

    fn apply(&mut self, commit: Commit, events: Option<Blob>) {
        let id = commit.id;
        if let Some(created) = commit.created {
            self.latest = self.latest.max(Some(id));
            self.names.insert(created.arn.clone(), id);
            if let Some(map_run) = &created.map_run_arn {
                self.map_children.insert((map_run.clone(), id));
            }
            self.executions.entry(id).or_insert(Row {
                created,
                closed: None,
                redriven: None,
            });
            self.list(id);
        }
        if let Some(blob) = events {
            self.history.insert((id, blob.first), blob);
        }
        for payload in commit.payloads {
            self.payloads.insert((id, payload.number), payload.bytes);
        }
        if commit.redriven.is_some() || commit.closed.is_some() {
            self.unlist(id);
            if let Some(row) = self.executions.get_mut(&id) {
                row.redriven = commit.redriven.or(row.redriven);
                if let Some(before) = std::mem::replace(&mut row.closed, commit.closed) {
                    self.ended.remove(&(before.stopped, id));
                }
                if let Some(now) = row.closed {
                    self.ended.insert((now.stopped, id));
                }
            }
            self.list(id);
        }
        if commit.closed.is_some() {
            self.open.remove(&id);
        } else if let Some(open) = commit.open {
            self.open.insert(id, open);
        }
    }

    fn change_catalog(&mut self, change: CatalogChange) {
        match change {
            CatalogChange::PutMachine(machine) => {
                self.machines.insert(machine.arn.clone(), machine);
            }
            CatalogChange::RemoveMachine(arn) => {
                self.machines.remove(&arn);
                self.revisions.retain(|(machine, _), _| *machine != arn);
                self.versions.retain(|(machine, _), _| *machine != arn);
                self.aliases.retain(|(machine, _), _| *machine != arn);
            }
            CatalogChange::PutRevision {
                machine_arn,
                revision,
            } => {
                self.revisions
                    .insert((machine_arn, revision.id.clone()), revision);
            }
            CatalogChange::PutVersion(version) => {
                self.versions
                    .insert((version.machine_arn.clone(), version.number), version);
            }
            CatalogChange::RemoveVersion { machine_arn, number } => {
                self.versions.remove(&(machine_arn, number));
            }
            CatalogChange::PutAlias(alias) => {
                self.aliases
                    .insert((alias.machine_arn.clone(), alias.name.clone()), alias);
            }
            CatalogChange::RemoveAlias { machine_arn, name } => {
                self.aliases.remove(&(machine_arn, name));
            }
            CatalogChange::PutActivity(activity) => {
                self.activities.insert(activity.arn.clone(), activity);
            }
            CatalogChange::RemoveActivity(arn) => {
                self.activities.remove(&arn);
            }
            CatalogChange::PutMapRun(run) => {
                self.map_runs.insert(run.arn.clone(), *run);
            }
        }
    }

    fn expire(&mut self, before: Millis) -> Expired {
        let (mut due, mut next) = (Vec::new(), NextExpiry::Nothing);
        for (stopped, id) in &self.ended {
            if *stopped >= before {
                next = NextExpiry::At(*stopped);
                break;
            }
            if due.len() == EXPIRED_AT_ONCE {
                next = NextExpiry::More;
                break;
            }
            if !self.is_spared(*id) {
                due.push(*id);
            }
        }
        due.iter().for_each(|id| self.remove(*id));
        Expired {
            executions: due.len(),
            next,
        }
    }

    /// Whether an execution belongs to a Map Run that is still known.
    fn is_spared(&self, id: ExecId) -> bool {
        let map_run = self
            .executions
            .get(&id)
            .and_then(|row| row.created.map_run_arn.as_ref());
        map_run.is_some_and(|map_run| self.map_runs.contains_key(map_run))
    }

    fn remove(&mut self, id: ExecId) {
        self.unlist(id);
        if let Some(row) = self.executions.remove(&id) {
            self.names.remove(&row.created.arn);
            if let Some(map_run) = row.created.map_run_arn {
                self.map_children.remove(&(map_run, id));
            }
            let stopped = row.closed.map(|closed| (closed.stopped, id));
            stopped.map(|ended| self.ended.remove(&ended));
        }
        self.map_runs.retain(|_, run| run.execution != id);
        remove_parts(&mut self.history, id);
        remove_parts(&mut self.payloads, id);
    }

    fn list(&mut self, id: ExecId) {
        for entry in self.listed(id) {
            self.lists.insert(entry);
        }
    }

    fn unlist(&mut self, id: ExecId) {
        for entry in self.listed(id) {
            self.lists.remove(&entry);
        }
    }

    /// The lists that an execution is in, and where.
    fn listed(&self, id: ExecId) -> Vec<(Listed, Status, Position)> {
        let Some(summary) = self.summary(id) else {
            return Vec::new();
        };
        let (status, position) = (summary.status, summary.position());
        let created = summary.created;
        let lists = [
            Some(Listed::Machine(created.machine_arn)),
            created.version_arn.map(Listed::Version),
            created.alias_arn.map(Listed::Alias),
            created.map_run_arn.map(Listed::MapRun),
        ];
        lists
            .into_iter()
            .flatten()
            .map(|list| (list, status, position))
            .collect()
    }

    fn summary(&self, id: ExecId) -> Option<Summary> {
        let row = self.executions.get(&id)?;
        Some(Summary {
            id,
            created: row.created.clone(),
            status: row.closed.map_or(Status::Running, |closed| closed.status),
            stopped: row.closed.map(|closed| closed.stopped),
            redriven: row.redriven,
            events: self.last_event(id),
        })
    }

    fn last_event(&self, id: ExecId) -> u64 {
        let blob = self.history.range((id, 0)..=(id, u32::MAX)).next_back();
        blob.map_or(0, |(_, blob)| u64::from(blob.end().saturating_sub(1)))
    }

    fn decode(&self, id: ExecId, blob: &Blob, events: &mut Vec<Event>) -> Result<(), StoreError> {
        let mut large = |number| {
            let bytes = self.payloads.get(&(id, number));
            codec::decode_payload(bytes.ok_or_else(|| format!("payload {number} is missing"))?)
        };
        codec::decode(&blob.bytes, &mut large, events).map_err(|what: String| StoreError::Corrupt {
            execution: id.to_string(),
            what,
        })
    }

    fn load(&self, id: ExecId) -> Result<Option<Loaded>, StoreError> {
        let Some(summary) = self.summary(id) else {
            return Ok(None);
        };
        let mut payloads = PayloadTable::default();
        for ((_, number), bytes) in self.payloads.range((id, 0)..=(id, u16::MAX)) {
            let payload: Payload = codec::decode_payload(bytes).map_err(|what| StoreError::Corrupt {
                execution: summary.created.arn.to_string(),
                what,
            })?;
            payloads.insert(*number, &payload);
        }
        let mut events = Vec::new();
        for (_, blob) in self.history.range((id, 0)..=(id, u32::MAX)) {
            self.decode(id, blob, &mut events)?;
        }
        codec::check_whole(&events, summary.events).map_err(|what| StoreError::Corrupt {
            execution: summary.created.arn.to_string(),
            what,
        })?;
        Ok(Some(Loaded {
            summary,
            events,
            payloads,
        }))
    }

    fn history(&self, id: ExecId, page: HistoryPage) -> Result<Vec<Event>, StoreError> {
        let Some((low, high)) = page.range(self.last_event(id)) else {
            return Ok(Vec::new());
        };
        let key = |number: u64| (id, u32::try_from(number).unwrap_or(u32::MAX));
        let first = self.history.range((id, 0)..=key(low)).next_back();
        let first = first.map_or((id, 0), |(first, _)| *first);
        let mut events = Vec::new();
        for (_, blob) in self.history.range(first..=key(high + 1)) {
            self.decode(id, blob, &mut events)?;
        }
        page.arrange((low, high), &mut events);
        Ok(events)
    }

    fn executions(&self, query: ExecutionQuery) -> Vec<Summary> {
        let list = query.of;
        let statuses = query
            .status
            .as_ref()
            .map_or(&Status::ALL[..], std::slice::from_ref);
        let mut found = Vec::new();
        for status in statuses {
            let low = Position {
                at: engine::Millis(i64::MIN),
                id: ExecId(0),
            };
            let high = match query.after {
                Some(after) => Excluded((list.clone(), *status, after)),
                None => {
                    let end = Position {
                        at: engine::Millis(i64::MAX),
                        id: ExecId::MAX,
                    };
                    Included((list.clone(), *status, end))
                }
            };
            let low = (list.clone(), *status, low);
            if matches!(&high, Excluded(high) if *high <= low) {
                continue;
            }
            let range = self.lists.range((Included(low), high)).rev();
            found.extend(range.take(query.limit).map(|(_, _, position)| *position));
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(query.limit);
        found
            .into_iter()
            .filter_map(|position| self.summary(position.id))
            .collect()
    }
}

/// Removes what belongs to an execution.
fn remove_parts<N: Ord + Copy + Default, T>(parts: &mut BTreeMap<(ExecId, N), T>, id: ExecId) {
    while let Some((key, _)) = parts.range((id, N::default())..).next() {
        let key = *key;
        if key.0 != id {
            break;
        }
        parts.remove(&key);
    }
}

impl State {
    fn map_runs_where(
        &self,
        after: Option<Str>,
        limit: usize,
        wanted: impl Fn(&MapRun) -> bool,
    ) -> Vec<MapRun> {
        let after = after.map_or(Unbounded, Excluded);
        let runs = self.map_runs.range((after, Unbounded)).map(|(_, run)| run);
        runs.filter(|run| wanted(run)).take(limit).cloned().collect()
    }
}

/// The entries after a key.
fn page<K: Ord + Clone, V: Clone, T>(
    entries: &BTreeMap<K, V>,
    after: Option<K>,
    limit: usize,
    give: impl Fn(K, V) -> T,
) -> Vec<T> {
    let after = after.map_or(Unbounded, Excluded);
    let found = entries.range((after, Unbounded)).take(limit);
    found
        .map(|(key, value)| give(key.clone(), value.clone()))
        .collect()
}

/// An answer that is there already.
fn reply<'a, T: Send + 'a>(answer: Result<T, StoreError>) -> Reply<'a, T> {
    Box::pin(ready(answer))
}

impl Store for MemoryStore {
    fn commit(&self, batch: Batch) -> Reply<'static, ()> {
        reply(self.state().save(batch))
    }

    fn probe(&self, _: usize) -> Reply<'static, ()> {
        reply(Ok(()))
    }

    fn expire(&self, before: Millis) -> Reply<'static, Expired> {
        reply(Ok(self.state().expire(before)))
    }

    fn find(&self, arn: &str) -> Reply<'_, Option<ExecId>> {
        reply(Ok(self.state().names.get(arn).copied()))
    }

    fn summary(&self, id: ExecId) -> Reply<'_, Option<Summary>> {
        reply(Ok(self.state().summary(id)))
    }

    fn load(&self, id: ExecId) -> Reply<'_, Option<Loaded>> {
        reply(self.state().load(id))
    }

    fn history(&self, id: ExecId, page: HistoryPage) -> Reply<'_, Vec<Event>> {
        reply(self.state().history(id, page))
    }

    fn executions(&self, query: ExecutionQuery) -> Reply<'_, Vec<Summary>> {
        reply(Ok(self.state().executions(query)))
    }

    fn open(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<(ExecId, OpenRow)>> {
        reply(Ok(page(&self.state().open, after, limit, |id, row| (id, row))))
    }

    fn latest(&self) -> Reply<'_, Option<ExecId>> {
        reply(Ok(self.state().latest))
    }

    fn express_pending(&self, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<ExpressStart>> {
        reply(Ok(page(&self.state().express, after, limit, |_, start| start)))
    }

    fn machine(&self, arn: &str) -> Reply<'_, Option<Machine>> {
        reply(Ok(self.state().machines.get(arn).cloned()))
    }

    fn machines(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Machine>> {
        reply(Ok(page(&self.state().machines, after, limit, |_, machine| {
            machine
        })))
    }

    fn revision(&self, machine_arn: &str, revision: &str) -> Reply<'_, Option<Revision>> {
        let key = (machine_arn.into(), revision.into());
        reply(Ok(self.state().revisions.get(&key).cloned()))
    }

    fn version(&self, machine_arn: &str, number: u64) -> Reply<'_, Option<Version>> {
        let key = (machine_arn.into(), number);
        reply(Ok(self.state().versions.get(&key).cloned()))
    }

    fn versions(&self, machine_arn: &str, before: Option<u64>, limit: usize) -> Reply<'_, Vec<Version>> {
        let key = |number| (Str::from(machine_arn), number);
        let end = before.map_or(Included(key(u64::MAX)), |number| Excluded(key(number)));
        let state = self.state();
        let found = state.versions.range((Included(key(0)), end)).rev();
        reply(Ok(found
            .take(limit)
            .map(|(_, version)| version.clone())
            .collect()))
    }

    fn alias(&self, machine_arn: &str, name: &str) -> Reply<'_, Option<Alias>> {
        let key = (machine_arn.into(), name.into());
        reply(Ok(self.state().aliases.get(&key).cloned()))
    }

    fn aliases(&self, machine_arn: &str, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Alias>> {
        let after = (Str::from(machine_arn), after.unwrap_or_default());
        let state = self.state();
        let found = state.aliases.range((Excluded(after), Unbounded));
        let of_machine = found.take_while(|((machine, _), _)| **machine == *machine_arn);
        reply(Ok(of_machine
            .take(limit)
            .map(|(_, alias)| alias.clone())
            .collect()))
    }

    fn map_run(&self, arn: &str) -> Reply<'_, Option<MapRun>> {
        reply(Ok(self.state().map_runs.get(arn).cloned()))
    }

    fn map_runs(&self, execution: ExecId, before: Option<u64>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        let before = before.unwrap_or(u64::MAX);
        let wanted = |run: &MapRun| run.execution == execution && run.event < before;
        let mut found = self.state().map_runs_where(None, usize::MAX, wanted);
        found.sort_unstable_by_key(|run| std::cmp::Reverse(run.event));
        found.truncate(limit);
        reply(Ok(found))
    }

    fn open_map_runs(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<MapRun>> {
        let is_open = |run: &MapRun| run.status == MapRunStatus::Running;
        reply(Ok(self.state().map_runs_where(after, limit, is_open)))
    }

    fn map_children(&self, map_run: &str, after: Option<ExecId>, limit: usize) -> Reply<'_, Vec<MapChild>> {
        let state = self.state();
        let key = |id| (Str::from(map_run), id);
        let low = after.map_or(Included(key(ExecId(0))), |after| Excluded(key(after)));
        let children = state.map_children.range((low, Included(key(ExecId(u64::MAX)))));
        let child = |(_, id): &(Str, ExecId)| {
            let row = state.executions.get(id)?;
            Some(MapChild {
                id: *id,
                seat: row.created.map_seat?,
                status: row.closed.map_or(Status::Running, |closed| closed.status),
                redriven: row.redriven.map(|redriven| redriven.at),
            })
        };
        reply(Ok(children.filter_map(child).take(limit).collect()))
    }

    fn activity(&self, arn: &str) -> Reply<'_, Option<Activity>> {
        reply(Ok(self.state().activities.get(arn).cloned()))
    }

    fn activities(&self, after: Option<Str>, limit: usize) -> Reply<'_, Vec<Activity>> {
        reply(Ok(page(&self.state().activities, after, limit, |_, activity| {
            activity
        })))
    }
}
