"""What cfn-lint and cdk-nag say; findings of cdk-nag fail every synthesis of these tests."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Make, Synthesised

from pipelines.customer_data import acknowledgments

# CDK says again what a reference says already.
REDUNDANT = "W3005"
FOLDER = Path(__file__).resolve().parents[1]


def _lint(stack: Synthesised) -> str:
    template = stack.assembly / "CustomerDataIngestionStack.template.json"
    command = [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", REDUNDANT, "--", template]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.stdout + run.stderr


def test_cfn_lint_finds_nothing(stack: Synthesised) -> None:
    assert _lint(stack) == ""


def test_cfn_lint_finds_nothing_with_every_option(with_options: Synthesised) -> None:
    assert _lint(with_options) == ""


def test_cdk_nag_fails_a_synthesis_where_a_finding_is_not_acknowledged(
    make: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipelines.customer_data.constructs.queues.acknowledge", lambda *_: None)
    with pytest.raises(Exception, match="ValidationFailed"):
        make("dev")


def test_every_acknowledgment_has_a_reason() -> None:
    with pytest.raises(TypeError):
        acknowledgments.acknowledge(None, "AwsSolutions-S1")  # type: ignore[call-arg]


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(command: list[str]) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    run = subprocess.run([ruff, *command, "--quiet", "--no-cache", "."], cwd=FOLDER, capture_output=True, text=True)
    assert run.stdout + run.stderr == ""
