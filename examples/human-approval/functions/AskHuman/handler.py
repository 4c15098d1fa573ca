"""Puts a question into an inbox, which is a file here; a mail or a chat message would do as well.

The execution goes on when somebody answers:

    aws stepfunctions send-task-success --task-token TOKEN --task-output '{"approved": true}'
"""

import json


def handler(event, context):
    with open(event["Inbox"], "a", encoding="utf-8") as inbox:
        inbox.write(json.dumps({"question": event["Question"], "token": event["Token"]}) + "\n")
