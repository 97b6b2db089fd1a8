#!/usr/bin/env python3
"""How long the console takes over a big ledger, and what fifty open pages cost.

    python3 Benchmarks/Console/measure.py .build/release/bellcrank --rows 1000000

Fills a data directory with decisions, then asks every page for its first byte, tells how long a commit takes to reach a
page that follows along, and watches the server's memory while fifty pages stay open. Prints JSON lines.
"""

import argparse
import http.client
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "EndToEnd"), str(ROOT / "Benchmarks" / "Operators")]

from harness.clients import client  # noqa: E402
from harness.processes import GENEROUS, Replay, Server, adopt_environment  # noqa: E402
from measure import fill  # noqa: E402

TIMES = 15
OPEN_PAGES = 50
RULE = "dev-customer-ingestion-schedule"


def first_byte(port, path):
    """Milliseconds to the first byte of the answer, and the bytes of the whole."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    took = (time.perf_counter() - began) * 1_000
    size = len(answer.read())
    connection.close()
    assert answer.status == 200, (path, answer.status)
    return took, size


def memory(server):
    """Resident MiB of the server."""
    text = pathlib.Path(f"/proc/{server.child.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1_024


class Follower(threading.Thread):
    """A page that stays open: it reads the stream and notes when it was told of a change."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.told = port, []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", "/console/live")
        answer = connection.getresponse()
        try:
            while line := answer.readline():
                if line.startswith(b"event: changed"):
                    self.told.append(time.perf_counter())
        except (OSError, ValueError, AttributeError):
            return  # The server is gone, and so is the page.


def pages(server):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 10 * 86_400))
    quoted = urllib.parse.quote
    return {
        "now": "/console", "timeline, a day": "/console/timeline", "timeline, a month": "/console/timeline?span=2592000",
        "triggers": "/console/triggers", "trigger": f"/console/triggers/{RULE}", "events": "/console/events",
        "decisions": "/console/decisions", "decisions of a rule": "/console/decisions?rule=rule-7",
        "decisions until a day": f"/console/decisions?until={quoted(since)}", "decision": "/console/decisions/c-4999",
        "explain": f"/console/explain?rule={RULE}&at={quoted(since)}", "lab": "/console/lab", "runs": "/console/runs",
        "shelf": "/console/shelf", "alarms": "/console/alarms", "board": "/console/boards/dev-customer-ingestion?hours=720",
        "system": "/console/system",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    adopt_environment()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-console-"))
    try:
        with Replay(options.binary.resolve(), folder) as source:
            server = Server(options.binary.resolve(), folder, source, GENEROUS)
            server.start()
            time.sleep(7)
            server.stop()
            fill(server.data / "bellcrank.db", options.rows, int(time.time() * 1_000))
            with server:
                for name, path in pages(server).items():
                    took, sizes = zip(*(first_byte(server.port, path) for _ in range(TIMES)))
                    print(json.dumps({
                        "page": name, "rows": options.rows, "median_ms": round(statistics.median(took), 1),
                        "worst_ms": round(max(took), 1), "first_ms": round(took[0], 1), "kib": round(sizes[0] / 1_024)}),
                        flush=True)
                live(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def live(server):
    before = memory(server)
    followers = [Follower(server.port) for _ in range(OPEN_PAGES)]
    for follower in followers:
        follower.start()
    time.sleep(1)
    opened = memory(server)
    events = client("events", server.endpoint)
    took = []
    for number in range(40):
        marks = [len(f.told) for f in followers]
        began = time.perf_counter()
        events.put_events(Entries=[{"Source": "nobody", "DetailType": "wants", "Detail": json.dumps({"n": number})}])
        deadline = time.perf_counter() + 5
        while any(len(f.told) <= mark for f, mark in zip(followers, marks)) and time.perf_counter() < deadline:
            time.sleep(0.001)
        took.append((max(f.told[-1] for f in followers) - began) * 1_000)
        first_byte(server.port, "/console/decisions")
        time.sleep(0.15)
    print(json.dumps({
        "live": "from the call of put-events to the last of the open pages", "pages": OPEN_PAGES,
        "median_ms": round(statistics.median(took), 1), "worst_ms": round(max(took), 1)}))
    for _ in range(600):
        first_byte(server.port, "/console/decisions")
    print(json.dumps({
        "memory_mib": {"before": round(before), "open": round(opened), "after 640 more pages": round(memory(server))}}))


if __name__ == "__main__":
    main()
