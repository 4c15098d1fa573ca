"""Notes each call with its task token in a file; whoever reads the file answers."""

import json
import os


def handler(event, context):
    line = json.dumps({"execution": event["execution"], "state": event["state"], "token": event["token"]})
    descriptor = os.open(event["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
    return "asked"
