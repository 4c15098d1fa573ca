"""Answers with more than a state may put out."""


def handler(event, context):
    return "x" * event["length"]
