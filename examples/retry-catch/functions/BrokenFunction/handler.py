"""Fails each time: nothing in its event has a price."""


def handler(event, context):
    return event["price"] * 2
