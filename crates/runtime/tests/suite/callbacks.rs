//! Callbacks: tokens, and what they may not do.

use ids::TaskToken;
use runtime::TokenError;

use crate::support::*;

pub(crate) const CALLBACK: &str = r#"{"StartAt": "T", "States": {"T": {"Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}}, "End": true}}}"#;

#[tokio::test]
async fn a_callback_ends_the_task() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", CALLBACK).await;
        let started = start(&runtime, &machine, "{}").await;
        settle().await;
        let token = world.script.tokens().remove(0);
        runtime.heartbeat(&token).await.unwrap();
        runtime.task_succeeded(&token, payload("5")).await.unwrap();
        assert_eq!(
            told(&runtime.describe(&started.arn).await.unwrap()),
            "SUCCEEDED 5"
        );
        let events = history(&runtime, &started.arn).await;
        let tail = [
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskSucceeded",
            "StateExited",
        ];
        assert_eq!(events[2..7], tail);
    }
}

#[tokio::test]
async fn a_token_that_names_nothing_is_refused() {
    let world = World::cold();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", CALLBACK).await;
    start(&runtime, &machine, "{}").await;
    settle().await;
    let text = world.script.tokens().remove(0);
    let token: TaskToken = text.parse().unwrap();
    let told = |token: TaskToken| {
        let runtime = runtime.clone();
        async move {
            runtime
                .task_succeeded(&token.to_string(), payload("1"))
                .await
                .unwrap_err()
        }
    };
    assert_eq!(
        runtime.heartbeat("no token").await.unwrap_err(),
        TokenError::Malformed
    );
    assert_eq!(
        told(TaskToken {
            nonce: token.nonce ^ 1,
            ..token
        })
        .await,
        TokenError::Unknown
    );
    assert_eq!(
        told(TaskToken {
            scheduled_event_id: 1,
            ..token
        })
        .await,
        TokenError::TimedOut
    );
    assert_eq!(
        told(TaskToken {
            scheduled_event_id: 99,
            ..token
        })
        .await,
        TokenError::Unknown
    );
    for id in [0, 1, token.execution_id + 256, u64::MAX, 1 << 47] {
        assert_eq!(
            told(TaskToken {
                execution_id: id,
                ..token
            })
            .await,
            TokenError::Unknown
        );
    }
    runtime.task_succeeded(&text, payload("1")).await.unwrap();
    assert_eq!(told(token).await, TokenError::TimedOut);
}
