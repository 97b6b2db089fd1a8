"""Findings of cdk-nag that are meant to be so, each with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Says why a finding is none here: `AwsSolutions-S1`, or with its detail `AwsSolutions-IAM5[Resource::*]`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
