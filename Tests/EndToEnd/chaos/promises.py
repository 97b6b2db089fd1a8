"""What the server said yes to: written down by the clients, on the other side of the wire from what is killed."""

import dataclasses
import threading


@dataclasses.dataclass(frozen=True)
class Kind:
    """A sort of event: what it looks like, which rules want it, and how its causes may end."""

    source: str
    detail_type: str
    rules: dict  # rule -> allowed decisions; empty where no rule wants it
    starts_runs: bool = False


LOAD_RULE, ADHOC_RULE, DISABLED_RULE, BROKEN_RULE, TICK_RULE = (
    f"kill9-{name}" for name in ("load", "adhoc", "disabled", "broken", "tick"))
LOAD_QUEUE, ADHOC_QUEUE, SENT_QUEUE, TICK_QUEUE, LETTER_QUEUE = (
    f"kill9-{name}" for name in ("load", "adhoc", "sent", "tick", "letters"))
# Keys that are only told of by notifications; there is no such object.
NOTICES = "market/prices/noticed/"
ENDS = ("dispatched", "duplicate", "loop_stopped")

KINDS = {
    "load": Kind("kill9.load", "Load", {LOAD_RULE: ("dispatched",)}),
    "nobody": Kind("nobody.listens", "Load", {}),
    "veto": Kind("transform.pipeline", "Processing Complete", {}),
    "disabled": Kind("kill9.disabled", "Load", {DISABLED_RULE: ("disabled",)}),
    "broken": Kind("kill9.broken", "Load", {BROKEN_RULE: ("undeliverable",)}),
    "universe": Kind(
        "symbol.universe", "Universe Updated", {"dev-customer-ingestion-symbol-universe": ("skipped",)}),
    "invalid": Kind("ops.manual", "Adhoc Ingestion", {"dev-customer-ingestion-ops-manual": ("invalid",)}),
    "reingest": Kind(
        "transform.pipeline", "Processing Complete", {"dev-customer-ingestion-transform-pipeline": ENDS}, True),
    "close": Kind("market.events", "Market Close", {"dev-customer-ingestion-market-events": ENDS}, True),
    "adhoc": Kind(
        "ops.manual", "Adhoc Ingestion",
        {"dev-customer-ingestion-ops-manual": ENDS, ADHOC_RULE: ("dispatched",)}, True),
}


class Promises:
    """Everything acknowledged, and what was asked without an answer."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = {}  # event id -> name of its kind
        self.invocations = {}  # request id -> (correlation id, decision)
        self.accepted = {}  # request id -> correlation id, of asynchronous invocations
        self.correlations = {}  # correlation id -> times that it was answered with a run
        self.unanswered = []  # (correlation id, payload), to be asked again
        self.puts = {}  # key -> body
        self.notices = {}  # key -> request id of the accepted notification that names it
        self.messages = {}  # message id -> body
        self.refused = 0  # calls that failed because the server was away
        self.again = 0  # invocations that were repeated because their answer was lost
        self.errors = []  # answers that are no promise, and that nothing excuses

    def note(self, action):
        with self.lock:
            action()

    @property
    def count(self):
        kept = (self.events, self.invocations, self.accepted, self.puts, self.notices, self.messages)
        return sum(len(promises) for promises in kept)
