#!/usr/bin/env python3
"""How long operators wait for an answer over a big ledger, and whether the engine still runs as fast.

    python3 Benchmarks/Operators/measure.py .build/release/bellcrank --rows 10000000

Fills a data directory with ledger rows and thirty days of metrics, then asks a server over it and one over an empty
directory the same, in turns. Prints JSON lines: the median and the worst of each query in milliseconds, and decisions
per second of both servers with their ratio.
"""

import argparse
import json
import pathlib
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "EndToEnd"))

from harness.clients import client  # noqa: E402
from harness.processes import GENEROUS, Replay, Server, adopt_environment  # noqa: E402

DAYS = 30
TIMES = 15
RULES = [f"rule-{n}" for n in range(20)]
DECISIONS = ["dispatched"] * 12 + ["duplicate", "unmatched", "rate_limited", "invalid", "skipped", "deferred"]
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ledger' AND sql IS NOT NULL"


def fill(path, rows, now):
    """Rows spread over the days; the chain's hashes are made up, so `verify` is not for this directory."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    indexes = database.execute(INDEXES).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    begin = now - DAYS * 86_400_000

    def row(n):
        decision, rule = DECISIONS[n % len(DECISIONS)], RULES[n % len(RULES)]
        at = begin + n * DAYS * 86_400_000 // rows
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at / 1_000)) + f".{at % 1_000:03}Z"
        cause, event, run = f"c-{n}", f"e-{n}", f"run-{n}"
        entry = {
            "cause_id": cause, "decision": decision, "gate": "delivery", "code": "DELIVERED",
            "summary": "dispatched 3 symbols in 1 chunk", "facts": {"chunks": 1, "symbols": ["AAPL", "MSFT", "GOOGL"]},
            "at": stamp, "took_ms": 3, "trigger_type": "event", "rule": rule, "rule_version": 1, "event_id": event,
            "run_id": run, "domain": "market", "table_name": "prices", "correlation_id": f"k-{n}", "hops": 0}
        return (
            cause, 0 if decision == "deferred" else 1, at, decision, rule, "market", event, run, f"k-{n}", None,
            json.dumps(entry, separators=(",", ":")), "0" * 64)

    for start in range(0, rows, 100_000):
        database.executemany(
            "INSERT INTO ledger (cause_id, terminal, at, decision, rule, domain, event_id, run_id, correlation_id, "
            "parent_id, json, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (row(n) for n in range(start, min(start + 100_000, rows))))
        database.commit()
        print(f"{start + 100_000:,} rows of {rows:,}", file=sys.stderr, end="\r")
    for _, sql in indexes:
        database.execute(sql)
    last = database.execute("SELECT MAX(seq) FROM ledger").fetchone()[0]
    database.execute(
        "UPDATE documents SET json = ? WHERE kind = 'progress' AND name = 'ledger'", (json.dumps({"sequence": last}),))
    metrics = [m for m, in database.execute("SELECT id FROM metrics")]
    minute = now // 60_000 * 60_000
    for metric in metrics:
        # As retention leaves them: minutes of fifteen days, before that five minutes each.
        database.executemany(
            "INSERT OR IGNORE INTO rollups VALUES (?, ?, ?, 'Count', '[1,1,1,1,1,[],[]]')",
            [(metric, 60, minute - n * 60_000) for n in range(1, 15 * 1_440)]
            + [(metric, 300, (minute // 300_000 - n) * 300_000) for n in range(15 * 288 + 1, DAYS * 288)])
    database.execute("ANALYZE")
    database.commit()
    database.close()


def ask(server):
    """Every query, by name."""
    logs, cloudwatch = client("logs", server.endpoint), client("cloudwatch", server.endpoint)
    sqs, iam, events = client("sqs", server.endpoint), client("iam", server.endpoint), client("events", server.endpoint)
    day = {"StartTime": time.time() - 86_400, "EndTime": time.time()}

    def get(path):
        return lambda: urllib.request.urlopen(f"{server.endpoint}{path}", timeout=60).read()

    depth = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Dimensions": [
        {"Name": "QueueName", "Value": "dev-customer-ingestion-queue"}]}
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 10 * 86_400))
    return {
        "status": get("/_bellcrank/status"), "decisions": get("/_bellcrank/decisions"),
        "decisions of a rule": get("/_bellcrank/decisions?rule=rule-7"),
        "decisions of a kind": get("/_bellcrank/decisions?decision=rate_limited"),
        "decisions of a rule and kind": get("/_bellcrank/decisions?rule=rule-7&decision=invalid"),
        "decisions until a day": get(f"/_bellcrank/decisions?until={since}"),
        "decisions of a rule until a day": get(f"/_bellcrank/decisions?rule=rule-3&until={since}"),
        "decisions of an id": get("/_bellcrank/decisions?id=run-4999"), "why": get("/_bellcrank/why/e-4999"),
        "doctor": get("/_bellcrank/doctor"), "lint": get("/_bellcrank/lint"), "alarms": get("/_bellcrank/alarms"),
        "dlq": get("/_bellcrank/dlq"), "metrics": get("/metrics"), "console": get("/console"),
        "list-metrics": lambda: cloudwatch.list_metrics(),
        "get-metric-statistics, a day by minutes": lambda: cloudwatch.get_metric_statistics(
            Period=60, Statistics=["Sum"], **depth, **day),
        "get-metric-data, a month by hours": lambda: cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": depth, "Period": 3_600, "Stat": "Maximum"}}],
            StartTime=time.time() - DAYS * 86_400, EndTime=time.time()),
        "describe-alarms": lambda: cloudwatch.describe_alarms(),
        "describe-alarm-history": lambda: cloudwatch.describe_alarm_history(),
        "filter-log-events": lambda: logs.filter_log_events(
            logGroupName="/bellcrank/dev/engine", filterPattern='{ $.level = "ERROR" }'),
        "describe-log-groups": lambda: logs.describe_log_groups(), "list-roles": lambda: iam.list_roles(),
        "list-rules": lambda: events.list_rules(), "list-queues": lambda: sqs.list_queues(),
    }


def speed(server, count):
    """Decisions per second of events that come ten at a time."""
    events = client("events", server.endpoint)
    entry = {"Source": "nobody", "DetailType": "wants", "Detail": "{}"}
    began = time.monotonic()
    for _ in range(count // 10):
        events.put_events(Entries=[entry] * 10)
    return count / (time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    adopt_environment()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-operators-"))
    try:
        with Replay(options.binary.resolve(), folder) as source:
            servers = []
            for name in ("full", "empty"):
                (folder / name).mkdir()
                servers.append(Server(options.binary.resolve(), folder / name, source, GENEROUS))
            full, empty = servers
            full.start()
            time.sleep(7)
            full.stop()
            fill(full.data / "bellcrank.db", options.rows, int(time.time() * 1_000))
            with full, empty:
                for name, question in ask(full).items():
                    took = []
                    for _ in range(TIMES):
                        began = time.perf_counter()
                        question()
                        took.append((time.perf_counter() - began) * 1_000)
                    print(json.dumps({
                        "query": name, "rows": options.rows, "median_ms": round(statistics.median(took), 1),
                        "worst_ms": round(max(took), 1), "first_ms": round(took[0], 1)}), flush=True)
                rates = {"full": [], "empty": []}
                for _ in range(7):
                    for name, server in (("full", full), ("empty", empty)):
                        rates[name].append(speed(server, 2_000))
                medians = {name: statistics.median(values) for name, values in rates.items()}
                print(json.dumps({
                    "speed": "decisions/s", "full": round(medians["full"]), "empty": round(medians["empty"]),
                    "ratio": round(medians["full"] / medians["empty"], 2)}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
