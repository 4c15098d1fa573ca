"""Every operation through the SDKs for Python, JavaScript and Rust and through the AWS CLI.

Each client has a program in `clients/` that goes through all operations: answers, error classes, paginators, a worker that
waits for a task, the `sync-` host prefix. It prints which operations it has seen answered.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from stepwell import CREDENTIALS, HERE, ROOT

CLIENTS = HERE / "clients"
TOUR_SECONDS = 300
BUILD_SECONDS = 900

OPERATIONS = set(json.loads((ROOT / "crates/api/model/stepfunctions.json").read_text())["operations"])


def build(*words, **options):
    subprocess.run([*map(str, words)], check=True, timeout=BUILD_SECONDS, **options)


def boto3():
    return [sys.executable, CLIENTS / "python" / "tour.py"]


def awscli():
    return ["env", "AWS_DISABLE_HOST_PREFIX_INJECTION=true", sys.executable, CLIENTS / "awscli" / "tour.py"]


def javascript():
    """Its packages are installed as `package-lock.json` has them, unless they are there."""
    folder = CLIENTS / "javascript"
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        build("npm", "ci", "--no-audit", "--no-fund", "--silent", cwd=folder)
    return ["node", "--no-warnings", folder / "tour.mjs"]


def rust():
    """Built outside the workspace, so that nobody else waits for the SDK to be compiled."""
    manifest = CLIENTS / "rust" / "Cargo.toml"
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "client-tour"
    build("cargo", "build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", target)
    return [target / "debug" / "stepwell-client-tour"]


# The server of a tour looks at signatures.
KEY = {"AWS_ACCESS_KEY_ID": "AKIATOUR", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
CONFIGURATION = f"""
[keys.tour]
access_key_id = "{KEY["AWS_ACCESS_KEY_ID"]}"
secret_access_key = "{KEY["AWS_SECRET_ACCESS_KEY"]}"
"""


@pytest.mark.parametrize("client", [boto3, javascript, rust, awscli], ids=lambda client: client.__name__)
def test_client_tours_every_operation(serve, client, tmp_path):
    words = [str(word) for word in client()]
    configuration = tmp_path / "stepwell.toml"
    configuration.write_text(CONFIGURATION)
    url = serve("--config", configuration).url
    environment = {**os.environ, **CREDENTIALS, **KEY, "AWS_MAX_ATTEMPTS": "1", "AWS_ENDPOINT_URL_SFN": url}
    done = subprocess.run(words, capture_output=True, text=True, timeout=TOUR_SECONDS, env=environment)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert set(json.loads(done.stdout)) == OPERATIONS
