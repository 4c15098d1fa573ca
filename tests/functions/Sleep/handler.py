"""Takes a quarter of an hour for its answer."""

import time


def handler(event, context):
    time.sleep(900)
