"""boto3 against a local server: the endpoint is all that differs from AWS."""

import argparse
import json
import os
import pathlib
import sys

import boto3
import botocore.config
import botocore.exceptions

from harness.checks import PATIENCE_SECONDS

ACCOUNT = "123456789012"
REGION = "us-east-1"
ORCHESTRATOR = "dev-customer-data-orchestrator"
WORK_QUEUE = "dev-customer-ingestion-queue"
TRIGGER_LETTERS = "dev-customer-ingestion-trigger-dlq"
TRANSFORM_QUEUE = "dev-customer-transform-queue"
SCHEDULE_RULE = "dev-customer-ingestion-schedule"
BUCKET = f"data-pipeline-raw-dev-{ACCOUNT}"
Refused = botocore.exceptions.ClientError
# What a client sees of a server that is being killed.
Unreachable = (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)


def client(service, endpoint, **config):
    """A client that asks once: a retry of its own would hide what the server did."""
    return boto3.client(
        service, endpoint_url=endpoint,
        config=botocore.config.Config(
            retries={"max_attempts": 0}, connect_timeout=PATIENCE_SECONDS,
            **({"read_timeout": PATIENCE_SECONDS} | config)))


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def queue_policy(name):
    """Lets EventBridge send to a queue, as a rule's target needs it."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn("sqs", name)}]})


def queue_url(endpoint, name):
    return f"{endpoint}/{ACCOUNT}/{name}"


def drain(sqs, url, wait_seconds=0, attributes=False):
    """Takes every visible message out of the queue, in order."""
    messages = []
    more = {"MessageAttributeNames": ["All"]} if attributes else {}
    while True:
        batch = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds, VisibilityTimeout=43_200, **more
        ).get("Messages", [])
        if not batch:
            return messages
        messages += batch
        sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(batch)])


def arguments(description):
    """The command line that all scripts have in common; the binary may be given with or without its flag."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("binary", nargs="?", default=".build/debug/bellcrank", help="the built bellcrank")
    parser.add_argument("--binary", dest="flagged", help="the same")
    return parser


def parse(parser):
    options = parser.parse_args()
    options.binary = pathlib.Path(options.flagged or options.binary).resolve()
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"there is no program {options.binary}; build it first: swift build")
    return options
