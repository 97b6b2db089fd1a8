"""Holds the promises against the evidence: nothing lost, nothing twice, one decision for each cause."""

import collections
import json

from chaos.promises import (
    ADHOC_QUEUE, KINDS, LETTER_QUEUE, LOAD_QUEUE, NOTICES, SENT_QUEUE, TICK_QUEUE, TICK_RULE)
from harness.clients import TRANSFORM_QUEUE

TERMINAL_RUNS = ("succeeded", "partly_failed", "failed")


class Verdict:
    def __init__(self, promises, evidence):
        self.promises = promises
        self.evidence = evidence
        self.findings = []
        self.counts = {}

    def reach(self):
        self.errors()
        self.events()
        self.invocations()
        self.runs()
        self.objects()
        self.queues()
        self.transform()
        self.slots()
        self.ledger()
        return self

    def find(self, what):
        self.findings.append(what)

    def decisions(self, cause):
        return [row["decision"] for row in self.evidence.by_cause.get(cause, []) if row["decision"] != "deferred"]

    def one_of(self, cause, allowed, what):
        had = self.decisions(cause)
        if len(had) != 1:
            self.find(f"{what} has {len(had)} decisions {had}, cause {cause}")
        elif had[0] not in allowed:
            self.find(f"{what} was decided {had[0]} instead of {' or '.join(allowed)}, cause {cause}")

    def errors(self):
        for error in self.promises.errors:
            self.find(f"a client was told nonsense: {error}")
        for correlation, _ in self.promises.unanswered:
            self.find(f"the invocation {correlation} was never answered")

    def events(self):
        """Each acknowledged event: one decision for each rule that wants it, one `unmatched` if none does."""
        matches = 0
        for event, name in self.promises.events.items():
            rules = KINDS[name].rules
            matches += max(1, len(rules))
            for rule, allowed in rules.items():
                self.one_of(f"{event}/{rule}", allowed, f"the {name} event {event} under {rule}")
            if not rules:
                self.one_of(event, ("unmatched",), f"the {name} event {event}")
            had = {row["cause_id"] for row in self.evidence.by_event.get(event, [])}
            wanted = {f"{event}/{rule}" for rule in rules} or {event}
            if had - wanted:
                self.find(f"the {name} event {event} has rows that it should not: {sorted(had - wanted)}")
        self.counts["events acknowledged"] = len(self.promises.events)
        self.counts["their decisions, one a matching rule"] = matches
        known = {e for e in self.evidence.by_event if any(self.is_put(row) for row in self.evidence.by_event[e])}
        self.counts["events kept though the answer was lost"] = len(known - set(self.promises.events))

    @staticmethod
    def is_put(row):
        """Whether a row is of an event that a client put; slots and objects make events of their own."""
        return row["trigger_type"] == "event" and row.get("rule") != "dev-customer-raw-object-created"

    def invocations(self):
        for request, (correlation, decision) in self.promises.invocations.items():
            told = (decision,) if decision != "deferred" else ("dispatched",)
            self.one_of(request, told, f"the invocation {correlation} answered {decision}")
        for request, correlation in self.promises.accepted.items():
            self.one_of(request, ("dispatched",), f"the asynchronous invocation {correlation}")
        by_correlation = collections.Counter(run["correlation_id"] for run in self.evidence.runs.values())
        ran = set(self.promises.correlations) | set(self.promises.accepted.values())
        for correlation in ran:
            if by_correlation[correlation] != 1:
                self.find(f"the invocation {correlation} has {by_correlation[correlation]} runs")
        self.counts["invocations answered"] = len(self.promises.invocations)
        self.counts["  of them asked again, for no answer came"] = self.promises.again
        self.counts["asynchronous invocations accepted"] = len(self.promises.accepted)

    def runs(self):
        """Each dispatched cause has its one run, each run its end, and no two runs share a key."""
        runs = self.evidence.runs
        dispatched = {
            row["cause_id"]: row["run_id"] for row in self.evidence.rows
            if row["decision"] == "dispatched" and "run_id" in row}
        causes = collections.Counter(run["cause_id"] for run in runs.values())
        for cause, run in dispatched.items():
            if run not in runs:
                self.find(f"the cause {cause} was dispatched as {run}, which does not exist")
        for cause, count in causes.items():
            if count != 1 or cause not in dispatched:
                self.find(f"the cause {cause} has {count} runs and {self.decisions(cause)}")
        keys = collections.defaultdict(list)
        for run in runs.values():
            if run["status"] not in TERMINAL_RUNS:
                self.find(f"the run {run['run_id']} never ended: {run['status']}")
            results = [result["symbol"] for chunk in run["chunks"] for result in chunk["results"]]
            if sorted(results) != sorted(run["symbols"]):
                self.find(f"the run {run['run_id']} of {run['symbols']} has the results {results}")
            if run["status"] != "failed":
                keys[run["idempotency_key"]].append(run["run_id"])
        for key, owners in keys.items():
            if len(owners) > 1:
                self.find(f"{owners} ran under the one key {key}")
        self.counts["runs"] = len(runs)
        for status in TERMINAL_RUNS:
            self.counts[f"  {status}"] = sum(run["status"] == status for run in runs.values())

    def objects(self):
        """Each stored symbol of a run has one object, readable, its own; each object of a run belongs to a result."""
        objects = self.evidence.objects
        stored = collections.Counter()
        for run in self.evidence.runs.values():
            for result in (r for chunk in run["chunks"] for r in chunk["results"] if r["stored"]):
                metadata, body = objects.get(result["key"], ({}, None))
                stored[result["key"]] += 1
                if body is None or metadata.get("run-id") != run["run_id"]:
                    self.find(f"{run['run_id']} stored {result['symbol']}, but {result['key']} has {metadata}")
                elif json.loads(body).get("symbol") != result["symbol"]:
                    self.find(f"{result['key']} holds another symbol than {result['symbol']}")
        by_symbol = collections.Counter()
        for key, (metadata, _) in objects.items():
            if "run-id" in metadata:
                symbol = next((part for part in key.split("/") if part.startswith("symbol=")), key)
                by_symbol[metadata["run-id"], symbol] += 1
                if stored[key] != 1:
                    self.find(f"{key} belongs to {stored[key]} results")
        for (run, symbol), count in by_symbol.items():
            if count != 1:
                self.find(f"{run} has {count} objects of {symbol}")
        for key, body in self.promises.puts.items():
            if objects.get(key, (None, None))[1] != body:
                self.find(f"the acknowledged object {key} is {'another' if key in objects else 'gone'}")
        self.counts["objects of runs"] = sum(by_symbol.values())
        self.counts["objects put by clients, acknowledged"] = len(self.promises.puts)

    def queues(self):
        """Each acknowledged event is in the queue of its rule once; nothing else was put twice either."""
        for queue, names in ((LOAD_QUEUE, ["load"]), (ADHOC_QUEUE, ["adhoc"]), (LETTER_QUEUE, ["broken"])):
            had = collections.Counter(json.loads(m["Body"])["id"] for m in self.evidence.messages[queue])
            promised = [event for event, name in self.promises.events.items() if name in names]
            for event in promised:
                if event not in had:
                    self.find(f"the event {event} is missing in {queue}")
            self.once(had, queue)
            self.counts[f"messages in {queue}"] = sum(had.values())
        sent = collections.Counter(m["MessageId"] for m in self.evidence.messages[SENT_QUEUE])
        bodies = {m["MessageId"]: m["Body"] for m in self.evidence.messages[SENT_QUEUE]}
        for message, body in self.promises.messages.items():
            if bodies.get(message) != body:
                self.find(f"the message {message} was acknowledged and is {bodies.get(message, 'gone')}")
        self.once(sent, SENT_QUEUE)
        self.counts[f"messages in {SENT_QUEUE}"] = sum(sent.values())

    def once(self, had, queue):
        for event, count in had.items():
            if count != 1:
                self.find(f"{event} is {count} times in {queue}")

    def transform(self):
        """Transform hears of each object under the prefix once, and of nothing that does not exist."""
        told = collections.Counter(
            json.loads(m["Body"])["detail"]["object"]["key"] for m in self.evidence.messages[TRANSFORM_QUEUE])
        wanted = {k for k in self.evidence.objects if k.startswith("market/prices/") and k.endswith(".json")}
        for key in wanted - set(told):
            self.find(f"Transform was never told of {key}")
        for key, request in self.promises.notices.items():
            self.one_of(request, ("dispatched",), f"the notification {request} of {key}")
            if key not in told:
                self.find(f"Transform was never told of {key}, whose notification {request} was accepted")
        for key in set(told) - wanted:
            if not key.startswith(NOTICES):
                self.find(f"Transform was told of {key}, which does not exist")
        self.once(told, TRANSFORM_QUEUE)
        self.counts["objects in accepted notifications"] = len(self.promises.notices)
        self.counts["messages for Transform"] = sum(told.values())

    def slots(self):
        """Each minute's slot of the test schedule has one decision, and a message if it fired."""
        had = collections.Counter(json.loads(m["Body"])["time"] for m in self.evidence.messages[TICK_QUEUE])
        self.once(had, TICK_QUEUE)
        slots = [row for row in self.evidence.rows if row.get("rule") == TICK_RULE and row["decision"] != "changed"]
        for row in slots:
            self.one_of(row["cause_id"], ("dispatched", "skipped", "disabled"), f"the slot {row.get('slot')}")
        fired = {row["slot"] for row in slots if row["decision"] == "dispatched"}
        if fired != set(had):
            self.find(f"slots that fired and slots in {TICK_QUEUE} differ: {sorted(fired ^ set(had))}")
        self.counts["slots of the test schedule"] = len(slots)

    def ledger(self):
        """Nothing waits any more, no cause is decided twice, and the chain of hashes is whole."""
        for cause, rows in self.evidence.by_cause.items():
            if len(rows) != 1 or rows[0]["decision"] == "deferred":
                self.find(f"the cause {cause} has the rows {[row['decision'] for row in rows]}")
        if self.evidence.broken:
            self.find(f"the ledger's chain is broken at {self.evidence.broken[:10]}")
        self.counts["rows in the ledger"] = len(self.evidence.rows)
