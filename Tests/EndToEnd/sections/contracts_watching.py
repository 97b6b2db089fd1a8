"""CloudWatch and CloudWatch Logs, operation by operation, against what botocore's models promise (§6, §9).

Each operation is called as its users call it, refused with each error of its model, and read to the end of its pages.
What was seen is kept, and `coverage` asks for the rest: an error that was not provoked needs a reason.
"""

import re
import shutil

from harness.checks import until
from harness.clients import Refused, Unreachable
from harness.processes import REPOSITORY
from sections.commands import Shell
from sections.watching import alarms, boards, groups, lines, metrics
from sections.watching.contract import HOUR, contract, now

# As Docs/Conformance.md calls them.
TITLES = {"cloudwatch": "CloudWatch", "logs": "CloudWatch Logs"}
# (service, operation, error): why nothing here leads to it.
NOT_PROVOKED = {
    (service, operation, error): why
    for service, error, why, operations in (
        ("cloudwatch", "InternalServiceFault", "a 500 is a fault of the server, and none is known",
         "PutMetricData GetMetricStatistics ListMetrics PutDashboard GetDashboard ListDashboards DeleteDashboards"
         " TagResource UntagResource ListTagsForResource"),
        ("cloudwatch", "LimitExceededFault", "the number of alarms has no limit", "PutMetricAlarm"),
        ("cloudwatch", "ConflictException", "writes go one after the other, so none meets another",
         "PutDashboard DeleteDashboards TagResource UntagResource"),
        ("cloudwatch", "ConcurrentModificationException", "writes go one after the other, so none meets another",
         "TagResource UntagResource"),
        ("logs", "ServiceUnavailableException", "a 500 is a fault of the server, and none is known",
         "CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy CreateLogStream"
         " DeleteLogStream DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents TestMetricFilter"
         " ListTagsForResource ListTagsLogGroup"),
        ("logs", "OperationAbortedException", "writes go one after the other, so none meets another",
         "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy DeleteLogStream"),
        ("logs", "LimitExceededException", "the number of groups has no limit", "CreateLogGroup"),
        ("logs", "ValidationException", "only a protection against deletion leads to it, which is not served",
         "DeleteLogGroup DeleteLogStream"),
        ("logs", "InvalidSequenceTokenException", "sequence tokens are ignored, by AWS too", "PutLogEvents"),
        ("logs", "DataAlreadyAcceptedException", "sequence tokens are ignored, by AWS too", "PutLogEvents"),
        ("logs", "UnrecognizedClientException", "the shared server has no credentials; security.py has this",
         "PutLogEvents"),
    )
    for operation in operations.split()
}


def typed(world):
    """The AWS CLI on both services, as it is typed."""
    checks = world.checks
    if not shutil.which("aws"):
        checks.find("the AWS CLI is missing: pip install awscli")
        return
    shell = Shell(world)
    shell("aws cloudwatch put-metric-data --namespace Watched --metric-name Typed --value 2 --dimensions City=Seoul")
    for number in range(2):
        world.client("cloudwatch").put_metric_alarm(AlarmName=f"watch-typed-{number}", **alarms.ALARM)
    listing = "aws cloudwatch describe-alarms --alarm-name-prefix watch-typed- --page-size 1 --max-items 1"
    first = shell.json(listing)
    rest = shell.json(f"{listing} --starting-token {first.get('NextToken')}")
    checks.equal(
        [a["AlarmName"] for page in (first, rest) for a in page["MetricAlarms"]], ["watch-typed-0", "watch-typed-1"],
        "the CLI's own pages")
    shell("aws cloudwatch delete-alarms --alarm-names watch-typed-0 watch-typed-1")
    world.client("logs").create_log_group(logGroupName="/watch")
    world.client("logs").create_log_stream(logGroupName="/watch", logStreamName="s")
    shell("aws logs put-log-events --log-group-name /watch --log-stream-name s --log-events "
          'timestamp=$(date +%s)000,message="an ERROR"')
    found = shell.json("aws logs filter-log-events --log-group-name /watch --filter-pattern ERROR")
    checks.equal([event["message"] for event in found["events"]], ["an ERROR"], "the line that was typed")
    if shell("aws --version").stdout.startswith("aws-cli/2"):
        for seconds in (4, 16, 64):  # What has come by then is all that the command is asked for, so it may be cut off.
            tail = shell(f"timeout {seconds} aws logs tail /watch --since 1h --follow", wanted=(124,)).stdout
            if tail:
                break
        checks.equal(tail.count("an ERROR"), 1, "it is tailed once")
    shell("aws logs delete-log-group --log-group-name /watch")


def far_numbers(world):
    """Numbers at the end of what fits are refused or computed; no request ends the server."""
    c = contract(world, "cloudwatch")
    metric = {"Namespace": "Watched", "MetricName": "Huge"}
    window = {"StartTime": now() - HOUR, "EndTime": now() + HOUR}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    huge = {"MetricName": "Huge", "StatisticValues": {"SampleCount": 1.7e308, "Sum": 1, "Minimum": 1, "Maximum": 2}}
    for token in ("9223372036854775807", "9223372036854775806", "-1"):
        survives(world, f"the token {token}", lambda token=token: c.refused(
            "GetMetricData", "InvalidNextToken", f"the token {token}", MetricDataQueries=[query], NextToken=token,
            **window))
    survives(world, "huge counts", lambda: c.client.put_metric_data(Namespace="Watched", MetricData=[huge] * 2))
    small = huge | {"StatisticValues": {"SampleCount": 1e-320, "Sum": 1e108, "Minimum": 1, "Maximum": 2}}
    survives(world, "a tiny count", lambda: c.client.put_metric_data(Namespace="Watched", MetricData=[small]))
    far = {"MetricName": "Far", "StatisticValues": {"SampleCount": 2.0**360, "Sum": 2.0**360, "Minimum": 1, "Maximum": 2}}
    survives(world, "many", lambda: c.client.put_metric_data(Namespace="Watched", MetricData=[far] * 3))
    for text in ("f * f * f", "RUNNING_SUM(f * f)", "RATE(f * f)", "SUM([f * f, f * f])", "FILL(f, LINEAR)", "f ^ 3"):
        far_query = query | {"Id": "f", "MetricStat": query["MetricStat"] | {"Metric": metric | {"MetricName": "Far"}}}
        survives(world, text, lambda text=text, far_query=far_query: c.client.get_metric_data(
            MetricDataQueries=[far_query, {"Id": "e", "Expression": text}], **window))
    often = {"MetricName": "Often", "Values": [1, 2], "Counts": [1.7e308] * 2}
    survives(world, "huge counts of values", lambda: c.client.put_metric_data(Namespace="Watched", MetricData=[often]))
    survives(world, "a huge count", lambda: c.client.put_metric_data(Namespace="Watched", MetricData=[huge]))
    for name in ("p50", "tm90", "wm90", "PR(1:2)", "IQM"):
        survives(world, f"{name} of a huge count", lambda name=name: c.client.get_metric_statistics(
            **metric, **window, Period=60, ExtendedStatistics=[name]))


def survives(world, what, action):
    """The server is there after the action, whatever it answered; else it is started again."""
    try:
        action()
    except Refused as refusal:
        status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
        world.checks.that(status < 500, f"{what}: no fault of the server", str(refusal))
    except (*Unreachable, AttributeError):
        gone = until(lambda: world.server.child.poll() is not None, 15)
        world.checks.that(not gone, f"{what}: the server is there after it")
        if gone:
            world.server.start()


def coverage(world):
    """Every operation was called, and every error of its model was provoked or has a reason not to be."""
    checks = world.checks
    for service, title in TITLES.items():
        c = contract(world, service)
        operations = served(title)
        checks.that(len(operations) > 10, f"{title} is in the table of what is served", operations)
        for operation in operations:
            checks.that(operation in c.called, f"{operation} of {title} was called")
            for shape in c.model.operation_model(operation).error_shapes:
                was = (operation, shape.name) in c.provoked
                why = NOT_PROVOKED.get((service, operation, shape.name))
                checks.that(was or why, f"{operation} of {title} answers {shape.name}")
                checks.that(not (was and why), f"{operation} of {title} does answer {shape.name}; it needs no reason")
        stale = {key for key in NOT_PROVOKED if key[0] == service and key[1] not in operations}
        checks.equal(stale, set(), "reasons are about what is served")


def served(title):
    """The operations of a service in the table of Docs/Conformance.md."""
    lines = (REPOSITORY / "Docs" / "Conformance.md").read_text().splitlines()
    row = next(line for line in lines if line.startswith(f"| {title} |"))
    return re.findall(r"[A-Z]\w+", row.split("|")[2].split(";")[0])


# In this order, all on one server.
PARTS = [
    ("watching: metrics (§6)", metrics.metrics), ("watching: metric data (§6)", metrics.metric_data),
    ("watching: lists of metrics (§6)", metrics.listed), ("watching: alarms (§6)", alarms.alarms),
    ("watching: histories (§6)", alarms.history), ("watching: dashboards (§6)", boards.dashboards),
    ("watching: tags (§6)", boards.tags), ("watching: log groups (§9)", groups.groups),
    ("watching: log streams (§9)", groups.streams), ("watching: log lines (§9)", lines.lines),
    ("watching: log filters (§9)", lines.filtered), ("watching: by the CLI (§6, §9)", typed),
    ("watching: far numbers", far_numbers), ("watching: coverage", coverage),
]
