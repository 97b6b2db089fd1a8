#!/usr/bin/env python3
"""Measures the running binary from outside: start, idle memory, PutEvents and Invoke over loopback.

Usage: bench.py BINARY [--seconds 3] [--runs 3]
Prints a JSON line a figure, then a table. Needs wrk. Loads are bounded by --seconds; the server is stopped by its pid.
"""
import argparse, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.request

here = os.path.dirname(os.path.abspath(__file__))
arguments = argparse.ArgumentParser()
arguments.add_argument("binary")
arguments.add_argument("--seconds", type=int, default=3)
arguments.add_argument("--runs", type=int, default=3)
options = arguments.parse_args()
if not shutil.which("wrk"):
    sys.exit("bench: wrk is missing: apt-get install wrk")
rows = []


def report(name, values, unit, **more):
    row = {"name": name, "unit": unit, "median": round(statistics.median(values), 2), "min": round(min(values), 2),
           "max": round(max(values), 2), "runs": len(values), **more}
    rows.append(row)
    print(json.dumps(row), flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """The binary on a data directory of its own, removed afterwards."""

    def __enter__(self):
        self.data = tempfile.mkdtemp(prefix="bellcrank-bench-")
        self.port = free_port()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [options.binary, "serve", "--data", self.data, "--port", str(self.port), "--log-level", "critical"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=os.path.join(here, "../.."))
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_bellcrank/status", timeout=5).read()
                break
            except OSError:
                if time.monotonic() - self.begun > 20:
                    sys.exit("bench: the server does not answer")
                time.sleep(0.002)
        self.started_ms = (time.monotonic() - self.begun) * 1000
        return self

    def call(self, target, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/", json.dumps(body).encode(),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})
        return urllib.request.urlopen(request, timeout=10).read()

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) / 1024

    def wrk(self, script, path="/", connections=1, **environment):
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{options.seconds}s", "-s", os.path.join(here, script),
             f"http://127.0.0.1:{self.port}{path}"],
            capture_output=True, text=True, env={**os.environ, **{k: str(v) for k, v in environment.items()}}).stdout
        return json.loads(out.split("RESULT ", 1)[1])

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        shutil.rmtree(self.data)


starts = []
for _ in range(5):
    with Server() as server:
        starts.append(server.started_ms)
        time.sleep(0.5)
        idle = server.rss_mib()
report("process start to first answer", starts, "ms")
report("idle memory", [idle], "MiB")

for size in (1, 10):
    for connections in (1, 16):
        for wanted in (True, False):
            rates, p99 = [], []
            for _ in range(options.runs):
                with Server() as server:
                    server.call("AWSEvents.PutRule", {"Name": "bench", "EventPattern": '{"source":["bench.source"]}'})
                    server.call("AWSEvents.PutTargets", {"Rule": "bench", "Targets": [
                        {"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:dev-customer-transform-queue"}]})
                    result = server.wrk("events.lua", connections=connections, SIZE=size,
                                        SOURCE="bench.source" if wanted else "bench.nobody")
                    if result["errors"]:
                        sys.exit(f"bench: {result['errors']} errors")
                    rates.append(result["requests"] * size / result["seconds"])
                    p99.append(result["p99_ms"])
            report(f"PutEvents, {size} a request, {connections} connections, "
                   + ("one SQS target" if wanted else "no rule matches"), rates, "events/s",
                   p99_ms=round(statistics.median(p99), 2))

for connections in (1, 16):
    rates, p99 = [], []
    for _ in range(options.runs):
        with Server() as server:
            path = "/2015-03-31/functions/dev-customer-data-orchestrator/invocations"
            result = server.wrk("invoke.lua", path, connections=connections)
            rates.append(result["requests"] / result["seconds"])
            p99.append(result["p99_ms"])
    report(f"Invoke, dry run, {connections} connections", rates, "calls/s", p99_ms=round(statistics.median(p99), 2))

width = max(len(row["name"]) for row in rows)
print()
for row in rows:
    print(f"{row['name']:<{width}}  {row['median']:>10,.1f} {row['unit']:<8}  ({row['min']:,.1f} to {row['max']:,.1f})")
