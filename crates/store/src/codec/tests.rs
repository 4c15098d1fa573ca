use engine::{BranchId, Detail, Ending, Event, Millis, Scheduled, StateType};
use json::{Payload, Str};
use proptest::prelude::*;

use crate::batch::{Batch, CatalogChange, Commit, ExpressChange};
use crate::codec::events::decode_within;
use crate::codec::*;
use crate::conformance::{created, id};
use crate::record::{Closed, ExpressStart, OpenRow, Redriven, Status};

/// One detail of every kind, by position.
fn detail(kind: usize, text: &Str, payload: &Payload, number: u64) -> Option<Detail> {
    let (text, payload, small) = (text.clone(), payload.clone(), number as u32);
    let ending = Ending {
        error: number.is_multiple_of(2).then(|| text.clone()),
        cause: number.is_multiple_of(3).then(|| text.clone()),
    };
    let (resource_type, resource, region) = (text.clone(), text.clone(), text.clone());
    let scheduled = Scheduled {
        parameters: payload.clone(),
        timeout_seconds: number.is_multiple_of(2).then_some(number),
        heartbeat_seconds: number.is_multiple_of(5).then_some(number),
        role_arn: number.is_multiple_of(3).then(|| text.clone()),
        nonce: number,
    };
    let (name, index, parent) = (text.clone(), number, BranchId(small));
    let until = Millis(number as i64);
    let types = [
        StateType::Pass,
        StateType::Task,
        StateType::Choice,
        StateType::Wait,
        StateType::Succeed,
        StateType::Fail,
        StateType::Parallel,
        StateType::Map,
    ];
    let state_type = types[number as usize % types.len()];
    Some(match kind {
        0 => Detail::ExecutionStarted {
            input: payload,
            role_arn: text.clone(),
            version_arn: Some(text),
            alias_arn: None,
        },
        1 => Detail::ExecutionSucceeded { output: payload },
        2 => Detail::ExecutionFailed(ending),
        3 => Detail::ExecutionAborted(ending),
        4 => Detail::ExecutionTimedOut(ending),
        5 => Detail::ExecutionRedriven {
            count: small,
            token: ending.cause,
        },
        6 => Detail::StateEntered {
            kind: state_type,
            state: small,
            name,
            input: payload,
        },
        7 => {
            let assigned = vec![(text, payload.clone()), ("x".into(), payload.clone())];
            Detail::StateExited {
                kind: state_type,
                state: small,
                name,
                output: payload,
                assigned,
            }
        }
        8 => Detail::TaskScheduled {
            resource_type,
            resource,
            region,
            scheduled,
        },
        9 => Detail::TaskStarted {
            resource_type,
            resource,
        },
        10 => Detail::TaskStartFailed {
            resource_type,
            resource,
            ending,
        },
        11 => Detail::TaskSubmitted {
            resource_type,
            resource,
            output: payload,
        },
        12 => Detail::TaskSubmitFailed {
            resource_type,
            resource,
            ending,
        },
        13 => Detail::TaskSucceeded {
            resource_type,
            resource,
            output: payload,
        },
        14 => Detail::TaskFailed {
            resource_type,
            resource,
            ending,
        },
        15 => Detail::TaskTimedOut {
            resource_type,
            resource,
            ending,
        },
        16 => Detail::TaskStateAborted,
        17 => Detail::LambdaFunctionScheduled { resource, scheduled },
        18 => Detail::LambdaFunctionScheduleFailed(ending),
        19 => Detail::LambdaFunctionStarted,
        20 => Detail::LambdaFunctionStartFailed(ending),
        21 => Detail::LambdaFunctionSucceeded { output: payload },
        22 => Detail::LambdaFunctionFailed(ending),
        23 => Detail::LambdaFunctionTimedOut(ending),
        24 => Detail::ActivityScheduled { resource, scheduled },
        25 => Detail::ActivityScheduleFailed(ending),
        26 => Detail::ActivityStarted { worker: ending.error },
        27 => Detail::ActivitySucceeded { output: payload },
        28 => Detail::ActivityFailed(ending),
        29 => Detail::ActivityTimedOut(ending),
        30 => Detail::WaitStateAborted,
        31 => Detail::ParallelStateStarted { input: payload },
        32 => Detail::ParallelStateSucceeded,
        33 => Detail::ParallelStateFailed,
        34 => Detail::ParallelStateAborted,
        35 => Detail::MapStateStarted {
            items: payload,
            length: number,
            max_concurrency: number,
        },
        36 => Detail::MapIterationStarted { name, index, parent },
        37 => Detail::MapIterationSucceeded { name, index },
        38 => Detail::MapIterationFailed { name, index },
        39 => Detail::MapIterationAborted { name, index },
        40 => Detail::MapStateSucceeded,
        41 => Detail::MapStateFailed,
        42 => Detail::MapStateAborted,
        43 => Detail::EvaluationFailed {
            state: text,
            location: ending.error.clone(),
            ending,
        },
        44 => Detail::WaitScheduled { until },
        45 => Detail::RetryScheduled {
            retrier: small,
            until,
        },
        46 => Detail::BranchStarted { slot: small, parent },
        _ => return None,
    })
}

const KINDS: usize = 47;

/// Numbers the events as the engine does.
fn numbered(details: impl IntoIterator<Item = Detail>) -> Vec<Event> {
    let mut last = 1;
    let number = |detail: Detail| {
        last += u64::from(!detail.is_silent());
        Event {
            id: last,
            previous: last / 2,
            at: Millis(1_763_800_000_000),
            branch: BranchId(last as u32 % 3),
            detail,
        }
    };
    details.into_iter().map(number).collect()
}

fn every_kind() -> Vec<Event> {
    let texts = ["Check", "Zürich ☂", "arn:aws:iam::000000000000:role/orders"];
    let large = Payload::trusted(format!("[{}1]", "1234567,".repeat(1000)));
    let payloads = [Payload::trusted(r#"{"order": 4711}"#), large];
    numbered((0..2 * KINDS).map(|place| {
        let text = texts[place % texts.len()].into();
        detail(place % KINDS, &text, &payloads[place % 2], 6 + place as u64).expect("every kind has a place")
    }))
}

fn decoded(encoded: &Encoded) -> Result<Vec<Event>, Damage> {
    let mut events = Vec::new();
    let mut large = |number| {
        let found = encoded.payloads.iter().find(|payload| payload.number == number);
        decode_payload(&found.ok_or_else(|| format!("payload {number} is missing"))?.bytes)
    };
    decode(&encoded.blob.bytes, &mut large, &mut events)?;
    Ok(events)
}

const EVENTS_V1: &[u8] = include_bytes!("../../tests/golden/events-v1.bin");
const PAYLOAD_V1: &[u8] = include_bytes!("../../tests/golden/payload-v1.bin");
const CREATED_V1: &[u8] = include_bytes!("../../tests/golden/created-v1.bin");

#[test]
fn what_version_1_wrote_is_read() {
    let payloads = vec![LargePayload {
        number: 0,
        bytes: PAYLOAD_V1.to_vec(),
    }];
    let blob = Blob {
        first: 2,
        count: 0,
        bytes: EVENTS_V1.to_vec(),
    };
    assert_eq!(decoded(&Encoded { blob, payloads }), Ok(every_kind()));
    assert_eq!(decode_created(CREATED_V1), Ok(created(1)));
}

#[test]
#[ignore = "writes the files of a version that is not released yet"]
fn golden_files_are_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let encoded = encode(&every_kind(), &mut PayloadTable::default()).unwrap();
    assert_eq!(encoded.payloads.len(), 1);
    std::fs::write(format!("{folder}/events-v1.bin"), encoded.blob.bytes).unwrap();
    std::fs::write(format!("{folder}/payload-v1.bin"), &encoded.payloads[0].bytes).unwrap();
    std::fs::write(format!("{folder}/created-v1.bin"), encode_created(&created(1))).unwrap();
}

#[test]
fn neighbours_share_their_payload_again() {
    let text: Str = "x".into();
    for payload in [
        Payload::trusted("[1]"),
        Payload::trusted(format!("\"{}\"", "y".repeat(9000))),
    ] {
        let events = numbered([6, 7, 6].map(|kind| detail(kind, &text, &payload, 1).unwrap()));
        let events = decoded(&encode(&events, &mut PayloadTable::default()).unwrap()).unwrap();
        let carried: Vec<&Payload> = events
            .iter()
            .map(|event| match &event.detail {
                Detail::StateEntered { input, .. } => input,
                Detail::StateExited { output, .. } => output,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(carried[0].is_same(carried[1]) && carried[1].is_same(carried[2]));
    }
}

#[test]
fn long_steps_become_several_frames() {
    let payload = Payload::trusted(format!("\"{}\"", "z".repeat(4000)));
    let events = numbered((0..2000).map(|_| detail(1, &"".into(), &payload, 1).unwrap()));
    let encoded = encode(&events, &mut PayloadTable::default()).unwrap();
    assert_eq!((encoded.blob.first, encoded.blob.count), (2, 2000));
    assert_eq!(decoded(&encoded), Ok(events));
}

#[test]
fn a_number_that_no_place_has_is_refused() {
    let mut events = numbered([Detail::TaskStateAborted]);
    events[0].id = u64::from(EVENT_NUMBER_MAX) - 1;
    assert!(encode(&events, &mut PayloadTable::default()).is_ok());
    events[0].id += 1;
    assert!(encode(&events, &mut PayloadTable::default()).is_err());
}

#[test]
fn more_events_than_a_history_can_have_are_refused() {
    let event = &numbered([Detail::TaskStateAborted])[0];
    let content = postcard::to_stdvec(event).unwrap().repeat(200_000);
    let mut bytes = Vec::new();
    frame::write(&content, "it", &mut bytes).unwrap();
    assert!(bytes.len() < 100_000);
    let mut none = |_| Err("none".to_owned());
    assert_eq!(decode_within(200_000, &bytes, &mut none, &mut Vec::new()), Ok(()));
    let result = decode_within(199_999, &bytes, &mut none, &mut Vec::new());
    assert_eq!(result, Err("it has too many events".to_owned()));
}

#[test]
fn a_reference_to_no_payload_is_damage() {
    for text in ["\u{1}0", "\u{1}", "\u{1}70000", "\u{1}-1", "\u{1}0x"] {
        let events = numbered([Detail::ExecutionSucceeded {
            output: Payload::trusted(text),
        }]);
        let encoded = encode(&events, &mut PayloadTable::default()).unwrap();
        assert!(decoded(&encoded).is_err());
    }
}

#[test]
fn a_batch_is_a_record_of_the_journal() {
    let mut table = PayloadTable::default();
    let encoded = encode(&every_kind(), &mut table).unwrap();
    let batch = Batch {
        catalog: vec![CatalogChange::RemoveMachine("m".into())],
        executions: vec![Commit {
            created: Some(created(1)),
            events: Some(encoded.blob),
            payloads: encoded.payloads,
            redriven: Some(Redriven {
                count: 1,
                at: Millis(2),
            }),
            open: Some(OpenRow {
                due: Some(Millis(3)),
                wake: true,
            }),
            closed: Some(Closed {
                status: Status::TimedOut,
                stopped: Millis(4),
            }),
            ..Commit::new(id(1))
        }],
        express: vec![
            ExpressChange::Started(ExpressStart {
                id: id(2),
                created: created(2),
                input: Payload::trusted("[ ]"),
            }),
            ExpressChange::Finished(id(3)),
        ],
    };
    let bytes = postcard::to_stdvec(&batch).unwrap();
    assert_eq!(postcard::from_bytes::<Batch>(&bytes), Ok(batch));
}

fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let text = prop_oneof![Just(String::new()), "[a-zA-Z]{1,20}", any::<String>()];
    let payload = (
        text.clone(),
        prop_oneof![9 => Just(1_usize), 1 => 500..2000_usize],
    );
    let payload = payload
        .prop_map(|(text, times)| Payload::from(json::Value::from(json::Str::from(text.repeat(times)))));
    let payloads = prop::collection::vec(payload, 1..4);
    let picks = prop::collection::vec(
        (0..KINDS, text, any::<prop::sample::Index>(), any::<u64>()),
        1..60,
    );
    (payloads, picks).prop_map(|(payloads, picks)| {
        numbered(picks.into_iter().map(|(kind, text, payload, number)| {
            detail(kind, &text.into(), payload.get(&payloads), number).expect("every kind has a place")
        }))
    })
}

proptest! {
    #[test]
    fn any_events_come_back(events in any_events()) {
        let encoded = encode(&events, &mut PayloadTable::default()).unwrap();
        prop_assert_eq!(decoded(&encoded), Ok(events));
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let none = &mut |_| Err("none".to_owned());
        let _ = decode(&bytes, none, &mut Vec::new());
        let _ = decode_payload(&bytes);
        let _ = decode_created(&bytes);
        let mut framed = Vec::new();
        frame::write(&bytes, "it", &mut framed).unwrap();
        let _ = decode(&framed, none, &mut Vec::new());
        let _ = decode_payload(&framed);
    }

    #[test]
    fn changed_content_with_a_right_checksum_is_refused_or_read(
        events in any_events(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
    ) {
        let encoded = encode(&events, &mut PayloadTable::default()).unwrap();
        let mut content = frame::read(&mut &encoded.blob.bytes[..]).unwrap();
        for (place, byte) in changes {
            let place = place.index(content.len());
            content[place] = byte;
        }
        let mut bytes = Vec::new();
        frame::write(&content, "it", &mut bytes).unwrap();
        let _ = decode(&bytes, &mut |_| Err("none".to_owned()), &mut Vec::new());
    }
}
