"""What outlives a restart, how a server stops, what it does not serve, its limits, and its schedule."""

import json
import threading
import time

from chaos.evidence import await_quiet
from harness.checks import ATTEMPTS_MAX, PATIENCE_SECONDS, until
from harness.clients import SCHEDULE_RULE, client, drain
from harness.processes import Server

# On a machine that has nothing else to do.
STOP_SECONDS_MAX = 2
START_SECONDS_MAX = 5
# A slot comes with the minute after its rule; then it has to be delivered and received.
SLOT_SECONDS_MAX = 60 + PATIENCE_SECONDS
# §1 "스케줄 이벤트 페이로드".
SCHEDULED_KEYS = {
    "version", "id", "detail-type", "source", "account", "time", "region", "detail", "resources"}


def restart(world):
    """Everything is as it was, and works on."""
    checks, events, sqs = world.checks, world.client("events"), world.client("sqs")
    kept = world.queue("kept")
    world.rule("kept", "kept", EventPattern={"source": ["kept"]})
    world.rule("resting", "kept", EventPattern={"source": ["resting"]}, State="DISABLED")
    sqs.send_message(QueueUrl=kept, MessageBody="before")
    bucket = "kept-bucket"
    world.client("s3").create_bucket(Bucket=bucket)
    world.client("s3").put_object(Bucket=bucket, Key="k", Body=b"before")
    answer = world.invoke({"symbols": ["AAPL"], "period": "3mo", "correlation_id": "kept"})
    world.run(answer["run_id"])

    def alarm(decision):
        """An alarm may change at any moment, before and after; who it missed tells of its source alone."""
        text = json.dumps(decision)
        return "CloudWatch Alarm State Change" in text or "aws.cloudwatch" in text

    def all_there_is():
        rules = events.list_rules()["Rules"]
        return {
            "rules": rules,
            "targets": {r["Name"]: events.list_targets_by_rule(Rule=r["Name"])["Targets"] for r in rules},
            "queues": sorted(sqs.list_queues()["QueueUrls"]),
            "decisions": [d for d in world.server.admin("decisions?limit=1000")[1]["decisions"] if not alarm(d)],
            "runs": world.server.admin("runs?limit=1000"),
            "objects": [
                (o["Key"], o["ETag"], o["LastModified"])
                for o in world.client("s3").list_objects_v2(Bucket=bucket)["Contents"]],
        }

    world.settle()
    checks.equal(await_quiet(world.server, PATIENCE_SECONDS), None, "nothing moves any more")
    before = all_there_is()
    for _ in range(ATTEMPTS_MAX):  # Whatever else the machine does makes it slower now and then.
        took, code = world.server.stop()
        checks.equal(code, 0, "a stop by a signal is no failure")
        started = world.server.start()
        if took < STOP_SECONDS_MAX and started < START_SECONDS_MAX:
            break
    checks.that(took < STOP_SECONDS_MAX, "it stops soon", took)
    checks.that(started < START_SECONDS_MAX, "it starts soon", started)
    after = all_there_is()
    for what in before:
        checks.equal(after[what], before[what], f"the {what} are as they were")
    checks.equal([m["Body"] for m in drain(sqs, kept)], ["before"], "the message is still there")
    body = world.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read()
    checks.equal(body, b"before", "the object is still there")
    again = world.invoke({"symbols": ["AAPL"], "period": "3mo", "correlation_id": "kept"})
    checks.equal((again["decision"], again["run_id"]), ("duplicate", answer["run_id"]), "the key is still taken")
    event = world.put("kept", "Sold", {})
    had = [json.loads(m["Body"])["id"] for m in world.messages(kept, 1)]
    checks.equal(had, [event], "events are still delivered")
    resting = world.put("resting", "Sold", {})
    checks.equal([row["decision"] for row in world.rows(resting)], ["disabled"], "a disabled rule still is")


def stop(world):
    """A receive that waits does not hold up the stop, and gets an answer."""
    checks = world.checks
    for _ in range(ATTEMPTS_MAX):  # On a busy machine the stop may come before the poll, or take long.
        took, code, had = stop_while_polled(world)
        if took < STOP_SECONDS_MAX and had == []:
            break
    checks.that(took < STOP_SECONDS_MAX, "a long poll does not hold up the stop", took)
    checks.equal((code, had), (0, []), "and is answered")
    second = Server(world.binary, world.folder, world.source, data=world.server.data)
    second.spawn()
    checks.equal(second.child.wait(PATIENCE_SECONDS), 2, "a second server on the same data is refused")


def stop_while_polled(world):
    """How long the stop took, its exit code, and what a receive got that waited."""
    url, asking, had = world.queue(), threading.Event(), []

    def wait():
        poller = client("sqs", world.server.endpoint)
        try:
            poller.list_queues()  # From here on the connection is there.
            asking.set()
            had.append(poller.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []))
        except Exception as error:  # Seen by who asked.
            had.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    asking.wait(PATIENCE_SECONDS)
    time.sleep(0.5)
    took, code = world.server.stop()
    waiter.join(PATIENCE_SECONDS)
    world.server.start()
    return took, code, had[0] if had else None


def unknown(world):
    """What is not served is refused by name and at once: a 5xx would be tried again and again."""
    for service, action in {
        "events": lambda c: c.list_connections(),
        "lambda": lambda c: c.list_layers(),
        "sqs": lambda c: c.list_queue_tags(QueueUrl=world.url("q")),
        "s3": lambda c: c.get_bucket_lifecycle_configuration(Bucket="b"),
        "sts": lambda c: c.get_session_token(),
        "dynamodb": lambda c: c.list_tables(),
        "cloudwatch": lambda c: c.list_metric_streams(),
        "logs": lambda c: c.describe_destinations(),
        "iam": lambda c: c.list_users(),
        "ssm": lambda c: c.get_parameter(Name="p"),
        "stepfunctions": lambda c: c.list_state_machines(),
        "kinesis": lambda c: c.list_streams(),
        "sns": lambda c: c.list_topics(),
    }.items():
        asked = client(service, world.server.endpoint)
        world.quick_refusal(lambda: action(asked), f"an operation of {service} that is not served")


def limits(world):
    """Ten manual runs an hour; only runs are counted (§8, D12)."""
    checks = world.checks
    for payload in ({"dry_run": True}, {"domain": "?"}, {"domain": "weather"}):
        for _ in range(4):
            world.invoke(payload)
    first = world.invoke({"symbols": ["AAPL"], "correlation_id": "limit-0"})
    checks.equal(first["decision"], "dispatched", "dry runs and refusals are not counted")
    world.invoke({"symbols": ["AAPL"], "correlation_id": "limit-0"})
    had = [world.invoke({"symbols": ["AAPL"], "correlation_id": f"limit-{n}"})["decision"] for n in range(1, 10)]
    checks.equal(had, ["dispatched"] * 9, "ten run, and a duplicate is not counted")
    answer = world.invoke({"symbols": ["AAPL"], "correlation_id": "limit-10"})
    checks.equal(
        (answer["statusCode"], answer["decision"], answer["error"]["code"]), (429, "rate_limited", "RATE_LIMITED"),
        "the eleventh is refused")
    after = answer.get("retry_after")
    checks.that(type(after) is int and 3_500 < after <= 3_600, "and told when to come again", after)
    checks.equal([row["decision"] for row in world.rows("limit-10")], ["rate_limited"], "the ledger says so")
    event = world.put("ops.manual", "Adhoc Ingestion", {"symbols": ["AAPL"]})
    checks.equal([row["decision"] for row in world.rows(event)], ["dispatched"], "events have a limit of their own")
    answer = world.invoke({"symbols": ["AAPL"], "dry_run": True})
    checks.that(answer["decision"] in ("dry_run", "rate_limited"), "a dry run is told what the real one would", answer)


def slots(world):
    """A schedule of a minute fires the event of §1; the environment's own starts a run by it (D6, D8)."""
    checks, events = world.checks, world.client("events")
    url = world.queue("ticks")
    asked = time.time()
    rule = world.rule("ticks", "ticks", ScheduleExpression="rate(1 minute)")
    began = time.time()
    events.put_rule(Name=SCHEDULE_RULE, ScheduleExpression="rate(1 minute)")
    bodies = [json.loads(m["Body"]) for m in world.messages(url, 1, SLOT_SECONDS_MAX)]
    checks.equal(len(bodies), 1, "one slot fires within the minute")
    for body in bodies:
        checks.equal(set(body), SCHEDULED_KEYS, "the event has the members of §1")
        fixed = {k: body.get(k) for k in ("version", "detail-type", "source", "account", "region", "detail", "resources")}
        checks.equal(
            fixed, {
                "version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012",
                "region": "us-east-1", "detail": {}, "resources": [rule]}, "the event has the values of §1")
        due = time.mktime(time.strptime(body["time"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        checks.that(
            asked + 55 <= due <= began + 65, "its time is the instant that was due", (body["time"], due - began))
    rows = until(
        lambda: world.server.admin(f"decisions?rule={SCHEDULE_RULE}&decision=dispatched")[1]["decisions"])
    events.put_rule(Name=SCHEDULE_RULE, ScheduleExpression="cron(0 22 * * ? *)")
    events.remove_targets(Rule="ticks", Ids=["queue"])
    events.delete_rule(Name="ticks")
    if not checks.that(rows and "run_id" in rows[0], "the environment's schedule starts a run", rows):
        return
    row = rows[0]
    checks.equal(row["correlation_id"], f"{SCHEDULE_RULE}@{row['slot']}", "its correlation id is rule and slot (D8)")
    run = world.run(row["run_id"])
    checks.equal((run["trigger_type"], run["symbols"]), ("schedule", ["AAPL", "MSFT", "GOOGL"]), "with §1's symbols")
    checks.equal(run["ds"], row["slot"][:10], "for the slot's date (D6)")
