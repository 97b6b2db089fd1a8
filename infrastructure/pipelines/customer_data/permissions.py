"""What each function may do: the only place to change when it calls something else.

A row is an action's list and the resources it is allowed on. The resources are exact ARNs; `objects` is every key of
the raw bucket, for keys are not known before they are written.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """Reads as one statement of the function's policy.

    `Bury` is what Lambda itself does as the function, when it hands over a failure.
    """

    sid: str
    actions: tuple[str, ...]
    resource: str
    """A name of `RESOURCES`."""


# What the constructs give ARNs for.
RESOURCES = ("table", "work_queue", "work_dead_letters", "trigger_dead_letters", "objects", "universe", "default_bus")

ORCHESTRATOR = (
    Grant(
        "Control",
        (
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ),
        "table",
    ),
    Grant("SendChunks", ("sqs:SendMessage",), "work_queue"),
    Grant("Bury", ("sqs:SendMessage",), "trigger_dead_letters"),
    Grant("ReadUniverse", ("ssm:GetParameter",), "universe"),
)

WORKER = (
    Grant(
        "Control",
        (
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ),
        "table",
    ),
    Grant(
        "TakeChunks",
        (
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ),
        "work_queue",
    ),
    Grant("Bury", ("sqs:SendMessage",), "work_dead_letters"),
    Grant("StoreObjects", ("s3:GetObject", "s3:PutObject"), "objects"),
)

NOTIFIER = (
    Grant("Control", ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"), "table"),
    Grant("Publish", ("events:PutEvents",), "default_bus"),
    Grant("Bury", ("sqs:SendMessage",), "trigger_dead_letters"),
)
