"""The configuration's reader: the engine's own vectors, and the engine's own table of keys."""

import json
import re

import pytest

from config.rules import KEYS
from config.schema import ENVIRONMENTS, ROOT, ConfigError, parse, read

VECTORS = json.loads((ROOT / "Tests/Vectors/config-problems.json").read_text())
BASE = (ROOT / "Tests/Vectors/config-base.yaml").read_text()
OF_THE_FILE = [vector for vector in VECTORS if vector.get("changes") and not {"variables", "flags"} & set(vector)]

# PyYAML finds these elsewhere than the engine's reader does, or tells them apart no further.
OTHER_PLACES = {
    "a key twice",
    "two documents",
    "a tab",
    "an open bracket",
    "text and keys",
    "a merge key",
    "a key twice, once under a tag",
}


def _changed(vector: dict) -> str:
    text = BASE
    for old, new in vector["changes"]:
        assert old in text
        text = text.replace(old, new)
    return text


def _known(problem: str) -> str:
    """Without what only the engine says: the name that was meant, and what is wrong inside a schedule."""
    problem = re.sub(r"; did you mean .*\?$", "", problem)
    return re.sub(r'(schedule\.expression: .* is "[^"]*"): .*', r"\1", problem)


@pytest.mark.parametrize("vector", OF_THE_FILE, ids=lambda vector: vector["name"])
def test_what_the_engine_refuses_is_refused_in_its_words(vector: dict) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(_changed(vector), "base.yaml")
    if vector["name"] not in OTHER_PLACES:
        assert caught.value.problems == [_known(problem) for problem in vector["problems"]]


def test_the_keys_and_what_they_must_be_are_those_of_the_documentation() -> None:
    rows = re.findall(r"^\| `([a-z_.*]+)` \|.*\| ([^|]+) \| [^|]+ \|$", _documentation(), re.MULTILINE)
    assert {key: must for key, must in rows if key in KEYS or "." in key} == {
        key: rule.words for key, rule in KEYS.items()
    }


def _documentation() -> str:
    return (ROOT / "Docs/Configuration.md").read_text()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_environment_gives_the_ingestion_config_of_section_1(environment: str) -> None:
    module = __import__(f"config.environments.{environment}", fromlist=["INGESTION_CONFIG"])
    hour = {"dev": 22, "staging": 21, "prod": 20}[environment]
    expected = {
        "schedule_expression": f"cron(0 {hour} * * ? *)",
        "ingestion_symbols": [] if environment == "prod" else ["AAPL", "MSFT", "GOOGL"],
        "ingestion_period": "1mo",
        "ingestion_interval": "1d",
        "ingestion_file_format": "json",
    }
    assert module.INGESTION_CONFIG | expected == module.INGESTION_CONFIG


def test_the_document_has_the_files_nesting() -> None:
    document = parse(BASE, "base.yaml").document
    assert document["limits"]["manual_per_hour"] == 10
    assert document["account_id"] == "123456789012"
    assert document["sources"]["yahoo_finance"]["base_url"] == "https://query1.finance.yahoo.com"
    assert document["retention"] == {"days": 400, "ledger_mib": 20_480}


def test_a_file_of_another_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="environment: must be prod in a file of that name, is dev"):
        parse(BASE, "Config/prod.yaml")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="Config/nowhere.yaml: cannot be read"):
        read("nowhere")


def test_symbols_are_upper_case_and_each_once() -> None:
    config = parse(BASE.replace("[AAPL, MSFT]", "[aapl, MSFT, AAPL]"), "base.yaml")
    assert config.texts("ingestion.symbols") == ["AAPL", "MSFT"]


@pytest.mark.parametrize(
    ("expression", "is_right"),
    [
        ("cron(0 22 ? * MON-FRI *)", True),
        ("rate(5 minutes)", True),
        ("rate(1 minute)", True),
        ("rate(1 minutes)", False),
        ("rate(0 days)", False),
        ("cron(0 22 * * * *)", False),
        ("cron(0 22 ? * ? *)", False),
        ("cron(60 22 * * ? *)", False),
        ("cron(0 22 * * ?)", False),
    ],
)
def test_schedules(expression: str, is_right: bool) -> None:
    text = BASE.replace("cron(0 22 * * ? *)", expression)
    if is_right:
        assert parse(text, "base.yaml").ingestion_config["schedule_expression"] == expression
    else:
        with pytest.raises(ConfigError, match="schedule.expression"):
            parse(text, "base.yaml")
