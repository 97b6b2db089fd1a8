"""Events on the wire: entries, patterns, rules, targets, and the events of §2."""

import datetime
import json
import uuid

from harness.checks import until
from harness.clients import ACCOUNT, ORCHESTRATOR, arn

COMPLETE = {  # §2 "Transform Complete Event".
    "domain": "market", "table_name": "prices", "partition": "ds=2025-09-09", "trigger_reingestion": True,
    "symbols": ["AAPL", "TSLA"], "reason": "data_quality_issue",
}
UNIVERSE = {  # §2 "Symbol Universe Update Event".
    "added_symbols": ["NVDA", "AMD"], "removed_symbols": ["XOM"], "effective_date": "2025-09-10",
    "immediate_ingestion": True,
}
# §2 "EventBridge Rule Patterns".
PATTERN = {
    "source": ["transform.pipeline"], "detail-type": ["Processing Complete"],
    "detail": {"trigger_reingestion": [True]},
}
MULTI = {
    "source": ["transform.pipeline", "symbol.universe", "ops.manual"], "detail-type": [{"exists": True}],
}
ENVELOPE = {
    "version": "0", "id": "87654321-4321-4321-4321-210987654321", "detail-type": "Processing Complete",
    "source": "transform.pipeline", "account": ACCOUNT, "time": "2025-09-09T16:30:45Z", "region": "us-east-1",
    "resources": [], "detail": COMPLETE,
}


def entries(world):
    """Each entry is judged alone; the whole call only by its size."""
    checks, events = world.checks, world.client("events")
    good = {"Source": "shop", "DetailType": "Sold", "Detail": "{}"}
    bad = [
        ({"Source": "aws.events", "DetailType": "d", "Detail": "{}"}, "NotAuthorizedForSourceException"),
        ({"DetailType": "d", "Detail": "{}"}, "InvalidArgument"),
        ({"Source": "s", "Detail": "{}"}, "InvalidArgument"),
        ({"Source": "s", "DetailType": "d"}, "InvalidArgument"),
        ({"Source": "s", "DetailType": "d", "Detail": "{oops"}, "MalformedDetail"),
        ({"Source": "s", "DetailType": "d", "Detail": "[1]"}, "MalformedDetail"),
    ]
    answer = events.put_events(Entries=[good, *(entry for entry, _ in bad), good])
    had = [entry.get("ErrorCode") for entry in answer["Entries"]]
    checks.equal(had, [None, *(code for _, code in bad), None], "each entry has its own error")
    checks.equal(answer["FailedEntryCount"], len(bad), "and they are counted")
    ids = [entry["EventId"] for entry in answer["Entries"] if "EventId" in entry]
    checks.equal(len(set(ids)), 2, "the good ones have ids")
    for event in ids:
        rows = world.rows(event)
        checks.equal([row["decision"] for row in rows], ["unmatched"], "an event that nobody wants has its row")
    checks.raises("ValidationException", lambda: events.put_events(Entries=[good] * 11), "11 entries", status=400)
    big = {"Source": "s", "DetailType": "d", "Detail": json.dumps({"x": "y" * 1_100_000})}
    taken = checks.raises("ValidationException", lambda: events.put_events(Entries=[big]), "an entry beyond the limit")
    checks.that(taken is None or "size" in str(taken).lower(), "its size is named", str(taken))


def delivery(world):
    """A rule leads an event to its queue: whole, or as the target's input shapes it."""
    checks = world.checks
    world.queue("orders")
    world.rule("orders", "orders", EventPattern={"source": ["shop"], "detail": {"amount": [{"numeric": [">", 10]}]}})
    moment = datetime.datetime(2025, 9, 9, 16, 30, 45, tzinfo=datetime.timezone.utc)
    detail = {"amount": 11.5, "text": "가격 \"x\" <y> \\", "deep": {"list": [1, None, True]}}
    event = world.put("shop", "Sold", detail, Time=moment, Resources=["r1"])
    world.put("shop", "Sold", {"amount": 9})
    bodies = [json.loads(m["Body"]) for m in world.messages(world.url("orders"), 1)]
    wanted = {
        "version": "0", "id": event, "detail-type": "Sold", "source": "shop", "account": ACCOUNT,
        "time": "2025-09-09T16:30:45Z", "region": "us-east-1", "resources": ["r1"], "detail": detail}
    checks.equal(bodies, [wanted], "the queue has the event, whole, and no other")
    transformer = {
        "InputPathsMap": {"amount": "$.detail.amount", "deep": "$.detail.deep", "text": "$.detail.text"},
        "InputTemplate": '{"amount":<amount>,"deep":<deep>,"text":<text>,"rule":"<aws.events.rule-name>"}'}
    world.queue("shaped")
    world.rule("shaped", "shaped", EventPattern={"source": ["shop"]}, Target={"InputTransformer": transformer})
    world.put("shop", "Sold", detail)
    bodies = [json.loads(m["Body"]) for m in world.messages(world.url("shaped"), 1)]
    shaped = {"amount": 11.5, "deep": detail["deep"], "text": detail["text"], "rule": "shaped"}
    checks.equal(bodies, [shaped], "a transformer shapes it")


def dead_letters(world):
    """A target that is not there: no retries are asked for, so the event goes to the dead letters at once (D21)."""
    checks = world.checks
    world.queue("letters")
    rule = world.rule(
        "broken", "nowhere", EventPattern={"source": ["broken"]},
        Target={
            "RetryPolicy": {"MaximumRetryAttempts": 0}, "DeadLetterConfig": {"Arn": arn("sqs", "letters")}})
    event = world.put("broken", "Sold", {"n": 1})
    letters = world.messages(world.url("letters"), 1)
    if not checks.equal(len(letters), 1, "there is one dead letter"):
        return
    checks.equal(json.loads(letters[0]["Body"])["id"], event, "its body is the event")
    attributes = {k: v.get("StringValue") for k, v in letters[0].get("MessageAttributes", {}).items()}
    # No condition was exhausted: an error that no retry mends is not retried.
    wanted = {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE", "RETRY_ATTEMPTS"}
    checks.equal(set(attributes), wanted, "it carries the attributes of D21")
    checks.equal(attributes.get("RULE_ARN"), rule, "it names the rule")
    checks.equal(attributes.get("RETRY_ATTEMPTS"), "0", "it counts the retries")
    checks.equal([row["decision"] for row in world.rows(event)], ["undeliverable"], "the ledger says so")


def several_targets(world):
    """A rule with two functions as targets, one of which does not exist, still has one decision."""
    events = world.client("events")
    events.put_rule(Name="astray", EventPattern='{"source":["astray"]}')
    events.put_targets(Rule="astray", Targets=[
        {"Id": "none", "Arn": arn("lambda", "function:none"), "RetryPolicy": {"MaximumRetryAttempts": 0}},
        {"Id": "some", "Arn": arn("lambda", f"function:{ORCHESTRATOR}"), "Input": '{"dry_run":true}'}])
    rows = world.rows(world.put("astray", "Sold", {}))
    world.checks.equal(len(rows), 1, "one rule has one decision, however many targets it has")


def pipeline_events(world):
    """The events of §2 under the shipped rules (D3–D5)."""
    checks = world.checks
    # D3: both producers reach the one rule.
    for source in ("transform.pipeline", "extract.pipeline"):
        event = world.put(source, "Processing Complete", COMPLETE)
        row = only(world, event, "dispatched", "dev-customer-ingestion-transform-pipeline")
        run = row and world.run(row["run_id"])
        checks.equal(run and run["ds"], "2025-09-09", f"{source}: ds comes from the partition")
        checks.equal(run and run["trigger_type"], "event", f"{source}: the trigger is an event")
        checks.that(run and "AAPL" in run["symbols"], f"{source}: the symbols are the event's", run)
    only(world, world.put("transform.pipeline", "Processing Complete", COMPLETE | {"trigger_reingestion": False}),
         "unmatched")
    row = only(world, world.put("symbol.universe", "Universe Updated", UNIVERSE), "dispatched",
               "dev-customer-ingestion-symbol-universe")
    run = row and world.run(row["run_id"])
    checks.equal(run and sorted(run["symbols"]), ["AMD", "NVDA"], "the added symbols are ingested at once")
    only(world, world.put("symbol.universe", "Universe Updated", UNIVERSE | {"immediate_ingestion": False}), "skipped")
    row = only(world, world.put("market.events", "Market Close", {}), "dispatched",
               "dev-customer-ingestion-market-events")
    run = row and world.run(row["run_id"])
    checks.equal(
        run and sorted(run["symbols"]), ["AAPL", "AMD", "GOOGL", "MSFT", "NVDA"], "a market close takes the universe")
    only(world, world.put("ops.manual", "Adhoc Ingestion", {"symbols": ["AAPL"]}), "dispatched",
         "dev-customer-ingestion-ops-manual")
    only(world, world.put("ops.manual", "Adhoc Ingestion", {"domain": "no domain!"}), "invalid")


def only(world, event, decision, rule=None):
    """The one row of an event."""
    rows = world.rows(event)
    world.checks.equal([row["decision"] for row in rows], [decision], f"the event's one decision ({rule or decision})")
    if rule and rows:
        world.checks.equal(rows[0].get("rule"), rule, "its rule")
    return rows[0] if rows and rows[0]["decision"] == decision else None


def near_misses(world):
    """D3: extract.pipeline for transform.pipeline, with the rule of §2 as it is written, is told wherever one looks."""
    checks, events = world.checks, world.client("events")
    name = "dev-customer-ingestion-transform-pipeline"
    shipped = {key: value for key, value in events.describe_rule(Name=name).items()
               if key in ("EventPattern", "Description", "State")}
    events.put_rule(Name=name, EventPattern=json.dumps(PATTERN))
    try:
        entries = [{"Source": source, "DetailType": "Processing Complete", "Detail": json.dumps(COMPLETE)}
                   for source in ("extract.pipeline", "nobody", "transform.pipeline")]
        entries[1]["DetailType"] = "Nothing"
        answer = events.put_events(Entries=entries)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        told = headers.get("x-bellcrank-near-misses", "").split(";")
        checks.equal(
            (told[0], told[2:]),
            (f"{name}:source:%5B%22transform.pipeline%22%5D:%22extract.pipeline%22", [""]),
            "the answer names rule and leaf")
        checks.equal(headers.get("x-bellcrank-matched-rules"), f";;{name}", "beside the rules that matched")
        event = answer["Entries"][0]["EventId"]
        row = only(world, event, "unmatched")
        leaf = {"path": "source", "wanted": '["transform.pipeline"]', "had": '"extract.pipeline"'}
        checks.equal(
            row and row["facts"]["near_misses"], [{"rule": name, "failures": [leaf]}], "so does the decision")
        checks.that(row and f"missed {name} by source" in row["summary"], "and its sentence", row)
        dimensions = [{"Name": "Leaf", "Value": "source"}, {"Name": "RuleName", "Value": name}]
        until(lambda: dimensions in near_miss_metrics(world))
        listed = near_miss_metrics(world)
        checks.that(dimensions in listed, "the metric has that rule and leaf", listed)
        why = world.server.admin(f"why/{event}")[1]
        checks.that("source" in json.dumps(why["causes"][0]["would_let_it_through"]), "why says what would do", why)
    finally:
        events.put_rule(Name=name, **shipped)


def near_miss_metrics(world):
    """The dimensions of our own metric of near misses."""
    pages = world.client("cloudwatch").get_paginator("list_metrics").paginate(
        Namespace="Extract/Triggers", MetricName="NearMisses")
    return [sorted(metric["Dimensions"], key=lambda d: d["Name"]) for page in pages for metric in page["Metrics"]]


def patterns(world):
    """test-event-pattern on the patterns of §2."""
    checks, test = world.checks, world.client("events").test_event_pattern
    veto = ENVELOPE | {"detail": COMPLETE | {"trigger_reingestion": False}}
    for pattern, event, wanted in (
        (PATTERN, ENVELOPE, True), (PATTERN, veto, False), (MULTI, ENVELOPE, True), (MULTI, veto, True),
        (MULTI, ENVELOPE | {"source": "market.events"}, False),
        ({"detail": {"symbols": ["TSLA"]}}, ENVELOPE, True),
        ({"detail": {"reason": [{"prefix": "data_"}], "missing": [{"exists": False}]}}, ENVELOPE, True),
        ({"$or": [{"source": ["x"]}, {"detail": {"domain": [{"wildcard": "m*t"}]}}]}, ENVELOPE, True),
    ):
        had = test(EventPattern=json.dumps(pattern), Event=json.dumps(event))["Result"]
        checks.equal(had, wanted, f"{json.dumps(pattern)} on {event['source']}")


def refusals(world):
    """Each error that EventBridge's model has and that can be provoked here, raised as boto3's class for it."""
    checks, events = world.checks, world.client("events")
    missing, unfit = events.exceptions.ResourceNotFoundException, events.exceptions.InvalidEventPatternException
    for name, action in {
        "describe-rule": lambda: events.describe_rule(Name="none"),
        "enable-rule": lambda: events.enable_rule(Name="none"),
        "disable-rule": lambda: events.disable_rule(Name="none"),
        "put-targets": lambda: events.put_targets(Rule="none", Targets=[{"Id": "1", "Arn": arn("sqs", "q")}]),
        "remove-targets": lambda: events.remove_targets(Rule="none", Ids=["1"]),
        "list-targets-by-rule": lambda: events.list_targets_by_rule(Rule="none"),
        "put-rule on no bus": lambda: events.put_rule(Name="r", EventBusName="none", EventPattern='{"source":["s"]}'),
    }.items():
        checks.raises(missing, action, f"{name} of nothing", status=400)
    for pattern in ("{", "[]", '{"source":"s"}', '{"source":[{"nonsense":1}]}', '{"source":[]}'):
        checks.raises(
            unfit, lambda: events.put_rule(Name="r", EventPattern=pattern), f"the pattern {pattern}", status=400)
    checks.raises(
        unfit, lambda: events.test_event_pattern(EventPattern="{", Event=json.dumps(ENVELOPE)), "test-event-pattern")
    for expression in ("cron(0 22 * * * *)", "cron(0 22 * *)", "rate(0 minutes)", "every day"):
        refusal = checks.raises(
            "ValidationException", lambda: events.put_rule(Name="r", ScheduleExpression=expression), expression)
        checks.that("ScheduleExpression" in str(refusal), f"{expression}: the parameter is named", str(refusal))
    checks.raises("ValidationException", lambda: events.put_rule(Name="r"), "a rule without pattern and schedule")
    checks.raises("ValidationException", lambda: events.put_rule(Name="r r", EventPattern="{}"), "a name with a blank")
    checks.raises(
        "ValidationException", lambda: events.delete_rule(Name="dev-customer-ingestion-schedule"),
        "deleting a rule with targets")
    events.put_rule(Name="crowded", EventPattern='{"source":["crowd"]}')
    targets = [{"Id": str(i), "Arn": arn("sqs", "orders")} for i in range(6)]
    checks.raises(
        events.exceptions.LimitExceededException, lambda: events.put_targets(Rule="crowded", Targets=targets),
        "six targets")
    checks.raises(
        "ValidationException",
        lambda: events.put_targets(
            Rule="crowded",
            Targets=[targets[0] | {"InputTransformer": {"InputPathsMap": {"a": "oops"}, "InputTemplate": "<a>"}}]),
        "a path that is none")


def bookkeeping(world):
    """Rules and targets come and go, in pages."""
    checks, events = world.checks, world.client("events")
    names = [f"page-{uuid.uuid4()}" for _ in range(5)]
    for name in names:
        events.put_rule(Name=name, EventPattern='{"source":["page"]}', Description="one of five")
    had, token = [], None
    while True:
        page = events.list_rules(NamePrefix="page-", Limit=2, **({"NextToken": token} if token else {}))
        had += [rule["Name"] for rule in page["Rules"]]
        token = page.get("NextToken")
        if not token:
            break
    checks.equal(had, sorted(names), "list-rules gives every rule once, in pages")
    checks.equal(events.describe_rule(Name=names[0]).get("Description"), "one of five", "the description is kept")
    events.put_targets(Rule=names[0], Targets=[{"Id": "f", "Arn": arn("lambda", f"function:{ORCHESTRATOR}")}])
    removed = events.remove_targets(Rule=names[0], Ids=["f", "g"])
    checks.equal(removed["FailedEntryCount"], 1, "removing a target that is not there is counted")
    checks.equal(events.list_targets_by_rule(Rule=names[0])["Targets"], [], "the target is gone")
    for name in names:
        events.delete_rule(Name=name)
    checks.equal(events.list_rules(NamePrefix="page-")["Rules"], [], "the rules are gone")
    events.delete_rule(Name="never-was")
