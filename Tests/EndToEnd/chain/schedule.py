"""§1: the schedule's own target input, the slot's run to its objects, and what Transform hears of them (§4)."""

import datetime
import json
import re

from chain.cloud import ORCHESTRATOR
from chain.world import KNOWN, TICK_RULE
from harness.checks import PATIENCE_SECONDS, until
from harness.clients import BUCKET, SCHEDULE_RULE

KEY = re.compile(
    r"market/prices/ingestion_date=(\d{4}-\d\d-\d\d)/data_source=yahoo_finance/symbol=([A-Z]+)/interval=1d"
    r"/period=1mo/(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)\.json")
UNIVERSE = ["AAPL", "MSFT", "GOOGL"]
SLOT_HOUR = 22  # dev: cron(0 22 * * ? *)
TICK_SECONDS_MAX = 60 + PATIENCE_SECONDS


def latest_slot():
    now = datetime.datetime.now(datetime.timezone.utc)
    slot = now.replace(hour=SLOT_HOUR, minute=0, second=0, microsecond=0)
    return slot if slot <= now else slot - datetime.timedelta(days=1)


def as_sent(world, slot):
    """The target's input for a slot, as EventBridge makes it of the rule that was deployed."""
    (target,) = world.client("events").list_targets_by_rule(Rule=SCHEDULE_RULE)["Targets"]
    world.checks.equal(target["Arn"].rsplit(":", 1)[-1], ORCHESTRATOR, "the rule's target")
    transformer = target["InputTransformer"]
    world.checks.equal(transformer["InputPathsMap"], {"time": "$.time"}, "the instant is the event's own (D6)")
    time = slot.strftime("%Y-%m-%dT%H:%M:%SZ")
    return transformer["InputTemplate"].replace("<time>", json.dumps(time)), time


def slot(world):
    checks = world.checks
    rule = world.client("events").describe_rule(Name=SCHEDULE_RULE)
    checks.equal(
        (rule["ScheduleExpression"], rule["State"]), (f"cron(0 {SLOT_HOUR} * * ? *)", "ENABLED"), "the schedule's rule")
    # No slot shall come by itself while this is played.
    world.client("events").disable_rule(Name=SCHEDULE_RULE)
    payload, time = as_sent(world, latest_slot())
    cause = f"{SCHEDULE_RULE}@{time}"
    answer = world.invoke(payload, cause)
    checks.equal((answer["statusCode"], answer["decision"]), (200, "dispatched"), "the slot is admitted")
    checks.equal(answer["symbols"], UNIVERSE, "with the whole universe")
    run = answer["run_id"]
    world.succeeded(run, len(UNIVERSE), "the slot")
    row = world.decision(run)
    checks.equal((row["decision"], row["rule"]), ("dispatched", SCHEDULE_RULE), "its row names the rule")
    checks.equal(row["cause_id"], cause, "its id is the slot's (D8)")
    keys = world.keys(run)
    found = [KEY.fullmatch(key) for key in keys]
    checks.that(all(found), "every key has the form of §4", keys)
    checks.equal(sorted(f[2] for f in found if f), sorted(UNIVERSE), "one object a symbol")
    checks.equal({f[1] for f in found if f}, {time[:10]}, "under the slot's date (D8)")
    told(world, keys)
    again = world.invoke(payload, KNOWN)
    checks.equal((again["decision"], again["run_id"]), ("duplicate", run), "the same slot again is that run")
    checks.equal(len(world.runs(trigger_type="schedule")), 1, "and there is no second one")


def told(world, keys):
    """Transform hears of each object, once, exactly as §4 shows it."""
    checks = world.checks
    heard = world.transform(keys)
    checks.equal(sorted(heard), sorted(keys), "Transform hears of every object")
    for key, bodies in heard.items():
        size = world.client("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"]
        checks.equal(len(bodies), 1, f"Transform hears once of {key}")
        body = bodies[0]
        checks.equal(
            (body["version"], body["detail-type"], body["source"]), ("0", "Object Created", "aws.s3"), "in §4's words")
        checks.equal(body["detail"], {"bucket": BUCKET, "object": {"key": key, "size": size}}, "and §4's shape (D22)")
        checks.equal(
            set(body), {"version", "id", "detail-type", "source", "account", "time", "region", "detail"}, "and no more")


def tick(world):
    """The tick's rule fires by itself, and its answer is in the log; waited for last, for it takes up to a minute."""
    rule = world.client("events").describe_rule(Name=TICK_RULE)
    world.checks.equal((rule["ScheduleExpression"], rule["State"]), ("rate(1 minute)", "ENABLED"), "the tick's rule")
    (target,) = world.client("events").list_targets_by_rule(Rule=TICK_RULE)["Targets"]
    world.checks.equal(json.loads(target["Input"]), {"bellcrank": "tick"}, "what it sends")
    fired = until(world.fired, TICK_SECONDS_MAX, 0.5)
    world.checks.that(fired, "the rule fired and the tick was answered")
