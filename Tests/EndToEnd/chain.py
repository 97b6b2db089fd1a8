#!/usr/bin/env python3
"""Drives the whole chain on a local AWS: the deployed stack, with the built functions executing, by AWS CLI and boto3.

    $(Scripts/install-infrastructure)/python Tests/EndToEnd/chain.py --bootstrap .build/lambda/bootstrap
    … chain.py --only schedule         # that part alone
    … chain.py --self-test             # the checks see what is broken on purpose

Prints a row for each part and a line for each finding; the exit code is 1 if there is any.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from chain import deployment, events, failures, ledger, letters, manual, notifications, permissions, schedule, self_test
from chain.cloud import Cloud
from chain.source import Source
from chain.world import World
from harness.checks import Checks
from harness.processes import REPOSITORY, adopt_environment

# The last ones look back at all the others.
PARTS = [
    ("a source that is down", failures.start_down),
    ("schedule (§1, §4)", schedule.slot),
    ("events: Processing Complete (§2)", events.processing_complete),
    ("events: Universe Updated (§2)", events.universe_updated),
    ("events: Market Close (§2)", events.market_close),
    ("events: Adhoc Ingestion (§2)", events.adhoc),
    ("events: the partners' bus (D29)", events.partners_bus),
    ("manual: commands (§3, §9)", manual.commands),
    ("manual: parameters (§3)", manual.parameters),
    ("manual: refusals (D15)", manual.refusals),
    ("sixteen at once: ten an hour", manual.ten_an_hour),
    ("sixteen at once: one key", manual.one_key),
    ("sources: throttled", failures.throttled),
    ("sources: without a budget", failures.unpaid),
    ("sources: partly failing", failures.partly),
    ("dead letters: functions (D21)", letters.function_failure),
    ("dead letters: poisoned work", letters.poison),
    ("dead letters: redrive", letters.redrive),
    ("dead letters: the outbox (D10)", letters.outbox),
    ("notifications (D22)", notifications.raw),
    ("notifications: failing (D21)", notifications.failing),
    ("notifications: of a bucket", notifications.of_a_bucket),
    ("deployment (§3)", deployment.trigger),
    ("sources: failing", failures.failing),
    ("breaker (D11)", failures.breaker),
    ("tick", schedule.tick),
    ("ledger: closed (D32)", ledger.closed),
    ("ledger: metrics (§6)", ledger.metrics),
    ("ledger: queues", ledger.queues),
    ("permissions: granted (§8)", permissions.granted),
    ("permissions: used (§8)", permissions.used),
    ("permissions: evaluated (§8)", permissions.evaluated),
]
# Runs shall end soon, and the breaker shall rest shortly; all other limits are those that are shipped.
VARIABLES = {
    "BELLCRANK_SOURCES_YAHOO_FINANCE_REQUESTS_PER_MINUTE": "6000",
    "BELLCRANK_LIMITS_BREAKER_REST_SECONDS": str(failures.REST_SECONDS),
}


def main():
    parser = argparse.ArgumentParser(description="Drives the whole chain on a local AWS.")
    parser.add_argument("--bootstrap", type=pathlib.Path, default=REPOSITORY / ".build/lambda/bootstrap")
    parser.add_argument("--bellcrank", type=pathlib.Path, help="the built bellcrank, whose policy engine judges, too")
    parser.add_argument("--only", default="", help="only the parts with this in their name")
    parser.add_argument("--self-test", action="store_true", help="break what is checked, and see that it is found")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the assembly and the local AWS's log in this folder")
    options = parser.parse_args()
    if not os.access(options.bootstrap, os.X_OK):
        sys.exit(f"there is no program {options.bootstrap}; build it first: make bootstrap-zip")
    adopt_environment()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # So that what was started is ended.
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-chain-"))
    folder.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    try:
        play(options, folder, checks)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(checks.report())


def play(options, folder, checks):
    with Source() as source:
        variables = VARIABLES | {"BELLCRANK_SOURCES_YAHOO_FINANCE_BASE_URL": source.endpoint}
        cloud = Cloud(options.bootstrap.resolve(), folder, variables)
        with timed(checks, "synthesis"):
            cloud.synthesise()
        with timed(checks, "deployment"):
            cloud.__enter__()
        try:
            world = World(cloud, source, folder, checks, options.bellcrank)
            if options.self_test:
                self_test.play(world, checks)
            for title, part in [] if options.self_test else PARTS:
                if options.only in title:
                    with timed(checks, title):
                        part(world)
        finally:
            if options.keep:
                shutil.copy(cloud.aws.log, folder / "ministack.log")
            cloud.__exit__(None, None, None)


class timed:
    """A section that says on standard error when it has ended."""

    def __init__(self, checks, title):
        self.title = title
        self.section = checks.section(title)

    def __enter__(self):
        self.began = time.monotonic()
        return self.section.__enter__()

    def __exit__(self, *error):
        print(f"{self.title}: {time.monotonic() - self.began:.1f} s", file=sys.stderr, flush=True)
        return self.section.__exit__(*error)


if __name__ == "__main__":
    main()
