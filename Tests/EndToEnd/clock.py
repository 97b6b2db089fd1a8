#!/usr/bin/env python3
"""Plays a month of dev, staging and prod on virtual clocks, kills a server in the middle of one, and tries what is refused.

    python3 Tests/EndToEnd/clock.py --binary .build/release/bellcrank

Three servers with three data directories, each with its own `Config/ENV.yaml`, ask the bundled source of prices. Prints what
each month took in real time, a row for each part and a line for each finding; the exit code is 1 if there is any.
"""

import concurrent.futures
import datetime
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import boto3
import botocore.config

from harness.checks import Checks, table, until
from harness.clients import arguments, client, parse, queue_url
from harness.processes import REPOSITORY, Process, Replay, adopt_environment, clean_environment, free_port

BEGIN, END, DAYS = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 30
HOURS = {"dev": 22, "staging": 21, "prod": 20}
# prod has its symbols from the universe, which a new directory has none of.
SYMBOLS = ["AAPL", "GOOG", "IBM", "MSFT"]
COMMAND_SECONDS_MAX = 300


class Environment(Process):
    """One environment on a virtual clock; started again it has the same port and data."""

    def __init__(self, binary, folder, source, name, *more):
        port = free_port()
        self.name, self.binary, self.data = name, binary, folder / name
        super().__init__([
            binary, "serve", "--env", name, "--config", REPOSITORY / "Config" / f"{name}.yaml", "--data", self.data,
            "--port", port, "--set", f"sources.yahoo_finance.base_url={source.endpoint}", *more], port,
            folder / f"{name}.log")

    @property
    def rule(self):
        return f"{self.name}-customer-ingestion-schedule"

    def run(self, *words, **environment):
        return subprocess.run(
            [self.binary, *words, "--endpoint", self.endpoint], capture_output=True, text=True,
            env=clean_environment() | environment, timeout=COMMAND_SECONDS_MAX, check=False)

    def clock(self, *words):
        """What `bellcrank clock` answers."""
        done = self.run("clock", *words, "-o", "json")
        if done.returncode:
            raise RuntimeError(f"clock {words} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def give_symbols(self):
        """Puts the universe on the bus, as its producer does."""
        client("events", self.endpoint).put_events(Entries=[{
            "Source": "symbol.universe", "DetailType": "Universe Updated", "Detail": json.dumps({
                "added_symbols": SYMBOLS, "removed_symbols": [], "effective_date": BEGIN[:10],
                "immediate_ingestion": False})}])

    def slots(self):
        """What became of the schedule's slots, the earliest first."""
        rows = json.loads(self.run("decisions", "list", "--rule", self.rule, "--limit", "1000", "-o", "json").stdout)
        return sorted(
            (row for row in rows["decisions"] if "slot" in json.dumps(row)), key=lambda row: row["at"])

    def runs(self):
        return json.loads(self.run("runs", "list", "--limit", "1000", "-o", "json").stdout)["runs"]


def virtual(binary, folder, source, name):
    return Environment(binary, folder, source, name, "--clock", "virtual", "--at", BEGIN)


def judge_month(checks, environment):
    """One dispatched run for each day, at its instant, with its own ds; nothing missed, nothing double."""
    name, slots, runs = environment.name, environment.slots(), environment.runs()
    days = [(datetime.date(2026, 11, 1) + datetime.timedelta(days=day)).isoformat() for day in range(DAYS)]
    checks.equal([row["decision"] for row in slots], ["dispatched"] * DAYS, f"{name}: every slot is dispatched")
    checks.equal(
        [row["at"][:19] for row in slots], [f"{day}T{HOURS[name]}:00:00" for day in days],
        f"{name}: at the instants of its schedule")
    checks.equal(sorted(run["ds"] for run in runs), days, f"{name}: each run has its own ds")
    checks.equal({run["status"] for run in runs}, {"succeeded"}, f"{name}: every run succeeded")
    missed = environment.run("decisions", "list", "--decision", "missed", "-o", "json")
    checks.equal(json.loads(missed.stdout)["decisions"], [], f"{name}: nothing is missed")
    whole = environment.run("verify")
    checks.equal(whole.returncode, 0, f"{name}: the ledger is whole: {whole.stdout}{whole.stderr}")


def month(checks, binary, folder, source):
    """Three environments at once; returns a row for each."""

    def play(name):
        with virtual(binary, folder, source, name) as environment:
            environment.give_symbols()
            began = time.monotonic()
            answer = environment.clock("advance", "30d")
            seconds = time.monotonic() - began
            checks.equal((answer["reached"], answer["to"][:19]), (True, END[:19]), f"{name}: the month is over")
            judge_month(checks, environment)
            said = environment.run("status").stdout
            checks.that("virtual, stands" in said, f"{name}: status says that the clock is virtual", said[:300])
            said = environment.run("doctor", "--no-sources").stdout
            checks.that("the clock is virtual and stands" in said, f"{name}: doctor says so", said)
            checks.that("The clock is virtual and stands" in environment.log.read_text(), f"{name}: the banner says so")
            environment.stop()
            return [name, round(seconds, 1), answer["instants"], answer["done"]]

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(HOURS)) as pool:
        rows = list(pool.map(play, HOURS))
    table(["environment", "seconds", "instants visited", "things done"], rows)
    print(f"the three together, with start and checks: {time.monotonic() - began:.1f} s")


def killed(checks, binary, folder, source):
    """SIGKILL in the middle of an advance sets nothing back, and nothing is done twice."""
    environment = virtual(binary, folder, source, "dev")
    with environment:
        environment.give_symbols()
        for wanted in ("2026-11-06", "2026-11-12", "2026-11-20"):
            advancing = threading.Thread(target=lambda: environment.run("clock", "to", END))
            advancing.start()
            seen = until(lambda: reached(environment, wanted), 120, pause=0.02)
            checks.that(seen, f"it comes to {wanted}")
            environment.kill9()
            advancing.join()
            latest = latest_row(environment.data / "bellcrank.db")
            environment.start()
            now = environment.clock("show")["now"]
            checks.that(now >= max(seen, latest), "the clock goes on where it was", (now, seen, latest))
            checks.that(now < END, "it was killed before its end", now)
        answer = environment.clock("to", END)
        checks.equal((answer["reached"], answer["now"][:19]), (True, END[:19]), "the rest passes")
        judge_month(checks, environment)


def reached(environment, wanted):
    try:
        now = environment.clock("show")["now"]
    except (RuntimeError, ValueError):
        return None
    return now if now >= wanted else None


def latest_row(path):
    """The latest moment of the ledger in the store of a stopped server, as the clock writes moments."""
    with sqlite3.connect(path) as database:
        milliseconds = database.execute("SELECT MAX(at) FROM ledger").fetchone()[0]
    database.close()
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"


def refused(checks, binary, folder, source):
    """A directory keeps the clock that it began with; time does not run backwards; a real clock is not moved."""
    with virtual(binary, folder, source, "dev") as environment:
        environment.clock("advance", "1h")
        said = environment.run("clock", "to", BEGIN)
        checks.equal(said.returncode, 1, "back in time is refused")
        checks.that("CLOCK_RUNS_FORWARD" in said.stderr, "by its code", said.stderr)
        environment.stop()
    refuses(checks, Environment(binary, folder, source, "dev"), "CLOCK_IS_VIRTUAL")
    with virtual(binary, folder, source, "dev") as environment:
        checks.equal(environment.clock("show")["now"][:19], "2026-11-01T01:00:00", "what was refused changed nothing")
        environment.stop()
    with Environment(binary, folder, source, "prod") as real:
        checks.equal(real.clock("show")["mode"], "real", "a real clock is shown")
        for words in (["advance", "1d"], ["speed", "10x"], ["stop"]):
            said = real.run("clock", *words)
            checks.equal(said.returncode, 1, f"a real clock takes no {words[0]}")
            checks.that("CLOCK_IS_REAL" in said.stderr, "by its code", said.stderr)
        real.stop()
    refuses(checks, virtual(binary, folder, source, "prod"), "CLOCK_IS_REAL")
    # A directory of before there were marks.
    with sqlite3.connect(folder / "prod" / "bellcrank.db") as database:
        checks.equal(database.execute("DELETE FROM documents WHERE kind = 'clock'").rowcount, 1, "there is one mark")
    database.close()
    refuses(checks, virtual(binary, folder, source, "prod"), "CLOCK_IS_REAL")


def refuses(checks, environment, code):
    done = subprocess.run(
        environment.command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False)
    checks.equal(done.returncode, 1, f"{code}: it does not start")
    checks.that(f"bellcrank: {code}: " in done.stderr, f"{code}: it says why", done.stderr)


def clients(checks, binary, folder, source):
    """Clients live in real time: they sign by it and wait by it. Time runs by itself until it is told to stand."""
    data = folder / "staging"
    made = subprocess.run(
        [binary, "credentials", "add", "--user", "ana", "--data", data, "-o", "json"], capture_output=True, text=True,
        env=clean_environment(), timeout=60, check=True)
    key = json.loads(made.stdout)
    signs = {"AWS_ACCESS_KEY_ID": key["access_key_id"], "AWS_SECRET_ACCESS_KEY": key["secret_access_key"]}
    environment = virtual(binary, folder, source, "staging")
    with environment:
        sqs = boto3.client(
            "sqs", endpoint_url=environment.endpoint, region_name="us-east-1",
            aws_access_key_id=key["access_key_id"], aws_secret_access_key=key["secret_access_key"],
            config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=15))
        url = queue_url(environment.endpoint, "staging-customer-transform-queue")
        began = time.monotonic()
        checks.equal(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), None, "nothing is there")
        checks.that(0.9 < time.monotonic() - began < 10, "a long poll ends though time stands", time.monotonic() - began)
        sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=600)
        checks.equal(sqs.receive_message(QueueUrl=url).get("Messages"), None, "a delay is virtual time")
        checks.equal(environment.run("clock", "advance", "601s", **signs).returncode, 0, "a signed advance is taken")
        had = sqs.receive_message(QueueUrl=url).get("Messages", [])
        checks.equal([message["Body"] for message in had], ["later"], "and time brings it to light")
        checks.equal(environment.run("clock", "speed", "3600x", **signs).returncode, 0, "a speed is taken")
        restarted = until(lambda: environment.run("decisions", "list", "--rule", environment.rule, **signs).stdout
                          .count("dispatched"), 120, pause=0.2)
        checks.that(restarted, "a slot fires by itself")
        environment.stop()
        environment.start()
        shown = json.loads(environment.run("clock", "show", "-o", "json", **signs).stdout)
        checks.equal(shown["speed"], 3600, "a speed outlives the process")
        checks.equal(environment.run("clock", "stop", **signs).returncode, 0, "and ends when it is told to")
        stood = [json.loads(environment.run("clock", "show", "-o", "json", **signs).stdout)["now"] for _ in range(3)]
        checks.equal(len(set(stood)), 1, "then time stands")
        environment.stop()


PARTS = [
    ("a month of three environments", month), ("killed in the middle", killed), ("refusals", refused),
    ("clients", clients),
]


def main():
    parser = arguments("Plays months on virtual clocks.")
    parser.add_argument("--only", help="parts whose name contains this")
    parser.add_argument("--keep", type=pathlib.Path, help="keep data and logs in this folder")
    options = parse(parser)
    adopt_environment()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-clock-"))
    checks = Checks()
    try:
        for number, (name, part) in enumerate(PARTS):
            if options.only and options.only not in name:
                continue
            place = folder / str(number)
            place.mkdir(parents=True, exist_ok=True)
            with checks.section(name), Replay(options.binary, place) as source:
                part(checks, options.binary, place, source)
        sys.exit(checks.report())
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
