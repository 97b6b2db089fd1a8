"""The orchestrator by hand (§3, §8): answers, refusals, repetitions, dry runs, and other ways in."""

import json
import re
import urllib.request

from harness.checks import PATIENCE_SECONDS, until
from harness.clients import BUCKET, ORCHESTRATOR, TRANSFORM_QUEUE, TRIGGER_LETTERS, WORK_QUEUE, drain

# §8 and D15: what is sent, and the status and code that it must be refused with.
REFUSED = [
    ([1], 400, "MALFORMED_EVENT"),
    ('"text"', 400, "MALFORMED_EVENT"),
    ({"data_source": "yahoo finance"}, 400, "INVALID_DATA_SOURCE"),
    ({"data_source": "y" * 51}, 400, "INVALID_DATA_SOURCE"),
    ({"data_source": 1}, 400, "INVALID_DATA_SOURCE"),
    ({"domain": "m-arket"}, 400, "INVALID_DOMAIN"),
    ({"domain": ""}, 400, "INVALID_DOMAIN"),
    ({"table_name": "prices1"}, 400, "INVALID_TABLE_NAME"),
    ({"symbols": "AAPL"}, 400, "INVALID_SYMBOLS"),
    ({"symbols": []}, 400, "INVALID_SYMBOLS"),
    ({"symbols": [f"S{i}" for i in range(101)]}, 400, "INVALID_SYMBOLS"),
    ({"symbols": ["bad symbol!"]}, 400, "INVALID_SYMBOLS"),
    ({"symbols": [1]}, 400, "INVALID_SYMBOLS"),
    ({"data_source": "bloomberg"}, 422, "UNKNOWN_DATA_SOURCE"),
    ({"domain": "weather"}, 422, "UNKNOWN_TABLE"),
    ({"table_name": "volumes"}, 422, "UNKNOWN_TABLE"),
    ({"symbols": ["ZZZZ"]}, 422, "NO_SYMBOLS"),
    ({"symbols": ["AAPL"], "hops": 4}, 422, "LOOP_STOPPED"),
]
# D15: an optional value that is wrong is replaced by the default and named.
REPLACED = [
    {"period": "a while"}, {"interval": 5}, {"file_format": "xls"}, {"dry_run": True, "urgent": "very"},
    {"trigger_time": "noon"}, {"ds": "2025-13-01"}, {"override_config": {"chunk_size": 99}},
    {"override_config": {"sqs_send_batch_size": 0}}, {"override_config": {"worker_timeout": "long"}},
    {"override_config": {"color": "red"}}, {"colour": "blue"},
]


def refused(world):
    """Every row of D15 that refuses: its status, its code, its ledger row, and the dead letter where one is due."""
    checks = world.checks
    drain(world.client("sqs"), world.url(TRIGGER_LETTERS))
    letters = []
    for number, (payload, status, code) in enumerate(REFUSED):
        correlation = f"refused-{number}"
        if isinstance(payload, dict):
            payload = payload | {"correlation_id": correlation}
        answer = world.invoke(payload)
        what = json.dumps(payload)[:70]
        checks.equal((answer["statusCode"], answer["error"]["code"]), (status, code), what)
        checks.that(answer["error"]["message"] and answer["error"]["violations"], f"{what}: says why", answer)
        if isinstance(payload, dict):
            rows = world.rows(correlation)
            checks.equal([row["code"] for row in rows], [code], f"{what}: the ledger's row")
        if status == 422:
            letters.append(code)
    had = world.messages(world.url(TRIGGER_LETTERS), len(letters))
    codes = sorted(m["MessageAttributes"]["ERROR_CODE"]["StringValue"] for m in had)
    checks.equal(codes, sorted(letters), "business refusals go to the dead letters, and no others (§8)")
    answer = world.invoke({"data_source": "?", "domain": "?", "symbols": []})
    had = [violation["code"] for violation in answer["error"]["violations"]]
    checks.equal(
        sorted(had), ["INVALID_DATA_SOURCE", "INVALID_DOMAIN", "INVALID_SYMBOLS"], "every violation is reported")


def not_json(world):
    """What is no JSON never reaches the function: Lambda itself refuses it, as AWS's does."""
    unfit = world.client("lambda").exceptions.InvalidRequestContentException
    for payload in (b"{oops", b"\xff\xfe", b"{} {}"):
        world.checks.raises(unfit, lambda: world.invoke(payload), f"the payload {payload!r}", status=400)


def replaced(world):
    checks = world.checks
    for number, payload in enumerate(REPLACED):
        answer = world.invoke({"symbols": ["AAPL"], "dry_run": True, "correlation_id": f"replaced-{number}"} | payload)
        member = [key for key in payload if key != "dry_run"][0]
        checks.equal(answer["decision"], "dry_run", f"{payload} goes on")
        checks.that(any(member in w for w in answer["warnings"]), f"{payload} is named in the warnings", answer)
    answer = world.invoke({"symbols": ["AAPL", "ZZZZ", "aapl"], "dry_run": True})
    checks.equal(answer["symbols"], ["AAPL"], "an unknown symbol is dropped (D7), doubles are dropped (D16)")
    checks.that(any("ZZZZ" in w for w in answer["warnings"]), "and is named", answer["warnings"])
    answer = world.invoke({"symbols": ["ZZZZ"], "force_symbols": True, "dry_run": True})
    checks.equal(answer["symbols"], ["ZZZZ"], "unless it is forced (§3)")


def dry_run(world):
    """A dry run shows the whole plan, and nothing comes of it (§3, D18)."""
    checks = world.checks
    world.settle()
    before = world.server.admin("runs?limit=1000")[1]["runs"]
    payload = {
        "symbols": ["AAPL", "MSFT", "GOOGL"], "dry_run": True, "correlation_id": "dry",
        "override_config": {"chunk_size": 1}}
    first, second = world.invoke(payload), world.invoke(payload)
    for answer in (first, second):
        checks.equal(
            (answer["statusCode"], answer["decision"], answer["dry_run"], answer["run_id"], answer["messages"]),
            (200, "dry_run", True, None, 0), "a dry run is one each time")
        checks.equal(len(answer["chunks"]) if isinstance(answer["chunks"], list) else answer["chunks"], 3, "the plan")
    checks.equal(world.server.admin("runs?limit=1000")[1]["runs"], before, "no run has been made")
    attributes = world.client("sqs").get_queue_attributes(
        QueueUrl=world.url(WORK_QUEUE), AttributeNames=["All"])["Attributes"]
    checks.equal(attributes["ApproximateNumberOfMessages"], "0", "nothing was sent")
    answer = world.invoke(payload | {"dry_run": False})
    checks.equal(answer["decision"], "dispatched", "its key is still free")


def repeated(world):
    """The same key runs once (§5, D9)."""
    checks = world.checks
    payload = {"symbols": ["AAPL"], "period": "5d", "correlation_id": "twice"}
    first = world.invoke(payload)
    again = world.invoke(payload)
    checks.equal(first["decision"], "dispatched", "the first runs")
    checks.equal(
        (again["statusCode"], again["decision"], again["run_id"]), (200, "duplicate", first["run_id"]),
        "the second is told of the first run")
    world.run(first["run_id"])
    checks.equal(world.invoke(payload)["decision"], "duplicate", "also after its end")
    other = world.invoke(payload | {"period": "1mo"})
    checks.equal(
        (other["statusCode"], other["decision"], other["error"]["code"]), (409, "conflict", "IDEMPOTENCY_CONFLICT"),
        "another request under the same key is a conflict")
    had = [row["decision"] for row in world.rows("twice", 4)]
    checks.equal(had, ["conflict", "duplicate", "duplicate", "dispatched"], "each invocation has its row")


def other_ways(world):
    """Asynchronous and dry invocations, log tails, an event handed over directly."""
    checks, functions = world.checks, world.client("lambda")
    answer = world.invoke({"symbols": ["AAPL"], "correlation_id": "async"}, InvocationType="Event")
    checks.equal(answer["StatusCode"], 202, "an asynchronous invocation is accepted")
    rows = world.rows("async")
    checks.equal([row["decision"] for row in rows], ["dispatched"], "and decided")
    checks.equal(rows and rows[0]["cause_id"], answer["ResponseMetadata"]["RequestId"], "under its request id")
    run = world.run(rows[0]["run_id"]) if rows else None
    checks.equal(run and run["status"], "succeeded", "and run")
    answer = functions.invoke(FunctionName=ORCHESTRATOR, InvocationType="DryRun", Payload="{}")
    checks.equal(answer["StatusCode"], 204, "InvocationType DryRun asks only whether one may")
    answer = functions.invoke(FunctionName=ORCHESTRATOR, LogType="Tail", Payload='{"dry_run":true}')
    checks.that(answer.get("LogResult"), "the log's tail is there")
    checks.equal(answer.get("ExecutedVersion"), "$LATEST", "the version is there")
    name = f"arn:aws:lambda:us-east-1:123456789012:function:{ORCHESTRATOR}"
    answer = functions.invoke(FunctionName=name, Payload='{"dry_run":true}')
    checks.equal(answer["StatusCode"], 200, "the ARN is a name too")
    answer = functions.invoke(FunctionName=ORCHESTRATOR)
    checks.equal(json.load(answer["Payload"])["statusCode"], 200, "no payload takes the defaults")
    missing = functions.exceptions.ResourceNotFoundException
    checks.raises(missing, lambda: functions.invoke(FunctionName="none"), "invoking nothing", status=404)
    checks.raises(missing, lambda: functions.get_function(FunctionName="none"), "get-function of nothing", status=404)
    names = [f["FunctionName"] for f in functions.list_functions()["Functions"]]
    checks.equal(names, [ORCHESTRATOR, "dev-customer-data-worker"], "list-functions")


def records(world):
    """A raw notification of S3 (§4) becomes an event on the bus, once, its key decoded once (D22)."""
    checks = world.checks
    url = world.url(TRANSFORM_QUEUE)
    key = "market/prices/ingestion_date%3D2025-09-09/symbol%3DBRK-B/a+b%252B.json"

    def notification(sequencer, bucket=BUCKET):
        return {"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2025-09-09T14:45:30.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": bucket},
                "object": {"key": key, "size": 12345} | ({"sequencer": sequencer} if sequencer else {})}}]}

    answer = world.invoke(notification("0055AED6DCD90281E5"))
    checks.equal((answer["statusCode"], answer["decision"]), (200, "dispatched"), "the notification is taken")
    checks.equal(world.invoke(notification("0055AED6DCD90281E5"))["decision"], "duplicate", "but once")
    checks.equal(world.invoke(notification("0055AED6DCD90281E4"))["decision"], "duplicate", "and no older one after it")
    decoded = "market/prices/ingestion_date=2025-09-09/symbol=BRK-B/a b%2B.json"
    bodies = []

    def heard():
        """Runs of other sections may still be telling Transform of their objects."""
        told = [json.loads(m["Body"]) for m in drain(world.client("sqs"), url)]
        bodies.extend(body for body in told if body["detail"]["object"]["key"] == decoded)
        return bodies

    until(heard)
    details = [body["detail"] for body in bodies]
    checks.equal(details, [{"bucket": BUCKET, "object": {"key": decoded, "size": 12345}}], "Transform hears of it")
    checks.that(
        all(re.fullmatch("2025-09-09T14:45:30(.000)?Z", body["time"]) for body in bodies), "at its time",
        [body["time"] for body in bodies])
    for matter in ({}, {"bucket": {"name": BUCKET}, "object": {}}, {"object": {"key": "k"}}):
        record = {"eventSource": "aws:s3", "eventTime": "2025-09-09T14:45:30Z", "eventName": "ObjectCreated:Put"}
        answer = world.invoke({"Records": [record | {"s3": matter}]})
        checks.equal(
            (answer["statusCode"], answer.get("error", {}).get("code")), (400, "MALFORMED_EVENT"),
            f"a notification of {matter} is refused")


def waiting(world):
    """A table that somebody holds: the cause waits, is not lost, and goes on (D13)."""
    checks = world.checks

    def lease(action):
        body = json.dumps({"action": action, "domain": "market", "table_name": "prices", "owner": "test"}).encode()
        url = f"{world.server.endpoint}/_bellcrank/lease"
        with urllib.request.urlopen(url, data=body, timeout=PATIENCE_SECONDS) as reply:
            return json.load(reply)

    lease("hold")
    answer = world.invoke({"symbols": ["AAPL"], "period": "6mo", "correlation_id": "patient"})
    checks.equal((answer["statusCode"], answer["decision"]), (202, "deferred"), "the cause waits")
    lease("release")
    world.settle()
    checks.equal([row["decision"] for row in world.rows("patient")], ["dispatched"], "and then runs")
