"""D22: raw notifications of buckets become events on the bus, each once and none after a newer one."""

import json

from chain.cloud import NOTIFIER, OTHER_BUCKET
from chain.world import UNNAMED
from harness.checks import until
from harness.clients import ACCOUNT, BUCKET, REGION, TRIGGER_LETTERS

EVENT_SECONDS = 1_757_429_130  # 2025-09-09T14:45:30Z
KEY_AS_NOTIFIED = "market/prices/ingestion_date%3D2025-09-09/symbol%3DBRK-B/a+b%252B.json"
KEY = "market/prices/ingestion_date=2025-09-09/symbol=BRK-B/a b%2B.json"


def _records(sequencer, key=KEY_AS_NOTIFIED):
    return {"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2025-09-09T14:45:30.000Z",
        "eventName": "ObjectCreated:Put", "awsRegion": REGION,
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 12345, "sequencer": sequencer}}}]}


def raw(world):
    checks = world.checks
    first = world.invoke(_records("0055AED6DCD90281E5"), UNNAMED, NOTIFIER)
    checks.equal((first.get("statusCode"), first.get("decision")), (200, "dispatched"), "the notification is taken")
    bodies = world.transform([KEY]).get(KEY, [])
    checks.equal(
        [b["detail"] for b in bodies], [{"bucket": BUCKET, "object": {"key": KEY, "size": 12345}}],
        "Transform hears of it, its key decoded once")
    checks.equal([b["source"] for b in bodies], ["aws.s3"], "in §4's words")
    entries = world.cloud.recorders[NOTIFIER].bodies["events:PutEvents"]["Entries"]
    checks.equal([e["Time"] for e in entries], [EVENT_SECONDS], "it was put with its time, which the local AWS forgets")
    again = world.invoke(_records("0055AED6DCD90281E5"), UNNAMED, NOTIFIER)
    checks.equal(again.get("decision"), "duplicate", "the same again is nothing")
    older = world.invoke(_records("0055AED6DCD90281E4"), UNNAMED, NOTIFIER)
    checks.equal((older.get("decision"), older.get("stale")), ("duplicate", 1), "nor is an older one")
    newer = world.invoke(_records("0055AED6DCD90281E6"), UNNAMED, NOTIFIER)
    checks.equal(newer.get("decision"), "dispatched", "a newer one is")
    told = until(lambda: len(world.transform([KEY]).get(KEY, [])) >= 2)
    checks.that(told, "and Transform hears of that")
    checks.equal(len(world.transform([KEY]).get(KEY, [])), 2, "twice in all")
    answer = world.client("lambda").invoke(FunctionName=NOTIFIER, Payload='{"symbols":["AAPL"]}')
    said = json.load(answer["Payload"])
    checks.equal(
        (answer.get("FunctionError"), said.get("errorType")), ("Unhandled", "MALFORMED_EVENT"),
        "anything else is refused")


def no_bus(request):
    """A fault: the bus takes nothing."""
    if request.operation == "events:PutEvents":
        return 400, {"__type": "InternalFailure", "message": "injected"}
    return None


def failing(world):
    """A notification that could not be put onto the bus is buried, and is news when it is redriven."""
    checks = world.checks
    world.messages(TRIGGER_LETTERS, 0)
    key = "market/prices/symbol=AAPL/late.json"
    notification = _records("0055AED6DCD90281E5", key)
    recorder = world.cloud.recorders[NOTIFIER]
    buried = []

    def found():
        buried.extend(json.loads(m["Body"]) for m in world.messages(TRIGGER_LETTERS, 0))
        return [b for b in buried if b.get("requestPayload") == notification]

    recorder.fault = no_bus
    try:
        world.client("lambda").invoke(
            FunctionName=NOTIFIER, InvocationType="Event", Payload=json.dumps(notification))
        letters = until(found, pause=0.2)
    finally:
        recorder.fault = None
    checks.equal(len(letters), 1, "a notification that cannot be put is buried")
    answer = world.invoke(notification, UNNAMED, NOTIFIER)
    checks.equal(answer.get("decision"), "dispatched", "redriven, it is news, for nobody heard of it")
    checks.equal(len(world.transform([key]).get(key, [])), 1, "and Transform hears of it")


def of_a_bucket(world):
    """A bucket outside of the stack that is set up to notify the function, as S3 itself does it."""
    checks, s3 = world.checks, world.client("s3")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NOTIFIER}"
    policy = json.loads(world.client("lambda").get_policy(FunctionName=NOTIFIER)["Policy"])
    sources = [s["Condition"]["ArnLike"]["AWS:SourceArn"] for s in policy["Statement"]]
    checks.equal(sources, [f"arn:aws:s3:::{OTHER_BUCKET}"], "that bucket may invoke it, and no other")
    s3.create_bucket(Bucket=OTHER_BUCKET)
    s3.put_bucket_notification_configuration(Bucket=OTHER_BUCKET, NotificationConfiguration={
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    s3.put_object(Bucket=OTHER_BUCKET, Key="market/prices/symbol=AAPL/1.json", Body=b"{}")

    def noted():
        return [i for i in world.items() if i["id"] == f"object#{OTHER_BUCKET}"]

    items = until(noted) or []
    checks.equal([i["place"] for i in items], ["market/prices/symbol=AAPL/1.json"], "its notification is taken")
    for item in items:
        world.causes[item["cause_id"]] += 1
        checks.equal(world.decision(item["cause_id"]).get("decision"), "dispatched", "and decided")
    key = "market/prices/symbol=AAPL/1.json"
    details = [b["detail"] for b in world.transform([key]).get(key, [])]
    checks.equal(details, [{"bucket": OTHER_BUCKET, "object": {"key": key, "size": 2}}], "and Transform hears of it")
