//! Clients: what is asked of a runtime, and what it answers.

use std::sync::Arc;

use engine::{Ending, Millis};
use ids::Name;
use integrations::Described;
use json::{Payload, Str};
use runtime::{
    ActivityTask, CatalogError, Creation, ExecutionError, MapRunError, MapRunUpdate, NewRevision,
    RedriveError, Runtime, StartError, StartRequest, Started, TokenError,
};
use store::{Activity, MachineKind, MapRun, StoreError};

use crate::machines::ACTIVITY;
use crate::plan::{START, machine_arn};

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    CreateActivity,
    Create(usize, String, MachineKind),
    Update(usize, String),
    Delete(usize),
    Start {
        machine: usize,
        name: String,
        input: Payload,
    },
    StartSync {
        machine: usize,
        name: String,
        input: Payload,
    },
    Stop(Str),
    Redrive(Str, Str),
    Describe(Str),
    DescribeMapRun(Str),
    UpdateMapRun(Str, MapRunUpdate),
    End(Str),
    Poll,
    Succeeded(Str, Payload),
    Failed(Str, Ending),
    Heartbeat(Str),
}

/// What was answered.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The definition that a state machine has now.
    Catalog(Result<(), CatalogError>),
    Started(Result<Started, StartError>),
    EndedAtOnce(Result<Arc<Described>, StartError>),
    Stopped(Result<Millis, ExecutionError>),
    Redriven(Result<Millis, RedriveError>),
    Described(Result<Arc<Described>, ExecutionError>),
    Ended(Result<Arc<Described>, ExecutionError>),
    MapRun(Result<Box<MapRun>, MapRunError>),
    MapRunUpdated(Result<(), MapRunError>),
    Polled(Result<Option<ActivityTask>, StoreError>),
    Told(Result<(), TokenError>),
}

/// Asks, and gives the answer.
pub(crate) async fn ask(runtime: &Runtime, question: Question) -> Heard {
    match question {
        Question::CreateActivity => Heard::Catalog(create_activity(runtime).await),
        Question::Create(machine, definition, kind) => {
            Heard::Catalog(create(runtime, machine, &definition, kind).await)
        }
        Question::Update(machine, definition) => Heard::Catalog(update(runtime, machine, &definition).await),
        Question::Delete(machine) => {
            Heard::Catalog(runtime.catalog().delete_machine(&machine_arn(machine)).await)
        }
        Question::Start { machine, name, input } => {
            Heard::Started(start(runtime, machine, &name, input).await)
        }
        Question::StartSync { machine, name, input } => {
            let request = match request(runtime, machine, &name, input).await {
                Ok(request) => request,
                Err(error) => return Heard::EndedAtOnce(Err(error)),
            };
            Heard::EndedAtOnce(runtime.start_sync(request).await)
        }
        Question::DescribeMapRun(arn) => Heard::MapRun(runtime.map_run(&arn).await.map(Box::new)),
        Question::UpdateMapRun(arn, update) => {
            Heard::MapRunUpdated(runtime.update_map_run(&arn, update).await)
        }
        Question::Stop(arn) => Heard::Stopped(runtime.stop(&arn, stopped()).await),
        Question::Redrive(arn, token) => Heard::Redriven(runtime.redrive(&arn, Some(token)).await),
        Question::Describe(arn) => Heard::Described(runtime.describe(&arn).await),
        Question::End(arn) => Heard::Ended(runtime.ended(&arn).await),
        Question::Poll => Heard::Polled(runtime.take_activity_task(ACTIVITY, Some("w".into())).await),
        Question::Succeeded(token, output) => Heard::Told(runtime.task_succeeded(&token, output).await),
        Question::Failed(token, ending) => Heard::Told(runtime.task_failed(&token, ending).await),
        Question::Heartbeat(token) => Heard::Told(runtime.heartbeat(&token).await),
    }
}

fn stopped() -> Ending {
    Ending {
        error: Some("Stopped".into()),
        cause: None,
    }
}

async fn create_activity(runtime: &Runtime) -> Result<(), CatalogError> {
    let activity = Activity {
        arn: ACTIVITY.into(),
        name: "A".into(),
        created: START,
        encryption: None,
        tags: Vec::new(),
    };
    runtime.catalog().create_activity(activity).await.map(|_| ())
}

fn revision(runtime: &Runtime, definition: &str, kind: MachineKind) -> NewRevision {
    let rules = asl::Rules {
        express: kind == MachineKind::Express,
        limits: runtime.limits().executions,
        ..asl::Rules::default()
    };
    let reading = asl::read(definition, rules);
    NewRevision {
        definition: definition.into(),
        states: Arc::new(reading.machine.expect("plans have right definitions")),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        logging: Some(r#"{"level":"ALL"}"#.into()),
        tracing: None,
        encryption: None,
    }
}

async fn create(
    runtime: &Runtime,
    machine: usize,
    definition: &str,
    kind: MachineKind,
) -> Result<(), CatalogError> {
    let arn = machine_arn(machine).parse().expect("it is an ARN");
    let new = revision(runtime, definition, kind);
    let created = runtime
        .catalog()
        .create_machine(&arn, kind, new, Vec::new(), None)
        .await?;
    let (Creation::New(_) | Creation::Existing(_)) = created;
    Ok(())
}

async fn update(runtime: &Runtime, machine: usize, definition: &str) -> Result<(), CatalogError> {
    let arn = machine_arn(machine);
    let current = runtime.catalog().current(&arn).await?;
    let new = Some(revision(runtime, definition, current.kind));
    runtime
        .catalog()
        .update_machine(&arn, &current.record.id, new, None)
        .await?;
    Ok(())
}

async fn start(runtime: &Runtime, machine: usize, name: &str, input: Payload) -> Result<Started, StartError> {
    let request = request(runtime, machine, name, input).await?;
    runtime.start(request).await
}

async fn request(
    runtime: &Runtime,
    machine: usize,
    name: &str,
    input: Payload,
) -> Result<StartRequest, StartError> {
    let revision = match runtime.catalog().current(&machine_arn(machine)).await {
        Ok(revision) => revision,
        Err(CatalogError::Store(error)) => return Err(StartError::Store(error)),
        Err(other) => return Err(StartError::Deleting(other.to_string().into())),
    };
    Ok(StartRequest {
        name: Some(name.parse::<Name>().expect("it is a name")),
        ..StartRequest::new(revision, input)
    })
}
