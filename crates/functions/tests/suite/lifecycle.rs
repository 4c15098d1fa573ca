//! When workers are started, shared, given up and killed.

use std::collections::BTreeSet;
use std::time::Duration;

use functions::{FunctionConfig, Functions, Invocation, Outcome, Runtime, Settings};
use serde_json::{Value, json};

use crate::support::{Fixture, is_running};

const COUNTER: &str = "
import os
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    return [os.getpid(), count]
";

fn invocation(payload: &str) -> Invocation {
    Invocation {
        request_id: "r-1".into(),
        ..Invocation::new("f", payload.to_owned())
    }
}

#[tokio::test]
async fn module_state_is_kept_between_calls() {
    let fixture = Fixture::python(COUNTER);
    let first = fixture.result("{}").await;
    let second = fixture.result("{}").await;
    assert_eq!((&first[1], &second[1]), (&json!(1), &json!(2)));
    assert_eq!(first[0], second[0]);
    assert_eq!(
        fixture.functions.logs("f")[0].pid.map(Value::from).as_ref(),
        Some(&first[0])
    );
}

/// Each call waits until as many run at the same time as it is told.
const MEETING: &str = "
import os, time
def lambda_handler(event, context):
    open('here-%d' % os.getpid(), 'w').close()
    while sum(name.startswith('here-') for name in os.listdir('.')) < event:
        time.sleep(0.005)
    return os.getpid()
";

#[tokio::test]
async fn calls_run_in_parallel() {
    let fixture = Fixture::python(MEETING);
    let calls: Vec<_> = (0..5).map(|_| fixture.spawn("5")).collect();
    let mut workers = BTreeSet::new();
    for call in calls {
        let Outcome::Success { payload, .. } = call.await.unwrap() else {
            panic!()
        };
        workers.insert(payload);
    }
    assert_eq!(workers.len(), 5);
}

#[tokio::test]
async fn calls_above_the_limit_wait_for_a_worker() {
    let files = [("lambda_function.py", COUNTER)];
    let fixture = Fixture::with(Runtime::Python, &files, |config, _| {
        config.max_concurrency = Some(2)
    });
    let calls: Vec<_> = (0..20).map(|_| fixture.spawn("{}")).collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Outcome::Success { .. }));
    }
    assert!(*fixture.functions.worker_count().borrow() <= 2);
}

#[tokio::test]
async fn a_call_that_finds_no_worker_in_time_is_throttled() {
    let files = [("lambda_function.py", MEETING)];
    let fixture = Fixture::with(Runtime::Python, &files, |config, _| {
        config.max_concurrency = Some(1)
    });
    let first = fixture.spawn("2");
    fixture.until_workers(1).await;
    let mut second = invocation("2");
    second.deadline = Some(tokio::time::Instant::now());
    assert_eq!(fixture.functions.invoke(second).await, Outcome::Throttled);
    fixture.write("here-too", "");
    assert!(matches!(first.await.unwrap(), Outcome::Success { .. }));

    let fixture = Fixture::with(Runtime::Python, &files, |config, _| {
        config.max_concurrency = Some(0)
    });
    assert_eq!(fixture.call("1").await, Outcome::Throttled);
}

#[tokio::test]
async fn a_handler_out_of_time_is_killed_with_its_children() {
    let code = "
import os, subprocess, time
child = subprocess.Popen(['sleep', '1000'])
print('pids %d %d' % (os.getpid(), child.pid))
def lambda_handler(event, context):
    while event == 'hang':
        pass
    return [os.getpid(), child.pid]
";
    let files = [("lambda_function.py", code)];
    let fixture = Fixture::with(Runtime::Python, &files, |config, _| {
        config.timeout = Duration::from_millis(1250)
    });
    let pids = fixture.result("{}").await;
    assert!(is_running(&pids[0]) && is_running(&pids[1]));
    let (kind, error) = fixture.failure(r#""hang""#).await;
    assert_eq!(kind, "Sandbox.Timedout");
    assert_eq!(
        error["errorMessage"],
        "RequestId: r-1 Error: Task timed out after 1.25 seconds"
    );
    fixture.until_workers(0).await;
    assert!(!is_running(&pids[0]) && !is_running(&pids[1]));
    assert_ne!(fixture.result("{}").await, pids);
    assert_eq!(fixture.functions.logs("f").len(), 2);
}

#[tokio::test]
async fn a_start_without_end_is_out_of_time() {
    let files = [("lambda_function.py", "while True:\n    pass\n")];
    let fixture = Fixture::with(Runtime::Python, &files, |config, settings| {
        config.timeout = Duration::from_millis(100);
        settings.init = Duration::from_millis(100);
    });
    let (kind, error) = fixture.failure("{}").await;
    assert_eq!(kind, "Sandbox.Timedout");
    assert_eq!(
        error["errorMessage"],
        "RequestId: r-1 Error: Task timed out after 0.10 seconds"
    );
}

#[tokio::test]
async fn a_process_that_ends_in_a_call_is_an_exit_error() {
    let code = "
import os, sys, signal
def lambda_handler(event, context):
    print('last words', end='')
    if event == 'kill':
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(event)
";
    let fixture = Fixture::python(code);
    let message = async |event: &str| {
        let (kind, error) = fixture.failure(event).await;
        assert_eq!(kind, "Runtime.ExitError");
        error["errorMessage"]
            .as_str()
            .unwrap()
            .replace("RequestId: r-1 Error: ", "")
    };
    assert_eq!(message("3").await, "Runtime exited with error: exit status 3");
    assert_eq!(message("0").await, "Runtime exited without providing a reason");
    assert_eq!(
        message(r#""kill""#).await,
        "Runtime exited with error: signal: killed"
    );
    assert!(
        fixture
            .functions
            .logs("f")
            .iter()
            .all(|log| log.text.contains("\nlast words\nEND RequestId: r-1\n"))
    );
}

#[tokio::test]
async fn a_process_that_ends_at_its_start_is_an_exit_error() {
    let fixture = Fixture::new(Runtime::Provided, &[("bootstrap", "#!/bin/sh\nexit 7\n")]);
    let (kind, error) = fixture.failure("{}").await;
    assert_eq!(kind, "Runtime.ExitError");
    assert_eq!(
        error["errorMessage"],
        "RequestId: r-1 Error: Runtime exited with error: exit status 7"
    );
}

#[tokio::test]
async fn a_missing_program_is_an_invalid_entrypoint() {
    let fixture = Fixture::new(Runtime::Command(vec!["no-such-program".into()]), &[]);
    let (kind, error) = fixture.failure("{}").await;
    assert_eq!(kind, "Runtime.InvalidEntrypoint");
    assert_eq!(
        error["errorMessage"],
        "RequestId: r-1 Error: fork/exec no-such-program: executable file not found in $PATH"
    );
    let fixture = Fixture::new(Runtime::Provided, &[("bootstrap", "not executable")]);
    assert_eq!(fixture.failure("{}").await.0, "Runtime.InvalidEntrypoint");
}

#[tokio::test]
async fn a_worker_that_died_idle_is_replaced_silently() {
    let code = "
import os, threading
def lambda_handler(event, context):
    if event == 'die':
        # Outlives the answer by a moment.
        threading.Timer(0.05, os._exit, [1]).start()
    return os.getpid()
";
    let fixture = Fixture::python(code);
    let first = fixture.result(r#""die""#).await;
    fixture.until_workers(0).await;
    assert_ne!(fixture.result("{}").await, first);
}

#[tokio::test]
async fn a_program_may_end_after_each_event() {
    let once = r#"#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
curl -sS -D headers -o /dev/null "$api/next"
id=$(tr -d '\r' < headers | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
curl -sS -o /dev/null "$api/$id/response" -d $$
"#;
    let fixture = Fixture::new(Runtime::Provided, &[("bootstrap", once)]);
    let mut pids = BTreeSet::new();
    for _ in 0..5 {
        pids.insert(fixture.result("{}").await.to_string());
    }
    assert_eq!(pids.len(), 5);
}

#[tokio::test]
async fn a_flood_of_output_is_bounded() {
    let code = "
import sys
def lambda_handler(event, context):
    sys.stdout.write('x' * 3_000_000)
    for number in range(200_000):
        print('line', number)
    return 'done'
";
    let fixture = Fixture::python(code);
    let Outcome::Success { payload, log_tail } = fixture.call("{}").await else {
        panic!()
    };
    assert_eq!(payload, r#""done""#);
    assert!(
        log_tail.len() <= 4096 && log_tail.contains("line 199999\nEND RequestId: "),
        "{log_tail}"
    );
    let logs = fixture.functions.logs("f");
    assert_eq!(logs.len(), 1);
    assert!(logs[0].text.len() <= 64 * 1024 && logs[0].text.contains("line 199000\n"));
}

#[tokio::test]
async fn changed_code_is_loaded_anew() {
    let fixture = Fixture::python("def lambda_handler(event, context):\n    return 'old'\n");
    assert_eq!(fixture.result("{}").await, "old");
    fixture.write(
        "lambda_function.py",
        "def lambda_handler(event, context):\n    return 'newer'\n",
    );
    assert_eq!(fixture.result("{}").await, "newer");
    fixture.until_workers(1).await;
    assert!(!fixture.path("__pycache__").exists());
}

#[tokio::test]
async fn idle_workers_are_given_up() {
    let files = [("lambda_function.py", COUNTER)];
    let fixture = Fixture::with(Runtime::Python, &files, |config, _| {
        config.idle = Duration::from_millis(50)
    });
    let pid = fixture.result("{}").await[0].clone();
    fixture.until_workers(0).await;
    assert!(!is_running(&pid));
    assert_ne!(fixture.result("{}").await[0], pid);
}

#[tokio::test]
async fn shutdown_kills_workers_and_ends_calls() {
    let code = "
import os, subprocess, time
def lambda_handler(event, context):
    if event == 'hang':
        open('hanging', 'w').close()
        time.sleep(1000)
    return [os.getpid(), subprocess.Popen(['sleep', '1000']).pid]
";
    let fixture = Fixture::python(code);
    let pids = fixture.result("{}").await;
    let first = fixture.spawn(r#""hang""#);
    let second = fixture.spawn(r#""hang""#);
    fixture.until_workers(2).await;
    fixture.functions.shutdown().await;
    assert_eq!(first.await.unwrap(), Outcome::Closed);
    assert_eq!(second.await.unwrap(), Outcome::Closed);
    assert_eq!(*fixture.functions.worker_count().borrow(), 0);
    assert!(!is_running(&pids[0]) && !is_running(&pids[1]));
    assert_eq!(fixture.call("{}").await, Outcome::Closed);
    fixture.functions.shutdown().await;
}

#[tokio::test]
async fn dropping_a_call_kills_its_worker() {
    let fixture =
        Fixture::python("import time\ndef lambda_handler(event, context):\n    time.sleep(event)\n");
    let call = fixture.spawn("1000");
    fixture.until_workers(1).await;
    call.abort();
    fixture.until_workers(0).await;
    assert_eq!(fixture.result("0").await, json!(null));
}

#[tokio::test]
async fn dropping_the_registry_kills_its_workers() {
    let fixture = Fixture::python(COUNTER);
    fixture.result("{}").await;
    let mut count = fixture.functions.worker_count();
    drop(fixture);
    count.wait_for(|count| *count == 0).await.unwrap();
}

#[tokio::test]
async fn functions_are_found_by_every_form_of_their_name() {
    let configs = [FunctionConfig::new("greet", Runtime::Python, "/tmp")];
    let functions = Functions::new(configs, Settings::new("123456789012", "eu-west-1"));
    let arn = |text: &str| functions.resolve(text).map(|function| function.arn);
    let own = "arn:aws:lambda:eu-west-1:123456789012:function:greet";
    let other = "arn:aws:lambda:us-east-2:999999999999:function:greet:live";
    assert_eq!(arn("greet").as_deref(), Some(own));
    assert_eq!(arn("123456789012:function:greet").as_deref(), Some(own));
    assert_eq!(arn("greet:live").as_deref(), Some(&*format!("{own}:live")));
    assert_eq!(arn(other).as_deref(), Some(other));
    assert_eq!(
        functions.resolve(other).unwrap().qualifier.as_deref(),
        Some("live")
    );
    assert_eq!(arn("other"), None);
    assert_eq!(
        functions.invoke(Invocation::new("other", "{}")).await,
        Outcome::NotFound
    );
}

#[tokio::test]
async fn functions_come_and_go() {
    let fixture = Fixture::python(COUNTER);
    fixture.result("{}").await;
    let config = fixture.functions.remove("f").unwrap();
    fixture.until_workers(0).await;
    assert_eq!(fixture.call("{}").await, Outcome::NotFound);
    fixture.functions.put(config);
    assert_eq!(fixture.result("{}").await[1], 1);
}

#[tokio::test]
async fn endless_spans_of_time_are_no_trouble() {
    let files = [("lambda_function.py", COUNTER)];
    let fixture = Fixture::with(Runtime::Python, &files, |config, settings| {
        (config.timeout, config.idle, settings.init) = (Duration::MAX, Duration::MAX, Duration::MAX);
        config.max_concurrency = Some(usize::MAX);
    });
    assert_eq!(fixture.result("{}").await[1], 1);
}
