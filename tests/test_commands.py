"""The commands of the binary itself."""

import json
import signal
import subprocess
import time
import urllib.request

import pytest

from stepwell import EXAMPLES, FUNCTIONS, ROLE, binary, chain, function_arn, run, task, wait_for, waiting

YAML = """\
# A comment, which JSON has not.
StartAt: Greet
States:
  Greet:
    Type: Pass
    Parameters:
      greeting.$: States.Format('Hello, {}!', $.name)
    End: true
"""


@pytest.fixture
def file(tmp_path):
    """Writes a definition into a file."""

    def write(definition, name="machine.asl.json"):
        path = tmp_path / name
        path.write_text(definition if isinstance(definition, str) else json.dumps(definition, indent=2))
        return path

    return write


# run


def test_run_prints_the_output_and_nothing_else(file):
    done = run("run", file(chain(3)), "--input", '{"tea": ["green", 1.5]}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"tea": ["green", 1.5]}
    for event in ("ExecutionStarted", "PassStateEntered", "ExecutionSucceeded"):
        assert event in done.stderr


def test_run_takes_its_input_from_a_file(file, tmp_path):
    input = tmp_path / "input.json"
    input.write_text('{"from": "a file"}')
    done = run("run", file(chain()), "--input", f"@{input}")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"from": "a file"}), done.stderr
    missing = run("run", file(chain()), "--input", f"@{tmp_path / 'missing'}")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "missing" in missing.stderr


def test_run_without_input_has_an_empty_object(file):
    done = run("run", file(chain()))
    assert (done.returncode, json.loads(done.stdout)) == (0, {}), done.stderr


def test_run_reads_yaml(file):
    done = run("run", file(YAML, "greet.asl.yaml"), "--input", '{"name": "Ada"}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"greeting": "Hello, Ada!"}


def test_run_calls_functions(file):
    done = run("run", file(task(function_arn("Echo"))), "--functions", FUNCTIONS, "--input", '{"a": 1}')
    assert (done.returncode, json.loads(done.stdout)) == (0, {"a": 1}), done.stderr


def test_run_leaves_nothing_behind(file, tmp_path):
    definition = file(chain())
    before = sorted(tmp_path.rglob("*"))
    assert run("run", definition, cwd=tmp_path).returncode == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_the_exit_code_of_run_tells_how_it_ended(file):
    failing = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "OutOfTea", "Cause": "the pot is empty"}}}
    failed = run("run", file(failing))
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "OutOfTea" in failed.stderr and "the pot is empty" in failed.stderr

    timed_out = run("run", file({**waiting(), "TimeoutSeconds": 1}))
    assert (timed_out.returncode, timed_out.stdout) == (3, ""), timed_out.stderr

    mistaken = run("run", file({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}))
    assert (mistaken.returncode, mistaken.stdout) == (2, "")
    assert "MISSING_TRANSITION_TARGET" in mistaken.stderr

    for input in ("{", "tea"):
        no_json = run("run", file(chain()), "--input", input)
        assert (no_json.returncode, no_json.stdout) == (2, "")
        assert no_json.stderr


def test_run_is_stopped_by_an_interrupt(file):
    process = subprocess.Popen(
        [binary(), "run", file(waiting())], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        seen = []
        for line in process.stderr:
            seen.append(line)
            if "WaitStateEntered" in line:
                break
        process.send_signal(signal.SIGINT)
        output, rest = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, output) == (4, ""), "".join(seen) + rest


def test_run_tells_about_itself_as_json(file):
    done = run("run", file(chain()), "--input", '{"a": 1}', "--output", "json")
    assert done.returncode == 0, done.stderr
    assert "a" in json.dumps(json.loads(done.stdout))


def test_run_shows_the_example_of_the_readme():
    done = run("run", EXAMPLES / "choice" / "choice.asl.json", "--input", '{"value": 11}')
    assert (done.returncode, json.loads(done.stdout)) == (0, "high"), done.stderr


# validate


def test_validate_says_nothing_about_what_is_right(file):
    done = run("validate", file(chain()), file(YAML, "greet.asl.yaml"))
    assert done.returncode == 0, done


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_validate_accepts_the_examples(example):
    done = run("validate", *(EXAMPLES / example).glob("*.asl.json"))
    assert done.returncode == 0, done


def test_validate_names_the_place(file):
    json_file = file('{\n  "StartAt": "A",\n  "States": {\n    "A": { "Type": "Pass", "Next": "B" }\n  }\n}\n')
    yaml_file = file("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: B\n", "wrong.asl.yaml")
    done = run("validate", json_file, yaml_file)
    assert done.returncode == 1
    text = done.stdout + done.stderr
    assert f"{json_file}:4:" in text and f"{yaml_file}:5:" in text, text
    assert text.count("MISSING_TRANSITION_TARGET") == 2
    assert "/States/A/Next" in text


def test_validate_names_the_place_of_a_syntax_error(file):
    json_file = file('{\n  "StartAt": "A",\n  "States": {\n    tea\n  }\n}\n')
    yaml_file = file("StartAt: A\nStates: [\n", "broken.asl.yaml")
    done = run("validate", json_file, yaml_file)
    assert done.returncode == 1
    text = done.stdout + done.stderr
    assert f"{json_file}:4:" in text and f"{yaml_file}:" in text, text


def test_validate_prints_json(file):
    wrong = file('{\n  "StartAt": "A",\n  "States": {\n    "A": { "Type": "Pass", "Next": "B" }\n  }\n}\n')
    done = run("validate", wrong, "--output", "json")
    assert done.returncode == 1
    text = json.dumps(json.loads(done.stdout))
    assert "MISSING_TRANSITION_TARGET" in text and str(wrong) in text


def test_validate_says_which_file_it_cannot_read(file, tmp_path):
    missing = tmp_path / "missing.asl.json"
    done = run("validate", file(chain()), missing)
    assert done.returncode not in (0, None)
    assert str(missing) in done.stderr
    assert run("validate").returncode == 2


# serve


def test_serve_prints_its_address_first_and_is_ended_by_sigterm(serve):
    server = serve()
    with urllib.request.urlopen(f"{server.url}/health", timeout=10) as answer:
        assert answer.status == 200
    assert server.stop() == 0
    assert server.lines.get(timeout=10) is None, "only the address goes to standard output"


def test_a_log_that_is_no_terminal_has_no_colours(serve):
    server = serve()
    server.stop()
    assert server.said()
    assert "\x1b" not in server.said()


def test_serve_ends_at_once_though_workers_wait(serve):
    server = serve()
    wire = server.wire()
    activity = wire.call("CreateActivity", name="idle")["activityArn"]
    machine = server.boto3().create_state_machine(name="hold", definition=json.dumps(waiting()), roleArn=ROLE)
    wire.call("StartExecution", stateMachineArn=machine["stateMachineArn"])
    body = json.dumps({"activityArn": activity}).encode()
    headers = {"X-Amz-Target": "AWSStepFunctions.GetActivityTask", "Content-Type": "application/x-amz-json-1.0"}
    wire.connection.request("POST", "/", body, headers)
    begun = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begun < 15


def test_serve_goes_on_where_it_ended(serve):
    server = serve()
    client = server.boto3()
    machine = client.create_state_machine(name="hold", definition=json.dumps(waiting(2)), roleArn=ROLE)
    execution = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    server.stop()
    server.start()
    client = server.boto3()
    status = lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    wait_for("the wait ends after the restart", status)


def test_memory_keeps_nothing(tmp_path):
    process = subprocess.Popen(
        [binary(), "serve", "--listen", "127.0.0.1:0", "--data", ":memory:"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


# help


def test_help_names_every_command_and_option():
    done = run("--help")
    assert done.returncode == 0
    for command in ("serve", "run", "validate"):
        assert command in done.stdout
    for command, options in {
        "serve": ("--listen", "--data", "--config", "--functions"),
        "run": ("--input", "--functions", "--output"),
        "validate": ("--output",),
    }.items():
        done = run(command, "--help")
        assert done.returncode == 0
        for option in options:
            assert option in done.stdout, f"{command} {option}"


def test_arguments_that_mean_nothing_are_refused():
    for arguments in (["brew"], ["serve", "--brew"], ["run"], []):
        done = run(*arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "panicked" not in done.stderr
    assert run("--version").stdout.startswith("stepwell ")
