"""What an environment's resources are called, on either runtime (D28)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    environment: str
    account: str

    @property
    def stack(self) -> str:
        return f"{self.environment}-CustomerDataIngestionStack"

    @property
    def schedule_rule(self) -> str:
        return f"{self.environment}-customer-ingestion-schedule"

    def event_rule(self, kind: str) -> str:
        """`transform-pipeline`, `symbol-universe`, `market-events` or `ops-manual`."""
        return f"{self.environment}-customer-ingestion-{kind}"

    @property
    def object_rule(self) -> str:
        return f"{self.environment}-customer-raw-object-created"

    @property
    def tick_rule(self) -> str:
        return f"{self.environment}-customer-ingestion-tick"

    @property
    def forward_rule(self) -> str:
        return f"{self.environment}-customer-ingestion-forward"

    @property
    def orchestrator(self) -> str:
        return f"{self.environment}-customer-data-orchestrator"

    @property
    def worker(self) -> str:
        return f"{self.environment}-customer-data-worker"

    @property
    def notifier(self) -> str:
        return f"{self.environment}-customer-raw-notifier"

    @property
    def deploy_trigger(self) -> str:
        return f"{self.environment}-customer-deploy-trigger"

    @property
    def work_queue(self) -> str:
        return f"{self.environment}-customer-ingestion-queue"

    @property
    def work_dead_letters(self) -> str:
        return f"{self.environment}-customer-ingestion-dlq"

    @property
    def trigger_dead_letters(self) -> str:
        return f"{self.environment}-customer-ingestion-trigger-dlq"

    @property
    def transform_queue(self) -> str:
        return f"{self.environment}-customer-transform-queue"

    @property
    def control_table(self) -> str:
        return f"{self.environment}-customer-ingestion-control"

    @property
    def raw_bucket(self) -> str:
        return f"data-pipeline-raw-{self.environment}-{self.account}"

    @property
    def universe_parameter(self) -> str:
        return f"/{self.environment}/customer-data/ingestion/symbols"

    @property
    def ingestion_bus(self) -> str:
        """The door for other accounts (D29)."""
        return f"{self.environment}-custom-ingestion-bus"

    @property
    def dashboard(self) -> str:
        return f"{self.environment}-customer-ingestion"

    def alarm(self, what: str) -> str:
        return f"{self.environment}-customer-{what}"
