"""The functions: one code asset, three handlers, each with its own role, log group and bounds."""

import math
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.schema import Config
from pipelines.customer_data import permissions
from pipelines.customer_data.acknowledgments import acknowledge
from pipelines.customer_data.constructs.queues import Queues
from pipelines.customer_data.constructs.storage import Storage
from pipelines.customer_data.names import Names
from pipelines.customer_data.options import Options

MEMORY_MIB = 256
ORCHESTRATOR_TIMEOUT_SECONDS = 60
NOTIFIER_TIMEOUT_SECONDS = 30
NOTIFIER_RETRIES = 2
EVENT_AGE_MAX_SECONDS = 900
LOGS_KEPT = logs.RetentionDays.THREE_MONTHS
# Lambda's least for a queue; more workers than that come from the file.
CONCURRENCY_MIN = 2
BATCH_MAX = 5


def worker_batch_size(config: Config) -> int:
    """Chunks a worker takes at a time: as many as it ends inside four fifths of its time if every request times out."""
    slowest = max(config.number(f"sources.{source}.timeout_seconds") for source in config.sources)
    chunk_seconds = config.number("chunks.size") * slowest
    budget = config.number("chunks.worker_timeout_seconds") * 4 // 5
    return max(1, min(BATCH_MAX, math.floor(budget / chunk_seconds)))


class Functions(Construct):
    def __init__(
        self,
        scope: Construct,
        name: str,
        names: Names,
        config: Config,
        options: Options,
        code: Path,
        storage: Storage,
        queues: Queues,
    ) -> None:
        super().__init__(scope, name)
        self._options = options
        self._bucket = names.raw_bucket
        self._code = lambda_.Code.from_asset(str(code))
        self._arns = _arns(self, names, storage, queues)
        assert set(self._arns) == set(permissions.RESOURCES)
        self.orchestrator = self._function(
            "Orchestrator",
            names.orchestrator,
            "orchestrator",
            "Decides about every cause and dispatches runs",
            ORCHESTRATOR_TIMEOUT_SECONDS,
            permissions.ORCHESTRATOR,
            reserved=options.reserved_concurrency,
        )
        # §7: a run that failed is not tried again by itself.
        self._bury_failures(self.orchestrator, queues, retries=0)
        self.worker = self._function(
            "Worker",
            names.worker,
            "worker",
            "Fetches a chunk's symbols and stores an object each",
            config.number("chunks.worker_timeout_seconds"),
            permissions.WORKER,
        )
        lambda_.EventSourceMapping(
            self,
            "WorkerTakesChunks",
            target=self.worker,
            event_source_arn=queues.work.queue_arn,
            batch_size=worker_batch_size(config),
            report_batch_item_failures=True,
            max_concurrency=max(CONCURRENCY_MIN, config.number("workers")),
        )
        self.notifier = self._notifier(names, queues) if options.notifier_buckets else None

    @property
    def all(self) -> list[lambda_.Function]:
        return [self.orchestrator, self.worker, *([self.notifier] if self.notifier else [])]

    def _bury_failures(self, function: lambda_.Function, queues: Queues, retries: int) -> None:
        """What is invoked asynchronously is buried when it has failed `retries` times more than once (D21).

        Throttles and Lambda's own errors are retried whatever is said here; the age bounds that.
        """
        lambda_.CfnEventInvokeConfig(
            self,
            f"{function.node.id}Failures",
            function_name=function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=retries,
            maximum_event_age_in_seconds=EVENT_AGE_MAX_SECONDS,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=queues.trigger_dead_letters.queue_arn
                )
            ),
        )

    def _notifier(self, names: Names, queues: Queues) -> lambda_.Function:
        notifier = self._function(
            "Notifier",
            names.notifier,
            "notifier",
            "Puts raw notifications of buckets onto the bus (D22)",
            NOTIFIER_TIMEOUT_SECONDS,
            permissions.NOTIFIER,
        )
        # A notification is told from its repetition by its sequencer (D22), so Lambda may try again.
        self._bury_failures(notifier, queues, retries=NOTIFIER_RETRIES)
        stack = Stack.of(self)
        for index, bucket in enumerate(self._options.notifier_buckets):
            lambda_.CfnPermission(
                self,
                f"Notification{index}",
                action="lambda:InvokeFunction",
                function_name=notifier.function_arn,
                principal="s3.amazonaws.com",
                source_account=stack.account,
                source_arn=stack.format_arn(service="s3", region="", account="", resource=bucket),
            )
        return notifier

    def _function(
        self,
        construct: str,
        name: str,
        handler: str,
        description: str,
        timeout_seconds: int,
        grants: tuple[permissions.Grant, ...],
        reserved: int | None = None,
    ) -> lambda_.Function:
        arm = self._options.architecture == "arm64"
        log_group = own_log_group(self, f"{construct}Logs", name)
        statements = [
            iam.PolicyStatement(sid=grant.sid, actions=list(grant.actions), resources=[self._arns[grant.resource]])
            for grant in grants
        ]
        role = own_role(self, f"{construct}Role", log_group, statements)
        if any(grant.resource == "objects" for grant in grants):
            finding = f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{self._bucket}/*]"
            acknowledge(role, finding, "Keys are not known before objects are written")
        return lambda_.Function(
            self,
            construct,
            function_name=name,
            description=description,
            runtime=lambda_.Runtime.PROVIDED_AL2023,
            architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
            handler=handler,
            code=self._code,
            memory_size=MEMORY_MIB,
            timeout=Duration.seconds(timeout_seconds),
            role=role,
            log_group=log_group,
            environment=self._options.function_environment,
            reserved_concurrent_executions=reserved,
        )


def own_log_group(scope: Construct, construct: str, function: str) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        construct,
        log_group_name=f"/aws/lambda/{function}",
        retention=LOGS_KEPT,
        removal_policy=RemovalPolicy.DESTROY,
    )


def own_role(
    scope: Construct, construct: str, log_group: logs.LogGroup, statements: list[iam.PolicyStatement]
) -> iam.Role:
    """A role that may write its own log and do what the statements say. The log group's ARN ends in `:*`, its streams.

    The policy is inside the role, so that whatever waits for the role waits for its permissions too.
    """
    write_log = iam.PolicyStatement(
        sid="WriteLog",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],
    )
    return iam.Role(
        scope,
        construct,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"least-privilege": iam.PolicyDocument(statements=[write_log, *statements])},
    )


def _arns(scope: Construct, names: Names, storage: Storage, queues: Queues) -> dict[str, str]:
    stack = Stack.of(scope)
    return {
        "table": storage.table.table_arn,
        "work_queue": queues.work.queue_arn,
        "work_dead_letters": queues.work_dead_letters.queue_arn,
        "trigger_dead_letters": queues.trigger_dead_letters.queue_arn,
        # By name, as the acknowledgment of cdk-nag spells it.
        "objects": stack.format_arn(service="s3", region="", account="", resource=names.raw_bucket, resource_name="*"),
        "universe": stack.format_arn(service="ssm", resource="parameter", resource_name=names.universe_parameter[1:]),
        "default_bus": stack.format_arn(service="events", resource="event-bus", resource_name="default"),
    }
