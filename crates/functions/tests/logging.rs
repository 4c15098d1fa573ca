//! Every line that a function prints is logged with the call that it belongs to.

use std::io;
use std::sync::{Arc, Mutex};

use functions::{FunctionConfig, Functions, Invocation, Outcome, Runtime, Settings};
use serde_json::Value;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn lines_carry_their_call() {
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let folder = tempfile::tempdir().unwrap();
    let code = "import sys\ndef lambda_handler(event, context):\n    print('out')\n    print('err', file=sys.stderr)\n";
    std::fs::write(folder.path().join("lambda_function.py"), code).unwrap();
    let config = FunctionConfig::new("greet", Runtime::Python, folder.path());
    let functions = Functions::new([config], Settings::new("000000000000", "us-east-1"));
    let mut invocation = Invocation::new("greet", "{}");
    invocation.request_id = "r-1".to_owned();
    invocation.execution_arn = Some("arn:of:execution".to_owned());
    let outcome = functions.invoke(invocation).await;
    assert!(matches!(outcome, Outcome::Success { .. }), "{outcome:?}");

    let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (stream, message) in [("stdout", "out"), ("stderr", "err")] {
        let line = lines
            .iter()
            .find(|line| line["fields"]["stream"] == stream)
            .unwrap();
        assert_eq!(line["fields"]["message"], message);
        assert_eq!(line["fields"]["function"], "greet");
        assert_eq!(line["fields"]["request_id"], "r-1");
        assert_eq!(line["fields"]["execution_arn"], "arn:of:execution");
        assert_eq!(line["target"], "stepwell::functions");
    }
}
