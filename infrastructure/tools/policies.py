#!/usr/bin/env python3
"""The policies of a synthesised stack in plain, every reference replaced by the ARN that it will be.

python3 infrastructure/tools/policies.py OUT          # {"dev-customer-data-worker": {"Version": …}, …}
"""

import json
import re
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.synth import STACK

# How an ARN ends, by type and from the properties.
ARNS = {
    "AWS::DynamoDB::Table": ("dynamodb", "table/{TableName}"),
    "AWS::SQS::Queue": ("sqs", "{QueueName}"),
    "AWS::Lambda::Function": ("lambda", "function:{FunctionName}"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{LogGroupName}:*"),
    "AWS::Events::EventBus": ("events", "event-bus/{Name}"),
}


class Resolver:
    """Works out the references of one template. What it does not know it refuses, so that nothing is skipped."""

    def __init__(self, template: dict, account: str, region: str) -> None:
        self.resources = template["Resources"]
        self.account = account
        self.region = region

    def resolve(self, value: object) -> object:
        if isinstance(value, list):
            return [self.resolve(element) for element in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Ref": "AWS::Partition", **rest} if not rest:
                return "aws"
            case {"Ref": str(name), **rest} if not rest:
                return self._reference(name)
            case {"Fn::GetAtt": [str(name), "Arn"], **rest} if not rest:
                return self._arn(name)
            case {"Fn::Join": [str(separator), list(parts)], **rest} if not rest:
                return separator.join(str(self.resolve(part)) for part in parts)
        if any(key.startswith("Fn::") for key in value):
            raise ValueError(f"cannot be resolved: {json.dumps(value)}")
        return {key: self.resolve(member) for key, member in value.items()}

    def _reference(self, name: str) -> str:
        properties = self.resources[name]["Properties"]
        found = [key for key in ("FunctionName", "BucketName", "TableName", "Name") if key in properties]
        if not found:
            raise ValueError(f"{name} has no name of its own")
        return str(self.resolve(properties[found[0]]))

    def _arn(self, name: str) -> str:
        resource = self.resources[name]
        kind, properties = resource["Type"], resource["Properties"]
        if kind == "AWS::Events::Rule":
            bus = f"{self.resolve(properties['EventBusName'])}/" if "EventBusName" in properties else ""
            return f"arn:aws:events:{self.region}:{self.account}:rule/{bus}{properties['Name']}"
        if kind == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{properties['BucketName']}"
        if kind == "AWS::IAM::Role":
            return f"arn:aws:iam::{self.account}:role/{name}"
        service, ending = ARNS[kind]
        return f"arn:aws:{service}:{self.region}:{self.account}:{ending.format(**properties)}"


def of_roles(template: dict, account: str, region: str) -> dict[str, dict]:
    """One policy document a role, by the function's name, or by the role's logical id where it is no function's."""
    resolver = Resolver(template, account, region)
    users = {
        resource["Properties"]["Role"]["Fn::GetAtt"][0]: resource["Properties"]["FunctionName"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    documents = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            raise ValueError(f"{name}: a policy outside of its role would be overlooked")
        if resource["Type"] == "AWS::IAM::Role":
            policies = [policy["PolicyDocument"] for policy in resource["Properties"].get("Policies", [])]
            statements = [statement for policy in policies for statement in policy["Statement"]]
            documents[users.get(name, name)] = resolver.resolve({"Version": "2012-10-17", "Statement": statements})
    return documents


def main() -> None:
    assembly = Path(sys.argv[1])
    place = json.loads((assembly / "manifest.json").read_text())["artifacts"][STACK]["environment"]
    found = re.fullmatch(r"aws://([0-9]{12})/([a-z0-9-]+)", place)
    assert found is not None, place
    template = json.loads((assembly / f"{STACK}.template.json").read_text())
    print(json.dumps(of_roles(template, found[1], found[2]), indent=1))


if __name__ == "__main__":
    main()
