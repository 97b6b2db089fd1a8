"""The queues of D28: work with its dead letters, dead letters of triggers, and the one that stands for Transform."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pipelines.customer_data.acknowledgments import acknowledge
from pipelines.customer_data.names import Names

VISIBILITY_MAX_SECONDS = 43_200  # SQS's own limit.
RECEIVES_MAX = 10


class Queues(Construct):
    def __init__(
        self, scope: Construct, name: str, names: Names, *, worker_timeout_seconds: int, enforce_ssl: bool
    ) -> None:
        super().__init__(scope, name)
        self._enforce_ssl = enforce_ssl
        kept_longest = Duration.days(14)
        self.work_dead_letters = self._queue("WorkDeadLetters", names.work_dead_letters, kept_longest)
        # Six times the function's timeout is what Lambda asks for, so that its own retries of a batch have room. The
        # dead letters are kept for longer than the work: a message keeps its age when it moves.
        self.work = self._queue(
            "Work",
            names.work_queue,
            Duration.days(4),
            visibility_timeout=Duration.seconds(min(6 * worker_timeout_seconds, VISIBILITY_MAX_SECONDS)),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.work_dead_letters, max_receive_count=RECEIVES_MAX),
        )
        self.trigger_dead_letters = self._queue("TriggerDeadLetters", names.trigger_dead_letters, kept_longest)
        acknowledge(self.trigger_dead_letters, "AwsSolutions-SQS3", "It is itself where targets and functions bury")
        self.transform = self._queue("Transform", names.transform_queue, kept_longest)
        acknowledge(
            self.transform, "AwsSolutions-SQS3", "Who reads it, Transform, decides how often and where it is buried"
        )

    def _queue(self, construct: str, name: str, kept: Duration, **more: object) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            construct,
            queue_name=name,
            retention_period=kept,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._enforce_ssl,
            **more,  # type: ignore[arg-type]
        )
        if not self._enforce_ssl:
            acknowledge(queue, "AwsSolutions-SQS4", "Only where a local AWS is spoken to over http")
        return queue
