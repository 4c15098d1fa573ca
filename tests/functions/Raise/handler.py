"""Raises an error of its own."""


class OutOfTea(Exception):
    pass


def handler(event, context):
    raise OutOfTea("the pot is empty")
