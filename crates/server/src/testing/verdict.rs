//! Verdict: what is shown of a state that was tested.

use api::{
    InspectionData, InspectionDataRequest, InspectionDataResponse, InspectionErrorDetails, InspectionLevel,
    TestExecutionStatus, TestStateOutput, Text,
};
use asl::{StateId, StateMachine};
use engine::{Stage, Verdict, VerdictStatus};
use json::{Payload, Str, Value};
use runtime::Exchange;

/// What is shown of a machine one of whose states is tested.
pub(crate) struct Names {
    /// The names of the states as the definition has them.
    states: Vec<Str>,
    /// The longest text that one member shows: room for a payload, whose spaces come on top.
    text_bytes: usize,
}

impl Names {
    /// The names of all states that a state may go to.
    pub(crate) fn new(machine: &StateMachine, tested: StateId) -> Self {
        let flow = machine.state(tested).flow;
        let name = |state: &asl::State| {
            if state.flow == flow {
                state.name.clone()
            } else {
                Str::default()
            }
        };
        Self {
            states: machine.states.iter().map(name).collect(),
            text_bytes: machine.limits.payload_bytes.saturating_mul(2),
        }
    }

    /// The answer: the end of the state, and as much of the way to it as was asked for.
    pub(crate) fn answer(
        &self,
        verdict: Verdict,
        level: InspectionLevel,
        input: &Payload,
    ) -> TestStateOutput {
        let error = verdict.error.clone().unwrap_or_default();
        let next = verdict.next.and_then(|next| self.states.get(next.0 as usize));
        TestStateOutput {
            output: verdict
                .output
                .as_ref()
                .and_then(|output| self.shown(output.value())),
            error: error.error.map(Text::from),
            cause: error.cause.map(Text::from),
            next_state: next.map(Text::from),
            status: Some(match verdict.status {
                VerdictStatus::Succeeded => TestExecutionStatus::Succeeded,
                VerdictStatus::Failed => TestExecutionStatus::Failed,
                VerdictStatus::Retriable => TestExecutionStatus::Retriable,
                VerdictStatus::Caught => TestExecutionStatus::CaughtError,
            }),
            inspection_data: match level {
                InspectionLevel::Info => None,
                InspectionLevel::Debug | InspectionLevel::Trace => Some(self.inspection(verdict, input)),
            },
        }
    }

    fn inspection(&self, verdict: Verdict, input: &Payload) -> InspectionData {
        let map = verdict.map.as_ref();
        let mut data = InspectionData {
            input: Some(Text::from(input.text())),
            error_details: error_details(&verdict),
            max_concurrency: map.map(|map| whole(map.max_concurrency)),
            tolerated_failure_count: map.and_then(|map| map.tolerated_count).map(whole),
            tolerated_failure_percentage: map.and_then(|map| map.tolerated_percentage),
            variables: (!verdict.variables.is_empty())
                .then(|| self.shown(&Value::object(verdict.variables)))
                .flatten(),
            ..InspectionData::default()
        };
        for (stage, value) in &verdict.stages {
            let member = match stage {
                Stage::InputPath => &mut data.after_input_path,
                Stage::Parameters => &mut data.after_parameters,
                Stage::Arguments => &mut data.after_arguments,
                Stage::ItemsPointer => &mut data.after_items_pointer,
                Stage::ItemsPath => &mut data.after_items_path,
                Stage::ItemSelector => &mut data.after_item_selector,
                Stage::ItemBatcher => &mut data.after_item_batcher,
                Stage::Result => &mut data.result,
                Stage::ResultSelector => &mut data.after_result_selector,
                Stage::ResultPath => &mut data.after_result_path,
            };
            *member = self.shown(value);
        }
        data
    }

    /// A value as AWS prints it here: with spaces. One that is far too long is left out.
    fn shown(&self, value: &Value) -> Option<Text> {
        value.spaced_text_within(self.text_bytes).ok().map(Text::from)
    }
}

/// The HTTP request and its answer.
pub(super) fn of_exchange(
    exchange: Exchange,
) -> (Option<InspectionDataRequest>, Option<InspectionDataResponse>) {
    let some = |text: String| Some(Text::from(text));
    let request = exchange.request;
    let request = InspectionDataRequest {
        protocol: some(request.protocol),
        method: some(request.method),
        url: some(request.url),
        headers: some(request.headers),
        body: request.body.map(Text::from),
    };
    let response = exchange.response.map(|response| InspectionDataResponse {
        protocol: some(response.protocol),
        status_code: some(response.status_code),
        status_message: some(response.status_message),
        headers: some(response.headers),
        body: response.body.map(Text::from),
    });
    (Some(request), response)
}

fn error_details(verdict: &Verdict) -> Option<InspectionErrorDetails> {
    let index = |place: Option<u32>| place.and_then(|place| i32::try_from(place).ok());
    let details = InspectionErrorDetails {
        catch_index: index(verdict.handled.catcher),
        retry_index: index(verdict.handled.retrier),
        // AWS gives whole seconds.
        retry_backoff_interval_seconds: verdict
            .handled
            .backoff_millis
            .map(|millis| whole(u64::try_from(millis / 1000).unwrap_or(0))),
    };
    (details != InspectionErrorDetails::default()).then_some(details)
}

fn whole(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
