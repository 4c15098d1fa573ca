//! The registry: finds a function by any of its names and runs it.

use std::collections::BTreeMap;
use std::sync::{Arc, Once, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::config::{FunctionConfig, absolute};
use crate::log::WorkerLog;
use crate::names;
use crate::outcome::Outcome;
use crate::pool::{Call, Pool};
use crate::supervisor::Supervisor;

/// AWS's limit on what a function may do before its first event without paying for it.
const INIT: Duration = Duration::from_secs(10);
/// No span of time here is longer, so that adding one to the present never overflows.
const SPAN_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// An access key that functions sign their calls with.
#[derive(Clone)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// What goes with it, where it is one for a time.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey({})", self.id)
    }
}

/// What all functions of a registry are told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account in functions' ARNs, and their access key id, by which a server without keys tells accounts apart.
    pub account: String,
    /// The key in functions' environment. Without one, it is the account's number, whose secret nobody looks at.
    pub access_key: Option<AccessKey>,
    /// `AWS_REGION`, and the region in functions' ARNs.
    pub region: String,
    /// This server's own URL, given to functions as `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// Environment variables for every function, such as `AWS_ENDPOINT_URL_S3`.
    pub env: BTreeMap<String, String>,
    /// How long a worker may take to ask for its first event before that counts as part of the call.
    pub init: Duration,
}

impl Settings {
    /// Settings for an account and region, with Lambda's 10 seconds to start.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            region: region.into(),
            access_key: None,
            endpoint_url: None,
            env: BTreeMap::new(),
            init: INIT,
        }
    }
}

/// A function that exists here, under the name that a caller used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRef {
    /// The function's bare name.
    pub name: String,
    /// The version or alias asked for. All of them run the same code.
    pub qualifier: Option<String>,
    /// The ARN that the caller used, or the one in this registry's account and region.
    pub arn: String,
}

/// One call of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// A name or ARN, in any form that [`Functions::resolve`] knows.
    pub function: String,
    /// JSON text, handed over as it is.
    pub payload: Bytes,
    /// Identifies the call in errors and logs.
    pub request_id: String,
    /// The execution on whose behalf the call is made, for the logs.
    pub execution_arn: Option<String>,
    /// JSON text for the handler's `client_context`.
    pub client_context: Option<String>,
    /// An X-Ray trace header; one is made up without it.
    pub trace_id: Option<String>,
    /// Until when the call may wait for a worker. It does not cut a running call short: drop the future for that.
    pub deadline: Option<Instant>,
}

impl Invocation {
    /// A call with a new request id, which waits for a worker as long as it takes.
    pub fn new(function: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            function: function.into(),
            payload: payload.into(),
            request_id: uuid::Uuid::new_v4().to_string(),
            execution_arn: None,
            client_context: None,
            trace_id: None,
            deadline: None,
        }
    }
}

/// The local functions and their workers. Cheap to clone; all clones are the same registry.
///
/// Workers are killed by [`Functions::shutdown`], when the last clone is dropped, and when this process dies.
#[derive(Clone)]
pub struct Functions(Arc<Registry>);

struct Registry {
    supervisor: Arc<Supervisor>,
    pools: RwLock<BTreeMap<String, Arc<Pool>>>,
    /// Wakes the reaper.
    idle: Arc<Notify>,
    reaper: Once,
}

impl Functions {
    /// A registry of the given functions. Of several with one name, the last one counts. Starts no process.
    pub fn new(configs: impl IntoIterator<Item = FunctionConfig>, mut settings: Settings) -> Self {
        settings.init = settings.init.min(SPAN_MAX);
        let registry = Self(Arc::new(Registry {
            supervisor: Arc::new(Supervisor::new(settings)),
            pools: RwLock::default(),
            idle: Arc::default(),
            reaper: Once::new(),
        }));
        for config in configs {
            registry.put(config);
        }
        registry
    }

    /// Adds a function, or replaces it: calls that run go on with what they have.
    pub fn put(&self, mut config: FunctionConfig) {
        config.code = absolute(&config.code);
        config.timeout = config.timeout.min(SPAN_MAX);
        config.idle = config.idle.min(SPAN_MAX);
        let pool = Pool::new(
            config.clone(),
            Arc::clone(&self.0.supervisor),
            Arc::clone(&self.0.idle),
        );
        if let Some(replaced) = self.0.pools_mut().insert(config.name, Arc::new(pool)) {
            replaced.close();
        }
    }

    /// Removes a function. Calls that wait for a worker end as [`Outcome::Closed`]; calls that run go on.
    pub fn remove(&self, name: &str) -> Option<FunctionConfig> {
        let removed = self.0.pools_mut().remove(name)?;
        removed.close();
        Some(removed.config.clone())
    }

    /// All functions, by name.
    pub fn configs(&self) -> Vec<FunctionConfig> {
        self.0.pools().values().map(|pool| pool.config.clone()).collect()
    }

    /// Finds a function by its name, partial ARN or ARN, each with or without a qualifier. The account and region of
    /// an ARN don't matter.
    pub fn resolve(&self, name_or_arn: &str) -> Option<FunctionRef> {
        self.find(name_or_arn).map(|(_, function)| function)
    }

    /// The function of that name or ARN, and how many of its calls run at once: more of them wait for a worker. None
    /// when there is no such function, or none of its calls ever runs.
    pub fn concurrency(&self, name_or_arn: &str) -> Option<(String, usize)> {
        let (pool, _) = self.find(name_or_arn)?;
        let concurrency = pool.config.concurrency();
        (concurrency > 0).then(|| (pool.config.name.clone(), concurrency))
    }

    /// Runs a function and waits for what becomes of it.
    ///
    /// Dropping the future kills the worker that has the call.
    pub async fn invoke(&self, invocation: Invocation) -> Outcome {
        let Some((pool, function)) = self.find(&invocation.function) else {
            return Outcome::NotFound;
        };
        if self.0.supervisor.has_stopped() {
            return Outcome::Closed;
        }
        self.0.reaper.call_once(|| {
            tokio::spawn(reap(Arc::downgrade(&self.0), Arc::clone(&self.0.idle)));
        });
        let call = Call {
            request_id: invocation.request_id,
            function_arn: function.arn,
            trace_id: invocation.trace_id.unwrap_or_else(new_trace_id),
            client_context: invocation.client_context,
            execution_arn: invocation.execution_arn,
            payload: invocation.payload,
            deadline: invocation.deadline,
        };
        pool.invoke(&call).await
    }

    /// What the function's workers printed last: those that live, and the last few that don't.
    pub fn logs(&self, name_or_arn: &str) -> Vec<WorkerLog> {
        self.find(name_or_arn)
            .map(|(pool, _)| pool.logs())
            .unwrap_or_default()
    }

    /// How many worker processes exist, now and whenever that changes.
    pub fn worker_count(&self) -> watch::Receiver<usize> {
        self.0.supervisor.count()
    }

    /// Kills every worker with all that it started, and waits until they are gone. Calls that run, and all later
    /// ones, end as [`Outcome::Closed`].
    pub async fn shutdown(&self) {
        let pools: Vec<Arc<Pool>> = self.0.pools().values().cloned().collect();
        for pool in pools {
            pool.close();
        }
        self.0.supervisor.stop().await;
    }

    fn find(&self, name_or_arn: &str) -> Option<(Arc<Pool>, FunctionRef)> {
        let named = names::parse(name_or_arn)?;
        let pool = Arc::clone(self.0.pools().get(named.name)?);
        let arn = if named.is_arn {
            name_or_arn.to_owned()
        } else {
            let Settings { region, account, .. } = &self.0.supervisor.settings;
            let colon = if named.qualifier.is_some() { ":" } else { "" };
            let qualifier = named.qualifier.unwrap_or_default();
            format!(
                "arn:aws:lambda:{region}:{account}:function:{}{colon}{qualifier}",
                named.name
            )
        };
        let function = FunctionRef {
            name: named.name.to_owned(),
            qualifier: named.qualifier.map(str::to_owned),
            arn,
        };
        Some((pool, function))
    }
}

impl Registry {
    fn pools(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Pool>>> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn pools_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Pool>>> {
        self.pools.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.idle.notify_one();
    }
}

/// Gives up workers that had nothing to do for as long as their function allows.
async fn reap(registry: Weak<Registry>, idle: Arc<Notify>) {
    loop {
        let due = {
            let Some(registry) = registry.upgrade() else {
                return;
            };
            let now = Instant::now();
            registry.pools().values().filter_map(|pool| pool.reap(now)).min()
        };
        match due {
            None => idle.notified().await,
            Some(due) => tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = idle.notified() => {}
            },
        }
    }
}

fn new_trace_id() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let random = uuid::Uuid::new_v4().simple().to_string();
    let (root, parent) = (&random[..24], &random[16..]);
    format!("Root=1-{seconds:08x}-{root};Parent={parent};Sampled=0")
}
