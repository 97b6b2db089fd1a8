"""Roles: exact actions on exact ARNs (§8), and policies that say what they mean."""

import json

import parliament
import pytest
from conftest import Synthesised

from pipelines.customer_data import permissions
from tools.policies import Resolver, of_roles

ACCOUNT, REGION = "123456789012", "us-east-1"
TABLES = {
    "dev-customer-data-orchestrator": permissions.ORCHESTRATOR,
    "dev-customer-data-worker": permissions.WORKER,
    "dev-customer-raw-notifier": permissions.NOTIFIER,
}


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def test_a_role_has_exactly_the_actions_of_its_table(with_options: Synthesised) -> None:
    documents = of_roles(with_options.json, ACCOUNT, REGION)
    for function, grants in TABLES.items():
        granted = {
            (statement["Sid"], action)
            for statement in documents[function]["Statement"]
            for action in _listed(statement["Action"])
        }
        expected = {(grant.sid, action) for grant in grants for action in grant.actions}
        assert granted == expected | {("WriteLog", "logs:CreateLogStream"), ("WriteLog", "logs:PutLogEvents")}


def test_resources_are_named_in_full(with_options: Synthesised) -> None:
    prefix = f"{REGION}:{ACCOUNT}"
    found = {
        (function, resource)
        for function, document in of_roles(with_options.json, ACCOUNT, REGION).items()
        for statement in document["Statement"]
        for resource in _listed(statement["Resource"])
        if not resource.startswith("arn:aws:logs:")
    }
    orchestrator, worker = "dev-customer-data-orchestrator", "dev-customer-data-worker"
    table = f"arn:aws:dynamodb:{prefix}:table/dev-customer-ingestion-control"
    bus = f"arn:aws:events:{prefix}:event-bus/default"
    (forward,) = {function for function, resource in found if resource == bus} - {"dev-customer-raw-notifier"}
    assert found == {
        (orchestrator, table),
        (orchestrator, f"arn:aws:sqs:{prefix}:dev-customer-ingestion-queue"),
        (orchestrator, f"arn:aws:sqs:{prefix}:dev-customer-ingestion-trigger-dlq"),
        (orchestrator, f"arn:aws:ssm:{prefix}:parameter/dev/customer-data/ingestion/symbols"),
        (worker, table),
        (worker, f"arn:aws:sqs:{prefix}:dev-customer-ingestion-queue"),
        (worker, f"arn:aws:sqs:{prefix}:dev-customer-ingestion-dlq"),
        (worker, f"arn:aws:s3:::data-pipeline-raw-dev-{ACCOUNT}/*"),
        ("dev-customer-raw-notifier", table),
        ("dev-customer-raw-notifier", bus),
        ("dev-customer-raw-notifier", f"arn:aws:sqs:{prefix}:dev-customer-ingestion-trigger-dlq"),
        ("dev-customer-deploy-trigger", f"arn:aws:lambda:{prefix}:function:{orchestrator}"),
        (forward, bus),
    }


def test_nothing_is_allowed_by_a_wildcard(with_options: Synthesised) -> None:
    """But the bucket's keys, and the streams of a function's own log."""
    for function, document in of_roles(with_options.json, ACCOUNT, REGION).items():
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            assert not {"NotAction", "NotResource"} & set(statement)
            assert not [action for action in _listed(statement["Action"]) if "*" in action]
            for resource in _listed(statement["Resource"]):
                bare = resource.removesuffix(":*" if ":log-group:" in resource else "/*")
                assert "*" not in bare, f"{function}: {resource}"
                assert bare == resource or ":log-group:" in resource or resource.startswith("arn:aws:s3:::")


def test_parliament_finds_nothing(stack: Synthesised) -> None:
    for function, document in of_roles(stack.json, ACCOUNT, REGION).items():
        findings = parliament.analyze_policy_string(json.dumps(document)).findings
        assert [str(finding) for finding in findings] == [], function


def test_parliament_would_find_a_wrong_action() -> None:
    wrong = {"Effect": "Allow", "Action": "sqs:SendMessages", "Resource": "*"}
    assert parliament.analyze_policy_string(json.dumps({"Version": "2012-10-17", "Statement": [wrong]})).findings


def test_roles_are_only_for_the_services_that_use_them(with_options: Synthesised) -> None:
    for role in with_options.resources("AWS::IAM::Role"):
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"]["Service"] in ("lambda.amazonaws.com", "events.amazonaws.com")
        assert "ManagedPolicyArns" not in role


def test_a_reference_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be resolved"):
        Resolver({"Resources": {}}, ACCOUNT, REGION).resolve({"Fn::Sub": "x"})
