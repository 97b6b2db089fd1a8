"""What is chosen at synthesis and is no property of the environment: the context of CDK, `-c architecture=arm64`."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from constructs import Node

from config.schema import ROOT

ARCHITECTURES = ("x86_64", "arm64")
BUILT_BOOTSTRAP = ".build/lambda/bootstrap"


class OptionError(Exception):
    """A context value that cannot be taken."""


@dataclass(frozen=True)
class Options:
    architecture: str = "x86_64"
    bootstrap: Path = ROOT / BUILT_BOOTSTRAP
    """The functions' binary, from the repository's root if relative."""
    allow_placeholder: bool = False
    """Whether a binary that was not built is replaced, to look at the template. Otherwise that is an error."""
    enforce_ssl: bool = True
    """Off only for a local AWS that is spoken to over http."""
    function_environment: dict[str, str] = field(default_factory=dict)
    """Variables of all functions."""
    notifier_buckets: list[str] = field(default_factory=list)
    """Names of buckets outside of the stack that send raw notifications."""
    partner_accounts: dict[str, list[str]] = field(default_factory=dict)
    """Who may publish to the custom bus: account → the sources it may use, none for all of ours."""
    reserved_concurrency: int | None = None
    """Of the orchestrator. Deployment fails where the account would keep fewer than 100 unreserved."""
    alarm_topic: str | None = None
    """ARN of the SNS topic that alarms go to; without one they are only seen in CloudWatch."""

    @staticmethod
    def of(node: Node) -> "Options":
        """Reads the context; on the command line every value is a text, in cdk.json it may be JSON."""
        architecture = str(_value(node, "architecture", Options.architecture))
        if architecture not in ARCHITECTURES:
            raise OptionError(f"architecture must be one of {', '.join(ARCHITECTURES)}, is {architecture}")
        topic = _value(node, "alarm_topic", None)
        return Options(
            architecture=architecture,
            bootstrap=ROOT / str(_value(node, "bootstrap", BUILT_BOOTSTRAP)),
            allow_placeholder=_flag(node, "allow_placeholder", False),
            enforce_ssl=_flag(node, "enforce_ssl", True),
            function_environment=_texts_by_name(node, "function_environment"),
            notifier_buckets=[_bucket(name) for name in _texts(node, "notifier_buckets")],
            partner_accounts=_partners(node),
            reserved_concurrency=_count(node, "reserved_concurrency"),
            alarm_topic=None if topic is None else str(topic),
        )


def _value(node: Node, name: str, fallback: object) -> object:
    value = node.try_get_context(name)
    return fallback if value is None or value == "" else value


def _flag(node: Node, name: str, fallback: bool) -> bool:
    text = str(_value(node, name, fallback)).lower()
    if text not in ("true", "false"):
        raise OptionError(f"{name} must be true or false, is {text}")
    return text == "true"


def _count(node: Node, name: str) -> int | None:
    value = _value(node, name, None)
    if value is None:
        return None
    if re.fullmatch("[1-9][0-9]{0,4}", str(value)) is None:
        raise OptionError(f"{name} must be 1 to 99999, is {value}")
    return int(str(value))


def _json(node: Node, name: str) -> object:
    value = _value(node, name, None)
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise OptionError(f"{name} is not JSON: {error}") from None


def _texts(node: Node, name: str) -> list[str]:
    """`a,b` or `["a", "b"]`."""
    value = _json(node, name)
    if value is None:
        return []
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) and part.strip() for part in parts):
        raise OptionError(f"{name} must be a list of texts, is {value}")
    return [part.strip() for part in parts]


def _texts_by_name(node: Node, name: str) -> dict[str, str]:
    value = _json(node, name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise OptionError(f"{name} must be a JSON object of texts, is {value}")
    return value


def _bucket(name: str) -> str:
    """A bucket's name, also out of its ARN."""
    bare = name.removeprefix("arn:aws:s3:::")
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bare) is None:
        raise OptionError(f"notifier_buckets must be names or ARNs of buckets, has {name}")
    return bare


def _partners(node: Node) -> dict[str, list[str]]:
    """`111122223333,444455556666`, or `{"111122223333": ["market.events"]}`."""
    value = _json(node, "partner_accounts")
    partners = value if isinstance(value, dict) else {account: [] for account in _texts(node, "partner_accounts")}
    for account, sources in partners.items():
        if re.fullmatch("[0-9]{12}", account) is None or not isinstance(sources, list):
            raise OptionError(f"partner_accounts must be accounts of 12 digits with lists of sources, has {account}")
    return partners
