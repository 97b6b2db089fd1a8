"""One synthesis an environment for all tests, in this process."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.synth import NODE

os.environ["JSII_NODE"] = str(NODE)
sys.dont_write_bytecode = True
# The account and region of the files, whatever credentials are at hand.
for _name in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION"):
    os.environ.pop(_name, None)

import aws_cdk as cdk
from aws_cdk.assertions import Template

import app
from tools import synth

ENVIRONMENTS = ("dev", "staging", "prod")
BOOTSTRAP = Path(__file__).parent / "fixtures/bootstrap"


@dataclass(frozen=True)
class Synthesised:
    environment: str
    assembly: Path
    json: dict
    template: Template

    def resources(self, kind: str) -> list[dict]:
        """The properties of all resources of a type."""
        return [r.get("Properties", {}) for r in self.json["Resources"].values() if r["Type"] == kind]

    def named(self, kind: str, key: str) -> dict[str, dict]:
        return {properties[key]: properties for properties in self.resources(kind)}

    def id_of(self, kind: str, key: str, name: str) -> str:
        (found,) = [
            logical
            for logical, resource in self.json["Resources"].items()
            if resource["Type"] == kind and resource["Properties"].get(key) == name
        ]
        return found


Make = Callable[..., Synthesised]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Synthesises with a context; the findings of cdk-nag fail it."""

    def made(environment: str, **context: object) -> Synthesised:
        out = tmp_path_factory.mktemp(environment)
        application = cdk.App(
            outdir=str(out), context={"environment": environment, "bootstrap": str(BOOTSTRAP)} | context
        )
        stack = app.build(application)
        application.synth()
        return Synthesised(environment, out, synth.template(out), Template.from_stack(stack))

    return made


@pytest.fixture(scope="session")
def stacks(make: Make) -> dict[str, Synthesised]:
    return {environment: make(environment) for environment in ENVIRONMENTS}


@pytest.fixture(params=ENVIRONMENTS)
def stack(request: pytest.FixtureRequest, stacks: dict[str, Synthesised]) -> Synthesised:
    return stacks[request.param]


@pytest.fixture(scope="session")
def dev(stacks: dict[str, Synthesised]) -> Synthesised:
    return stacks["dev"]


@pytest.fixture(scope="session")
def with_options(make: Make) -> Synthesised:
    """Dev with everything that is chosen by context."""
    return make(
        "dev",
        architecture="arm64",
        notifier_buckets='["other-bucket", "arn:aws:s3:::third-bucket"]',
        partner_accounts='{"111122223333": [], "444455556666": ["market.events"]}',
        function_environment='{"BELLCRANK_WORKERS": "3"}',
        reserved_concurrency="5",
        alarm_topic="arn:aws:sns:us-east-1:123456789012:on-call",
    )
