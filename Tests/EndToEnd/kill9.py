#!/usr/bin/env python3
"""Kills a busy server with SIGKILL at random moments, starts it again on the same data, and counts what it lost.

    python3 Tests/EndToEnd/kill9.py --kills 50 --seed 1 --binary .build/release/bellcrank
    python3 Tests/EndToEnd/kill9.py --self-test --binary .build/release/bellcrank

The clients note on their side whatever was acknowledged. After the last restart everything that was promised is
looked for in the ledger, the runs, the objects and the queues. The exit code is 1 if anything is missing or double.
`--self-test` damages the data after a short run, one fault at a time, and fails unless each is found.
"""

import datetime
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from chaos.evidence import Evidence, await_quiet
from chaos.load import Load, prepare
from chaos.promises import LOAD_QUEUE, TICK_RULE, Promises
from chaos.verdict import Verdict
from harness.checks import table
from harness.clients import TRANSFORM_QUEUE, arguments, client, parse
from harness.processes import GENEROUS, Replay, Server, adopt_environment

LIFE_SECONDS_MAX = 1.2
# One in so many kills hits the server while it starts.
EARLY_ONE_IN = 6
EARLY_SECONDS_MAX = 0.25
SETTINGS = GENEROUS | {
    "chunks.worker_timeout_seconds": 5,  # A chunk whose worker was killed is taken up again soon.
    "limits.breaker_failures": 100,  # The breaker would hold up the rest for an hour.
}


def main():
    parser = arguments("Kills a busy server and counts what it lost.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet-seconds", type=float, default=600, help="how long it may take to work off the rest")
    parser.add_argument("--self-test", action="store_true", help="damage the data and see that it is noticed")
    parser.add_argument("--keep", type=pathlib.Path, help="keep data and logs in this folder")
    options = parse(parser)
    adopt_environment()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-kill9-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        sys.exit(self_test(options, folder) if options.self_test else judge(options, folder))
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def judge(options, folder):
    with Replay(options.binary, folder) as source:
        promises, server, began, counts = live(options, folder, source, options.kills)
        with server:
            verdict = read(server, promises, began, options)
            verdict.counts = counts | verdict.counts
            return report(verdict)


def live(options, folder, source, kills):
    """The killings; returns with the server dead."""
    dice = random.Random(options.seed)
    promises = Promises()
    server = Server(options.binary, folder, source, SETTINGS)
    began = datetime.datetime.now(datetime.timezone.utc)
    with server:
        starts, early = torment(server, dice, options.seed, promises, kills)
    starts.sort()
    counts = {
        "kills under load": kills, "kills while starting": early,
        "calls that found no server or lost it": promises.refused,
        "median start, ms": round(starts[len(starts) // 2] * 1000), "slowest start, ms": round(starts[-1] * 1000),
    }
    return promises, server, began, counts


def torment(server, dice, seed, promises, kills):
    """Kills and starts the server under load; the seconds that each start took, and how many kills came early."""
    starts, early = [], 0
    prepare(server.endpoint)
    with Load(server.endpoint, seed, promises) as load:
        for number in range(1, kills + 1):
            load.budget.renew()
            load.open.set()
            time.sleep(dice.uniform(0.01, LIFE_SECONDS_MAX))
            server.kill9()
            if number % 10 == 0:
                print(f"{number} kills, {promises.count} promises", file=sys.stderr, flush=True)
            if dice.randrange(EARLY_ONE_IN) == 0:
                early += 1
                server.spawn()
                time.sleep(dice.uniform(0, EARLY_SECONDS_MAX))
                server.kill9()
            starts.append(server.start())
        load.ended.set()
    load.ask_again()
    return starts, early


def read(server, promises, began, options):
    """Lets the server work off what is left, then judges."""
    # What is read must not change meanwhile, so the schedule's slots end here, too.
    client("events", server.endpoint).disable_rule(Name=TICK_RULE)
    waited = time.monotonic()
    moving = await_quiet(server, options.quiet_seconds)
    waited = time.monotonic() - waited
    verdict = Verdict(promises, Evidence(server, began)).reach()
    if moving:
        verdict.find(f"after {options.quiet_seconds:.0f} s it is not quiet: {moving}")
    verdict.counts["seconds until quiet"] = round(waited)
    return verdict


def report(verdict):
    table(["what", "count"], [list(row) for row in verdict.counts.items()] + [["findings", len(verdict.findings)]])
    for finding in verdict.findings[:60]:
        print(f"FINDING {finding}")
    if len(verdict.findings) > 60:
        print(f"... and {len(verdict.findings) - 60} more")
    return 1 if verdict.findings else 0


# One fault each: what it is, the statement that causes it, and words of the finding that must name it.
FAULTS = [
    ("a decision is deleted",
     "DELETE FROM ledger WHERE seq = (SELECT MAX(seq) FROM ledger WHERE decision = 'unmatched' AND event_id = {event})",
     "has 0 decisions"),
    ("a decision is changed", "UPDATE ledger SET json = replace(json, 'unmatched', 'disabled') "
     "WHERE event_id = {event}", "chain is broken"),
    ("a message is deleted", f"DELETE FROM messages WHERE seq = (SELECT MIN(seq) FROM messages WHERE queue = "
     f"'{LOAD_QUEUE}' AND instr(body, {{load}}))", "is missing in"),
    ("a message is doubled",
     "INSERT INTO messages (id, queue, body, attributes, priority, sent_at, visible_at, receive_count) "
     "SELECT 'twice', queue, body, attributes, priority, sent_at, visible_at, receive_count FROM messages "
     f"WHERE queue = '{LOAD_QUEUE}' AND instr(body, {{load}})", "is 2 times in"),
    ("a run is deleted", "DELETE FROM runs WHERE seq = (SELECT MAX(seq) FROM runs)", "which does not exist"),
    ("a run never ends", "UPDATE runs SET status = 'running' WHERE seq = (SELECT MAX(seq) FROM runs)", "never ended"),
    ("an object is deleted", "DELETE FROM objects WHERE key = {key}", "is gone"),
    ("Transform is not told", f"DELETE FROM messages WHERE queue = '{TRANSFORM_QUEUE}' AND instr(body, {{key}})",
     "was never told"),
]


def self_test(options, folder):
    """Every planted fault must be found, by its name, and nothing may be found without one."""
    rows = []
    with Replay(options.binary, folder) as source:
        promises, server, began, _ = live(options, folder, source, 3)
        with server:
            await_quiet(server, options.quiet_seconds)
            server.stop()
        names = {name: event for event, name in promises.events.items()}
        quoted = {
            "event": f"'{names['nobody']}'", "load": f"'{names['load']}'", "key": f"'{next(iter(promises.puts))}'"}
        for number, (what, statement, words) in enumerate([("nothing", None, None), *FAULTS]):
            data = folder / f"fault{number}"
            shutil.copytree(server.data, data)
            changed = damage(data / "bellcrank.db", statement and statement.format(**quoted))
            with Server(options.binary, folder, source, SETTINGS, data=data) as damaged:
                findings = read(damaged, promises, began, options).findings
            caught = not findings if statement is None else any(words in finding for finding in findings)
            good = caught and (statement is None or changed == 1)
            rows.append([what, changed, len(findings), "as it must be" if good else f"NOT NOTICED: {findings[:3]}"])
    table(["fault", "rows changed", "findings", "noticed"], rows)
    return 0 if all(row[3] == "as it must be" for row in rows) else 1


def damage(path, statement):
    """Runs the statement on the store of a stopped server; returns how many rows it changed."""
    if statement is None:
        return 0
    with sqlite3.connect(path) as database:
        changed = database.execute(statement).rowcount
    database.close()
    return changed


if __name__ == "__main__":
    main()
