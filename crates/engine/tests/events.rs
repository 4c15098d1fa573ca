//! Every type of AWS's history events is told in a story, or cannot occur.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The types that stories must show.
const TOLD: [&str; 58] = [
    "ActivityFailed",
    "ActivityScheduled",
    "ActivityStarted",
    "ActivitySucceeded",
    "ActivityTimedOut",
    "ChoiceStateEntered",
    "ChoiceStateExited",
    "EvaluationFailed",
    "ExecutionAborted",
    "ExecutionFailed",
    "ExecutionRedriven",
    "ExecutionStarted",
    "ExecutionSucceeded",
    "ExecutionTimedOut",
    "FailStateEntered",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduled",
    "LambdaFunctionStarted",
    "LambdaFunctionSucceeded",
    "LambdaFunctionTimedOut",
    "MapIterationAborted",
    "MapIterationFailed",
    "MapIterationStarted",
    "MapIterationSucceeded",
    "MapRunAborted",
    "MapRunFailed",
    "MapRunRedriven",
    "MapRunStarted",
    "MapRunSucceeded",
    "MapStateAborted",
    "MapStateEntered",
    "MapStateExited",
    "MapStateFailed",
    "MapStateStarted",
    "MapStateSucceeded",
    "ParallelStateAborted",
    "ParallelStateEntered",
    "ParallelStateExited",
    "ParallelStateFailed",
    "ParallelStateStarted",
    "ParallelStateSucceeded",
    "PassStateEntered",
    "PassStateExited",
    "SucceedStateEntered",
    "SucceedStateExited",
    "TaskFailed",
    "TaskScheduled",
    "TaskStarted",
    "TaskStateAborted",
    "TaskStateEntered",
    "TaskStateExited",
    "TaskSubmitFailed",
    "TaskSubmitted",
    "TaskSucceeded",
    "TaskTimedOut",
    "WaitStateAborted",
    "WaitStateEntered",
    "WaitStateExited",
];

/// The types that cannot occur: those of tasks that AWS's own queues could not take on, which are here for histories
/// that have them.
const UNTOLD: [&str; 4] = [
    "ActivityScheduleFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "TaskStartFailed",
];

#[test]
fn every_type_of_event_is_told_or_cannot_occur() {
    let stories = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let mut told = BTreeSet::new();
    for story in fs::read_dir(stories).unwrap() {
        let transcript = fs::read_to_string(story.unwrap().path().join("expected.txt")).unwrap();
        // `  7 < 6  TaskFailed  …`
        let types = transcript.lines().filter_map(|line| {
            let (number, rest) = line.split_once('<')?;
            number.trim().parse::<u64>().ok()?;
            rest.split_whitespace().nth(1)
        });
        told.extend(types.map(str::to_owned));
    }
    let expected: BTreeSet<String> = TOLD.map(str::to_owned).into();
    assert_eq!(told, expected);
    assert!(UNTOLD.iter().all(|untold| !told.contains(*untold)));
    assert_eq!(TOLD.len() + UNTOLD.len(), 62, "AWS has so many");
}
