#!/usr/bin/env python3
"""Deploys a synthesised stack to a local AWS, without Node: assets, change set, wait.

    python3 infrastructure/tools/deploy.py --endpoint http://127.0.0.1:4566 --assembly OUT TriggerIngestion=true

On AWS itself `make deploy` does this, with CDK's own command line.
"""

import argparse
import io
import json
import sys
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from botocore.exceptions import ClientError, WaiterError

from tools.local_aws import clients

STACK = "CustomerDataIngestionStack"
PLACEHOLDER_MARK = b"bellcrank: placeholder"  # As code_asset.py writes it.
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
Clients = Callable[[str], Any]


class DeployError(Exception):
    """Why a stack was not deployed."""


def deploy(aws: Clients, assembly: Path, parameters: dict[str, str] | None = None) -> bool:
    """Brings the stack to what the assembly says; parameters that are not given keep their values.

    Args:
        aws: makes a client of a service.

    Returns:
        Whether there was anything to change.

    Raises:
        DeployError: with the reasons that CloudFormation gave.
    """
    check_code(assembly)
    manifest = json.loads((assembly / "manifest.json").read_text())
    name = manifest["artifacts"][STACK]["properties"]["stackName"]
    template = json.loads((assembly / f"{STACK}.template.json").read_text())
    url = publish(aws, assembly)
    known = _parameters(aws, name)
    changed = _change(aws, name, url, _given(template, known or {}, parameters or {}), known is None)
    mend(aws, template)
    return changed


def check_code(assembly: Path) -> None:
    """Refuses a stack without its code.

    Looks only at what the stack names: earlier syntheses leave their own code in the folder.
    """
    for file in _files(assembly):
        bootstrap = assembly / file["source"]["path"] / "bootstrap"
        if bootstrap.is_file():
            with bootstrap.open("rb") as code:
                is_placeholder = PLACEHOLDER_MARK in code.read(256)
            if is_placeholder:
                raise DeployError("the stack was synthesised with a placeholder for its code: run make bootstrap-zip")


def _files(assembly: Path) -> list[dict]:
    return list(json.loads((assembly / f"{STACK}.assets.json").read_text())["files"].values())


def publish(aws: Clients, assembly: Path) -> str:
    """Uploads what is not there yet, as CDK would, and returns the address of the template."""
    s3 = aws("s3")
    _prepare(aws)
    url = ""
    for file in _files(assembly):
        (destination,) = file["destinations"].values()
        bucket, key = destination["bucketName"], destination["objectKey"]
        _ensure_bucket(s3, bucket)
        source = assembly / file["source"]["path"]
        if not _is_there(s3, bucket, key):
            s3.put_object(Bucket=bucket, Key=key, Body=_packed(source) if source.is_dir() else source.read_bytes())
        if source.name == f"{STACK}.template.json":
            url = f"{s3.meta.endpoint_url}/{bucket}/{key}"
    return url


def mend(aws: Clients, template: dict) -> None:
    """Sets what the local AWS leaves out of a template; on AWS that would change nothing."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::DynamoDB::Table":
            _mend_table(aws("dynamodb"), properties)
        if resource["Type"] == "AWS::Lambda::Function" and "ReservedConcurrentExecutions" in properties:
            aws("lambda").put_function_concurrency(
                FunctionName=properties["FunctionName"],
                ReservedConcurrentExecutions=properties["ReservedConcurrentExecutions"],
            )


def _mend_table(dynamodb: Any, properties: dict) -> None:
    table, expiry = properties["TableName"], properties.get("TimeToLiveSpecification")
    is_set = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
    if expiry is not None and is_set not in ("ENABLED", "ENABLING"):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    if (recovery := properties.get("PointInTimeRecoverySpecification")) is not None:
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)


def _prepare(aws: Clients) -> None:
    """What `cdk bootstrap` leaves that templates look for."""
    aws("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        s3.create_bucket(Bucket=bucket)


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
        return True
    except ClientError:
        return False


def _packed(folder: Path) -> bytes:
    """The folder as a zip, with the files' modes and no time of its own."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(str(path.relative_to(folder)), (1980, 1, 1, 0, 0, 0))
            info.external_attr = (path.stat().st_mode & 0o777 | 0o100000) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return packed.getvalue()


def _parameters(aws: Clients, name: str) -> dict[str, str] | None:
    """The values in force, or None if there is no such stack."""
    try:
        (stack,) = aws("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack.get("Parameters", [])}


def _given(template: dict, known: dict[str, str], asked: dict[str, str]) -> list[dict[str, object]]:
    if unknown := sorted(set(asked) - set(template["Parameters"])):
        raise DeployError(f"the stack has no parameter {', '.join(unknown)}")
    given: list[dict[str, object]] = [{"ParameterKey": key, "ParameterValue": value} for key, value in asked.items()]
    kept = set(template["Parameters"]) & set(known) - set(asked)
    return given + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]


def _change(aws: Clients, name: str, url: str, parameters: list[dict[str, object]], is_new: bool) -> bool:
    cloudformation = aws("cloudformation")
    change_set = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"deploy-{uuid.uuid4().hex}",
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateURL=url,
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )["Id"]
    quick = {"Delay": 0.1, "MaxAttempts": 3000}
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(
            ChangeSetName=change_set, StackName=name, WaiterConfig=quick
        )
    except WaiterError as error:
        reason = str(cloudformation.describe_change_set(ChangeSetName=change_set, StackName=name).get("StatusReason"))
        cloudformation.delete_change_set(ChangeSetName=change_set, StackName=name)
        if "didn't contain changes" in reason or "No updates" in reason:
            return False
        raise DeployError(f"{name}: {reason}") from error
    cloudformation.execute_change_set(ChangeSetName=change_set, StackName=name)
    waiter = cloudformation.get_waiter("stack_create_complete" if is_new else "stack_update_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig=quick)
    except WaiterError as error:
        raise DeployError(_failures(cloudformation, name)) from error
    return True


def _failures(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploys a synthesised stack to a local AWS.")
    parser.add_argument("--endpoint", required=True, help="http://127.0.0.1:4566")
    parser.add_argument("--assembly", type=Path, default=Path(".build/infrastructure/cdk.out"))
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    arguments = parser.parse_args()
    parameters = dict(pair.split("=", 1) for pair in arguments.parameters)
    try:
        changed = deploy(clients(arguments.endpoint), arguments.assembly, parameters)
    except DeployError as error:
        sys.exit(str(error))
    print("deployed" if changed else "nothing to change")


if __name__ == "__main__":
    main()
