"""Notes each call in a file, so that a test can tell how often it was made."""

import os
import time


def note(event):
    # One write of one short line to a file opened for appending is whole, whoever else writes.
    descriptor = os.open(event["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{event['execution']} {event['state']}\n".encode())
    finally:
        os.close(descriptor)


def handler(event, context):
    note(event)
    time.sleep(event.get("seconds", 0))
    return {**event, "counted": True}
