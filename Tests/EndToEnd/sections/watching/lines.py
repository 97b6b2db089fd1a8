"""What is told: lines of log streams, filters and patterns (§9)."""

import json
import time

from harness.checks import until
from harness.clients import arn
from sections.watching.contract import GARBAGE, contract, flat
from sections.watching.groups import in_one_group

DAY_MS = 86_400_000


@in_one_group
def lines(world):
    """PutLogEvents and GetLogEvents."""
    c = contract(world, "logs")
    checks, logs = world.checks, c.client
    own = {"logGroupName": "/watch", "logStreamName": "s"}
    logs.create_log_stream(**own)
    empty = logs.get_log_events(**own, startFromHead=True)
    checks.equal(empty["events"], [], "an empty stream")
    at = int(time.time() * 1_000) - 60_000
    events = [{"timestamp": at + n // 2, "message": f"줄 {n}"} for n in range(7)]
    answer = logs.put_log_events(**own, logEvents=events, sequenceToken="ignored")
    checks.that("rejectedLogEventsInfo" not in answer, "all are taken", answer)
    later = logs.get_log_events(**own, startFromHead=True, nextToken=empty["nextForwardToken"])
    checks.equal(len(later["events"]), 7, "what comes after the token of an empty stream")

    def read(token, **more):
        """Follows a token until it stays; the events and the last answer."""
        had, answer = [], logs.get_log_events(**own, **more)
        for _ in range(20):
            had.append(answer["events"])
            following = logs.get_log_events(**own, **(more | {"nextToken": answer[token]}))
            if following[token] == answer[token]:
                checks.equal(following["events"], [], "the token stays at the end")
                return had, following
            answer = following
        checks.that(False, "a token stays at some time")
        return had, answer

    def texts(pages):
        return [(event["timestamp"], event["message"]) for event in flat(pages)]

    wanted = [(event["timestamp"], event["message"]) for event in events]
    for size in (1, 2, 3, 7, 10):
        forward, end = read("nextForwardToken", startFromHead=True, limit=size)
        checks.equal(texts(forward), wanted, f"forward by {size}, each once")
        backward, begin = read("nextBackwardToken", limit=size)
        checks.equal(texts(backward[::-1]), wanted, f"backward by {size}, each once")
        checks.that(all(len(page) <= size for page in forward + backward), f"at most {size} of a page")
    back = logs.get_log_events(**own, nextToken=end["nextBackwardToken"])["events"]
    checks.equal(texts([back]), wanted, "from the end back, the last line is there")
    forth = logs.get_log_events(**own, nextToken=begin["nextForwardToken"])["events"]
    checks.equal(texts([forth]), wanted, "from the beginning forth, the first line is there")
    ingested = flat(forward)[0]["ingestionTime"]
    checks.that(abs(ingested - time.time() * 1_000) < 60_000, "and when it came", ingested)
    ranged = logs.get_log_events(**own, startTime=at + 1, endTime=at + 2, startFromHead=True)["events"]
    checks.equal(texts([ranged]), wanted[2:4], "the start is in the range, the end is not")
    by_arn = logs.get_log_events(logGroupIdentifier=arn("logs", "log-group:/watch"), logStreamName="s", limit=1)
    checks.equal(texts([by_arn["events"]]), wanted[-1:], "by the group's ARN, the latest")
    bytes_ = sum(len(event["message"].encode()) for event in events)
    stored = logs.describe_log_groups(logGroupNamePrefix="/watch")["logGroups"][0]["storedBytes"]
    checks.that(stored >= bytes_, "the group has its bytes", stored)
    odd = "".join(chr(code) for code in (97, 0, 98, 10, 0x2028, 0x1F600))
    logs.create_log_stream(logGroupName="/watch", logStreamName="odd")
    logs.put_log_events(
        logGroupName="/watch", logStreamName="odd", logEvents=[{"timestamp": at, "message": odd}])
    had = logs.get_log_events(logGroupName="/watch", logStreamName="odd")["events"]
    checks.equal([event["message"] for event in had], [odd], "a line is kept whole, whatever is in it")
    rejected(c, own)
    refused_lines(c, own)


def rejected(c, own):
    """Lines that are too old, expired or too new are left out; the others are taken."""
    checks, logs = c.checks, c.client
    at = int(time.time() * 1_000)
    logs.create_log_stream(logGroupName="/watch", logStreamName="r")
    own = own | {"logStreamName": "r"}
    logs.put_retention_policy(logGroupName="/watch", retentionInDays=1)
    for ages, wanted in (
        ((20 * DAY_MS, 0, -3 * 3_600_000), {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}),
        ((3 * DAY_MS, 0), {"expiredLogEventEndIndex": 1}), ((0,), None),
        ((at - time.time_ns(),), {"tooNewLogEventStartIndex": 0}),
    ):
        what = f"lines of {[f'{age / DAY_MS:.1f}' for age in ages]} days"
        try:
            answer = logs.put_log_events(
                **own, logEvents=[{"timestamp": at - age, "message": "x"} for age in ages])
        except logs.exceptions.ClientError as refusal:
            checks.that(False, what, str(refusal))
            continue
        checks.equal(answer.get("rejectedLogEventsInfo"), wanted, what)
    had = logs.get_log_events(**own, startFromHead=True)["events"]
    checks.equal([event["timestamp"] for event in had], [at] * 3, "the others are there")


def refused_lines(c, own):
    wrong, missing = "InvalidParameterException", "ResourceNotFoundException"
    at = int(time.time() * 1_000)

    def event(age=0, message="x"):
        return {"timestamp": at - age, "message": message}

    for what, change in (
        ("no lines", {"logEvents": []}), ("lines out of order", {"logEvents": [event(), event(5)]}),
        ("25 hours", {"logEvents": [event(25 * 3_600_000 - 1), event()]}),
        ("10,001 lines", {"logEvents": [event()] * 10_001}), ("a line of more than 1 MiB", {
            "logEvents": [event(message="x" * 1_048_577)]}),
        ("more than 1 MiB of lines", {"logEvents": [event(message="x" * 600_000)] * 2}),
        ("an empty line", {"logEvents": [event(message="")]}),
        ("a stream's name with a colon", {"logStreamName": "a:b"}),
        ("a time before 1970", {"logEvents": [{"timestamp": -1, "message": "x"}]}),
    ):
        c.client.delete_retention_policy(logGroupName="/watch")
        c.refused("PutLogEvents", wrong, what, **(own | {"logEvents": [event()]} | change))
    for operation, more in (("PutLogEvents", {"logEvents": [event()]}), ("GetLogEvents", {})):
        c.refused(operation, missing, "no group", **(own | more | {"logGroupName": "/watch/none"}))
        c.refused(operation, missing, "no stream", **(own | more | {"logStreamName": "none"}))
    c.client.create_log_stream(logGroupName="/watch", logStreamName="other")
    foreign = c.client.get_log_events(logGroupName="/watch", logStreamName="other")["nextForwardToken"]
    for what, more in (
        ("a token that is none", {"nextToken": GARBAGE}), ("a token of another stream", {"nextToken": foreign}),
        ("10,001 of a page", {"limit": 10_001}), ("none of a page", {"limit": 0}),
        ("name and ARN", {"logGroupIdentifier": "/watch"}), ("a time before 1970", {"startTime": -1}),
    ):
        c.refused("GetLogEvents", wrong, what, **own, **more)
    c.refused("GetLogEvents", wrong, "no group's name", logStreamName="s")


@in_one_group
def filtered(world):
    """FilterLogEvents, also as `aws logs tail --follow` asks, and TestMetricFilter."""
    c = contract(world, "logs")
    checks, logs = world.checks, c.client
    own = {"logGroupName": "/watch"}
    at = int(time.time() * 1_000) - 60_000
    for place, name in enumerate(("a-1", "a-2", "b")):
        logs.create_log_stream(**own, logStreamName=name)
        logs.put_log_events(**own, logStreamName=name, logEvents=[
            {"timestamp": at + 3 * n + place, "message": json.dumps({"n": 3 * n + place, "level": "EWI"[n % 3]})}
            for n in range(4)])

    def found(size=None, **more):
        pages = c.pages("FilterLogEvents", "events", size, **own, **more)
        checks.that(size is None or all(len(page) <= size for page in pages), f"at most {size} of a page")
        return [json.loads(event["message"])["n"] for event in flat(pages)]

    for size in (1, 2, 5, 12, 100):
        checks.equal(found(size), list(range(12)), f"pages of {size}, by time over all streams, each once")
        checks.equal(
            found(size, filterPattern='{ $.level = "E" }'), [0, 1, 2, 9, 10, 11], f"those of a pattern by {size}")
    for what, filters, wanted in (
        ("by streams", {"logStreamNames": ["a-1", "b"]}, [0, 2, 3, 5, 6, 8, 9, 11]),
        ("by a prefix of streams", {"logStreamNamePrefix": "a-"}, [0, 1, 3, 4, 6, 7, 9, 10]),
        ("by time, both ends in it", {"startTime": at + 2, "endTime": at + 4}, [2, 3, 4]),
        ("a term", {"filterPattern": "nobody"}, []), ("an empty pattern", {"filterPattern": ""}, list(range(12))),
        ("interleaved", {"interleaved": True}, list(range(12))),
    ):
        checks.equal(found(**filters), wanted, what)
    by_arn = logs.filter_log_events(logGroupIdentifier=arn("logs", "log-group:/watch"), limit=1)["events"][0]
    checks.equal((by_arn["logStreamName"], by_arn["timestamp"]), ("a-1", at), "by the group's ARN")
    checks.that(by_arn["eventId"].isdigit() and by_arn["ingestionTime"] >= at, "an id and when it came", by_arn)
    followed(c, own)
    refused_filters(c, own)
    patterns(c)


def followed(c, own):
    """`tail --follow` asks from the last line's time on and tells lines apart by their ids."""
    logs, seen, start = c.client, {}, 0

    def ask():
        nonlocal start
        for events in c.pages("FilterLogEvents", "events", **own, startTime=start):
            for event in events:
                seen.setdefault(event["eventId"], event["message"])
                start = max(start, event["timestamp"])
        return len(seen)

    c.checks.equal(ask(), 12, "what is there")
    at = int(time.time() * 1_000)
    for number in range(3):
        logs.put_log_events(**own, logStreamName="b", logEvents=[{"timestamp": at, "message": f"new {number}"}])
        ask()
    c.checks.equal(until(lambda: ask() == 15), True, "and what comes, each once")
    c.checks.equal(sorted(seen.values())[:3], ["new 0", "new 1", "new 2"], "also in the same millisecond")


def refused_filters(c, own):
    wrong, missing = "InvalidParameterException", "ResourceNotFoundException"
    token = c.client.filter_log_events(**own, limit=1)["nextToken"]
    c.refused("FilterLogEvents", missing, "no group", logGroupName="/watch/none")
    c.refused("FilterLogEvents", missing, "no stream", **own, logStreamNames=["a-1", "none"])
    for what, more in (
        ("a pattern that is none", {"filterPattern": "{ $.a = }"}), ("a long pattern", {"filterPattern": "a" * 1_025}),
        ("a token that is none", {"nextToken": GARBAGE}), ("a token of another pattern", {
            "nextToken": token, "filterPattern": "x"}),
        ("names and a prefix", {"logStreamNames": ["b"], "logStreamNamePrefix": "b"}),
        ("101 streams", {"logStreamNames": [f"s{n}" for n in range(101)]}), ("no stream", {"logStreamNames": []}),
        ("an end before the start", {"startTime": 2, "endTime": 1}), ("10,001 of a page", {"limit": 10_001}),
        ("none of a page", {"limit": 0}), ("name and ARN", {"logGroupIdentifier": "/watch"}),
    ):
        c.refused("FilterLogEvents", wrong, what, **own, **more)
    c.refused("FilterLogEvents", wrong, "no group's name")


def patterns(c):
    checks, logs = c.checks, c.client
    access = '10.0.0.1 - frank [10/Oct/2025:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
    for pattern, messages, wanted in (
        ("ERROR", ["an ERROR", "fine", "ERROR again"], [(1, {}), (3, {})]), ("", ["x"], [(1, {})]),
        ('{ $.level = "ERROR" }', ['{"level": "INFO"}', '{"level": "ERROR"}'], [(2, {"$.level": "ERROR"})]),
        ("[ip, id, user, time, request, code = 404, size]", [access, access.replace("404", "200")], [(1, {
            "$ip": "10.0.0.1", "$id": "-", "$user": "frank", "$time": "10/Oct/2025:13:25:15 -0700",
            "$request": "GET /index.html HTTP/1.0", "$code": "404", "$size": "1534"})]),
    ):
        matches = logs.test_metric_filter(filterPattern=pattern, logEventMessages=messages)["matches"]
        checks.equal([(m["eventNumber"], m["extractedValues"]) for m in matches], wanted, f"the pattern {pattern}")
        checks.equal(
            [m["eventMessage"] for m in matches], [messages[number - 1] for number, _ in wanted], "and its messages")
    for what, change in (
        ("a pattern that is none", {"filterPattern": "{ $.a = }"}), ("a long pattern", {"filterPattern": "a" * 1_025}),
        ("no message", {"logEventMessages": []}), ("51 messages", {"logEventMessages": ["x"] * 51}),
        ("no pattern", {"filterPattern": None}),
    ):
        parameters = {"filterPattern": "x", "logEventMessages": ["x"]} | change
        c.refused(
            "TestMetricFilter", "InvalidParameterException", what,
            **{k: v for k, v in parameters.items() if v is not None})
