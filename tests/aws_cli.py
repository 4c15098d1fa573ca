"""The AWS CLI, as a user would type it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from stepwell import CREDENTIALS, wait_for


class CommandFailed(Exception):
    """What the CLI wrote to its standard error."""


class Aws:
    """`aws stepfunctions …` against one server."""

    def __init__(self, server, **environment):
        beside = pathlib.Path(sys.executable).parent / "aws"
        self.program = str(beside) if beside.exists() else shutil.which("aws")
        self.environment = {
            **os.environ,
            **CREDENTIALS,
            "AWS_ENDPOINT_URL_SFN": server.url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
            **environment,
        }

    def __call__(self, command, *options, seconds=90):
        words = [self.program, "stepfunctions", command, "--output", "json", *map(str, options)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, env=self.environment)
        if done.returncode:
            raise CommandFailed(done.stderr.strip())
        return json.loads(done.stdout) if done.stdout.strip() else None

    def ended(self, execution, seconds=30):
        """The description of an execution once it has ended."""

        def description():
            found = self("describe-execution", "--execution-arn", execution)
            return found if found["status"] != "RUNNING" else None

        return wait_for(f"{execution} has ended", description, seconds)

    def event_types(self, execution):
        return [event["type"] for event in self("get-execution-history", "--execution-arn", execution)["events"]]
