//! Workers and all that they started end with this process, however it ends.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use functions::{FunctionConfig, Functions, Invocation, Runtime, Settings};

const PORT: &str = "STEPWELL_TEST_PORT";
const FOLDER: &str = "STEPWELL_TEST_FOLDER";

/// Connects to the test, gives the connection to a child, and never ends.
const CODE: &str = "
import os, socket, subprocess
def lambda_handler(event, context):
    connection = socket.create_connection(('127.0.0.1', event))
    connection.set_inheritable(True)
    subprocess.Popen(['sleep', '1000'], close_fds=False)
    connection.sendall(b'hello')
    while True:
        pass
";

#[test]
fn workers_die_with_a_killed_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lambda_function.py"), CODE).unwrap();
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "server_to_be_killed"])
        .env(PORT, port.to_string())
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let (mut worker, _) = listener.accept().unwrap();
    let mut hello = [0; 5];
    worker.read_exact(&mut hello).unwrap();

    server.kill().unwrap();
    server.wait().unwrap();
    // The connection ends once neither the handler nor its child holds it.
    let end = worker.read(&mut hello);
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

#[tokio::test]
#[ignore = "the other process of the test above"]
async fn server_to_be_killed() {
    let (Ok(port), Ok(folder)) = (std::env::var(PORT), std::env::var(FOLDER)) else {
        return;
    };
    let mut config = FunctionConfig::new("f", Runtime::Python, folder);
    config.timeout = std::time::Duration::from_secs(60);
    let functions = Functions::new([config], Settings::new("000000000000", "us-east-1"));
    functions.invoke(Invocation::new("f", port)).await;
}
