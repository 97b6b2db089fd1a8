"""EventBridge Scheduler on the wire: schedules that fire, retry and end, groups, tags, pages and refusals."""

import datetime
import json
import os
import subprocess
import uuid

from harness.checks import until
from harness.clients import ACCOUNT, ORCHESTRATOR, REGION, arn, drain

ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
OFF = {"Mode": "OFF"}
# An instant that has come is decided within the second; then it has to be delivered.
FIRE_SECONDS_MAX = 20


def soon(seconds=2):
    """An `at` of so many seconds from now, and that instant."""
    at = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=seconds)
    return f"at({at:%Y-%m-%dT%H:%M:%S})", f"{at:%Y-%m-%dT%H:%M:%SZ}"


def target(service_arn, text=None, **more):
    return {"Arn": service_arn, "RoleArn": ROLE} | ({"Input": text} if text is not None else {}) | more


def name():
    return f"s-{uuid.uuid4()}"


def command(world, *words):
    """What the AWS CLI prints as JSON; None where it says nothing."""
    run = subprocess.run(
        ["aws", "--endpoint-url", world.server.endpoint, "--region", REGION, "scheduler", *words],
        capture_output=True, text=True, env=dict(os.environ, AWS_PAGER=""))
    world.checks.equal(run.returncode, 0, f"aws scheduler {words[0]} {run.stderr.strip()}")
    return json.loads(run.stdout) if run.stdout.strip() else None


def bookkeeping(world):
    """The AWS CLI makes, shows, changes, lists and deletes."""
    checks, group, one = world.checks, f"g-{uuid.uuid4()}", name()
    made = command(world, "create-schedule-group", "--name", group, "--tags", "Key=env,Value=dev")
    checks.equal(made["ScheduleGroupArn"], arn("scheduler", f"schedule-group/{group}"), "the group's ARN")
    made = command(
        world, "create-schedule", "--name", one, "--group-name", group, "--schedule-expression", "cron(0 22 * * ? *)",
        "--schedule-expression-timezone", "America/New_York", "--flexible-time-window",
        "Mode=FLEXIBLE,MaximumWindowInMinutes=15", "--description", "nightly",
        "--target", json.dumps(target(arn("sqs", "q"), "x", RetryPolicy={"MaximumRetryAttempts": 1})))
    checks.equal(made["ScheduleArn"], arn("scheduler", f"schedule/{group}/{one}"), "the schedule's ARN")
    shown = command(world, "get-schedule", "--name", one, "--group-name", group)
    checks.equal(
        (shown["State"], shown["Description"], shown["ScheduleExpressionTimezone"], shown["ActionAfterCompletion"]),
        ("ENABLED", "nightly", "America/New_York", "NONE"), "what was said of it")
    checks.equal(
        shown["Target"]["RetryPolicy"], {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 86400},
        "what was not said has its default")
    command(
        world, "update-schedule", "--name", one, "--group-name", group, "--schedule-expression", "rate(1 day)",
        "--flexible-time-window", "Mode=OFF", "--state", "DISABLED", "--target", json.dumps(target(arn("sqs", "q"))))
    shown = command(world, "get-schedule", "--name", one, "--group-name", group)
    checks.equal(
        (shown["State"], shown.get("Description"), shown["FlexibleTimeWindow"]), ("DISABLED", None, OFF),
        "an update replaces all")
    listed = command(world, "list-schedules", "--group-name", group, "--state", "DISABLED")
    checks.equal([entry["Name"] for entry in listed["Schedules"]], [one], "it is listed by group and state")
    tags = command(world, "list-tags-for-resource", "--resource-arn", arn("scheduler", f"schedule-group/{group}"))
    checks.equal(tags["Tags"], [{"Key": "env", "Value": "dev"}], "the group's tags")
    scheduler = world.client("scheduler")
    scheduler.tag_resource(
        ResourceArn=arn("scheduler", f"schedule-group/{group}"), Tags=[{"Key": "owner & more", "Value": "é"}])
    scheduler.untag_resource(ResourceArn=arn("scheduler", f"schedule-group/{group}"), TagKeys=["env"])
    tags = scheduler.list_tags_for_resource(ResourceArn=arn("scheduler", f"schedule-group/{group}"))["Tags"]
    checks.equal(tags, [{"Key": "owner & more", "Value": "é"}], "tags come and go")
    for number in range(4):
        scheduler.create_schedule(
            Name=f"{one}-{number}", GroupName=group, ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF,
            Target=target(arn("sqs", "q")))
    pages = list(scheduler.get_paginator("list_schedules").paginate(
        GroupName=group, PaginationConfig={"PageSize": 2}))
    checks.equal([len(page["Schedules"]) for page in pages], [2, 2, 1], "pages of two")
    scheduler.delete_schedule_group(Name=group)
    gone = scheduler.exceptions.ResourceNotFoundException
    checks.raises(gone, lambda: scheduler.get_schedule(Name=one, GroupName=group), "a group's schedules", status=404)


def refusals(world):
    """AWS's codes and words, as typed errors of boto3."""
    checks, scheduler, one = world.checks, world.client("scheduler"), name()
    errors = scheduler.exceptions
    good = {"Name": one, "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF,
            "Target": target(arn("sqs", "q"))}

    def refused(kind, words, **more):
        error = checks.raises(kind, lambda: scheduler.create_schedule(**(good | more)), words)
        if error is not None:
            checks.that(words in error.response["Message"], words, error.response["Message"])

    refused(errors.ValidationException, "Invalid Schedule Expression rate(1 second).",
            ScheduleExpression="rate(1 second)")
    refused(errors.ValidationException, "Timezone Mars/Olympus", ScheduleExpressionTimezone="Mars/Olympus")
    refused(errors.ValidationException, "StartDate", StartDate=datetime.datetime(2020, 1, 1))
    refused(errors.ValidationException, "MaximumWindowInMinutes",
            FlexibleTimeWindow={"Mode": "OFF", "MaximumWindowInMinutes": 1})
    refused(errors.ValidationException, "is not served", Target=target(arn("sns", "topic")))
    refused(errors.ValidationException, "deadLetterConfig.arn",
            Target=target(arn("sqs", "q"), DeadLetterConfig={"Arn": arn("sqs", "letters.fifo")}))
    refused(errors.ResourceNotFoundException, "Schedule group none does not exist.", GroupName="none")
    made = scheduler.create_schedule(**good, ClientToken="token-" + one)
    again = scheduler.create_schedule(**good, ClientToken="token-" + one)
    checks.equal(again["ScheduleArn"], made["ScheduleArn"], "a repeated request is answered as before")
    refused(errors.ConflictException, f"Schedule {one} already exists.")
    scheduler.delete_schedule(Name=one)
    missing = checks.raises(
        errors.ResourceNotFoundException, lambda: scheduler.delete_schedule(Name=one), "it is gone", status=404)
    if missing is not None:
        checks.equal(missing.response["Message"], f"Schedule {one} does not exist.", "in AWS's words")
    default = checks.raises(
        errors.ValidationException, lambda: scheduler.delete_schedule_group(Name="default"), "the default group stays")
    checks.that(default is not None, "the default group stays")


def firing(world):
    """Queue, bus, function and operations of AWS as targets: each is invoked at its instant, and not before."""
    checks, scheduler = world.checks, world.client("scheduler")
    url = world.queue()
    queue = url.rsplit("/", 1)[1]
    world.rule(f"r-{uuid.uuid4()}", queue, EventPattern={"source": ["clock"]})
    at, instant = soon()
    names = {kind: name() for kind in ("queue", "bus", "send", "put", "run", "plain")}
    wanted = {
        "queue": target(arn("sqs", queue), "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time>"),
        "bus": target(arn("events", "event-bus/default"), '{"n": <aws.scheduler.attempt-number>}',
                      EventBridgeParameters={"Source": "clock", "DetailType": "Tick"}),
        "send": target("arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                       json.dumps({"QueueUrl": url, "MessageBody": "sent"})),
        "put": target("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents", json.dumps(
            {"Entries": [{"Source": "clock", "DetailType": "Put", "Detail": "{}"}]})),
        "run": target(arn("lambda", f"function:{ORCHESTRATOR}"),
                      '{"symbols": ["AAPL"], "trigger_time": "<aws.scheduler.scheduled-time>"}'),
        "plain": target(arn("sqs", queue)),
    }
    for kind, where in wanted.items():
        scheduler.create_schedule(
            Name=names[kind], ScheduleExpression=at, FlexibleTimeWindow=OFF, Target=where,
            ActionAfterCompletion="DELETE")
    messages = world.messages(url, 5, FIRE_SECONDS_MAX)
    bodies = [message["Body"] for message in messages]
    checks.equal(len(bodies), 5, "each target got one")
    checks.that(f"{arn('scheduler', 'schedule/default/' + names['queue'])} {instant}" in bodies, "the input", bodies)
    checks.that("sent" in bodies, "the operation's message", bodies)
    events = {event["detail-type"]: event for event in (json.loads(body) for body in bodies if body.startswith("{"))}
    checks.equal(events.get("Tick", {}).get("detail"), {"n": 1}, "the event that the bus target published")
    checks.that("Put" in events, "the event that PutEvents published", events)
    plain = events.get("Scheduled Event", {})
    checks.equal(
        (plain.get("source"), plain.get("time"), plain.get("detail"), plain.get("resources")),
        ("aws.scheduler", instant, "{}", [arn("scheduler", f"schedule/default/{names['plain']}")]),
        "without an input, Scheduler's own event")
    rows = world.rows(f"default/{names['run']}@{instant}")
    checks.equal([row["decision"] for row in rows], ["dispatched"], "the orchestrator ran for the slot")
    gone = until(lambda: not [
        s for s in scheduler.list_schedules(NamePrefix="s-")["Schedules"] if s["Name"] in names.values()], 10)
    checks.that(gone, "they are gone after their one invocation")


def letters(world):
    """What no target takes is a dead letter with Scheduler's attributes."""
    checks, scheduler = world.checks, world.client("scheduler")
    url = world.queue()
    at, instant = soon()
    one = name()
    scheduler.create_schedule(
        Name=one, ScheduleExpression=at, FlexibleTimeWindow=OFF,
        Target=target(arn("sqs", "no-such-queue"), "n <aws.scheduler.attempt-number>",
                      DeadLetterConfig={"Arn": arn("sqs", url.rsplit("/", 1)[1])}))
    message = (world.messages(url, 1, FIRE_SECONDS_MAX) or [{}])[0]
    attributes = {key: value["StringValue"] for key, value in message.get("MessageAttributes", {}).items()}
    checks.equal(message.get("Body"), "n 1", "the letter is what the target should have got")
    checks.that(len(attributes.pop("EXECUTION_ID", "")) == 16, "the execution has an id")
    checks.that("no-such-queue" in attributes.pop("ERROR_MESSAGE", ""), "what is missing is named")
    invocation = attributes.pop("BELLCRANK_INVOCATION", "")
    checks.that(f"default/{one}@{instant}" in invocation, "what a redrive needs is with it")
    checks.equal(attributes, {
        "SCHEDULE_ARN": arn("scheduler", f"schedule/default/{one}"), "TARGET_ARN": arn("sqs", "no-such-queue"),
        "SCHEDULED_TIME": instant, "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue", "RETRY_ATTEMPTS": "0",
        "IS_PAYLOAD_TRUNCATED": "false"}, "the attributes")
    scheduler.delete_schedule(Name=one)
    drain(world.client("sqs"), url)
