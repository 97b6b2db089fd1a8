"""What each key of an environment's file must be: the same table as the engine's own (Docs/Configuration.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

SHOWN_MAX = 60  # Characters of a wrong value that a message repeats.
SYMBOLS_MAX = 100  # §8: symbols of one request.
PERIODS = ("1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max")
INTERVALS = ("1m", "2m", "5m", "15m", "30m", "60m", "90m", "1h", "1d", "5d", "1wk", "1mo", "3mo")

Value = int | str | list[str]


class Fault(Exception):
    """What is wrong with one value, for people: `must be 1 to 64, is 65`."""


@dataclass(frozen=True)
class Text:
    """What a text must be, in words that go on after "must be", and its test."""

    words: str
    is_valid: Callable[[str], bool]

    def read(self, text: str) -> str:
        if not self.is_valid(text):
            raise Fault(f"must be {self.words}, is {shown(text)}")
        return text


@dataclass(frozen=True)
class Number:
    low: int
    high: int

    @property
    def words(self) -> str:
        return f"{self.low} to {self.high}"

    def read(self, text: str) -> int:
        # Plain decimal digits, so that YAML's octal 010 is never taken for 10 or for 8.
        if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) is None or not self.low <= int(text) <= self.high:
            raise Fault(f"must be {self.words}, is {text or 'empty'}")
        return int(text)


@dataclass(frozen=True)
class Choice:
    choices: tuple[str, ...]

    @property
    def words(self) -> str:
        return "one of " + ", ".join(self.choices)

    def read(self, text: str) -> str:
        if text not in self.choices:
            raise Fault(f"must be {self.words}, is {shown(text)}")
        return text


@dataclass(frozen=True)
class List:
    element: Text
    low: int
    high: int

    @property
    def words(self) -> str:
        return f"a list of {self.low} to {self.high}, each {self.element.words}"


Rule = Text | Number | Choice | List


def shown(text: str) -> str:
    """The text in quotes, shortened."""
    quoted = text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
    return '"' + quoted.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _is_host(text: str) -> bool:
    if ":" in text:
        return len(text) <= 45 and text.count(":") >= 2 and re.fullmatch(r"[0-9A-Fa-f:.]+", text) is not None
    labels = text.split(".")
    if not 1 <= len(text) <= 253 or not all(re.fullmatch(r"(?!-)[0-9A-Za-z-]{1,63}(?<!-)", label) for label in labels):
        return False
    if not all(re.fullmatch("[0-9]+", label) for label in labels):
        return True
    return len(labels) == 4 and all(int(label) <= 255 for label in labels)


def _is_url(text: str) -> bool:
    parts = re.fullmatch(r"https?://(?:\[([^\]/]*)\]|([^:/\[]*))(?::([0-9]+))?(/[!-~]*)?", text, re.ASCII)
    if parts is None or len(text) > 512 or text.endswith("/") or "?" in text or "#" in text:
        return False
    address, name, port, _ = parts.groups()
    host_is_right = _is_host(name) if address is None else ":" in address and _is_host(address)
    return host_is_right and (port is None or 1 <= int(port) <= 65_535)


def _is_schedule(text: str) -> bool:
    """`rate(5 minutes)`, or `cron(…)` of six fields with `?` for exactly one of the two days.

    What stands in a field is left to EventBridge, and to `bellcrank config`, which reads the same file.
    """
    if rate := re.fullmatch(r"rate\(([1-9][0-9]{0,8}) (minute|hour|day)(s?)\)", text, re.ASCII):
        return (rate[1] == "1") == (rate[3] == "")
    cron = re.fullmatch(r"cron\(([0-9A-Z*?,/#-]+(?: [0-9A-Z*?,/#-]+){5})\)", text, re.ASCII)
    if cron is None:
        return False
    minute, hour, day, _, weekday, _ = cron[1].split(" ")
    numbers = [part for part in re.split("[,/-]", hour) if part.isdigit()]
    minutes = [part for part in re.split("[,/-]", minute) if part.isdigit()]
    in_range = all(int(n) <= 23 for n in numbers) and all(int(n) <= 59 for n in minutes)
    return (day == "?") != (weekday == "?") and in_range


IDENTIFIER = Text("1 to 50 letters and underscores", _matches("[A-Za-z_]{1,50}"))
SYMBOL = Text("1 to 20 characters of A–Z 0–9 . - ^ =", _matches("[A-Za-z0-9.^=-]{1,20}"))
TABLE = Text("domain.table, each 1 to 50 letters and underscores", _matches(r"[A-Za-z_]{1,50}\.[A-Za-z_]{1,50}"))
KEY_PART = Text("at most 1024 printable ASCII characters", _matches("[ -~]{0,1024}"))
WORDS_OF_URL = "http:// or https://, a host, perhaps a path, no slash at the end"

# `*` stands for a name that the file chooses.
KEYS: dict[str, Rule] = {
    "environment": Choice(("dev", "staging", "prod")),
    "account_id": Text("12 digits", _matches("[0-9]{12}")),
    "region": Text("a region such as us-east-1", _matches("(?=.{1,32}$)[a-z]+(-[a-z]+)+-[0-9]+")),
    "server.host": Text("a host name or an address", _is_host),
    "server.port": Number(0, 65_535),
    "schedule.expression": Text("cron(…) of six fields or rate(…)", _is_schedule),
    "schedule.misfire": Choice(("skip", "latest", "all")),
    "schedule.misfire_window_seconds": Number(0, 604_800),
    "ingestion.data_source": IDENTIFIER,
    "ingestion.data_type": IDENTIFIER,
    "ingestion.domain": IDENTIFIER,
    "ingestion.table_name": IDENTIFIER,
    "ingestion.symbols": List(SYMBOL, 0, SYMBOLS_MAX),
    "ingestion.period": Choice(PERIODS),
    "ingestion.interval": Choice(INTERVALS),
    "ingestion.file_format": Choice(("json",)),
    "tables": List(TABLE, 1, 1_000),
    "sources.*.base_url": Text(WORDS_OF_URL, _is_url),
    "sources.*.requests_per_minute": Number(1, 60_000),
    "sources.*.timeout_seconds": Number(1, 300),
    "sources.*.chunk_size_max": Number(1, 100),
    "chunks.size": Number(1, 100),
    "chunks.send_batch_size": Number(1, 10),
    "chunks.worker_timeout_seconds": Number(1, 900),
    "transform.prefix": KEY_PART,
    "transform.suffix": KEY_PART,
    "workers": Number(1, 64),
    "limits.manual_per_hour": Number(1, 10_000),
    "limits.events_per_minute": Number(1, 10_000),
    "limits.key_expiry_days": Number(1, 365),
    "limits.hops": Number(1, 20),
    "limits.reingestions_per_day": Number(1, 1_000),
    "limits.breaker_failures": Number(1, 100),
    "limits.breaker_window_seconds": Number(1, 604_800),
    "limits.breaker_rest_seconds": Number(1, 604_800),
    "retention.days": Number(1, 3_650),
    "retention.ledger_mib": Number(16, 1_048_576),
}

# What a file means that leaves the key out; no other key may be left out.
FALLBACKS: dict[str, Value] = {"retention.days": 400, "retention.ledger_mib": 20_480}
