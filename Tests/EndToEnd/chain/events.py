"""§2: events of each source that start runs, by their rules; what their guards keep out; the partners' bus (D29)."""

import datetime

from harness.clients import TRIGGER_LETTERS

BUS = "dev-custom-ingestion-bus"
RULE = "dev-customer-ingestion-{}"


def processing_complete(world):
    checks = world.checks

    def complete(source, reason, trigger=True, **detail):
        return world.put(source, "Processing Complete", {
            "domain": "market", "table_name": "prices", "partition": "ds=2025-09-09", "trigger_reingestion": trigger,
            "symbols": ["AAPL", "MSFT"], "reason": reason} | detail, is_wanted=trigger)

    vetoed = complete("transform.pipeline", "veto", trigger=False)
    for source in ("transform.pipeline", "extract.pipeline"):
        event = complete(source, f"of {source}")
        row = world.decision(event)
        checks.equal(
            (row.get("decision"), row.get("rule"), row.get("ds")),
            ("dispatched", RULE.format("transform-pipeline"), "2025-09-09"),
            f"{source} ingests that partition again (D3)")
        world.succeeded(row.get("run_id"), 2, source)
        keys = world.keys(row.get("run_id"))
        checks.that(all("/ingestion_date=2025-09-09/" in key for key in keys), "into that partition", keys)
    checks.equal(world.rows(vetoed), [], "trigger_reingestion false is no cause (D4)")
    # D14: the fourth of a day for the same reason is a loop.
    world.messages(TRIGGER_LETTERS, 0)
    for number in range(4):
        event = complete("transform.pipeline", "data_quality_issue")
        row = world.decision(event)
        wanted = "dispatched" if number < 3 else "loop_stopped"
        checks.equal(row.get("decision"), wanted, f"re-ingestion {number + 1} of a day for one reason (D14)")
    letters = [m for m in world.messages(TRIGGER_LETTERS) if event in m["Body"]]
    codes = [m["MessageAttributes"]["ERROR_CODE"]["StringValue"] for m in letters]
    checks.equal(codes, ["LOOP_STOPPED"], "the loop is in the dead letters")


def universe_updated(world):
    checks = world.checks
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")

    def update(added, removed, immediate):
        event = world.put("symbol.universe", "Universe Updated", {
            "added_symbols": added, "removed_symbols": removed, "effective_date": today,
            "immediate_ingestion": immediate})
        return world.decision(event)

    row = update(["NVDA", "AMD"], [], True)
    checks.equal(
        (row.get("decision"), row.get("rule")), ("dispatched", RULE.format("symbol-universe")),
        "added symbols are ingested")
    world.succeeded(row.get("run_id"), 2, "the added symbols")
    row = update([], ["AMD"], False)
    checks.equal(row.get("decision"), "skipped", "without immediate_ingestion nothing runs (D4)")
    answer = world.invoke({"symbols": ["NVDA", "AMD"], "dry_run": True})
    checks.equal(answer.get("symbols"), ["NVDA"], "but the universe is what was said")
    checks.that(any("AMD" in warning for warning in answer.get("warnings", [])), "and AMD is named", answer)


def market_close(world):
    checks = world.checks
    row = world.decision(world.put("market.events", "Market Close", {"symbols": ["MSFT"]}))
    checks.equal((row.get("decision"), row.get("rule")), ("dispatched", RULE.format("market-events")), "market close")
    world.succeeded(row.get("run_id"), 1, "market close, narrowed (D5)")


def adhoc(world):
    checks = world.checks
    name = world.name("adhoc")
    event = world.adhoc(symbols=["AAPL"], period="5d", correlation_id=name)
    row = world.decision(event)
    checks.equal(
        (row.get("decision"), row.get("rule"), row.get("correlation_id")),
        ("dispatched", RULE.format("ops-manual"), name), "an ad-hoc ingestion")
    world.succeeded(row.get("run_id"), 1, "ad hoc")
    # The same event's content again is another event, but the same key: a duplicate in the ledger.
    row = world.decision(world.adhoc(symbols=["AAPL"], period="5d", correlation_id=name))
    checks.equal(row.get("decision"), "duplicate", "the same key again (D9)")
    # A request that is wrong, over the bus: nobody sees the answer, the ledger has it (D31).
    row = world.decision(world.adhoc(domain="m-arket"))
    checks.equal((row.get("decision"), row.get("code")), ("invalid", "INVALID_DOMAIN"), "a wrong domain over the bus")


def partners_bus(world):
    checks = world.checks
    name = world.name("partner")
    world.put(
        "ops.manual", "Adhoc Ingestion", {"symbols": ["GOOGL"], "correlation_id": name}, bus=BUS, is_wanted=False)
    world.causes[name] += 1
    row = world.decision(name)
    checks.equal(
        (row.get("decision"), row.get("rule")), ("dispatched", RULE.format("ops-manual")), "it is forwarded (D29)")
    world.succeeded(row.get("run_id"), 1, "the partner's event")
    lost = world.name("partner")
    world.put("somebody.else", "Adhoc Ingestion", {"correlation_id": lost}, bus=BUS, is_wanted=False)
    later = world.name("partner")
    world.put(
        "ops.manual", "Adhoc Ingestion", {"dry_run": True, "correlation_id": later}, bus=BUS, is_wanted=False)
    world.causes[later] += 1
    checks.equal(world.decision(later).get("decision"), "dry_run", "one that comes later")
    checks.equal(world.rows(lost), [], "other sources are not let through")
