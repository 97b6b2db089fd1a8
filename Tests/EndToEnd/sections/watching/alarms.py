"""What is watched: alarms, their states and their histories (§6)."""

import json

from harness.clients import Refused, arn
from sections.watching.contract import GARBAGE, HOUR, MINUTE, TOPIC, cleared, contract, flat, now

ALARM = {
    "Namespace": "Watched", "MetricName": "Sold", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
    "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore"}


def remove(world):
    """Deletes the alarms of these contracts."""
    cloudwatch = contract(world, "cloudwatch").client
    names = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(AlarmNamePrefix="watch-")["MetricAlarms"]]
    if names:
        cloudwatch.delete_alarms(AlarmNames=names)


without_alarms = cleared(remove, remove)


@without_alarms
def alarms(world):
    """PutMetricAlarm, DescribeAlarms, DescribeAlarmsForMetric, DeleteAlarms, and the switches of actions."""
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client
    full = {k: v for k, v in ALARM.items() if k != "Statistic"} | {
        "AlarmName": "watch-full", "AlarmDescription": "Nothing – at all", "ActionsEnabled": True,
        "OKActions": [TOPIC], "AlarmActions": [TOPIC, f"{TOPIC}-2"], "InsufficientDataActions": [],
        "ExtendedStatistic": "p99",
        "Dimensions": [{"Name": "City", "Value": "Seoul"}], "Unit": "Count", "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2, "EvaluateLowSampleCountPercentile": "ignore"}
    began = now()
    cloudwatch.put_metric_alarm(**full)
    alarm = cloudwatch.describe_alarms(AlarmNames=["watch-full"])["MetricAlarms"][0]
    for name, value in full.items():
        checks.equal(alarm.get(name), value, f"{name} is as put")
    checks.equal(alarm["AlarmArn"], arn("cloudwatch", "alarm:watch-full"), "its ARN")
    checks.equal(alarm["StateValue"], "INSUFFICIENT_DATA", "where an alarm begins")
    for name in ("StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp", "StateTransitionedTimestamp"):
        checks.that(abs(alarm[name] - began) < MINUTE, f"{name} is now", alarm[name])
    cloudwatch.set_alarm_state(AlarmName="watch-full", StateValue="ALARM", StateReason="x")
    cloudwatch.put_metric_alarm(**(full | {"Threshold": 7}))
    alarm = cloudwatch.describe_alarms(AlarmNames=["watch-full"])["MetricAlarms"][0]
    checks.equal((alarm["StateValue"], alarm["Threshold"]), ("ALARM", 7), "an update leaves the state")
    math = [
        {"Id": "m", "ReturnData": False, "MetricStat": {
            "Metric": {"Namespace": "Watched", "MetricName": "Sold", "Dimensions": []}, "Period": 60, "Stat": "Sum"}},
        {"Id": "e", "Expression": "m * 2", "Label": "Doubled", "ReturnData": True}]
    cloudwatch.put_metric_alarm(
        AlarmName="watch-math", Metrics=math, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="LessThanThreshold")
    alarm = cloudwatch.describe_alarms(AlarmNames=["watch-math"])["MetricAlarms"][0]
    checks.equal(alarm["Metrics"], math, "queries are as put")
    checks.that("MetricName" not in alarm and "Period" not in alarm, "and there is no metric", sorted(alarm))
    cloudwatch.put_metric_alarm(AlarmName="watch-plain", **ALARM)
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["watch-plain"], WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    described(c)
    switched(c)
    refused_alarms(c)
    deleted(c)


def described(c):
    """What DescribeAlarms and DescribeAlarmsForMetric choose."""
    checks, cloudwatch = c.checks, c.client

    def names(**filters):
        answer = cloudwatch.describe_alarms(**filters)
        checks.equal(answer["CompositeAlarms"], [], "there are no composite alarms")
        return [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]

    for what, filters, wanted in (
        ("by prefix", {"AlarmNamePrefix": "watch-"}, ["watch-full", "watch-math", "watch-plain"]),
        ("by name", {"AlarmNames": ["watch-plain", "watch-none"]}, ["watch-plain"]),
        ("by state", {"AlarmNamePrefix": "watch-", "StateValue": "ALARM"}, ["watch-full"]),
        ("by action", {"ActionPrefix": f"{TOPIC}-"}, ["watch-full"]),
        ("by type", {"AlarmNamePrefix": "watch-p", "AlarmTypes": ["MetricAlarm"]}, ["watch-plain"]),
        ("composite only", {"AlarmTypes": ["CompositeAlarm"]}, []),
        ("parents, which are composite", {"ParentsOfAlarmName": "watch-plain"}, []),
    ):
        checks.equal(names(**filters), wanted, what)
    plain = {"Namespace": "Watched", "MetricName": "Sold"}
    full = plain | {"Dimensions": [{"Name": "City", "Value": "Seoul"}]}
    for what, filters, wanted in (
        ("of a metric", plain, ["watch-plain"]), ("of one with dimensions", full, ["watch-full"]),
        ("by statistic", plain | {"Statistic": "Sum"}, ["watch-plain"]),
        ("by another statistic", plain | {"Statistic": "Average"}, []),
        ("by percentile", full | {"ExtendedStatistic": "p99"}, ["watch-full"]),
        ("by period", plain | {"Period": 60}, ["watch-plain"]), ("by another period", plain | {"Period": 120}, []),
        ("by unit", full | {"Unit": "Count"}, ["watch-full"]), ("by another unit", full | {"Unit": "Bytes"}, []),
        ("of a metric that has none", plain | {"MetricName": "Unwatched"}, []),
    ):
        had = cloudwatch.describe_alarms_for_metric(**filters)["MetricAlarms"]
        checks.equal([alarm["AlarmName"] for alarm in had], wanted, f"for metric: {what}")


def switched(c):
    checks, cloudwatch = c.checks, c.client
    for call, wanted in ((cloudwatch.disable_alarm_actions, False), (cloudwatch.enable_alarm_actions, True)):
        call(AlarmNames=["watch-full", "watch-plain", "watch-none"])
        had = cloudwatch.describe_alarms(AlarmNames=["watch-full", "watch-plain"])["MetricAlarms"]
        checks.equal([alarm["ActionsEnabled"] for alarm in had], [wanted] * 2, f"actions enabled: {wanted}")
    for operation in ("EnableAlarmActions", "DisableAlarmActions"):
        c.refused(operation, "ValidationError", "101 names", AlarmNames=[f"a{n}" for n in range(101)])


def refused_alarms(c):
    good = {"AlarmName": "watch-wrong"} | ALARM
    for what, change in (
        ("an unknown comparison", {"ComparisonOperator": "IsOdd"}), ("no statistic", {"Statistic": None}),
        ("two statistics", {"ExtendedStatistic": "p99"}), ("a period of 61 s", {"Period": 61}),
        ("more datapoints than periods", {"DatapointsToAlarm": 2}), ("two days", {"EvaluationPeriods": 2_880}),
        ("six actions", {"AlarmActions": [f"{TOPIC}-{n}" for n in range(6)]}), ("no threshold", {"Threshold": None}),
        ("an action that is no ARN", {"AlarmActions": ["tell me"]}), ("a long name", {"AlarmName": "a" * 256}),
        ("an unknown treatment", {"TreatMissingData": "guess"}),
        ("a long description", {"AlarmDescription": "a" * 1_025}),
        ("a metric beside queries", {"Metrics": [{"Id": "e", "Expression": "1"}]}),
    ):
        parameters = {k: v for k, v in (good | change).items() if v is not None}
        c.refused("PutMetricAlarm", "ValidationError", what, **parameters)
    for what, filters in (
        ("101 records", {"MaxRecords": 101}), ("an unknown state", {"StateValue": "FINE"}),
        ("an unknown type", {"AlarmTypes": ["Loud"]}),
        ("names and a prefix", {"AlarmNames": ["a"], "AlarmNamePrefix": "a"}),
        ("parents and a state", {"ParentsOfAlarmName": "watch-plain", "StateValue": "OK"}),
    ):
        c.refused("DescribeAlarms", "ValidationError", what, **filters)
    c.refused("DescribeAlarms", "InvalidNextToken", "a token that is none", NextToken=GARBAGE)
    c.refused("DescribeAlarmsForMetric", "ValidationError", "no metric", Namespace="Watched")


def deleted(c):
    """Pages of alarms, also while they are deleted, and of names whose accents are written in two ways."""
    checks, cloudwatch = c.checks, c.client
    names = ["watch-p-1", "watch-p-2", "watch-p-3", "watch-p-e\u0301", "watch-p-f", "watch-p-\u00e9"]
    for size in (1, 2, 3):
        for name in names:
            cloudwatch.put_metric_alarm(AlarmName=name, **ALARM)
        pages = c.pages("DescribeAlarms", "MetricAlarms", size, AlarmNamePrefix="watch-p-")
        checks.that(all(len(page) <= size for page in pages), f"at most {size} of a page", [len(p) for p in pages])
        checks.equal(sorted(a["AlarmName"] for a in flat(pages)), names, f"pages of {size}, each once")
    paginator = cloudwatch.get_paginator("describe_alarms")
    for page in paginator.paginate(AlarmNamePrefix="watch-p-", PaginationConfig={"PageSize": 2}):
        if page["MetricAlarms"]:
            cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in page["MetricAlarms"]])
    left = cloudwatch.describe_alarms(AlarmNamePrefix="watch-p-")["MetricAlarms"]
    checks.equal([a["AlarmName"] for a in left], [], "deleted page by page, none is left")
    c.refused("DeleteAlarms", "ResourceNotFound", "a name that is none", AlarmNames=["watch-plain", "watch-none"])
    left = cloudwatch.describe_alarms(AlarmNames=["watch-plain"])["MetricAlarms"]
    checks.equal([a["AlarmName"] for a in left], [], "the alarms with correct names are still deleted")
    c.refused("DeleteAlarms", "ValidationError", "101 names", AlarmNames=[f"a{n}" for n in range(101)])


@without_alarms
def history(world):
    """SetAlarmState and DescribeAlarmHistory."""
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client
    cloudwatch.put_metric_alarm(AlarmName="watch-told", AlarmActions=[TOPIC], **ALARM)
    for state in ("OK", "ALARM", "OK"):
        cloudwatch.set_alarm_state(
            AlarmName="watch-told", StateValue=state, StateReason=f"so: {state}", StateReasonData='{"by": "hand"}')
        alarm = cloudwatch.describe_alarms(AlarmNames=["watch-told"])["MetricAlarms"][0]
        checks.equal(
            (alarm["StateValue"], alarm["StateReason"], json.loads(alarm["StateReasonData"])),
            (state, f"so: {state}", {"by": "hand"}), f"the state is {state}")

    def told(items):
        return [(str(item["Timestamp"]), item["HistorySummary"][:50]) for item in items]

    items = cloudwatch.describe_alarm_history(AlarmName="watch-told")["AlarmHistoryItems"]
    kinds = [item["HistoryItemType"] for item in items]
    checks.equal(
        (kinds[-1], kinds.count("StateUpdate"), kinds.count("Action")), ("ConfigurationUpdate", 3, 1), "newest first")
    for item in items:
        checks.equal((item["AlarmName"], item["AlarmType"]), ("watch-told", "MetricAlarm"), "whose it is")
        checks.that(
            item["HistorySummary"] and isinstance(json.loads(item["HistoryData"]), dict), "what happened", item)
        checks.that(abs(item["Timestamp"] - now()) < MINUTE, "and when", item["Timestamp"])
    update = json.loads(next(i for i in items if i["HistoryItemType"] == "StateUpdate")["HistoryData"])
    checks.equal(
        (update["oldState"]["stateValue"], update["newState"]["stateValue"]), ("ALARM", "OK"), "from where to where")
    for size in (1, 2, 4):
        pages = c.pages("DescribeAlarmHistory", "AlarmHistoryItems", size, AlarmName="watch-told")
        checks.that(all(len(page) <= size for page in pages), f"at most {size} of a page")
        checks.equal(told(flat(pages)), told(items), f"pages of {size}, each item once")
        pages = c.pages(
            "DescribeAlarmHistory", "AlarmHistoryItems", size, AlarmName="watch-told", ScanBy="TimestampAscending")
        checks.equal(told(flat(pages)), told(items)[::-1], f"pages of {size}, the oldest first")
    for what, filters, count in (
        ("by type", {"HistoryItemType": "StateUpdate"}, 3), ("until an hour ago", {"EndDate": now() - HOUR}, 0),
        ("since a minute", {"StartDate": now() - MINUTE}, len(items)),
        ("of composite alarms", {"AlarmTypes": ["CompositeAlarm"]}, 0),
        ("of contributors", {"HistoryItemType": "AlarmContributorAction"}, 0),
    ):
        try:
            answer = cloudwatch.describe_alarm_history(AlarmName="watch-told", **filters)
            checks.equal(len(answer["AlarmHistoryItems"]), count, what)
        except Refused as refusal:
            checks.that(False, what, str(refusal))
    c.refused("DescribeAlarmHistory", "InvalidNextToken", "a token that is none", NextToken=GARBAGE)
    for what, filters in (
        ("101 records", {"MaxRecords": 101}), ("an unknown type", {"HistoryItemType": "Gossip"}),
        ("an unknown order", {"ScanBy": "Mood"}),
        ("an end before the start", {"StartDate": now(), "EndDate": now() - HOUR}),
    ):
        c.refused("DescribeAlarmHistory", "ValidationError", what, **filters)
    good = {"AlarmName": "watch-told", "StateValue": "OK", "StateReason": "x"}
    c.refused("SetAlarmState", "ResourceNotFound", "no alarm", **(good | {"AlarmName": "watch-none"}))
    c.refused("SetAlarmState", "InvalidFormatFault", "data that is no JSON", **good, StateReasonData="{")
    c.refused("SetAlarmState", "ValidationError", "an unknown state", **(good | {"StateValue": "FINE"}))
    c.refused("SetAlarmState", "ValidationError", "a long reason", **(good | {"StateReason": "x" * 1_024}))
    cloudwatch.delete_alarms(AlarmNames=["watch-told"])
    kept = cloudwatch.describe_alarm_history(AlarmName="watch-told")["AlarmHistoryItems"]
    checks.equal(len(kept), len(items) + 1, "the history outlives its alarm and tells of its end")
