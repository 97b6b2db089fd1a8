"""The synthesised stack of each environment: names (D28), storage, queues, functions, deploy trigger."""

import json
from pathlib import Path

import pytest
from aws_cdk.assertions import Match
from conftest import Make, Synthesised

from pipelines.customer_data.code_asset import PLACEHOLDER
from tools.deploy import DeployError, check_code, deploy

ACCOUNT = "123456789012"


def test_there_is_one_stack_named_for_its_environment(stack: Synthesised) -> None:
    manifest = json.loads((stack.assembly / "manifest.json").read_text())
    stacks = {n: a["properties"] for n, a in manifest["artifacts"].items() if a["type"] == "aws:cloudformation:stack"}
    assert list(stacks) == ["CustomerDataIngestionStack"]
    properties = stacks["CustomerDataIngestionStack"]
    assert properties["stackName"] == f"{stack.environment}-CustomerDataIngestionStack"
    assert properties.get("terminationProtection", False) == (stack.environment == "prod")


def test_names_are_those_of_d28(stack: Synthesised) -> None:
    env = stack.environment
    assert set(stack.named("AWS::Events::Rule", "Name")) == {
        f"{env}-customer-ingestion-schedule",
        f"{env}-customer-ingestion-transform-pipeline",
        f"{env}-customer-ingestion-symbol-universe",
        f"{env}-customer-ingestion-market-events",
        f"{env}-customer-ingestion-ops-manual",
        f"{env}-customer-raw-object-created",
        f"{env}-customer-ingestion-tick",
        f"{env}-customer-ingestion-forward",
    }
    assert set(stack.named("AWS::Lambda::Function", "FunctionName")) == {
        f"{env}-customer-data-orchestrator",
        f"{env}-customer-data-worker",
        f"{env}-customer-deploy-trigger",
    }
    assert set(stack.named("AWS::SQS::Queue", "QueueName")) == {
        f"{env}-customer-ingestion-queue",
        f"{env}-customer-ingestion-dlq",
        f"{env}-customer-ingestion-trigger-dlq",
        f"{env}-customer-transform-queue",
    }
    assert set(stack.named("AWS::S3::Bucket", "BucketName")) == {f"data-pipeline-raw-{env}-{ACCOUNT}"}
    assert set(stack.named("AWS::DynamoDB::Table", "TableName")) == {f"{env}-customer-ingestion-control"}
    assert set(stack.named("AWS::Events::EventBus", "Name")) == {f"{env}-custom-ingestion-bus"}
    assert set(stack.named("AWS::CloudWatch::Dashboard", "DashboardName")) == {f"{env}-customer-ingestion"}


def test_the_control_table_can_be_restored_and_is_kept(stack: Synthesised) -> None:
    stack.template.has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "KeySchema": [
                    {"AttributeName": "id", "KeyType": "HASH"},
                    {"AttributeName": "place", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-day",
                        "KeySchema": [
                            {"AttributeName": "day", "KeyType": "HASH"},
                            {"AttributeName": "at", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                "DeletionProtectionEnabled": stack.environment == "prod",
            },
        },
    )


def test_the_raw_bucket_is_closed_and_tells_eventbridge_by_itself(stack: Synthesised) -> None:
    stack.template.has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "VersioningConfiguration": {"Status": "Enabled"},
                "BucketEncryption": Match.any_value(),
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
    )
    stack.template.resource_count_is("Custom::S3BucketNotifications", 0)


def test_queues_keep_and_bury(stack: Synthesised) -> None:
    env = stack.environment
    queues = stack.named("AWS::SQS::Queue", "QueueName")
    work = queues[f"{env}-customer-ingestion-queue"]
    dead = stack.id_of("AWS::SQS::Queue", "QueueName", f"{env}-customer-ingestion-dlq")
    assert work["RedrivePolicy"] == {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": 10}
    assert work["VisibilityTimeout"] == 6 * 300
    assert {
        name.removeprefix(f"{env}-customer-"): q["MessageRetentionPeriod"] // 86_400 for name, q in queues.items()
    } == {
        "ingestion-queue": 4,
        "ingestion-dlq": 14,
        "ingestion-trigger-dlq": 14,
        "transform-queue": 14,
    }
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())


def test_only_encrypted_calls_are_taken(stack: Synthesised) -> None:
    documents = [p["PolicyDocument"] for p in stack.resources("AWS::SQS::QueuePolicy")]
    documents += [p["PolicyDocument"] for p in stack.resources("AWS::S3::BucketPolicy")]
    assert len(documents) == 5
    refused = {"Bool": {"aws:SecureTransport": "false"}}
    for document in documents:
        assert any(s["Effect"] == "Deny" and s.get("Condition") == refused for s in document["Statement"])


def test_functions_run_the_bootstrap_within_their_bounds(stack: Synthesised) -> None:
    env = stack.environment
    functions = stack.named("AWS::Lambda::Function", "FunctionName")
    for word, timeout in (("orchestrator", 60), ("worker", 300)):
        function = functions[f"{env}-customer-data-{word}"]
        expected = {
            "Handler": word,
            "Runtime": "provided.al2023",
            "Architectures": ["x86_64"],
            "MemorySize": 256,
            "Timeout": timeout,
        }
        assert function | expected == function
        assert "ReservedConcurrentExecutions" not in function
        assert "Environment" not in function


def test_every_function_has_its_own_role_and_log(stack: Synthesised) -> None:
    functions = stack.resources("AWS::Lambda::Function")
    roles = {json.dumps(function["Role"]) for function in functions}
    assert len(roles) == len(functions)
    groups = stack.named("AWS::Logs::LogGroup", "LogGroupName")
    assert set(groups) == {f"/aws/lambda/{function['FunctionName']}" for function in functions}
    assert all(group["RetentionInDays"] == 90 for group in groups.values())


def test_a_failure_of_the_orchestrator_is_not_run_again_and_is_buried(stack: Synthesised) -> None:
    letters = stack.id_of("AWS::SQS::Queue", "QueueName", f"{stack.environment}-customer-ingestion-trigger-dlq")
    (settings,) = stack.resources("AWS::Lambda::EventInvokeConfig")
    assert settings["MaximumRetryAttempts"] == 0
    assert settings["MaximumEventAgeInSeconds"] == 900
    assert settings["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [letters, "Arn"]}}}


def test_the_worker_reports_failures_one_by_one(stack: Synthesised) -> None:
    (mapping,) = stack.resources("AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # Five symbols of 10 s each at worst; four such chunks end inside four fifths of 300 s.
    assert mapping["BatchSize"] == 4
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 4 if stack.environment == "prod" else 2}


def test_the_code_is_the_bootstrap_and_the_environments_configuration(stack: Synthesised) -> None:
    assets = json.loads((stack.assembly / "CustomerDataIngestionStack.assets.json").read_text())["files"]
    (code,) = [stack.assembly / f["source"]["path"] for f in assets.values() if f["source"]["packaging"] == "zip"]
    assert sorted(path.name for path in code.iterdir()) == ["bootstrap", "config.json"]
    assert (code / "bootstrap").stat().st_mode & 0o777 == 0o755
    config = json.loads((code / "config.json").read_text())
    assert config["environment"] == stack.environment
    assert config["limits"]["manual_per_hour"] == 10


def test_the_universe_is_a_parameter_that_prod_leaves_to_its_operators(stacks: dict[str, Synthesised]) -> None:
    for environment in ("dev", "staging"):
        (parameter,) = stacks[environment].resources("AWS::SSM::Parameter")
        assert parameter["Name"] == f"/{environment}/customer-data/ingestion/symbols"
        assert parameter["Type"] == "StringList"
        assert parameter["Value"] == "AAPL,MSFT,GOOGL"
    assert stacks["prod"].resources("AWS::SSM::Parameter") == []


def test_a_deployment_asks_for_a_run_by_three_parameters(stack: Synthesised) -> None:
    parameters = stack.json["Parameters"]
    assert set(parameters) == {"TriggerIngestion", "TestSymbols", "TriggerNonce", "BootstrapVersion"}
    assert parameters["TriggerIngestion"]["Default"] == "false"
    ((logical, resource),) = [
        (name, r) for name, r in stack.json["Resources"].items() if r["Type"] == "AWS::CloudFormation::CustomResource"
    ]
    condition = stack.json["Conditions"][resource["Condition"]]
    assert condition == {"Fn::Equals": [{"Ref": "TriggerIngestion"}, "true"]}
    assert resource["Properties"]["Symbols"] == {"Ref": "TestSymbols"}
    assert resource["Properties"]["Nonce"] == {"Ref": "TriggerNonce"}
    mapping = [n for n, r in stack.json["Resources"].items() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert set(mapping) < set(resource["DependsOn"]), f"{logical} must run when all is in its place"


def test_what_is_not_built_is_an_error_unless_it_is_only_looked_at(make: Make) -> None:
    """CDK's command line deploys nothing that has an error; our own deployment looks at the code."""
    refused, looked_at = (
        make("dev", bootstrap="nowhere/bootstrap", allow_placeholder=allowed) for allowed in ("false", "true")
    )
    assert _annotations(refused) == ["aws:cdk:error"]
    assert _annotations(looked_at) == ["aws:cdk:warning"]
    for assembly in (refused.assembly, looked_at.assembly):
        with pytest.raises(DeployError, match="run make bootstrap-zip"):
            deploy(lambda service: pytest.fail(f"{service} was asked"), assembly)


def test_a_placeholder_of_an_earlier_synthesis_does_not_count(make: Make) -> None:
    assembly = make("dev").assembly
    (assembly / "asset.earlier").mkdir()
    (assembly / "asset.earlier/bootstrap").write_text(PLACEHOLDER)
    check_code(assembly)


@pytest.mark.parametrize(("machine", "is_right"), [(0x3E, True), (0xB7, False), (0x28, False)])
def test_a_binary_for_another_machine_is_an_error(make: Make, tmp_path: Path, machine: int, is_right: bool) -> None:
    binary = tmp_path / "bootstrap"
    binary.write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + bytes(44))
    assert _annotations(make("dev", bootstrap=str(binary))) == ([] if is_right else ["aws:cdk:error"])


def _annotations(stack: Synthesised) -> list[str]:
    metadata = json.loads((stack.assembly / "CustomerDataIngestionStack.metadata.json").read_text())
    entries = [entry for entries in metadata.values() for entry in entries]
    return [e["type"] for e in entries if e["type"] in ("aws:cdk:error", "aws:cdk:warning") and "bootstrap" in str(e)]


def test_equal_inputs_give_equal_templates(make: Make, dev: Synthesised) -> None:
    assert make("dev").json == dev.json


# What the context chooses.


def test_the_architecture_is_chosen(with_options: Synthesised) -> None:
    functions = with_options.resources("AWS::Lambda::Function")
    assert [f["Architectures"] for f in functions if f["Runtime"] == "provided.al2023"] == [["arm64"]] * 3


def test_buckets_outside_may_notify_a_function_of_their_own(with_options: Synthesised) -> None:
    notifier = with_options.named("AWS::Lambda::Function", "FunctionName")["dev-customer-raw-notifier"]
    assert notifier["Handler"] == "notifier"
    retries = {s["MaximumRetryAttempts"] for s in with_options.resources("AWS::Lambda::EventInvokeConfig")}
    assert retries == {0, 2}
    permissions = [p for p in with_options.resources("AWS::Lambda::Permission") if p["Principal"] == "s3.amazonaws.com"]
    assert [p["SourceAccount"] for p in permissions] == [ACCOUNT] * 2
    assert [p["SourceArn"]["Fn::Join"][1][-1] for p in permissions] == [":s3:::other-bucket", ":s3:::third-bucket"]


def test_variables_and_concurrency_are_chosen(with_options: Synthesised) -> None:
    functions = with_options.named("AWS::Lambda::Function", "FunctionName")
    assert functions["dev-customer-data-orchestrator"]["ReservedConcurrentExecutions"] == 5
    assert functions["dev-customer-data-worker"]["Environment"] == {"Variables": {"BELLCRANK_WORKERS": "3"}}


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"environment": "test"}, "environment must be one of dev, staging, prod, is test"),
        ({"architecture": "mips"}, "architecture must be one of x86_64, arm64, is mips"),
        ({"enforce_ssl": "no"}, "enforce_ssl must be true or false, is no"),
        ({"function_environment": "[1]"}, "function_environment must be a JSON object of texts"),
        ({"reserved_concurrency": "0"}, "reserved_concurrency must be 1 to 99999, is 0"),
        ({"function_environment": "{"}, "function_environment is not JSON"),
        ({"notifier_buckets": "A_B"}, "notifier_buckets must be names or ARNs of buckets, has A_B"),
        ({"partner_accounts": "12"}, "partner_accounts must be accounts of 12 digits"),
    ],
)
def test_context_that_cannot_be_taken_is_named(make: Make, context: dict, said: str) -> None:
    with pytest.raises(Exception, match=said):
        make(**{"environment": "dev"} | context)
