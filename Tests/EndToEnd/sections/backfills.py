"""Backfills whose server dies in the middle."""

import json

from harness.checks import until
from sections.security import run

SLOTS = 48
# A few seconds, so that the kills hit it while it goes on.
PACE = "12/s"
# How many slots are dealt with when the server is killed.
KILLS = (3, 15, 30)


def killed(world):
    """A paced backfill goes on after each SIGKILL where it was, and starts each slot exactly once."""
    checks, rule = world.checks, "backfilled"
    queue = world.queue(rule)
    # It rests, so that none of its slots comes meanwhile.
    world.rule(rule, rule, ScheduleExpression="cron(0 * * * ? *)", State="DISABLED")
    words = ("--from", "2026-01-05T00:00:00Z", "--to", "2026-01-07T00:00:00Z", "--pace", PACE, "--reason", "a test")

    def ours(*command):
        done = run(world, "backfill", *command, "-o", "json", "--endpoint", world.server.endpoint)
        checks.equal(done.returncode, 0, f"backfill {command[0]} (said {done.stderr.strip()!r})")
        return json.loads(done.stdout)

    begun = ours(rule, *words)
    checks.equal(begun["slots"], SLOTS, "all that are meant")

    def progress():
        return world.server.admin(f"backfills/{begun['id']}")[1]

    for dealt_with in KILLS:
        # Asked all the time, for it goes on meanwhile.
        seen = until(lambda: (now := progress())["done"] >= dealt_with and now, pause=0)
        checks.that(seen and seen["state"] == "running" and seen["done"] < SLOTS, "it is killed in the middle", seen)
        world.server.kill9()
        world.server.start()
        after = progress()
        checks.that(seen["done"] <= after["done"], "nothing that was done is forgotten", (seen, after))
    again = ours(rule, *words)
    checks.equal(again["id"], begun["id"], "the same command finds it")
    finished = until(lambda: (now := progress())["state"] != "running" and now)
    checks.equal(
        [finished[key] for key in ("state", "done", "fired", "duplicates")], ["finished", SLOTS, SLOTS, 0],
        "it ends with every slot dealt with, and none started twice")
    wanted = [f"2026-01-0{day}T{hour:02}:00:00Z" for day in (5, 6) for hour in range(24)]
    had = world.messages(queue, SLOTS)
    times = sorted(json.loads(message["Body"])["time"] for message in had)
    checks.equal(times, wanted, "every slot's event is there, exactly once")
    for slot in wanted:
        rows = world.server.admin(f"decisions?id={rule}@{slot}/recovery-1")[1]["decisions"]
        checks.equal([row["decision"] for row in rows], ["dispatched"], f"{slot} is decided once")
    world.client("events").remove_targets(Rule=rule, Ids=["queue"])
    world.client("events").delete_rule(Name=rule)
