#!/usr/bin/env python3
"""How long a backtest takes over a million recorded events, and whether the engine still takes events meanwhile.

    python3 Benchmarks/Backtest/measure.py .build/release/bellcrank --events 1000000

Fills a data directory with events of a week, about a kilobyte each, then runs `bellcrank pattern backtest` with a few
patterns whose counts are known, and puts events while one runs. Prints JSON lines: seconds and events per second of each
at the median, and the server's memory at its highest.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "EndToEnd"))

from harness.clients import client  # noqa: E402
from harness.processes import GENEROUS, Replay, Server, adopt_environment  # noqa: E402

DAYS = 7
SOURCES = [f"shop.service{n}" for n in range(50)]
FILLER = "".join(chr(97 + n % 26) for n in range(640))


def event(number, at):
    """The envelope as the store keeps it, about a kilobyte."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1_000))
    detail = {
        "order": {"id": number, "total": number % 1_000, "currency": "KRW" if number % 3 else "USD"},
        "state": ["placed", "paid", "sent", "returned"][number % 4], "customer": f"c-{number * 7919 % 100_003}",
        "items": [{"sku": f"sku-{(number + k) % 977}", "count": k + 1} for k in range(3)], "note": FILLER}
    return {
        "version": "0", "id": f"e-{number}", "detail-type": "Order Changed", "source": SOURCES[number % len(SOURCES)],
        "account": "123456789012", "time": stamp, "region": "us-east-1", "detail": detail, "resources": []}


# Each with the test that says in Python what it matches.
PATTERNS = {
    "nothing": ({"source": ["nobody"]}, lambda n: False),
    "one source": ({"source": ["shop.service7"]}, lambda n: n % 50 == 7),
    "source and number": (
        {"source": ["shop.service7"], "detail": {"order": {"total": [{"numeric": [">=", 500]}]}}},
        lambda n: n % 50 == 7 and n % 1_000 >= 500),
    "wildcard": ({"detail": {"customer": [{"wildcard": "c-*1*9"}]}}, lambda n: wild(f"{n * 7919 % 100_003}")),
    "array": (
        {"detail": {"items": {"sku": ["sku-5"], "count": [2]}}}, lambda n: (n + 1) % 977 == 5),
    "everything": ({"detail": {"state": [{"exists": True}]}}, lambda n: True),
}


def wild(digits):
    return digits.endswith("9") and "1" in digits[:-1]


def fill(path, count, now):
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    # What the first start itself put there would count as well.
    database.execute("DELETE FROM events")
    begin = now - DAYS * 86_400_000

    def row(number):
        at = begin + number * DAYS * 86_400_000 // count
        text = json.dumps(event(number, at), separators=(",", ":"), ensure_ascii=False)
        return f"e-{number}", at, 0, None, text

    for start in range(0, count, 50_000):
        end = min(start + 50_000, count)
        database.executemany(
            "INSERT INTO events (id, received_at, hops, parent_id, json) VALUES (?,?,?,?,?)",
            (row(number) for number in range(start, end)))
        database.commit()
        print(f"{end:,} events of {count:,}", file=sys.stderr, end="\r")
    print(file=sys.stderr)
    size = database.execute("SELECT SUM(LENGTH(json)) FROM events").fetchone()[0]
    database.close()
    return size


def backtest(binary, server, *options):
    """The answer and how many seconds the whole command took."""
    began = time.monotonic()
    done = subprocess.run(
        [binary, "pattern", "backtest", *options, "-o", "json", "--endpoint", server.endpoint],
        capture_output=True, text=True, check=True)
    return json.loads(done.stdout), time.monotonic() - began


def median(values):
    return round(statistics.median(values), 3)


def memory(server):
    """The server's largest resident set, in MiB."""
    for line in pathlib.Path(f"/proc/{server.child.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1_024
    return None


def put_latencies(server, stop, took):
    """Puts events one at a time until told to stop, and notes how many milliseconds each took."""
    events = client("events", server.endpoint)
    while not stop.is_set():
        began = time.perf_counter()
        events.put_events(Entries=[{"Source": "nobody", "DetailType": "wants", "Detail": "{}"}])
        took.append((time.perf_counter() - began) * 1_000)


def latencies_during(server, work):
    took, stop = [], threading.Event()
    putter = threading.Thread(target=put_latencies, args=(server, stop, took))
    putter.start()
    work()
    stop.set()
    putter.join()
    took.sort()
    return {"puts": len(took), "median_ms": round(took[len(took) // 2], 1), "p99_ms": round(took[len(took) * 99 // 100], 1)}


def measure(binary, server, count, runs, until):
    print(json.dumps({"server_mib_at_start": memory(server)}), flush=True)
    for name, (pattern, wants) in PATTERNS.items():
        expected = sum(1 for number in range(count) if wants(number))
        times = []
        for _ in range(runs):
            found, took = backtest(binary, server, "--pattern", json.dumps(pattern), "--until", until)
            assert found["looked_at"] == count, found["looked_at"]
            assert found["matched"] == expected, (name, found["matched"], expected)
            times.append(took)
        print(json.dumps({
            "pattern": name, "events": count, "matched": expected, "median_s": median(times),
            "spread_s": round(max(times) - min(times), 3), "events_per_s": round(count / statistics.median(times))}),
            flush=True)
    events = client("events", server.endpoint)
    events.put_rule(Name="backtested", EventPattern=json.dumps(PATTERNS["one source"][0]), State="DISABLED")
    candidate = json.dumps(PATTERNS["source and number"][0])
    found, took = backtest(binary, server, "--rule", "backtested", "--pattern", candidate, "--until", until)
    lost = sum(1 for n in range(count) if PATTERNS["one source"][1](n) and not PATTERNS["source and number"][1](n))
    assert (found["lost"], found["gained"]) == (lost, 0), (found["lost"], lost)
    print(json.dumps({"compared": "source and number", "lost": lost, "s": round(took, 3)}), flush=True)
    quiet = latencies_during(server, lambda: time.sleep(5))
    busy = latencies_during(server, lambda: backtest(binary, server, "--pattern", candidate, "--until", until))
    print(json.dumps({"put_events": "alone", **quiet}), flush=True)
    print(json.dumps({"put_events": "during a backtest", **busy}), flush=True)
    print(json.dumps({"server_mib_at_most": memory(server)}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    adopt_environment()
    binary = options.binary.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-backtest-"))
    try:
        with Replay(binary, folder) as source:
            server = Server(binary, folder, source, GENEROUS)
            server.start()
            server.stop()
            now = int(time.time())
            size = fill(server.data / "bellcrank.db", options.events, now * 1_000)
            print(json.dumps({
                "events": options.events, "mib_of_text": size >> 20, "cores": os.cpu_count()}), flush=True)
            with server:
                # What the server takes in from now on is not looked at.
                until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
                measure(binary, server, options.events, options.runs, until)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
