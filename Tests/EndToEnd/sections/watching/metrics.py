"""What is measured: PutMetricData, GetMetricStatistics, GetMetricData, ListMetrics (§6)."""

import datetime
import time

import boto3
from harness.clients import REGION
from sections.watching.contract import DAY, GARBAGE, HOUR, MINUTE, contract, flat, now


def metrics(world):
    """PutMetricData and GetMetricStatistics."""
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client
    start = put_series(cloudwatch)
    window = {"StartTime": start, "EndTime": start + 5 * MINUTE}
    sold = {"Namespace": "Watched", "MetricName": "Sold", "Dimensions": [{"Name": "City", "Value": "Seoul"}]}
    five = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    answer = cloudwatch.get_metric_statistics(**sold, **window, Period=300, Statistics=five)
    checks.equal(answer["Label"], "Sold", "the metric is the label")
    checks.equal(
        answer["Datapoints"],
        [{"Timestamp": start, "SampleCount": 5, "Sum": 15, "Average": 3, "Minimum": 1, "Maximum": 5, "Unit": "Count"}],
        "five minutes are one period")
    points = cloudwatch.get_metric_statistics(**sold, **window, Period=60, Statistics=["Sum"])["Datapoints"]
    checks.equal(
        sorted((p["Timestamp"], p["Sum"]) for p in points), [(start + n * MINUTE, n + 1) for n in range(5)], "or five")
    median = cloudwatch.get_metric_statistics(**sold, **window, Period=300, ExtendedStatistics=["p50", "tm90"])
    extended = median["Datapoints"][0]["ExtendedStatistics"]
    checks.that(set(extended) == {"p50", "tm90"} and abs(extended["p50"] - 3) < 0.1, "percentiles", extended)
    for unit, count in (("Count", 1), ("Seconds", 0)):
        points = cloudwatch.get_metric_statistics(**sold, **window, Period=300, Statistics=["Sum"], Unit=unit)
        checks.equal(len(points["Datapoints"]), count, f"datapoints in {unit}")
    cloudwatch.put_metric_data(Namespace="Watched", MetricData=[
        {"MetricName": "Weighed", "Timestamp": start, "Values": [1, 10], "Counts": [9, 1]},
        {"MetricName": "Summed", "Timestamp": start,
         "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}}])
    for name, wanted in (("Weighed", (10, 19, 1, 10)), ("Summed", (4, 10, 1, 4))):
        point = cloudwatch.get_metric_statistics(
            Namespace="Watched", MetricName=name, **window, Period=300, Statistics=five)["Datapoints"][0]
        checks.equal(tuple(point[s] for s in ("SampleCount", "Sum", "Minimum", "Maximum")), wanted, f"{name} as put")
    metric = boto3.resource(
        "cloudwatch", endpoint_url=world.server.endpoint, region_name=REGION).Metric("Watched", "Weighed")
    checks.equal(
        len(metric.get_statistics(**window, Period=300, Statistics=["Sum"])["Datapoints"]), 1, "a resource's metric")
    refused_data(c)
    refused_statistics(c, sold, window)


def put_series(cloudwatch):
    """1 to 5 in five minutes that are one period of 300 s; where it starts."""
    start = datetime.datetime.fromtimestamp(int(time.time()) // 300 * 300 - 900, datetime.timezone.utc)
    cloudwatch.put_metric_data(Namespace="Watched", MetricData=[
        {"MetricName": "Sold", "Dimensions": [{"Name": "City", "Value": "Seoul"}], "Unit": "Count", "Value": n + 1,
         "Timestamp": start + n * MINUTE} for n in range(5)])
    return start


def refused_data(c):
    one = {"MetricName": "Sold", "Value": 1}
    for what, error, data in (
        ("a namespace of AWS's", "InvalidParameterValueException", {"Namespace": "AWS/Shop"}),
        ("a namespace with a colon", "InvalidParameterValueException", {"Namespace": ":shop"}),
        ("not a number", "InvalidParameterValueException", {"MetricData": [one | {"Value": float("nan")}]}),
        ("an unknown unit", "InvalidParameterValueException", {"MetricData": [one | {"Unit": "Apples"}]}),
        ("three hours ahead", "InvalidParameterValueException",
         {"MetricData": [one | {"Timestamp": now() + 3 * HOUR}]}),
        ("fifteen days old", "InvalidParameterValueException", {"MetricData": [one | {"Timestamp": now() - 15 * DAY}]}),
        ("31 dimensions", "InvalidParameterValueException",
         {"MetricData": [one | {"Dimensions": [{"Name": f"n{n}", "Value": "v"} for n in range(31)]}]}),
        ("151 values", "InvalidParameterValueException",
         {"MetricData": [{"MetricName": "Sold", "Values": [1] * 151}]}),
        ("counts that do not fit", "InvalidParameterValueException",
         {"MetricData": [{"MetricName": "Sold", "Values": [1, 2], "Counts": [1]}]}),
        ("1,001 entries", "InvalidParameterValueException", {"MetricData": [one] * 1_001}),
        ("value and values", "InvalidParameterCombinationException", {"MetricData": [one | {"Values": [1]}]}),
        ("no data", "MissingRequiredParameterException", {"MetricData": None}),
        ("no value", "MissingRequiredParameterException", {"MetricData": [{"MetricName": "Sold"}]}),
        ("no name", "MissingRequiredParameterException", {"MetricData": [{"Value": 1}]}),
        ("no namespace", "MissingRequiredParameterException", {"Namespace": None}),
    ):
        parameters = {"Namespace": "Watched", "MetricData": [one]} | data
        c.refused("PutMetricData", error, what, **{k: v for k, v in parameters.items() if v is not None})


def refused_statistics(c, sold, window):
    good = sold | window | {"Period": 60, "Statistics": ["Sum"]}
    for what, error, change in (
        ("an end before the start", "InvalidParameterValueException", {"EndTime": window["StartTime"] - MINUTE}),
        ("an end at the start", "InvalidParameterValueException", {"EndTime": window["StartTime"]}),
        ("a period of 61 s", "InvalidParameterValueException", {"Period": 61}),
        ("an unknown statistic", "InvalidParameterValueException", {"Statistics": ["Middle"]}),
        ("1,441 datapoints", "InvalidParameterCombinationException",
         {"EndTime": window["StartTime"] + 1_441 * MINUTE}),
        ("both kinds of statistics", "InvalidParameterCombinationException", {"ExtendedStatistics": ["p50"]}),
        ("no statistic", "MissingRequiredParameterException", {"Statistics": None}),
        ("no metric", "MissingRequiredParameterException", {"MetricName": None}),
    ):
        parameters = {k: v for k, v in (good | change).items() if v is not None}
        c.refused("GetMetricStatistics", error, what, **parameters)


def metric_data(world):
    """GetMetricData: math, order, pages."""
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client
    start = put_series(cloudwatch)
    dimensions = [{"Name": "City", "Value": "Seoul"}]

    def query(name, **more):
        metric = {"Namespace": "Watched", "MetricName": name, "Dimensions": dimensions}
        return {"Id": name.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}} | more

    window = {"StartTime": start, "EndTime": start + 5 * MINUTE}
    queries = [
        query("Sold"), {"Id": "twice", "Expression": "sold * 2", "Label": "Doubled"}, query("Nothing"),
        query("Hidden", ReturnData=False)]
    series = {
        "sold": [(start + n * MINUTE, n + 1) for n in range(5)],
        "twice": [(start + n * MINUTE, 2 * n + 2) for n in range(5)], "nothing": []}

    def read(**more):
        had, codes = {}, {}
        for results in c.pages("GetMetricData", "MetricDataResults", MetricDataQueries=queries, **window, **more):
            for result in results:
                had.setdefault(result["Id"], []).extend(zip(result["Timestamps"], result["Values"], strict=True))
                codes.setdefault(result["Id"], []).append(result["StatusCode"])
        return had, codes

    for order in ("TimestampAscending", "TimestampDescending"):
        had, codes = read(ScanBy=order)
        checks.equal(had, {k: v[::-1 if "Desc" in order else 1] for k, v in series.items()}, f"values, {order}")
        checks.equal(codes, {k: ["Complete"] for k in series}, "each whole")
    for size in (1, 2, 3, 10):
        had, codes = read(ScanBy="TimestampAscending", MaxDatapoints=size)
        checks.equal(had, series, f"page by page of {size}, each once")
        checks.that(all(c[-1] == "Complete" for c in codes.values()), "whole in the end", codes)
        checks.that(size == 10 or "PartialData" in codes["twice"], "a page in between is partial", codes)
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **window)
    checks.equal([r["Label"] for r in answer["MetricDataResults"]], ["Sold", "Doubled", "Nothing"], "labels")
    checks.equal(answer["Messages"], [], "no messages")
    good = {"MetricDataQueries": queries} | window
    c.refused("GetMetricData", "InvalidNextToken", "a token that is none", **good, NextToken=GARBAGE)
    for what, change in (
        ("an end at the start", {"EndTime": start}), ("no query", {"MetricDataQueries": []}),
        ("an id twice", {"MetricDataQueries": [query("Sold")] * 2}),
        ("an id in capitals", {"MetricDataQueries": [query("Sold", Id="Sold")]}),
        ("an expression beside a metric", {"MetricDataQueries": [query("Sold", Expression="1")]}),
        ("an unknown id", {"MetricDataQueries": [{"Id": "e", "Expression": "nobody + 1"}]}),
        ("an expression that does not end", {"MetricDataQueries": [{"Id": "e", "Expression": "(1"}]}),
        ("100,801 datapoints", {"MaxDatapoints": 100_801}),
    ):
        c.refused("GetMetricData", "ValidationError", what, **(good | change))


def listed(world):
    """ListMetrics; the request that makes its pages is large enough for botocore to compress it."""
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client
    names = [f"m{n:03}" for n in range(510)]
    city = {"Name": "City", "Value": "Seoul"}
    cloudwatch.put_metric_data(Namespace="Watched/Many", MetricData=[
        {"MetricName": name, "Value": 1, "Dimensions": [city, {"Name": "N", "Value": name}]} for name in names])
    pages = c.pages("ListMetrics", "Metrics", Namespace="Watched/Many")
    checks.equal([len(page) for page in pages], [500, 10], "500 of a page")
    checks.equal(sorted(m["MetricName"] for m in flat(pages)), names, "each once")
    wanted = {
        "Namespace": "Watched/Many", "MetricName": "m007",
        "Dimensions": [city, {"Name": "N", "Value": "m007"}]}
    for what, filters, count in (
        ("by name", {"MetricName": "m007"}, 1), ("by a dimension", {"Dimensions": [{"Name": "N", "Value": "m007"}]}, 1),
        ("by another value", {"Dimensions": [{"Name": "N", "Value": "m"}]}, 0),
        ("of late", {"MetricName": "m007", "RecentlyActive": "PT3H"}, 1),
        ("by a dimension's name", {"MetricName": "m007", "Dimensions": [{"Name": "City"}]}, 1),
    ):
        answer = cloudwatch.list_metrics(Namespace="Watched/Many", **filters)
        checks.equal(answer["Metrics"], [wanted] * count, what)
        checks.that("NextToken" not in answer, f"{what}: no more pages")
    for what, parameters in (
        ("a token that is none", {"NextToken": GARBAGE}), ("a namespace with a colon", {"Namespace": ":x"}),
        ("another time than PT3H", {"RecentlyActive": "PT1H"}),
    ):
        c.refused("ListMetrics", "InvalidParameterValueException", what, **parameters)
