"""Where lines are kept: log groups and log streams (§9)."""

import time

from harness.clients import arn
from sections.watching.contract import GARBAGE, cleared, contract, flat

KEY = arn("kms", "key/00000000-0000-0000-0000-000000000000")


def without_groups(world):
    """Deletes the groups of these contracts."""
    logs = contract(world, "logs").client
    for group in logs.describe_log_groups(logGroupNamePrefix="/watch")["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])


def one_group(world):
    contract(world, "logs").client.create_log_group(logGroupName="/watch")


in_one_group = cleared(one_group, without_groups)


@cleared(without_groups, without_groups)
def groups(world):
    c = contract(world, "logs")
    checks, logs = world.checks, c.client
    began = time.time() * 1_000
    names = ["/watch/DataLogs", "/watch/a", "/watch/a.b-c_d#e", "/watch/b", "/watch/c"]
    for name in names:
        logs.create_log_group(logGroupName=name)
    group = logs.describe_log_groups(logGroupNamePrefix="/watch/a")["logGroups"][0]
    own = arn("logs", "log-group:/watch/a")
    checks.equal(
        {k: v for k, v in group.items() if k != "creationTime"},
        {"logGroupName": "/watch/a", "arn": f"{own}:*", "logGroupArn": own, "metricFilterCount": 0, "storedBytes": 0,
         "logGroupClass": "STANDARD"}, "a group as it is described")
    checks.that(abs(group["creationTime"] - began) < 60_000, "made now, in milliseconds", group["creationTime"])
    for size in (1, 2, 5):
        pages = c.pages("DescribeLogGroups", "logGroups", size, logGroupNamePrefix="/watch/")
        checks.that(all(len(page) <= size for page in pages), f"at most {size} of a page")
        checks.equal([g["logGroupName"] for g in flat(pages)], names, f"pages of {size}, each once, by ASCII")

    def found(**filters):
        return [g["logGroupName"] for g in logs.describe_log_groups(**filters)["logGroups"]]

    for what, filters, wanted in (
        ("by pattern", {"logGroupNamePattern": "DataLogs"}, ["/watch/DataLogs"]),
        ("a pattern minds case", {"logGroupNamePattern": "datalogs"}, []),
        ("by name", {"logGroupIdentifiers": ["/watch/b", "/watch/a"]}, ["/watch/a", "/watch/b"]),
        ("by class", {"logGroupNamePrefix": "/watch/", "logGroupClass": "INFREQUENT_ACCESS"}, []),
        ("by prefix", {"logGroupNamePrefix": "/watch/a."}, ["/watch/a.b-c_d#e"]),
    ):
        checks.equal(found(**filters), wanted, what)
    logs.put_retention_policy(logGroupName="/watch/a", retentionInDays=3_653)
    checks.equal(
        logs.describe_log_groups(logGroupNamePrefix="/watch/a")["logGroups"][0].get("retentionInDays"), 3_653, "kept")
    logs.delete_retention_policy(logGroupName="/watch/a")
    group = logs.describe_log_groups(logGroupNamePrefix="/watch/a")["logGroups"][0]
    checks.that("retentionInDays" not in group, "kept for ever again", group)
    refused_groups(c)
    made(c)
    for page in logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix="/watch/", PaginationConfig={"PageSize": 2}):
        for group in page["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
    checks.equal(found(logGroupNamePrefix="/watch/"), [], "deleted page by page, none is left")


def refused_groups(c):
    wrong, missing, twice = "InvalidParameterException", "ResourceNotFoundException", "ResourceAlreadyExistsException"
    c.refused("CreateLogGroup", twice, "twice", logGroupName="/watch/a")
    c.refused("CreateLogGroup", wrong, "a key that is none", logGroupName="/watch/key", kmsKeyId=KEY)
    for what, name in (("AWS's own", "aws/watch"), ("a space", "a b"), ("no name", ""), ("513 letters", "a" * 513)):
        c.refused("CreateLogGroup", wrong, what, logGroupName=name)
    c.refused("CreateLogGroup", wrong, "nothing at all")
    for what, filters in (
        ("51 of a page", {"limit": 51}), ("none of a page", {"limit": 0}),
        ("a token that is none", {"nextToken": GARBAGE}),
        ("prefix and pattern", {"logGroupNamePrefix": "a", "logGroupNamePattern": "a"}),
    ):
        c.refused("DescribeLogGroups", wrong, what, **filters)
    for operation, more in (
        ("PutRetentionPolicy", {"retentionInDays": 7}), ("DeleteRetentionPolicy", {}), ("DeleteLogGroup", {}),
    ):
        c.refused(operation, missing, "no group", logGroupName="/watch/none", **more)
        c.refused(operation, wrong, "a name that is none", logGroupName="a b", **more)
        c.refused(operation, wrong, "no name", **more)
    for days in (-1, 0, 6, 100_001):
        c.refused("PutRetentionPolicy", wrong, f"{days} days", logGroupName="/watch/a", retentionInDays=days)


def made(c):
    """What a group is made with is kept, or refused; it is not dropped."""
    checks, logs = c.checks, c.client
    logs.create_log_group(
        logGroupName="/watch/made", tags={"team": "data"}, logGroupClass="INFREQUENT_ACCESS")
    group = logs.describe_log_groups(logGroupNamePrefix="/watch/made")["logGroups"][0]
    checks.equal(group["logGroupClass"], "INFREQUENT_ACCESS", "its class")
    checks.equal(logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"], {"team": "data"}, "its tags")
    checks.equal(logs.list_tags_log_group(logGroupName="/watch/made")["tags"], {"team": "data"}, "by the older call")
    wrong, missing = "InvalidParameterException", "ResourceNotFoundException"
    c.refused("ListTagsForResource", missing, "no group", resourceArn=arn("logs", "log-group:/watch/none"))
    c.refused("ListTagsForResource", wrong, "no ARN", resourceArn="/watch/made")
    c.refused("ListTagsLogGroup", missing, "no group", logGroupName="/watch/none")
    for what, more in (
        # Ours: AWS has it, and what is not protected shall not be said to be.
        ("a protection", {"deletionProtectionEnabled": True}), ("an unknown class", {"logGroupClass": "GOLD"}),
        ("51 tags", {"tags": {f"k{n}": "v" for n in range(51)}}), ("a key of AWS's", {"tags": {"aws:mine": "x"}}),
    ):
        c.refused("CreateLogGroup", wrong, what, logGroupName="/watch/safe", **more)
    logs.delete_log_group(logGroupName="/watch/made")
    logs.create_log_group(logGroupName="/watch/made")
    checks.equal(logs.list_tags_log_group(logGroupName="/watch/made")["tags"], {}, "a new group has no old tags")


@in_one_group
def streams(world):
    c = contract(world, "logs")
    checks, logs = world.checks, c.client
    names = ["2025/09/09/[$LATEST]0a", "a", "b", "c", "d"]
    for name in names:
        logs.create_log_stream(logGroupName="/watch", logStreamName=name)
    at = int(time.time() * 1_000)
    for name, age in (("a", 10), ("c", 30), ("b", 20)):
        logs.put_log_events(
            logGroupName="/watch", logStreamName=name, logEvents=[
                {"timestamp": at - age - 1, "message": "first"}, {"timestamp": at - age, "message": "last"}])
    had = logs.describe_log_streams(logGroupName="/watch", logStreamNamePrefix="a")["logStreams"][0]
    checks.equal(
        (had["logStreamName"], had["arn"], had["firstEventTimestamp"], had["lastEventTimestamp"], had["storedBytes"]),
        ("a", arn("logs", "log-group:/watch:log-stream:a"), at - 11, at - 10, 0), "a stream as it is described")
    checks.that(
        all(abs(had[name] - at) < 60_000 for name in ("creationTime", "lastIngestionTime")), "in milliseconds", had)
    empty = logs.describe_log_streams(logGroupName="/watch", logStreamNamePrefix="d")["logStreams"][0]
    checks.that("lastEventTimestamp" not in empty, "without lines there is no last one", empty)

    def listed(size=None, **more):
        pages = c.pages("DescribeLogStreams", "logStreams", size, logGroupName="/watch", **more)
        checks.that(size is None or all(len(page) <= size for page in pages), f"at most {size} of a page")
        return [stream["logStreamName"] for stream in flat(pages)]

    for size in (1, 2, 5):
        checks.equal(listed(size), names, f"pages of {size}, each once")
        checks.equal(listed(size, descending=True), names[::-1], f"pages of {size}, backwards")
        checks.equal(
            listed(size, orderBy="LastEventTime", descending=True)[:3], ["a", "b", "c"],
            f"pages of {size}, latest first")
    checks.equal(listed(logStreamNamePrefix="2025/"), names[:1], "by prefix")
    by_arn = logs.describe_log_streams(logGroupIdentifier=arn("logs", "log-group:/watch"))["logStreams"]
    checks.equal([s["logStreamName"] for s in by_arn], names, "by the group's ARN")
    refused_streams(c)
    paginator = logs.get_paginator("describe_log_streams")
    for page in paginator.paginate(logGroupName="/watch", PaginationConfig={"PageSize": 2}):
        for stream in page["logStreams"]:
            logs.delete_log_stream(logGroupName="/watch", logStreamName=stream["logStreamName"])
    checks.equal(listed(), [], "deleted page by page, none is left")
    checks.equal(logs.filter_log_events(logGroupName="/watch")["events"], [], "and no line of theirs")


def refused_streams(c):
    wrong, missing, twice = "InvalidParameterException", "ResourceNotFoundException", "ResourceAlreadyExistsException"
    own, nowhere = {"logGroupName": "/watch"}, {"logGroupName": "/watch/none"}
    c.refused("CreateLogStream", twice, "twice", **own, logStreamName="a")
    c.refused("CreateLogStream", missing, "no group", **nowhere, logStreamName="a")
    for what, name in (("a colon", "a:b"), ("an asterisk", "a*"), ("no name", ""), ("513 letters", "a" * 513)):
        c.refused("CreateLogStream", wrong, what, **own, logStreamName=name)
    c.refused("DeleteLogStream", missing, "no group", **nowhere, logStreamName="a")
    c.refused("DeleteLogStream", missing, "no stream", **own, logStreamName="none")
    c.refused("DeleteLogStream", wrong, "a name that is none", **own, logStreamName="a:b")
    c.refused("DeleteLogStream", wrong, "no name", **own)
    c.refused("DescribeLogStreams", missing, "no group", **nowhere)
    c.refused("DescribeLogStreams", wrong, "nothing at all")
    for what, more in (
        ("a token that is none", {"nextToken": GARBAGE}), ("51 of a page", {"limit": 51}),
        ("an unknown order", {"orderBy": "Mood"}), ("name and ARN", {"logGroupIdentifier": "/watch"}),
        ("a prefix by time", {"logStreamNamePrefix": "a", "orderBy": "LastEventTime"}),
    ):
        c.refused("DescribeLogStreams", wrong, what, **own, **more)
