"""The dev stack on a local AWS: what is there, and that it carries what it should; a stand-in is its bootstrap."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Make, Synthesised

from tools.deploy import DeployError, deploy
from tools.local_aws import ACCOUNT, REGION, LocalAWS

WAIT_SECONDS_MAX = 120


@dataclass(frozen=True)
class Local:
    aws: LocalAWS
    stack: Synthesised
    record: Path

    def deploy(self, **parameters: str) -> bool:
        return deploy(self.aws.client, self.stack.assembly, parameters)

    def invoked(self, handler: str) -> list[Any]:
        """What a handler was invoked with so far; ticks come and go and are left out."""
        lines = [json.loads(line) for line in self.record.read_text().splitlines()] if self.record.exists() else []
        return [
            line["event"] for line in lines if line["handler"] == handler and line["event"] != {"bellcrank": "tick"}
        ]

    def queue(self, name: str) -> str:
        return self.aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]

    def message(self, queue: str) -> Any:
        """The body of the next message, which is taken out."""
        sqs, url = self.aws.client("sqs"), self.queue(queue)
        (message,) = _until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages"))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])


def _until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return value


@pytest.fixture(scope="module")
def local(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    record = tmp_path_factory.mktemp("record") / "invocations.jsonl"
    stack = make(
        "dev", enforce_ssl="false", function_environment=json.dumps({"RECORD": str(record)}), reserved_concurrency="7"
    )
    with LocalAWS() as aws:
        local = Local(aws, stack, record)
        assert local.deploy(), aws.log.read_text()
        yield local


def test_what_was_deployed_is_there_with_its_settings(local: Local) -> None:
    client = local.aws.client
    dynamodb = client("dynamodb")
    table = dynamodb.describe_table(TableName="dev-customer-ingestion-control")["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["id", "place"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-day"]
    expiry = dynamodb.describe_time_to_live(TableName=table["TableName"])["TimeToLiveDescription"]
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == ("expires_at", "ENABLED")
    backups = dynamodb.describe_continuous_backups(TableName=table["TableName"])["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    sqs = client("sqs")
    work = sqs.get_queue_attributes(QueueUrl=local.queue("dev-customer-ingestion-queue"), AttributeNames=["All"])
    assert work["Attributes"]["VisibilityTimeout"] == "1800"
    redrive = json.loads(work["Attributes"]["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:dev-customer-ingestion-dlq"
    parameter = client("ssm").get_parameter(Name="/dev/customer-data/ingestion/symbols")["Parameter"]
    assert (parameter["Type"], parameter["Value"]) == ("StringList", "AAPL,MSFT,GOOGL")
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix="dev-customer-")["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == set(local.stack.named("AWS::CloudWatch::Alarm", "AlarmName"))


def test_functions_are_as_the_template_says(local: Local) -> None:
    lambda_ = local.aws.client("lambda")
    orchestrator = lambda_.get_function_configuration(FunctionName="dev-customer-data-orchestrator")
    assert (orchestrator["Runtime"], orchestrator["Handler"]) == ("provided.al2023", "orchestrator")
    concurrency = lambda_.get_function_concurrency(FunctionName="dev-customer-data-orchestrator")
    assert concurrency["ReservedConcurrentExecutions"] == 7
    settings = lambda_.get_function_event_invoke_config(
        FunctionName="dev-customer-data-orchestrator", Qualifier="$LATEST"
    )
    assert (settings["MaximumRetryAttempts"], settings["MaximumEventAgeInSeconds"]) == (0, 900)
    (mapping,) = lambda_.list_event_source_mappings(FunctionName="dev-customer-data-worker")["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_rules_have_their_targets(local: Local) -> None:
    events = local.aws.client("events")
    names = {rule["Name"] for rule in events.list_rules()["Rules"]}
    expected = {n for n, r in local.stack.named("AWS::Events::Rule", "Name").items() if "EventBusName" not in r}
    assert names == expected
    for name in names:
        (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
        assert target["Id"] == ("transform" if name == "dev-customer-raw-object-created" else "orchestrator")


@pytest.mark.parametrize("bus", ["default", "dev-custom-ingestion-bus"])
def test_an_event_reaches_the_orchestrator_as_a_whole(local: Local, bus: str) -> None:
    detail = {"symbols": ["AAPL"], "reason": f"over {bus}"}
    entry = {"Source": "ops.manual", "DetailType": "Adhoc Ingestion", "Detail": json.dumps(detail), "EventBusName": bus}
    assert local.aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    (event,) = _until(lambda: [e for e in local.invoked("orchestrator") if e.get("detail") == detail])
    assert (event["source"], event["detail-type"], event["account"]) == ("ops.manual", "Adhoc Ingestion", ACCOUNT)


def test_an_object_reaches_transform_in_the_shape_of_section_4(local: Local) -> None:
    s3, bucket = local.aws.client("s3"), f"data-pipeline-raw-dev-{ACCOUNT}"
    s3.put_object(Bucket=bucket, Key="market/volumes/symbol=AAPL/1.json", Body=b"{}")
    s3.put_object(Bucket=bucket, Key="market/prices/symbol=AAPL/1.csv", Body=b"{}")
    s3.put_object(Bucket=bucket, Key="market/prices/symbol=AAPL/1.json", Body=b"{}")
    event = local.message("dev-customer-transform-queue")
    assert event["detail"] == {
        "bucket": bucket,
        "object": {"key": "market/prices/symbol=AAPL/1.json", "size": 2},
    }
    assert (event["source"], event["detail-type"], event["version"]) == ("aws.s3", "Object Created", "0")


def test_work_reaches_the_worker(local: Local) -> None:
    local.aws.client("sqs").send_message(
        QueueUrl=local.queue("dev-customer-ingestion-queue"), MessageBody='{"chunk":1}'
    )
    batch = _until(lambda: local.invoked("worker"))[0]
    assert [record["body"] for record in batch["Records"]] == ['{"chunk":1}']


def test_a_deployment_starts_a_run_once_and_again_for_another_nonce(local: Local) -> None:
    def runs() -> list[dict]:
        return [e for e in local.invoked("orchestrator") if str(e.get("correlation_id")).startswith("deploy-")]

    assert runs() == []
    assert not local.deploy(), "the same again is nothing to change"
    assert local.deploy(TriggerIngestion="true", TestSymbols="AAPL,MSFT")
    (first,) = _until(runs)
    assert first["symbols"] == ["AAPL", "MSFT"]
    assert not local.deploy(), "parameters keep their values"
    assert not local.deploy(TriggerIngestion="true", TestSymbols="AAPL,MSFT")
    assert local.deploy(TriggerNonce="2")
    _, second = _until(lambda: runs() if len(runs()) > 1 else [])
    assert second["symbols"] == ["AAPL", "MSFT"]
    assert second["correlation_id"] != first["correlation_id"]
    with pytest.raises(DeployError, match="the stack has no parameter Symbols"):
        local.deploy(Symbols="AAPL")

    # The run fails, the deployment does not, and the failure is buried (D21).
    assert local.deploy(TestSymbols="FAIL")
    buried = local.message("dev-customer-ingestion-trigger-dlq")
    assert buried["requestPayload"]["symbols"] == ["FAIL"]
    assert len(runs()) == 3
