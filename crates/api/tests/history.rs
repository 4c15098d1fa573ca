//! History events on the wire.

use std::collections::BTreeMap;

use api::{
    AssignedVariablesDetails, HistoryEvent, HistoryEventDetails, HistoryEventExecutionDataDetails,
    HistoryEventType, StateEnteredEventDetails, StateExitedEventDetails, Text, Timestamp,
};

fn event(id: i64, r#type: HistoryEventType, details: Option<HistoryEventDetails>) -> HistoryEvent {
    let timestamp = Timestamp::from_milliseconds(1_700_000_000_123);
    HistoryEvent {
        timestamp,
        r#type,
        id,
        previous_event_id: Some(id - 1),
        details,
    }
}

fn state_entered() -> HistoryEvent {
    let details = StateEnteredEventDetails {
        name: Text::from("Pause"),
        input: Some(Text::from("{}")),
        input_details: Some(HistoryEventExecutionDataDetails {
            truncated: Some(false),
        }),
    };
    event(
        2,
        HistoryEventType::PassStateEntered,
        Some(HistoryEventDetails::StateEntered(details)),
    )
}

#[test]
fn details_stand_under_the_name_of_their_member() {
    assert_eq!(
        serde_json::to_string(&state_entered()).unwrap(),
        r#"{"timestamp":1700000000.123,"type":"PassStateEntered","id":2,"previousEventId":1,"stateEnteredEventDetails":{"name":"Pause","input":"{}","inputDetails":{"truncated":false}}}"#
    );
}

#[test]
fn event_without_details_has_no_such_member() {
    assert_eq!(
        serde_json::to_string(&event(5, HistoryEventType::MapStateSucceeded, None)).unwrap(),
        r#"{"timestamp":1700000000.123,"type":"MapStateSucceeded","id":5,"previousEventId":4}"#
    );
}

#[test]
fn event_comes_back_from_its_text() {
    let exited = StateExitedEventDetails {
        name: Text::from("Pause"),
        assigned_variables: Some(BTreeMap::from([(Text::from("x"), Text::from("1"))])),
        assigned_variables_details: Some(AssignedVariablesDetails {
            truncated: Some(false),
        }),
        ..Default::default()
    };
    let exited = event(
        3,
        HistoryEventType::WaitStateExited,
        Some(HistoryEventDetails::StateExited(exited)),
    );
    for event in [
        state_entered(),
        exited,
        event(5, HistoryEventType::MapStateSucceeded, None),
    ] {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<HistoryEvent>(&text).unwrap(), event);
    }
}

#[test]
fn type_tells_which_details_belong_to_it() {
    let HistoryEvent { r#type, details, .. } = state_entered();
    assert_eq!(r#type.details_member(), details.map(|details| details.member()));
    let without = HistoryEventType::ALL
        .iter()
        .filter(|r#type| r#type.details_member().is_none());
    assert_eq!((HistoryEventType::ALL.len(), without.count()), (62, 12));
}
