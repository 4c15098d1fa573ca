//! Client: calls an operation of a service, and says what came of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::Timestamp;
use json::Value;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::credentials::{Credentials, Lease, Role, Source, source};
use crate::facts::{Call, Service, Services};
use crate::http::Http;
use crate::lend;
use crate::quirks;
use crate::retry::Quota;
use crate::sending::Sending;
use crate::settings::{Mode, Settings, Unreachable};
use crate::wire::{Answer, BadParameter, Naming, Refusal, build, parse};

/// How much of an answer is read: far more than a task's result may have.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// How many roles are kept in mind.
const LEASES_MAX: usize = 1_000;

/// Calls AWS services. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Http,
    /// What is common to the calls of one service, by its name.
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
    leases: Mutex<HashMap<String, Arc<AsyncMutex<Option<Lease>>>>>,
}

/// The calls of one service.
struct Lane {
    room: Semaphore,
    quota: Quota,
}

/// On whose behalf a service is called.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account, which emulators are told when there are no credentials.
    pub account: String,
    /// The region in which the service is called.
    pub region: String,
    /// A role that is taken on first.
    pub role_arn: Option<String>,
    /// The name of the role's session.
    pub session_name: String,
}

/// The bodies of a call, where they are not as usual.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// What is sent instead of what the parameters make.
    pub sent: Option<Bytes>,
    /// How much of the answer is read at most.
    pub read_bytes_max: usize,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            sent: None,
            read_bytes_max: BODY_BYTES_MAX,
        }
    }
}

/// What a service gave.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The result.
    pub value: Value,
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers.
    pub headers: Vec<(String, String)>,
}

/// Why there is no result.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The parameters make no request.
    BadParameter(BadParameter),
    /// The service refused.
    Refused {
        /// Its words.
        refusal: Refusal,
        /// How often it was asked.
        attempts: u32,
    },
    /// The service never answered, or what it answered cannot be understood.
    Client(String),
    /// The answer is larger than any result may be.
    TooLarge,
    /// The role cannot be taken on.
    Role {
        /// The role that was to be taken on.
        arn: String,
        /// What is in the way.
        message: String,
    },
}

impl Failure {
    /// The error and the cause that an `aws-sdk` task fails with, where the client alone can say.
    pub fn error(&self, service: &Service) -> (String, String) {
        let prefix = &service.error_prefix;
        let of_client = |message: String| (format!("{prefix}.SdkClientException"), message);
        match self {
            Self::BadParameter(bad) => of_client(bad.to_string()),
            Self::Refused { refusal, attempts } => (
                service.error_name(&refusal.code),
                refusal.cause(prefix, *attempts),
            ),
            Self::Client(message) => of_client(message.clone()),
            Self::TooLarge => of_client("The answer is larger than what is read of it".to_owned()),
            Self::Role { message, .. } => ("States.TaskFailed".to_owned(), message.clone()),
        }
    }
}

impl From<BadParameter> for Failure {
    fn from(bad: BadParameter) -> Self {
        Self::BadParameter(bad)
    }
}

impl From<Unreachable> for Failure {
    fn from(unreachable: Unreachable) -> Self {
        Self::Client(unreachable.to_string())
    }
}

impl Client {
    /// A client of these settings.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            settings,
            http: Http::new(),
            lanes: Mutex::default(),
            leases: Mutex::default(),
        }))
    }

    /// A client of the same settings, for which this very process answers nothing.
    pub fn elsewhere(&self) -> Self {
        let mut settings = self.0.settings.clone();
        settings.own_endpoints.clear();
        Self::new(settings)
    }

    /// Whether there is an address at which a service is called, be it a bad one.
    pub fn reaches(&self, service: &str, region: &str) -> bool {
        let service = Services::embedded().service(service);
        let endpoint = service.map(|service| self.0.settings.endpoint(&service, region));
        matches!(endpoint, Some(Ok(_) | Err(Unreachable::BadEndpoint(_))))
    }

    /// What is wrong with the parameters of a call, found without sending them.
    ///
    /// What is required may be given as null: then the service says what it thinks of that.
    pub fn check(call: &Call, parameters: &Value, naming: Naming) -> Vec<BadParameter> {
        let parameters = quirks::parameters(call, parameters, naming);
        let input = call
            .operation()
            .input
            .and_then(|input| call.service().structure(input));
        let members = input.map_or(&[][..], |input| &input.members);
        let is_given = |name: &str| parameters.as_object().is_some_and(|given| given.contains(name));
        let missing = members
            .iter()
            .filter(|member| member.is_required && !member.is_idempotency_token)
            .map(|member| naming.name(member))
            .filter(|name| !is_given(name))
            .map(|name| BadParameter::Missing {
                name: name.to_string(),
            });
        let names: Vec<&json::Str> = parameters
            .as_object()
            .into_iter()
            .flat_map(json::Object::names)
            .collect();
        let is_known = |name: &str| members.iter().any(|member| **naming.name(member) == *name);
        let unknown = names
            .into_iter()
            .filter(|name| !is_known(name))
            .map(|name| BadParameter::Unknown {
                name: name.to_string(),
            });
        let faults: Vec<BadParameter> = missing.chain(unknown).collect();
        if !faults.is_empty() {
            return faults;
        }
        build(call, &parameters, naming, Some("token"))
            .err()
            .into_iter()
            .collect()
    }

    /// Calls an operation. Requests are sent again as AWS's SDKs do; dropping the future gives up.
    pub async fn call(
        &self,
        call: &Call,
        parameters: &Value,
        naming: Naming,
        caller: &Caller,
    ) -> Result<Reply, Failure> {
        let bodies = Bodies::default();
        let answer = self.fetch(call, parameters, naming, caller, bodies).await?;
        let value = parse(call, &answer, naming)
            .map_err(|bad| Failure::Client(format!("Unable to unmarshall response ({bad})")))?;
        Ok(Reply {
            value,
            status: answer.status,
            headers: answer.headers,
        })
    }

    /// The same with bodies as they are: the answer is given as it came.
    pub async fn fetch(
        &self,
        call: &Call,
        parameters: &Value,
        naming: Naming,
        caller: &Caller,
        bodies: Bodies,
    ) -> Result<Answer, Failure> {
        let settings = &self.0.settings;
        let endpoint = settings.endpoint(call.service(), &caller.region)?;
        let lane = self.lane(&call.service().asl_id);
        let _room = lane
            .room
            .acquire()
            .await
            .map_err(|_| Failure::Client("the client is closed".to_owned()))?;
        let credentials = match settings.own_secret(call.service()) {
            Some(secret) => Credentials::own(&caller.account, secret),
            None => self.credentials(caller).await?,
        };
        let token = uuid::Uuid::new_v4().to_string();
        let parameters = quirks::parameters(call, parameters, naming);
        if let Some(what) =
            quirks::unsupported(call, &parameters, &caller.region).filter(|_| !endpoint.is_custom)
        {
            return Err(Failure::Client(what.to_owned()));
        }
        let mut request = build(call, &parameters, naming, Some(&token))?;
        if let Some(body) = bodies.sent {
            request.body = body.into();
        }
        let sending = Sending {
            client: self,
            call,
            quota: &lane.quota,
            credentials: &credentials,
            body_bytes_max: bodies.read_bytes_max,
        };
        let (answer, attempts) = sending.place_and_send(&request, &parameters, endpoint).await?;
        if let Some(refusal) = Refusal::of(call, &answer) {
            return Err(Failure::Refused { refusal, attempts });
        }
        lane.quota.pay_back(attempts);
        Ok(answer)
    }

    /// How many calls of a service are under way, those that wait for room aside.
    pub fn under_way(&self, service: &str) -> usize {
        let lanes = self.0.lanes.lock().expect("nobody panics while holding it");
        let most = self.0.settings.concurrency_max();
        lanes
            .get(service)
            .map_or(0, |lane| most.saturating_sub(lane.room.available_permits()))
    }

    fn lane(&self, service: &str) -> Arc<Lane> {
        let mut lanes = self.0.lanes.lock().expect("nobody panics while holding it");
        let lane = lanes.entry(service.to_owned()).or_insert_with(|| {
            Arc::new(Lane {
                room: Semaphore::new(self.0.settings.concurrency_max()),
                quota: Quota::new(),
            })
        });
        Arc::clone(lane)
    }

    /// As whom a call is made.
    pub(crate) async fn credentials(&self, caller: &Caller) -> Result<Credentials, Failure> {
        let settings = &self.0.settings;
        let base = source(settings)
            .map_err(|error| Failure::Client(format!("Unable to load credentials: {error}")))?;
        let base = match base {
            Some(base) => base,
            // An emulator looks at nothing but the account, if at all.
            None if settings.mode != Mode::Full => Source::Static(Credentials::of_emulator(&caller.account)),
            None => {
                return Err(Failure::Client(
                    "Unable to load credentials: none are configured".to_owned(),
                ));
            }
        };
        let Some(arn) = &caller.role_arn else {
            return self
                .lend(&base, caller)
                .await
                .map_err(|message| Failure::Client(format!("Unable to load credentials: {message}")));
        };
        let is_reachable = Services::embedded()
            .service("sts")
            .is_some_and(|sts| settings.endpoint(&sts, &caller.region).is_ok());
        let role = Source::Assume {
            role: Role {
                arn: arn.clone(),
                session_name: session_name(&caller.session_name),
                external_id: None,
            },
            with: Box::new(base.clone()),
        };
        // Where there is nobody who could hand out roles, an emulator's own account has to do.
        let wanted = if is_reachable { &role } else { &base };
        self.lend(wanted, caller).await.map_err(|message| Failure::Role {
            arn: arn.clone(),
            message,
        })
    }

    /// Credentials of a source, those that are still good before new ones.
    pub(crate) async fn lend(&self, source: &Source, caller: &Caller) -> Result<Credentials, String> {
        if let Source::Static(credentials) = source {
            return Ok(credentials.clone());
        }
        let place = {
            let mut leases = self.0.leases.lock().expect("nobody panics while holding it");
            if leases.len() >= LEASES_MAX {
                leases.clear();
            }
            Arc::clone(leases.entry(lend::key(source)).or_default())
        };
        let mut place = place.lock().await;
        if let Some(lease) = place.as_ref().filter(|lease| lease.is_fresh(Timestamp::now())) {
            return Ok(lease.credentials.clone());
        }
        let lease = lend::fetch(self, source, caller).await?;
        let credentials = lease.credentials.clone();
        *place = Some(lease);
        Ok(credentials)
    }

    /// Calls an operation that credentials are had from, with credentials, or without any where it wants none.
    pub(crate) async fn ask(
        &self,
        service: &str,
        action: &str,
        parameters: &Value,
        region: &str,
        credentials: &Credentials,
    ) -> Result<Value, String> {
        let call = Services::embedded()
            .find(service, action)
            .map_err(|error| error.to_string())?;
        let endpoint = self
            .0
            .settings
            .endpoint(call.service(), region)
            .map_err(|error| error.to_string())?;
        let request = build(&call, parameters, Naming::Sdk, None).map_err(|error| error.to_string())?;
        let lane = self.lane(service);
        let sending = Sending {
            client: self,
            call: &call,
            quota: &lane.quota,
            credentials,
            body_bytes_max: BODY_BYTES_MAX,
        };
        let sent = sending.place_and_send(&request, parameters, endpoint).await;
        let (answer, attempts) = sent.map_err(|failure| failure.error(call.service()).1)?;
        if let Some(refusal) = Refusal::of(&call, &answer) {
            return Err(refusal.cause(&call.service().error_prefix, attempts));
        }
        parse(&call, &answer, Naming::Sdk).map_err(|error| error.to_string())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn http(&self) -> &Http {
        &self.0.http
    }
}

/// A session's name as STS takes it.
fn session_name(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let name: String = name
        .chars()
        .map(|letter| if fits(letter) { letter } else { '-' })
        .take(64)
        .collect();
    if name.len() < 2 { format!("{name}--") } else { name }
}
