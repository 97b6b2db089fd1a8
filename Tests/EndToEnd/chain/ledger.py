"""D32: at the end every cause has exactly one decision, nothing waits or runs, and the metrics say the same."""

import json
from collections import Counter

from chain.cloud import NOTIFIER
from chain.world import UNNAMED, WORK_LETTERS
from harness.checks import until
from harness.clients import ORCHESTRATOR, WORK_QUEUE

OPEN = ("running", "outbox", "line#events", "line#others")


def closed(world):
    checks = world.checks

    def left():
        return [i for i in world.items() if i["id"] in OPEN or i["place"] == "open"]

    until(lambda: not left(), world.patience, 0.5)
    checks.equal([(i["id"], i["place"]) for i in left()], [], "nothing runs, waits or is to be sent")
    problems = audit(world.items(), world.causes)
    checks.equal(problems[:5], [], "every cause has its one decision")
    running = [h["id"] for h in world.runs() if h["status"] == "running"]
    checks.equal(running, [], "every run has ended")


def audit(items, causes):
    """What is wrong with the ledger: causes with another number of decisions than one, and runs that are nobody's."""
    entries = [json.loads(i["entry"]) for i in items if i["id"].startswith("cause#") and i["place"] == "decision"]
    seen = Counter()
    for entry in entries:
        ids = [entry.get(name) for name in ("cause_id", "event_id", "correlation_id")]
        seen[next((i for i in ids if i in causes), UNNAMED)] += 1
    problems = [
        f"{cause}: {seen[cause]} decisions of {causes[cause]} causes"
        for cause in sorted(seen | causes) if seen[cause] != causes[cause]]
    heads = {i["id"]: json.loads(i["request"]) for i in items if i["id"].startswith("run#") and i["place"] == "head"}
    keys = Counter(
        (h["domain"], h["table_name"], h["ds"], h["correlation_id"]) for h in heads.values())
    problems += [f"two runs of one key: {key}" for key, count in keys.items() if count > 1]
    runs = {f"run#{e['run_id']}" for e in entries if e["decision"] == "dispatched" and e.get("run_id")}
    problems += [f"a run that nobody dispatched: {run}" for run in sorted(set(heads) - runs)]
    problems += [f"a dispatched run that is not there: {run}" for run in sorted(runs - set(heads))]
    return problems


def metrics(world):
    """Each decision is one line in embedded metric format, under the dimensions of §6."""
    checks = world.checks
    counted = Counter()
    for function in (ORCHESTRATOR, NOTIFIER):
        for line in world.log(function):
            if "_aws" not in line or "TriggerExecution" not in line:
                continue
            directive = next(
                d for d in line["_aws"]["CloudWatchMetrics"] if d["Metrics"][0]["Name"] == "TriggerExecution")
            checks.equal(
                (directive["Namespace"], [sorted(d) for d in directive["Dimensions"]]),
                ("Extract/Triggers", [["Domain", "Status", "TriggerType"]]), "a line of metrics is under §6's name")
            counted[(line["TriggerType"], line["Domain"], line["Status"])] += line["TriggerExecution"]
    wanted = Counter()
    for item in world.items():
        if item["id"].startswith("cause#") and item["place"] == "decision":
            entry = json.loads(item["entry"])
            status = "success" if entry["decision"] == "dispatched" else entry["decision"]
            wanted[(entry["trigger_type"], entry.get("domain", "none"), status)] += 1
    checks.equal(counted, wanted, "as many as there are decisions")


def queues(world):
    """Whatever was to be worked on has been."""
    for queue in (WORK_QUEUE, WORK_LETTERS):
        world.checks.equal(world.depth(queue), 0, f"{queue} is empty")
