"""Alarms (§6, D25) with their classes (§9), and the dashboard."""

import json

import pytest
from conftest import Synthesised

from pipelines.customer_data.constructs.monitoring import fires_every_day

RESPONSES = {"P0": "15 minutes", "P1": "1 hour", "P2": "4 hours", "P3": "1 day"}


def _alarms(stack: Synthesised) -> dict[str, dict]:
    prefix = f"{stack.environment}-customer-"
    return {name.removeprefix(prefix): a for name, a in stack.named("AWS::CloudWatch::Alarm", "AlarmName").items()}


def test_every_alarm_of_the_decisions_is_there_with_its_class(stack: Synthesised) -> None:
    classes = {name: alarm["AlarmDescription"].split(". ")[1][:2] for name, alarm in _alarms(stack).items()}
    failed = {
        f"failed-invocations-{rule}": "P1"
        for rule in (
            "schedule",
            "transform-pipeline",
            "symbol-universe",
            "market-events",
            "ops-manual",
            "raw-object-created",
            "tick",
            "forward",
        )
    }
    assert classes == failed | {
        "expected-fire-missing": "P0",
        "orchestrator-errors": "P1",
        "orchestrator-throttles": "P2",
        "worker-errors": "P2",
        "worker-throttles": "P2",
        "orchestrator-events-dropped": "P1",
        "orchestrator-destination-delivery-failures": "P1",
        "trigger-dead-letters": "P1",
        "work-dead-letters": "P2",
        "work-stalled": "P1",
        "breaker-open": "P1",
        "loop-stopped": "P2",
        "manual-throttled": "P3",
    }
    for name, alarm in _alarms(stack).items():
        assert f"within {RESPONSES[classes[name]]};" in alarm["AlarmDescription"]


def test_one_is_enough_and_nothing_is_no_failure(stack: Synthesised) -> None:
    for name, alarm in _alarms(stack).items():
        if name == "expected-fire-missing":
            assert alarm["ComparisonOperator"] == "LessThanThreshold"
            assert alarm["TreatMissingData"] == "breaching"
            assert (alarm["Period"], alarm["Threshold"], alarm["MetricName"]) == (86_400, 1, "Invocations")
            continue
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["Threshold"] == (1_800 if name == "work-stalled" else 1)


def test_the_alarm_of_section_6_sums_five_minutes(stack: Synthesised) -> None:
    alarm = _alarms(stack)["failed-invocations-schedule"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Events", "FailedInvocations")
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 300)
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": f"{stack.environment}-customer-ingestion-schedule"}]


def test_alarms_of_decisions_are_out_of_lines_of_the_orchestrators_log(stack: Synthesised) -> None:
    group = stack.id_of(
        "AWS::Logs::LogGroup", "LogGroupName", f"/aws/lambda/{stack.environment}-customer-data-orchestrator"
    )
    for filter_ in stack.resources("AWS::Logs::MetricFilter"):
        assert filter_["LogGroupName"] == {"Ref": group}
        (made,) = filter_["MetricTransformations"]
        read = [
            alarm
            for alarm in _alarms(stack).values()
            if (alarm["Namespace"], alarm["MetricName"]) == (made["MetricNamespace"], made["MetricName"])
        ]
        assert len(read) == 1
    assert len(stack.resources("AWS::Logs::MetricFilter")) == 3


def test_a_topic_hears_of_every_alarm(with_options: Synthesised) -> None:
    for alarm in with_options.resources("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == ["arn:aws:sns:us-east-1:123456789012:on-call"]


def test_the_dashboard_shows_section_6(dev: Synthesised) -> None:
    (board,) = dev.resources("AWS::CloudWatch::Dashboard")
    text = "".join(part if isinstance(part, str) else "us-east-1" for part in board["DashboardBody"]["Fn::Join"][1])
    widgets = json.loads(text)["widgets"]
    titles = [widget["properties"]["title"] for widget in widgets]
    assert [title.split(":")[0] for title in titles] == [
        "Schedule",
        "Events",
        "Event-driven runs",
        "Manual runs",
        "Failures",
        "Dead letters",
        "Work",
        "Source API",
    ]


@pytest.mark.parametrize(
    ("expression", "is_daily"),
    [
        ("cron(0 22 * * ? *)", True),
        ("cron(0 22 ? * * *)", True),
        ("cron(0 22 ? * MON-FRI *)", False),
        ("cron(0 22 1 * ? *)", False),
        ("cron(0 22 * 1 ? *)", False),
        ("cron(0 22 * * ? 2027)", False),
        ("rate(1 minute)", True),
        ("rate(1 day)", True),
        ("rate(2 days)", False),
    ],
)
def test_a_day_without_a_fire_is_missed_only_where_every_day_has_one(expression: str, is_daily: bool) -> None:
    assert fires_every_day(expression) == is_daily
