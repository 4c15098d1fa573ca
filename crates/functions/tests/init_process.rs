//! As init of a container, this process inherits what workers leave behind, and must wait for it.

use functions::{FunctionConfig, Functions, Invocation, Outcome, Runtime, Settings};
use rustix::io::Errno;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};

const CODE: &str = "
import subprocess
def lambda_handler(event, context):
    subprocess.Popen(['sh', '-c', 'sleep 1000 & sleep 1000 &']).wait()
";

#[tokio::test]
async fn no_zombies_are_left() {
    set_child_subreaper(Some(getpid())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lambda_function.py"), CODE).unwrap();
    let config = FunctionConfig::new("f", Runtime::Python, folder.path());
    let functions = Functions::new([config], Settings::new("000000000000", "us-east-1"));
    let outcome = functions.invoke(Invocation::new("f", "{}")).await;
    assert!(matches!(outcome, Outcome::Success { .. }), "{outcome:?}");
    functions.shutdown().await;
    assert_eq!(wait(WaitOptions::NOHANG).unwrap_err(), Errno::CHILD);
}
