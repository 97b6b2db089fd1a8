"""§3 "CDK CLI": a deployment that starts an ingestion, once, and is none the worse for one that fails."""

import json

from chain.letters import no_table
from harness.checks import until
from harness.clients import ORCHESTRATOR, TRIGGER_LETTERS


def trigger(world):
    checks = world.checks
    world.an_hour_passes()
    world.messages(TRIGGER_LETTERS, 0)

    def rows():
        return [r for r in _ledger(world) if str(r.get("correlation_id")).startswith("deploy-")]

    def next_row(known):
        found = until(lambda: [r for r in rows() if r["cause_id"] not in known], world.patience, 0.2) or [{}]
        world.causes[found[0].get("correlation_id")] += 1
        return found[0]

    before = {r["cause_id"] for r in rows()}
    asked = {"TriggerIngestion": "true", "TestSymbols": "AAPL"}
    checks.that(world.cloud.deploy(**asked), "a deployment with TriggerIngestion=true")
    first = next_row(before)
    checks.equal((first.get("decision"), first.get("trigger_type")), ("dispatched", "manual"), "starts a run")
    world.succeeded(first.get("run_id"), 1, "the deployment's run")
    checks.that(not world.cloud.deploy(**asked), "with the same parameters there is nothing to do")
    checks.equal(len(rows()), len(before) + 1, "and no other run")
    known = {r["cause_id"] for r in rows()}
    checks.that(world.cloud.deploy(TriggerNonce="2"), "a deployment with another nonce")
    second = next_row(known)
    checks.equal(second.get("decision"), "dispatched", "starts another run")
    world.succeeded(second.get("run_id"), 1, "the nonce's run")
    known = {r["cause_id"] for r in rows()}
    checks.that(world.cloud.deploy(TestSymbols="ZZZZ"), "a deployment whose ingestion is refused goes through")
    refused = next_row(known)
    checks.equal((refused.get("decision"), refused.get("code")), ("rejected", "NO_SYMBOLS"), "and the refusal is known")
    # Its dead letter is sent after its row is written.
    checks.that(until(lambda: not world.unsent()), "and its dead letter is out")
    recorder = world.cloud.recorders[ORCHESTRATOR]
    recorder.fault = no_table
    try:
        checks.that(world.cloud.deploy(TriggerNonce="3"), "a deployment whose ingestion fails goes through")
        had = []

        def buried():
            had.extend(m["Body"] for m in world.messages(TRIGGER_LETTERS, 0))
            return [body for body in had if "deploy-" in body and "requestPayload" in body]

        checks.that(until(buried, pause=0.2), "and the failure is buried")
    finally:
        recorder.fault = None


def _ledger(world):
    return [json.loads(i["entry"]) for i in world.items() if i["id"].startswith("cause#") and i["place"] == "decision"]
