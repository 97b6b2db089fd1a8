"""Rules, their inputs, what becomes of what they cannot deliver (§1, §2, §4, D3, D4, D6, D20 to D22, D29, D30)."""

import json
import re

from conftest import Synthesised

from config.schema import ROOT

SEED = (ROOT / "Sources/Engine/EnvironmentSeed.swift").read_text()


def _rule(stack: Synthesised, name: str) -> dict:
    return stack.named("AWS::Events::Rule", "Name")[f"{stack.environment}-customer-{name}"]


def _target(stack: Synthesised, name: str) -> dict:
    (target,) = _rule(stack, name)["Targets"]
    return target


def _filled(transformer: dict) -> dict:
    """The template's JSON with `<name>` for what would be put in."""
    text = re.sub(r"(?<!\")<([a-z]+)>(?!\")", r'"<\1>"', transformer["InputTemplate"])
    return json.loads(text)


def test_the_schedule_hands_over_the_body_of_section_1_with_the_time_of_the_event(stack: Synthesised) -> None:
    hour = {"dev": 22, "staging": 21, "prod": 20}[stack.environment]
    rule = _rule(stack, "ingestion-schedule")
    assert rule["ScheduleExpression"] == f"cron(0 {hour} * * ? *)"
    assert rule["State"] == "ENABLED"
    transformer = _target(stack, "ingestion-schedule")["InputTransformer"]
    assert transformer["InputPathsMap"] == {"time": "$.time"}
    body = {
        "data_source": "yahoo_finance",
        "data_type": "prices",
        "domain": "market",
        "table_name": "prices",
        "symbols": ["AAPL", "MSFT", "GOOGL"],
        "period": "1mo",
        "interval": "1d",
        "file_format": "json",
        "trigger_type": "schedule",
        "trigger_time": "<time>",
    }
    if stack.environment == "prod":
        del body["symbols"]  # From the parameter.
    assert list(_filled(transformer).items()) == list(body.items())


def test_the_schedule_is_not_tried_again_and_events_are_as_aws_does(stack: Synthesised) -> None:
    letters = stack.id_of("AWS::SQS::Queue", "QueueName", f"{stack.environment}-customer-ingestion-trigger-dlq")
    buried = {"Arn": {"Fn::GetAtt": [letters, "Arn"]}}
    schedule = _target(stack, "ingestion-schedule")
    assert schedule["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 300}
    assert schedule["DeadLetterConfig"] == buried
    for kind in ("transform-pipeline", "symbol-universe", "market-events", "ops-manual"):
        target = _target(stack, f"ingestion-{kind}")
        assert set(target) == {"Id", "Arn", "DeadLetterConfig"}, "the whole event, by AWS's own retries"
        assert target["DeadLetterConfig"] == buried
    assert _target(stack, "raw-object-created")["DeadLetterConfig"] == buried
    assert _target(stack, "ingestion-forward")["DeadLetterConfig"] == buried


def test_patterns_are_those_of_the_engine(stack: Synthesised) -> None:
    found = {
        kind: _rule(stack, f"ingestion-{kind}")["EventPattern"]
        for kind in ("transform-pipeline", "symbol-universe", "market-events", "ops-manual")
    }
    assert found == {
        "transform-pipeline": {
            "source": ["transform.pipeline", "extract.pipeline"],
            "detail-type": ["Processing Complete"],
            "detail": {"trigger_reingestion": [True]},
        },
        "symbol-universe": {"source": ["symbol.universe"], "detail-type": ["Universe Updated"]},
        "market-events": {"source": ["market.events"], "detail-type": ["Market Close"]},
        "ops-manual": {"source": ["ops.manual"], "detail-type": ["Adhoc Ingestion"]},
    }
    words = re.sub(r"\s+", "", SEED)
    for pattern in found.values():
        for member in ("source", "detail-type"):
            written = json.dumps({member: pattern[member]}, separators=(",", ":"))[1:-1].replace(" ", "")
            assert written in words, f"EnvironmentSeed.swift says otherwise than {written}"


def test_objects_of_the_notifiers_buckets_reach_transform_too(with_options: Synthesised) -> None:
    names = _rule(with_options, "raw-object-created")["EventPattern"]["detail"]["bucket"]["name"]
    assert names == ["data-pipeline-raw-dev-123456789012", "other-bucket", "third-bucket"]


def test_objects_reach_transform_in_the_shape_of_section_4(stack: Synthesised) -> None:
    rule = _rule(stack, "raw-object-created")
    assert rule["EventPattern"] == {
        "source": ["aws.s3", "bellcrank.objects"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [f"data-pipeline-raw-{stack.environment}-123456789012"]},
            "object": {"key": [{"wildcard": "market/prices/*.json"}]},
        },
    }
    transformer = _target(stack, "raw-object-created")["InputTransformer"]
    assert _filled(transformer) == {
        "version": "0",
        "id": "<id>",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "<account>",
        "time": "<time>",
        "region": "<region>",
        "detail": {"bucket": "<bucket>", "object": {"key": "<key>", "size": "<size>"}},
    }
    written = "".join(re.findall(r'#"(\{"version".*?)"#\s*\+ #"(.*?)"#\)', SEED, re.DOTALL)[0])
    assert transformer["InputTemplate"] == written
    assert set(transformer["InputPathsMap"]) == set(re.findall("<([a-z]+)>", written))


def test_the_tick_is_constant_and_neither_retried_nor_buried(stack: Synthesised) -> None:
    assert _rule(stack, "ingestion-tick")["ScheduleExpression"] == "rate(1 minute)"
    target = _target(stack, "ingestion-tick")
    assert json.loads(target["Input"]) == {"bellcrank": "tick"}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    assert "DeadLetterConfig" not in target


def test_each_rule_may_do_what_it_must_and_no_other_rule(stack: Synthesised) -> None:
    rules = {name: r["Properties"] for name, r in stack.json["Resources"].items() if r["Type"] == "AWS::Events::Rule"}
    invoking = {
        p["SourceArn"]["Fn::GetAtt"][0]
        for p in stack.resources("AWS::Lambda::Permission")
        if p["Principal"] == "events.amazonaws.com"
    }
    assert invoking == {name for name, rule in rules.items() if rule["Targets"][0]["Id"] == "orchestrator"}
    sending: dict[str, set[str]] = {}
    for policy in stack.resources("AWS::SQS::QueuePolicy"):
        (queue,) = policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Principal"] == {"Service": "events.amazonaws.com"}
                assert statement["Action"] == "sqs:SendMessage"
                rule = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"][0]
                sending.setdefault(queue["Ref"], set()).add(rule)
    letters = stack.id_of("AWS::SQS::Queue", "QueueName", f"{stack.environment}-customer-ingestion-trigger-dlq")
    transform = stack.id_of("AWS::SQS::Queue", "QueueName", f"{stack.environment}-customer-transform-queue")
    assert sending == {
        letters: {name for name, rule in rules.items() if "DeadLetterConfig" in rule["Targets"][0]},
        transform: {name for name, rule in rules.items() if rule["Targets"][0]["Id"] == "transform"},
    }


def test_the_door_forwards_only_what_is_ours(stack: Synthesised) -> None:
    rule = _rule(stack, "ingestion-forward")
    bus = stack.id_of("AWS::Events::EventBus", "Name", f"{stack.environment}-custom-ingestion-bus")
    assert rule["EventBusName"] == {"Ref": bus}
    assert rule["EventPattern"] == {
        "source": ["extract.pipeline", "market.events", "ops.manual", "symbol.universe", "transform.pipeline"]
    }
    assert stack.resources("AWS::Events::EventBusPolicy") == [], "nobody is let in unless named"


def test_partners_publish_by_account_and_source(with_options: Synthesised) -> None:
    statements = {p["StatementId"]: p["Statement"] for p in with_options.resources("AWS::Events::EventBusPolicy")}
    assert set(statements) == {"partner-111122223333", "partner-444455556666"}
    narrow = statements["partner-444455556666"]
    assert narrow["Condition"] == {"StringEquals": {"events:source": ["market.events"]}}
    assert narrow["Action"] == "events:PutEvents"
    assert narrow["Principal"]["AWS"]["Fn::Join"][1][-1] == ":iam::444455556666:root"
    assert len(statements["partner-111122223333"]["Condition"]["StringEquals"]["events:source"]) == 5
