#!/usr/bin/env python3
"""Holds the specification against a running server, with the unmodified AWS CLI and boto3.

    python3 Tests/EndToEnd/specification.py --binary .build/release/bellcrank
    python3 Tests/EndToEnd/specification.py --slow      # also waits for a schedule to fire, a minute
    python3 Tests/EndToEnd/specification.py --only objects

Prints a row for each part and a line for each finding; the exit code is 1 if there is any.
"""

import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness.checks import Checks
from harness.clients import arguments, parse
from harness.processes import GENEROUS, Replay, adopt_environment
from sections import (
    adversary, backfills, bus, commands, contracts_permissions, contracts_watching, functions, lifecycle, objects, operators, queues,
    schedules, security)
from sections.world import World

# In this order; those that share a server leave it to the next one as they found it, or with more in it.
SHARED = [
    ("commands (§3, §4, §9)", commands.commands),
    ("events: entries", bus.entries), ("events: delivery", bus.delivery),
    ("events: dead letters (D21)", bus.dead_letters), ("events: several targets", bus.several_targets),
    ("events: patterns (§2)", bus.patterns), ("events: near misses (§2, D3)", bus.near_misses),
    ("events: refusals", bus.refusals), ("events: rules", bus.bookkeeping),
    ("functions: refusals (D15)", functions.refused), ("functions: no JSON", functions.not_json),
    ("functions: defaults (D15)", functions.replaced), ("functions: dry runs (D18)", functions.dry_run),
    ("functions: repetitions (D9)", functions.repeated), ("functions: other ways", functions.other_ways),
    ("functions: notifications (D22)", functions.records), ("functions: waiting (D13)", functions.waiting),
    ("queues: messages", queues.messages), ("queues: batches", queues.batches), ("queues: refusals", queues.refusals),
    ("queues: long polls", queues.long_polls), ("queues: redrive", queues.redrive),
    ("schedules: bookkeeping", schedules.bookkeeping), ("schedules: refusals", schedules.refusals),
    ("schedules: firing", schedules.firing), ("schedules: dead letters", schedules.letters),
    ("operators: metrics (§6)", operators.metrics), ("operators: alarms (§6)", operators.alarms),
    ("operators: dashboards (§6)", operators.dashboards), ("operators: logs (§9)", operators.logs),
    *contracts_watching.PARTS,
    ("operators: roles (§8)", operators.roles), ("operators: permissions (§8)", operators.permissions),
    ("operators: moves (§7)", operators.moves), ("operators: patterns and events", operators.patterns_of_ours),
    *contracts_permissions.PARTS, *adversary.PARTS,
    ("objects: keys", objects.keys), ("objects: listings", objects.listings),
    ("objects: conditions", objects.conditions), ("objects: refusals", objects.refusals),
    ("objects: sizes", objects.sizes), ("not served", lifecycle.unknown), ("restart", lifecycle.restart),
    ("stop", lifecycle.stop), ("events of §2 (D3, D4, D5)", bus.pipeline_events),
]
SLOW = [("schedule (§1)", lifecycle.slots)]
# These need the limits as they are shipped.
STRICT = [("limits (§8, D12)", lifecycle.limits)]
# These begin with a server that has seen nothing, and close it to everybody for a while.
FRESH = [
    ("operators: our own commands (§9)", operators.commands_of_ours),
    ("operators: schedules (§9, D23, D27)", operators.schedules_of_ours),
    ("operators: a backfill that is killed (§9)", backfills.killed), ("credentials (§8)", security.credentials),
]


def main():
    parser = arguments("Holds the specification against a running server.")
    parser.add_argument("--slow", action="store_true", help="wait for a schedule to fire, too")
    parser.add_argument("--only", default="", help="only the parts with this in their name")
    parser.add_argument("--keep", type=pathlib.Path, help="keep data and logs in this folder")
    options = parse(parser)
    adopt_environment()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-specification-"))
    folder.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    try:
        with Replay(options.binary, folder) as source:
            for name, settings, parts in (
                ("shared", GENEROUS, SHARED + (SLOW if options.slow else [])),
                ("fresh", GENEROUS, FRESH),
                ("strict", {"sources.yahoo_finance.requests_per_minute": 60_000}, STRICT),
            ):
                wanted = [(title, part) for title, part in parts if options.only in title]
                if wanted:
                    world = World(options.binary, folder / name, source, checks, settings)
                    play(world, wanted)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(checks.report())


def play(world, parts):
    with world.server:
        for title, part in parts:
            if world.server.child.poll() is not None:
                world.checks.find(f"the server is gone before {title!r}\n{world.server.tail()}")
                world.server.start()
            began = time.monotonic()
            with world.checks.section(title):
                part(world)
            print(f"{title}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
        with world.checks.section("the ledger's chain"):
            world.checks.equal(world.server.verify()[:3], [], "it is whole, and everything is decided")
        with world.checks.section("the log"):
            failures = [line for line in world.server.log.read_text().splitlines() if '"request failed"' in line]
            world.checks.equal(failures[:3], [], "no request failed inside the server")


if __name__ == "__main__":
    main()
