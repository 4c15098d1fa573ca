//! Blobs: the events of a commit.

use engine::{Detail, Event};
use json::Payload;
use serde::{Deserialize, Serialize};

use crate::codec::payloads::{Extractor, reference};
use crate::codec::{Damage, LargePayload, PayloadTable, frame};
use crate::error::StoreError;

/// A frame is closed when its events have this many bytes.
const FRAME_BYTES: usize = 1 << 20;

/// The highest number that an event can be stored under.
pub const EVENT_NUMBER_MAX: u32 = (1 << 20) - 1;

/// No history has more events: no silent event comes alone.
const EVENTS_MAX: usize = 2 * EVENT_NUMBER_MAX as usize;

/// Events that follow each other, encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// The number of the first event in it that has one of its own; when all are silent, the number that
    /// the next event will have.
    pub first: u32,
    /// How many events have a number of their own, so the last one is `first + count - 1`.
    pub count: u32,
    /// One or several frames.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

impl Blob {
    /// The number that the event after it will have.
    pub(crate) fn end(&self) -> u32 {
        self.first.saturating_add(self.count)
    }

    /// Adds the events that come next.
    pub(crate) fn append(&mut self, next: &Self) -> Result<(), Damage> {
        if self.end() != next.first {
            return Err(format!(
                "event {} can't follow event {}",
                next.first,
                self.end() - 1
            ));
        }
        self.count = self
            .count
            .checked_add(next.count)
            .ok_or("it has too many events")?;
        self.bytes.extend_from_slice(&next.bytes);
        Ok(())
    }

    /// The same with the events that come next.
    pub(crate) fn joined(&self, next: &Self) -> Result<Self, Damage> {
        let mut joined = self.clone();
        joined.append(next)?;
        Ok(joined)
    }

    /// Whether the very events of another are among its own.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        contains(&self.bytes, &other.bytes)
    }

    /// What is stored after `new` was saved where this blob is: the same when it was saved before.
    pub(crate) fn merge(&self, new: &Self) -> Result<Self, Damage> {
        if self.count >= new.count && self.holds(new) {
            return Ok(self.clone());
        }
        if new.bytes.starts_with(&self.bytes) {
            return Ok(new.clone());
        }
        if self.count == 0 {
            return self.joined(new);
        }
        Err(format!("another event {} is stored already", self.first))
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// What [`encode`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The events.
    pub blob: Blob,
    /// Large payloads that were not stored before.
    pub payloads: Vec<LargePayload>,
}

/// Encodes events that follow each other. The large payloads it gives must be saved in the same commit;
/// when it fails, or the commit does, the table is of no more use.
///
/// # Panics
///
/// When there are no events.
pub fn encode(events: &[Event], table: &mut PayloadTable) -> Result<Encoded, StoreError> {
    let mut extractor = Extractor::new(table);
    let mut bytes = Vec::new();
    let mut content = Vec::with_capacity(128 * events.len());
    for event in events {
        let mut event = event.clone();
        each_payload(&mut event.detail, &mut |payload| extractor.extract(payload))?;
        content = postcard::to_extend(&event, content).expect("writing to memory can't fail");
        if content.len() >= FRAME_BYTES {
            frame::write(&content, "an event", &mut bytes)?;
            content.clear();
        }
    }
    if !content.is_empty() {
        frame::write(&content, "an event", &mut bytes)?;
    }
    let (first, count) = numbers(events)?;
    Ok(Encoded {
        blob: Blob { first, count, bytes },
        payloads: extractor.new,
    })
}

/// The number of the first event and how many have one.
fn numbers(events: &[Event]) -> Result<(u32, u32), StoreError> {
    let numbered = || events.iter().filter(|event| !event.detail.is_silent());
    let first = match numbered().next() {
        Some(event) => event.id,
        None => events.last().expect("there are events").id.saturating_add(1),
    };
    let count = numbered().count();
    let last = first.saturating_add(count as u64);
    if last > u64::from(EVENT_NUMBER_MAX) {
        return Err(StoreError::TooManyEvents {
            limit: EVENT_NUMBER_MAX,
        });
    }
    Ok((first as u32, count as u32))
}

/// Decodes the events of a blob. `large` gives the large payload of a number. Neighbours that carry the
/// same payload share it again.
pub fn decode<E: From<Damage>>(
    bytes: &[u8],
    large: &mut dyn FnMut(u16) -> Result<Payload, E>,
    events: &mut Vec<Event>,
) -> Result<(), E> {
    decode_within(EVENTS_MAX, bytes, large, events)
}

/// The same for no more events than there may be.
pub(super) fn decode_within<E: From<Damage>>(
    events_max: usize,
    mut bytes: &[u8],
    large: &mut dyn FnMut(u16) -> Result<Payload, E>,
    events: &mut Vec<Event>,
) -> Result<(), E> {
    let mut last: Option<Payload> = None;
    while !bytes.is_empty() {
        let content = frame::read(&mut bytes)?;
        let mut rest = &content[..];
        while !rest.is_empty() {
            let (mut event, left) =
                postcard::take_from_bytes::<Event>(rest).map_err(|error| Damage::from(error.to_string()))?;
            rest = left;
            if events.len() == events_max {
                return Err(Damage::from("it has too many events").into());
            }
            each_payload(&mut event.detail, &mut |payload| {
                if let Some(number) = reference(payload) {
                    *payload = large(number?)?;
                }
                match &last {
                    Some(last) if last == payload => *payload = last.clone(),
                    _ => last = Some(payload.clone()),
                }
                Ok::<_, E>(())
            })?;
            events.push(event);
        }
    }
    Ok(())
}

/// Whether these are the events of a whole history that ends with number `last`.
pub(crate) fn check_whole(events: &[Event], last: u64) -> Result<(), Damage> {
    let mut next = 1;
    for event in events.iter().filter(|event| !event.detail.is_silent()) {
        if event.id != next {
            return Err(format!("event {} is where event {next} should be", event.id));
        }
        next += 1;
    }
    if next != last + 1 {
        Err(format!("event {next} is missing"))
    } else {
        Ok(())
    }
}

/// Shows every payload that an event carries.
fn each_payload<E>(
    detail: &mut Detail,
    show: &mut impl FnMut(&mut Payload) -> Result<(), E>,
) -> Result<(), E> {
    match detail {
        Detail::ExecutionStarted { input: payload, .. }
        | Detail::ExecutionSucceeded { output: payload }
        | Detail::StateEntered { input: payload, .. }
        | Detail::TaskSubmitted { output: payload, .. }
        | Detail::TaskSucceeded { output: payload, .. }
        | Detail::LambdaFunctionSucceeded { output: payload }
        | Detail::ActivitySucceeded { output: payload }
        | Detail::ParallelStateStarted { input: payload }
        | Detail::MapStateStarted { items: payload, .. } => show(payload),

        Detail::StateExited { output, assigned, .. } => {
            show(output)?;
            assigned.iter_mut().try_for_each(|(_, value)| show(value))
        }

        Detail::TaskScheduled { scheduled, .. }
        | Detail::LambdaFunctionScheduled { scheduled, .. }
        | Detail::ActivityScheduled { scheduled, .. } => show(&mut scheduled.parameters),

        Detail::MapRunStarted(start) => {
            let given = start.batches.as_mut().and_then(|batches| batches.input.as_mut());
            let others = [start.reader.as_mut(), start.writer.as_mut(), given];
            show(&mut start.items)?;
            others.into_iter().flatten().try_for_each(show)
        }

        Detail::ExecutionFailed(_)
        | Detail::ExecutionAborted(_)
        | Detail::ExecutionTimedOut(_)
        | Detail::ExecutionRedriven { .. }
        | Detail::TaskStarted { .. }
        | Detail::TaskStartFailed { .. }
        | Detail::TaskSubmitFailed { .. }
        | Detail::TaskFailed { .. }
        | Detail::TaskTimedOut { .. }
        | Detail::TaskStateAborted
        | Detail::LambdaFunctionScheduleFailed(_)
        | Detail::LambdaFunctionStarted
        | Detail::LambdaFunctionStartFailed(_)
        | Detail::LambdaFunctionFailed(_)
        | Detail::LambdaFunctionTimedOut(_)
        | Detail::ActivityScheduleFailed(_)
        | Detail::ActivityStarted { .. }
        | Detail::ActivityFailed(_)
        | Detail::ActivityTimedOut(_)
        | Detail::WaitStateAborted
        | Detail::ParallelStateSucceeded
        | Detail::ParallelStateFailed
        | Detail::ParallelStateAborted
        | Detail::MapIterationStarted { .. }
        | Detail::MapIterationSucceeded { .. }
        | Detail::MapIterationFailed { .. }
        | Detail::MapIterationAborted { .. }
        | Detail::MapStateSucceeded
        | Detail::MapStateFailed
        | Detail::MapStateAborted
        | Detail::MapRunSucceeded
        | Detail::MapRunFailed(_)
        | Detail::MapRunAborted
        | Detail::MapRunRedriven { .. }
        | Detail::EvaluationFailed { .. }
        | Detail::WaitScheduled { .. }
        | Detail::RetryScheduled { .. }
        | Detail::BranchStarted { .. } => Ok(()),
    }
}
