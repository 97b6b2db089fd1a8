"""Reads `Config/{environment}.yaml`, the engine's own file, and refuses at synthesis what the engine would.

Every problem is told, with its file, line and column: `Config/dev.yaml:36:3: limits.hops: must be 1 to 20, is 0`.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from config.rules import FALLBACKS, IDENTIFIER, KEYS, Fault, List, Number, Rule, Value, shown

ROOT = Path(__file__).resolve().parents[2]
FILE_BYTES_MAX = 262_144
ENVIRONMENTS = KEYS["environment"].choices


class ConfigError(Exception):
    """Everything found wrong with a file: one line a problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Config:
    """One environment's file, checked. `values` is by path, `sources.yahoo_finance.base_url` for one source's key."""

    values: dict[str, Value]

    def number(self, path: str) -> int:
        value = self.values[path]
        assert isinstance(value, int), path
        return value

    def text(self, path: str) -> str:
        value = self.values[path]
        assert isinstance(value, str), path
        return value

    def texts(self, path: str) -> list[str]:
        value = self.values[path]
        assert isinstance(value, list), path
        return list(value)

    @property
    def environment(self) -> str:
        return self.text("environment")

    @property
    def sources(self) -> list[str]:
        return [path.split(".")[1] for path in self.values if path.endswith(".base_url")]

    @property
    def document(self) -> dict:
        """The file as the functions read it: the same nesting, numbers as numbers."""
        document: dict = {}
        for path, value in self.values.items():
            *sections, name = path.split(".")
            section = document
            for part in sections:
                section = section.setdefault(part, {})
            section[name] = value
        return document

    def placed(self, account: str, region: str) -> "Config":
        """The same for the account and region that the stack goes to."""
        return Config(self.values | {"account_id": account, "region": region})

    @property
    def ingestion_config(self) -> dict[str, Value]:
        """By the names of §1: `schedule_expression`, `ingestion_symbols` and so on."""
        ingestion = {
            "ingestion_" + path.removeprefix("ingestion."): value
            for path, value in self.values.items()
            if path.startswith("ingestion.")
        }
        return {"schedule_expression": self.text("schedule.expression")} | ingestion

    @property
    def scheduled_request(self) -> dict[str, Value]:
        """The constant part of the "Transform된 Ingestion Event" of §1 (D6); no `symbols` where the file has none."""
        names = ("data_source", "data_type", "domain", "table_name", "symbols", "period", "interval", "file_format")
        request = {name: self.values[f"ingestion.{name}"] for name in names}
        if not request["symbols"]:
            del request["symbols"]
        return request | {"trigger_type": "schedule"}


def read(environment: str) -> Config:
    """Reads and checks `Config/{environment}.yaml`.

    Raises:
        ConfigError: with everything found wrong.
    """
    name = f"Config/{environment}.yaml"
    try:
        data = (ROOT / name).read_bytes()
    except OSError as error:
        raise ConfigError([f"{name}: cannot be read: {error.strerror}"]) from None
    if len(data) > FILE_BYTES_MAX:
        raise ConfigError([f"{name}: has {len(data)} bytes, more than {FILE_BYTES_MAX}"])
    try:
        return parse(data.decode(), name)
    except UnicodeDecodeError:
        raise ConfigError([f"{name}: is not UTF-8"]) from None


def parse(text: str, name: str) -> Config:
    """Checks a file's text; problems name the file as `name`."""
    reader = _Reader(name)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError([f"{name}:{mark.line + 1}:{mark.column + 1}: is not YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise ConfigError([f"{name}: is not YAML: {error}"]) from None
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError([f"{name}: holds no keys"])
    reader.section(root, [], [], name)
    reader.check_together()
    if reader.problems:
        raise ConfigError(reader.problems)
    return Config(reader.in_order())


class _Reader:
    """What was read so far, and everything found wrong with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self.values: dict[str, Value] = {}
        self.places: dict[str, str] = {}
        self.sources: list[str] = []

    def in_order(self) -> dict[str, Value]:
        """The values in the table's order, so that no two files of the same values give two assets."""
        paths = [path for path in KEYS if "*" not in path]
        paths += [key.replace("*", source) for source in self.sources for key in KEYS if "*" in key]
        return {path: self.values[path] for path in paths}

    def section(self, node: yaml.MappingNode, pattern: list[str], names: list[str], place: str) -> None:
        """Reads a section: `pattern` is its path as the table spells it, `names` as the file does."""
        children = _children(pattern)
        seen: set[str] = set()
        for key, value in node.value:
            here = self._place(key)
            if not isinstance(key, yaml.ScalarNode):
                self._report(here, ".".join(names), "a key must be a word")
                continue
            path = [*names, key.value]
            if key.value in seen:
                self._report(here, ".".join(path), "is written twice")
            elif children == ["*"] and self._takes_source(key.value, path, here):
                self._child(value, [*pattern, "*"], path, here)
            elif key.value in children:
                self._child(value, [*pattern, key.value], path, here)
            elif children != ["*"]:
                self._report(here, ".".join(path), "is unknown")
            seen.add(key.value)
        if children == ["*"] and not seen:
            self._report(place, ".".join(names), "must name at least one")
        for child in children:
            if child != "*" and child not in seen:
                self._left_out([*pattern, child], [*names, child], place)

    def _left_out(self, pattern: list[str], names: list[str], place: str) -> None:
        path = ".".join(pattern)
        left = [key for key in KEYS if key == path or key.startswith(path + ".")]
        if all(key in FALLBACKS for key in left):
            self.values |= {key: FALLBACKS[key] for key in left}
        else:
            self._report(place, ".".join(names), "is missing")

    def _takes_source(self, source: str, path: list[str], place: str) -> bool:
        try:
            IDENTIFIER.read(source)
        except Fault as fault:
            self._report(place, ".".join(path), f"a source's name {fault}")
            return False
        if (twin := next((other for other in self.sources if other.upper() == source.upper()), None)) is not None:
            self._report(self.name, ".".join(path), f"would share its variables with sources.{twin}")
        self.sources.append(source)
        return True

    def _child(self, node: yaml.Node, pattern: list[str], names: list[str], place: str) -> None:
        path = ".".join(names)
        rule = KEYS.get(".".join(pattern))
        if rule is None and isinstance(node, yaml.MappingNode):
            self.section(node, pattern, names, place)
        elif rule is None:
            self._report(place, path, f"must hold keys, is {_words(node)}")
        elif isinstance(rule, List):
            self._list(node, rule, path, place)
        else:
            self._value(node, rule, path, place)

    def _value(self, node: yaml.Node, rule: Rule, path: str, place: str) -> None:
        try:
            self.values[path] = rule.read(_scalar(node, rule))
            self.places[path] = place
        except Fault as fault:
            self._report(place, path, str(fault))

    def _list(self, node: yaml.Node, rule: List, path: str, place: str) -> None:
        if not isinstance(node, yaml.SequenceNode):
            self._report(place, path, f"must be {rule.words}, is {_words(node)}")
            return
        elements: list[str] = []
        for index, element in enumerate(node.value):
            try:
                elements.append(rule.element.read(_scalar(element, rule.element)))
            except Fault as fault:
                self._report(self._place(element), f"{path}[{index}]", str(fault))
        if len(elements) != len(node.value):
            return
        if not rule.low <= len(elements) <= rule.high:
            self._report(place, path, f"must have {rule.low} to {rule.high} elements, has {len(elements)}")
            return
        if path == "ingestion.symbols":
            elements = [element.upper() for element in elements]
        self.values[path] = list(dict.fromkeys(elements))
        self.places[path] = place

    def check_together(self) -> None:
        """Looks for values that are right alone and wrong together; those that could not be read are left out."""
        stem = Path(self.name).stem
        environment = self.values.get("environment", stem)
        if stem in ENVIRONMENTS and environment != stem:
            self._contradict("environment", f"must be {stem} in a file of that name, is {environment}")
        self._check_defaults()
        for source in self.sources:
            rate, most = (
                self.values.get(f"sources.{source}.{key}") for key in ("requests_per_minute", "chunk_size_max")
            )
            if isinstance(rate, int) and isinstance(most, int) and rate < most:
                path = f"sources.{source}.requests_per_minute"
                self._contradict(path, f"must be at least the source's chunk_size_max {most}, is {rate}")

    def _check_defaults(self) -> None:
        source, size = self.values.get("ingestion.data_source"), self.values.get("chunks.size")
        most = self.values.get(f"sources.{source}.chunk_size_max")
        if source is not None and self.sources and source not in self.sources:
            names = ", ".join(self.sources)
            self._contradict("ingestion.data_source", f"must be one of sources ({names}), is {source}")
        elif isinstance(size, int) and isinstance(most, int) and size > most:
            self._contradict("chunks.size", f"must be at most sources.{source}.chunk_size_max {most}, is {size}")
        domain, name = self.values.get("ingestion.domain"), self.values.get("ingestion.table_name")
        tables = self.values.get("tables")
        if domain and name and isinstance(tables, list) and f"{domain}.{name}" not in tables:
            words = f"must be, with its domain, one of tables ({', '.join(tables)}), is {domain}.{name}"
            self._contradict("ingestion.table_name", words)

    def _contradict(self, path: str, reason: str) -> None:
        self._report(self.places.get(path, self.name), path, reason)

    def _report(self, place: str, path: str, reason: str) -> None:
        self.problems.append(f"{place}: {path}: {reason}" if path else f"{place}: {reason}")

    def _place(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _children(pattern: list[str]) -> list[str]:
    """What may stand under a section, in the table's order; only `*` where the file chooses the names."""
    depth = len(pattern)
    paths = [path.split(".") for path in KEYS]
    return list(dict.fromkeys(parts[depth] for parts in paths if len(parts) > depth and parts[:depth] == pattern))


def _scalar(node: yaml.Node, rule: Rule) -> str:
    """The text as it is written. What YAML takes for another kind of value is refused, as the engine does."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        raise Fault(f"must be {rule.words}, is {_words(node)}")
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if isinstance(rule, Number):
        if kind == "str" and node.value.removeprefix("-").isdecimal():
            raise Fault(f"must be {rule.words}, is the text {shown(node.value)}; leave out the quotes")
    elif kind != "str":
        raise Fault(f"must be {rule.words}, is {node.value}, which YAML takes for {kind}; put it in quotes")
    return node.value


def _words(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a section of keys"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if node.tag == "tag:yaml.org,2002:null" else shown(node.value)
