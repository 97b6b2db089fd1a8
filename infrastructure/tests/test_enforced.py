"""The dev stack on a local AWS that enforces policies, over https: each role may do what its table says and no more."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from conftest import Make

from tools.deploy import deploy
from tools.local_aws import ACCOUNT, REGION, LocalAWS

WAIT_SECONDS_MAX = 120
BUCKET = f"data-pipeline-raw-dev-{ACCOUNT}"
TABLE = "dev-customer-ingestion-control"
ITEM = {"id": {"S": "a"}, "place": {"S": "b"}}
UNIVERSE = "/dev/customer-data/ingestion/symbols"

Call = Callable[[Callable[[str], Any]], Any]


def _send(queue: str) -> Call:
    url = f"https://127.0.0.1/{ACCOUNT}/{queue}"
    return lambda aws: aws("sqs").send_message(QueueUrl=url, MessageBody="{}")


CALLS: dict[str, Call] = {
    "put an item": lambda aws: aws("dynamodb").put_item(TableName=TABLE, Item=ITEM),
    "get an item": lambda aws: aws("dynamodb").get_item(TableName=TABLE, Key=ITEM),
    "read items together": lambda aws: aws("dynamodb").batch_get_item(RequestItems={TABLE: {"Keys": [ITEM]}}),
    "scan the table": lambda aws: aws("dynamodb").scan(TableName=TABLE),
    "delete the table": lambda aws: aws("dynamodb").delete_table(TableName=TABLE),
    "send work": _send("dev-customer-ingestion-queue"),
    "bury a cause": _send("dev-customer-ingestion-trigger-dlq"),
    "bury a chunk": _send("dev-customer-ingestion-dlq"),
    "send to Transform": _send("dev-customer-transform-queue"),
    "read the universe": lambda aws: aws("ssm").get_parameter(Name=UNIVERSE),
    "write the universe": lambda aws: aws("ssm").put_parameter(Name=UNIVERSE, Value="A", Overwrite=True),
    "store an object": lambda aws: aws("s3").put_object(Bucket=BUCKET, Key="market/volumes/a", Body=b""),
    "read an object": lambda aws: aws("s3").get_object(Bucket=BUCKET, Key="market/volumes/a"),
    "delete an object": lambda aws: aws("s3").delete_object(Bucket=BUCKET, Key="market/volumes/a"),
    "list objects": lambda aws: aws("s3").list_objects_v2(Bucket=BUCKET),
    "publish an event": lambda aws: aws("events").put_events(
        Entries=[{"Source": "market.events", "DetailType": "Market Close", "Detail": "{}"}]
    ),
}
ALLOWED = {
    "orchestrator": {
        "put an item", "get an item", "read items together", "send work", "bury a cause", "read the universe",
    },
    "worker": {
        "put an item", "get an item", "read items together", "send work", "bury a chunk", "store an object",
        "read an object",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Enforced:
    aws: LocalAWS
    record: Path

    def as_(self, handler: str) -> Callable[[str], Any]:
        """Makes clients with the credentials that a function's handler has found in its environment."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not (found := self._credentials(handler)):
            assert time.monotonic() < deadline, f"{handler} did not run"
            time.sleep(0.05)
        session = boto3.Session(**found, region_name=REGION)
        return lambda service: session.client(service, endpoint_url=self.aws.endpoint, verify=str(self.aws.ca))

    def _credentials(self, handler: str) -> dict | None:
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        found = [entry for entry in map(json.loads, lines) if entry["handler"] == handler]
        return found[-1]["as"] if found else None


@pytest.fixture(scope="module")
def enforced(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enforced]:
    record = tmp_path_factory.mktemp("enforced") / "invocations.jsonl"
    stack = make("dev", function_environment=json.dumps({"RECORD": str(record)}))
    with LocalAWS(more={"AUTH": "true", "USE_SSL": "1"}) as aws:
        # The trigger's own role is enforced too: it starts the orchestrator.
        assert deploy(aws.client, stack.assembly, {"TriggerIngestion": "true"}), aws.log.read_text()
        url = aws.client("sqs").get_queue_url(QueueName="dev-customer-ingestion-queue")["QueueUrl"]
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
        yield Enforced(aws, record)


def _is_allowed(call: Call, aws: Callable[[str], Any]) -> bool:
    try:
        call(aws)
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        return False
    return True


@pytest.mark.parametrize("handler", sorted(ALLOWED))
def test_a_role_may_do_what_its_table_says_and_no_more(enforced: Enforced, handler: str) -> None:
    aws = enforced.as_(handler)
    allowed = {name for name, call in CALLS.items() if _is_allowed(call, aws)}
    assert allowed == ALLOWED[handler]


def test_nobody_comes_in_over_http(enforced: Enforced) -> None:
    answers = enforced.aws.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
    (statement,) = json.loads(answers)["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
