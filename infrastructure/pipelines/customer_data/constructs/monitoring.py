"""Alarms (§6, D25), each with its class and response time of §9, and the dashboard of D28.

On AWS a missing datum means that nothing happened, save for the absence alarm, which is about just that.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from config.schema import Config
from pipelines.customer_data.constructs.functions import Functions
from pipelines.customer_data.names import Names
from pipelines.customer_data.options import Options
from pipelines.customer_data.patterns import EVENT_PATTERNS
from pipelines.customer_data.severities import Severity

FIVE_MINUTES = Duration.minutes(5)
TRIGGERS = "Extract/Triggers"
STALLED_SECONDS = 1_800
Missing = cloudwatch.TreatMissingData
Comparison = cloudwatch.ComparisonOperator


def fires_every_day(expression: str) -> bool:
    """Whether a day without a fire is wrong: a rate of at most a day, or a cron without days, months or years."""
    if expression.startswith("rate("):
        number, unit = expression[5:-1].split(" ")
        return not unit.startswith("day") or number == "1"
    _, _, day, month, weekday, year = expression[5:-1].split(" ")
    return {day, weekday} <= {"*", "?"} and month == year == "*"


class Monitoring(Construct):
    def __init__(
        self, scope: Construct, name: str, names: Names, config: Config, options: Options, functions: Functions
    ) -> None:
        super().__init__(scope, name)
        self._names = names
        self._domain = config.text("ingestion.domain")
        self._action = None
        if options.alarm_topic is not None:
            self._action = actions.SnsAction(sns.Topic.from_topic_arn(self, "AlarmTopic", options.alarm_topic))
        self.rules = [names.schedule_rule, *map(names.event_rule, EVENT_PATTERNS), names.object_rule, names.tick_rule]
        self._delivery_alarms(config)
        # By name: a reference in the name of an alarm is resolved too late to be its id.
        self._function_alarms([names.orchestrator, names.worker, *([names.notifier] if functions.notifier else [])])
        self._queue_alarms()
        self._decision_alarms(functions.orchestrator.log_group)
        self._dashboard([names.orchestrator, names.worker])

    # Alarms

    def _delivery_alarms(self, config: Config) -> None:
        """Sent only when something failed, and about delivery only; on the function's side its own alarms tell.

        One alarm a rule, for a sum over rules holds ten at most and the sum over all is the account's.
        """
        for rule in self.rules:
            self._failed(rule, self._of_rule("FailedInvocations", rule))
        forward = self._names.forward_rule
        self._failed(
            forward,
            self._metric("AWS/Events", "FailedInvocations", EventBusName=self._names.ingestion_bus, RuleName=forward),
        )
        if fires_every_day(config.text("schedule.expression")):
            self._alarm(
                "expected-fire-missing",
                Severity.P0,
                "The schedule has invoked nothing for a day",
                self._of_rule("Invocations", self._names.schedule_rule).with_(period=Duration.days(1)),
                comparison=Comparison.LESS_THAN_THRESHOLD,
                missing=Missing.BREACHING,
            )

    def _failed(self, rule: str, metric: cloudwatch.Metric) -> None:
        word = rule.removeprefix(f"{self._names.environment}-customer-").removeprefix("ingestion-")
        self._alarm(f"failed-invocations-{word}", Severity.P1, f"A target did not take what {rule} sent", metric)

    def _function_alarms(self, functions: list[str]) -> None:
        for function in functions:
            word = function.removeprefix(f"{self._names.environment}-customer-").removeprefix("data-")
            is_orchestrator = function == self._names.orchestrator
            failing = Severity.P1 if is_orchestrator else Severity.P2
            self._alarm(
                f"{word}-errors", failing, f"The function {function} failed", self._of_function("Errors", function)
            )
            self._alarm(
                f"{word}-throttles",
                Severity.P2,
                f"Lambda did not let {function} run",
                self._of_function("Throttles", function),
            )
            # The worker is invoked by its queue, never asynchronously.
            if function != self._names.worker:
                self._asynchronous_alarms(word, function)

    def _asynchronous_alarms(self, word: str, function: str) -> None:
        self._alarm(
            f"{word}-events-dropped",
            Severity.P1,
            f"Lambda dropped what {function} was invoked with",
            self._of_function("AsyncEventsDropped", function),
        )
        self._alarm(
            f"{word}-destination-delivery-failures",
            Severity.P1,
            f"A failure of {function} could not be buried",
            self._of_function("DestinationDeliveryFailures", function),
        )

    def _queue_alarms(self) -> None:
        self._alarm(
            "trigger-dead-letters",
            Severity.P1,
            "Causes lie in the dead-letter queue of triggers",
            self._depth(self._names.trigger_dead_letters),
        )
        self._alarm(
            "work-dead-letters",
            Severity.P2,
            "Chunks lie in the dead-letter queue of work",
            self._depth(self._names.work_dead_letters),
        )
        self._alarm(
            "work-stalled",
            Severity.P1,
            "A chunk has waited for half an hour and no worker has finished it",
            self._metric(
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                "Maximum",
                Duration.minutes(1),
                QueueName=self._names.work_queue,
            ),
            threshold=STALLED_SECONDS,
        )

    def _decision_alarms(self, log_group: logs.ILogGroup) -> None:
        """Out of the orchestrator's log: each of its metric lines has the dimensions of `TriggerExecution` as members.

        In a namespace of the environment, for two of them may share an account.
        """
        for what, name, severity, pattern, description in (
            (
                "breaker-open",
                "BreakerOpen",
                Severity.P1,
                '{ $.Status = "breaker_open" }',
                "The circuit breaker of a table refuses runs after failed ones",
            ),
            (
                "loop-stopped",
                "LoopStopped",
                Severity.P2,
                '{ $.Status = "loop_stopped" }',
                "A loop of causes was stopped",
            ),
            (
                "manual-throttled",
                "ManualThrottled",
                Severity.P3,
                '{ ($.Status = "rate_limited") && ($.TriggerType = "manual") }',
                "Manual runs came over their hourly limit",
            ),
        ):
            namespace = f"{TRIGGERS}/{self._names.environment}"
            logs.MetricFilter(
                self,
                f"{name}Lines",
                log_group=log_group,
                filter_pattern=logs.FilterPattern.literal(pattern),
                metric_namespace=namespace,
                metric_name=name,
                metric_value="1",
            )
            self._alarm(what, severity, description, self._metric(namespace, name))

    def _alarm(
        self,
        what: str,
        severity: Severity,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: int = 1,
        comparison: Comparison = Comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: Missing = Missing.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "".join(part.capitalize() for part in what.split("-")),
            alarm_name=self._names.alarm(what),
            alarm_description=severity.describe(description),
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        if self._action is not None:
            alarm.add_alarm_action(self._action)

    # Metrics

    def _metric(
        self, namespace: str, name: str, statistic: str = "Sum", period: Duration = FIVE_MINUTES, **dimensions: str
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace, metric_name=name, statistic=statistic, period=period, dimensions_map=dimensions
        )

    def _of_rule(self, name: str, rule: str) -> cloudwatch.Metric:
        return self._metric("AWS/Events", name, RuleName=rule)

    def _of_function(self, name: str, function: str, statistic: str = "Sum") -> cloudwatch.Metric:
        return self._metric("AWS/Lambda", name, statistic, FunctionName=function)

    def _depth(self, queue: str) -> cloudwatch.Metric:
        return self._metric(
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", Duration.minutes(1), QueueName=queue
        )

    def _executions(self, kind: str, status: str) -> cloudwatch.Metric:
        return self._metric(TRIGGERS, "TriggerExecution", TriggerType=kind, Domain=self._domain, Status=status)

    # Dashboard

    def _dashboard(self, functions: list[str]) -> None:
        """The four boards of §6 as pairs of graphs."""
        names = self._names
        rules = [rule for rule in self.rules if rule not in (names.schedule_rule, names.tick_rule)]
        statuses = ("success", "duplicate", "rejected")
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=names.dashboard)
        board.add_widgets(
            _graph(
                "Schedule: fires",
                [self._of_rule("Invocations", names.schedule_rule)]
                + [self._executions("schedule", status) for status in statuses],
            ),
            _graph("Events: matched rules", [self._of_rule("TriggeredRules", rule) for rule in rules]),
        )
        board.add_widgets(
            _graph("Event-driven runs", [self._executions("event", status) for status in (*statuses, "deferred")]),
            _graph("Manual runs", [self._executions("manual", status) for status in (*statuses, "rate_limited")]),
        )
        board.add_widgets(
            _graph(
                "Failures",
                [self._of_rule("FailedInvocations", rule) for rule in self.rules]
                + [self._of_function("Errors", function) for function in functions],
            ),
            _graph(
                "Dead letters",
                [self._depth(queue) for queue in (names.trigger_dead_letters, names.work_dead_letters)],
            ),
        )
        board.add_widgets(
            _graph(
                "Work: waiting, and the oldest",
                [
                    self._depth(names.work_queue),
                    self._metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", QueueName=names.work_queue),
                ],
            ),
            _graph("Source API: time of a batch", [self._of_function("Duration", names.worker, "p95")]),
        )


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=12, height=6)
