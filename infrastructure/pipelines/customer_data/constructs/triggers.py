"""What starts a run: the schedule, the four event rules, the objects for Transform, the tick, the door for partners.

Rules are written as CloudFormation has them, for ids, input templates and policies are then those of the engine's own
rules, text for text.
"""

import json

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from config.schema import Config
from pipelines.customer_data.constructs.queues import Queues
from pipelines.customer_data.names import Names
from pipelines.customer_data.options import Options
from pipelines.customer_data.patterns import (
    EVENT_PATTERNS,
    SOURCES,
    TICK,
    TRANSFORM_PATHS,
    TRANSFORM_TEMPLATE,
    object_pattern,
)

Transformer = events.CfnRule.InputTransformerProperty
Retry = events.CfnRule.RetryPolicyProperty

# §7: a slot that could not be handed over is not tried again, and a late one is not run.
SCHEDULE_RETRY = Retry(maximum_retry_attempts=0, maximum_event_age_in_seconds=300)
# The next tick comes in a minute and does the same.
TICK_RETRY = Retry(maximum_retry_attempts=0, maximum_event_age_in_seconds=60)


def scheduled_template(config: Config) -> str:
    """The environment's body with the instant of the event in it (D6): never the instant of synthesis."""
    constant = json.dumps(config.scheduled_request, separators=(",", ":"), ensure_ascii=False)
    return constant[:-1] + ',"trigger_time":<time>}'


class Triggers(Construct):
    def __init__(
        self,
        scope: Construct,
        name: str,
        names: Names,
        config: Config,
        options: Options,
        orchestrator: lambda_.Function,
        queues: Queues,
    ) -> None:
        super().__init__(scope, name)
        self._orchestrator = orchestrator
        self._letters = queues.trigger_dead_letters
        self._schedule(names, config)
        for kind, (description, pattern) in EVENT_PATTERNS.items():
            rule = self._to_orchestrator(_pascal(kind), names.event_rule(kind), description, pattern=pattern)
            self._may_bury(rule)
        self._objects(names, config, options, queues.transform)
        self._tick(names)
        self._door(names, options)

    def _schedule(self, names: Names, config: Config) -> None:
        rule = self._to_orchestrator(
            "Schedule",
            names.schedule_rule,
            f"Scheduled ingestion of {names.environment}",
            schedule=config.text("schedule.expression"),
            transformer=Transformer(input_paths_map={"time": "$.time"}, input_template=scheduled_template(config)),
            retry=SCHEDULE_RETRY,
        )
        self._may_bury(rule)

    def _tick(self, names: Names) -> None:
        """Takes up what waits: deferred causes, interrupted dispatches, lost chunks.

        A tick that is lost is replaced by the next one, so it is neither retried nor buried.
        """
        self._to_orchestrator(
            "Tick",
            names.tick_rule,
            "Takes up what waits",
            schedule="rate(1 minute)",
            text=json.dumps(TICK, separators=(",", ":")),
            retry=TICK_RETRY,
            is_buried=False,
        )

    def _to_orchestrator(
        self,
        construct: str,
        name: str,
        description: str,
        *,
        schedule: str | None = None,
        pattern: dict | None = None,
        transformer: Transformer | None = None,
        text: str | None = None,
        retry: Retry | None = None,
        is_buried: bool = True,
    ) -> events.CfnRule:
        """A rule of the default bus; without `retry` AWS's own: 24 hours, 185 attempts."""
        rule = events.CfnRule(
            self,
            construct,
            name=name,
            description=description,
            state="ENABLED",
            schedule_expression=schedule,
            event_pattern=pattern,
            targets=[
                events.CfnRule.TargetProperty(
                    id="orchestrator",
                    arn=self._orchestrator.function_arn,
                    input=text,
                    input_transformer=transformer,
                    retry_policy=retry,
                    dead_letter_config=self._bury() if is_buried else None,
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            f"{construct}MayInvoke",
            action="lambda:InvokeFunction",
            function_name=self._orchestrator.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
        return rule

    def _objects(self, names: Names, config: Config, options: Options, transform: sqs.Queue) -> None:
        """Those of the raw bucket, and of the buckets that the notifier speaks for."""
        rule = events.CfnRule(
            self,
            "RawObjects",
            name=names.object_rule,
            description="Raw objects for Transform",
            state="ENABLED",
            event_pattern=object_pattern(
                [names.raw_bucket, *options.notifier_buckets],
                config.text("transform.prefix"),
                config.text("transform.suffix"),
            ),
            targets=[
                events.CfnRule.TargetProperty(
                    id="transform",
                    arn=transform.queue_arn,
                    input_transformer=Transformer(input_paths_map=TRANSFORM_PATHS, input_template=TRANSFORM_TEMPLATE),
                    dead_letter_config=self._bury(),
                )
            ],
        )
        _may_send(transform, rule)
        self._may_bury(rule)

    def _bury(self) -> events.CfnRule.DeadLetterConfigProperty:
        return events.CfnRule.DeadLetterConfigProperty(arn=self._letters.queue_arn)

    def _may_bury(self, rule: events.CfnRule) -> None:
        _may_send(self._letters, rule)

    def _door(self, names: Names, options: Options) -> None:
        """The bus that other accounts publish to; a rule forwards what is ours to the default bus (D29)."""
        bus = events.CfnEventBus(self, "Door", name=names.ingestion_bus, description="Events of partner accounts")
        stack = Stack.of(self)
        default_bus = stack.format_arn(service="events", resource="event-bus", resource_name="default")
        role = iam.Role(
            self,
            "ForwardRole",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
            inline_policies={
                "forward": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(sid="Forward", actions=["events:PutEvents"], resources=[default_bus])
                    ]
                )
            },
        )
        rule = events.CfnRule(
            self,
            "Forward",
            name=names.forward_rule,
            event_bus_name=bus.ref,
            description="Forwards what partners may send to the default bus",
            state="ENABLED",
            event_pattern={"source": SOURCES},
            targets=[
                events.CfnRule.TargetProperty(
                    id="default-bus", arn=default_bus, role_arn=role.role_arn, dead_letter_config=self._bury()
                )
            ],
        )
        self._may_bury(rule)
        for account, sources in options.partner_accounts.items():
            self._let_in(bus, account, sources or SOURCES)

    def _let_in(self, bus: events.CfnEventBus, account: str, sources: list[str]) -> None:
        """The account's root, which is for its administrators to hand on, with these sources and no others."""
        root = Stack.of(self).format_arn(service="iam", region="", account=account, resource="root")
        events.CfnEventBusPolicy(
            self,
            f"Partner{account}",
            event_bus_name=bus.ref,
            statement_id=f"partner-{account}",
            statement={
                "Sid": f"partner-{account}",
                "Effect": "Allow",
                "Principal": {"AWS": root},
                "Action": "events:PutEvents",
                "Resource": bus.attr_arn,
                "Condition": {"StringEquals": {"events:source": sorted(sources)}},
            },
        )


def _may_send(queue: sqs.Queue, rule: events.CfnRule) -> None:
    """A statement of the queue's own policy: EventBridge may send for this rule, and for no other."""
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            sid=f"{rule.node.id}MaySend",
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
        )
    )


def _pascal(kind: str) -> str:
    return "".join(part.capitalize() for part in kind.split("-"))
