"""Gives back what it was given."""


def handler(event, context):
    return event
