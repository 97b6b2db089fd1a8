"""D11, D12: sources that throttle and fail, the breaker that opens on it, and the tick that goes on afterwards."""

import json
import time

from chain.world import TABLE
from harness.checks import until

REST_SECONDS = 20  # The breaker's, as it is set for the chain: long enough to look at it while it is open.
TIMES = 5  # Attempts over a chunk; failed runs in a row that open the breaker.
BREAKER = "breaker#market.prices"


def start_down(world):
    """A run on a source that fails for good takes half a minute to fail: it is started early and looked at late."""
    world.source.behave("DOWN", [500])
    world.down = world.adhoc(symbols=["DOWN"], force_symbols=True, correlation_id=world.name("down"))


def throttled(world):
    checks = world.checks
    world.source.behave("BUSY", [429, 200])
    row = world.decision(world.adhoc(symbols=["BUSY", "AAPL"], force_symbols=True))
    run = row.get("run_id")
    world.succeeded(run, 2, "a throttled source")
    (chunk,) = world.chunks(run) or [{}]
    checks.equal(chunk.get("attempts"), 2, "in a second attempt")
    asked = world.source.asked["BUSY"]
    checks.equal(len(asked), 2, "it is asked twice")
    checks.that(asked[-1] - asked[0] >= 1, "no sooner than its Retry-After", asked)


def unpaid(world):
    """A source's budget that is used up: the chunk waits for it, in the queue (D12)."""
    world.succeeded(world.decision(world.adhoc(symbols=["AAPL"])).get("run_id"), 1, "with a budget")
    item = next(item for item in world.items() if item["id"].startswith("budget#"))
    # Of what flows in, three seconds are spent already.
    began = time.monotonic()
    spent = (int(time.time() * 1_000) + 3_000) * int(item["rate"])
    world.client("dynamodb").update_item(
        TableName=TABLE, Key={"id": {"S": item["id"]}, "place": {"S": item["place"]}},
        UpdateExpression="SET spent = :spent, v = :one",
        ExpressionAttributeValues={":spent": {"N": str(spent)}, ":one": {"N": "1"}})
    row = world.decision(world.adhoc(symbols=["AAPL"]))
    world.succeeded(row.get("run_id"), 1, "without a budget")
    waited = world.source.asked["AAPL"][-1] - began
    world.checks.that(waited > 2, "not before there is a budget again", waited)
    (chunk,) = world.chunks(row.get("run_id")) or [{}]
    world.checks.equal(chunk.get("attempts"), 1, "and waiting is no attempt")


def partly(world):
    """One symbol that the source does not have: the rest of its chunk is stored."""
    world.source.behave("GONE", [404])
    row = world.decision(world.adhoc(symbols=["AAPL", "GONE"], force_symbols=True))
    world.checks.equal(world.ended(row.get("run_id")).get("status"), "partly_failed", "one of two symbols")
    world.checks.equal(len(world.keys(row.get("run_id"))), 1, "is stored")


def failing(world):
    checks = world.checks
    run = world.decision(world.down).get("run_id")
    checks.equal(world.ended(run).get("status"), "failed", "a source that fails for good fails the run")
    (chunk,) = world.chunks(run) or [{}]
    checks.equal(chunk.get("attempts"), TIMES, "after five attempts")
    checks.equal(len(world.source.asked["DOWN"]), TIMES, "each of which asked it")
    checks.equal(world.keys(run), [], "and nothing is stored")


def breaker(world):
    checks = world.checks
    world.an_hour_passes()
    world.source.behave("GONE", [404])
    world.succeeded(world.decision(world.adhoc(symbols=["AAPL"])).get("run_id"), 1, "a run that succeeds")
    state = {}
    for number in range(TIMES):
        checks.that(state.get("state") != "open", f"the breaker is closed before failure {number + 1} (D11)", state)
        row = world.decision(world.adhoc(symbols=["GONE"], force_symbols=True))
        checks.equal(world.ended(row.get("run_id")).get("status"), "failed", f"failure {number + 1}")
        state = json.loads(world.item(BREAKER)["state"])
    checks.equal(state["state"], "open", "five failures in a row open it")
    answer = world.invoke({"symbols": ["AAPL"]})
    checks.equal((answer["statusCode"], answer["error"]["code"]), (503, "BREAKER_OPEN"), "a manual run is refused")
    checks.that(0 < answer.get("retry_after", 0) <= REST_SECONDS, "and told when to come again", answer)
    event = world.adhoc(symbols=["AAPL"])
    rows = until(lambda: world.rows(event))
    checks.equal(
        [(r["decision"], r["place"]) for r in rows], [("deferred", "open")], "an event waits (D11)")
    waiting = [item for item in world.items() if item["id"] == "line#events"]
    checks.equal([item["wait"] for item in waiting], ["breaker"], "in line")

    def released():
        world.tick()
        return [row for row in world.rows(event) if row["place"] == "decision"]

    rows = until(released, pause=0.5)
    checks.equal([row["decision"] for row in rows], ["dispatched"], "the tick lets it go on after the breaker's rest")
    world.succeeded(rows[0]["run_id"] if rows else None, 1, "the probe")
    checks.equal(json.loads(world.item(BREAKER)["state"])["state"], "closed", "its success closes the breaker")
    checks.equal(world.rows(event)[0]["place"], "decision", "and the open row is gone")
