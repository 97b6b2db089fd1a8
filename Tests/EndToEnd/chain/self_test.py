"""What is broken on purpose is found: each check of these parts can fail, and does for the right reason."""

import contextlib
import copy
import json
from unittest import mock

from chain import events, ledger, manual, permissions, schedule
from chain.cloud import WORKER
from chain.world import TABLE
from harness.checks import Checks, table
from harness.clients import BUCKET, TRANSFORM_QUEUE, drain

PATIENCE_SECONDS = 4


@contextlib.contextmanager
def an_object_is_lost(world):
    ended = world.ended

    def and_lost(run):
        head = ended(run)
        world.client("s3").delete_object(Bucket=BUCKET, Key=world.keys(run)[0])
        return head

    with mock.patch.object(world, "ended", and_lost):
        yield


@contextlib.contextmanager
def transform_is_not_told(world):
    transform = world.transform

    def deaf(keys):
        world._told.clear()
        drain(world.client("sqs"), world.queue(TRANSFORM_QUEUE))
        return transform(keys)

    with mock.patch.object(world, "transform", deaf):
        yield


@contextlib.contextmanager
def _changed(world, item, **members):
    """A copy of an item of the control table, with other members, while it lasts."""
    dynamodb = world.client("dynamodb")
    key = {"id": {"S": item["id"]}, "place": {"S": item["place"]}}
    raw = dynamodb.get_item(TableName=TABLE, Key=key)["Item"] | {n: {"S": v} for n, v in members.items()}
    dynamodb.put_item(TableName=TABLE, Item=raw)
    try:
        yield
    finally:
        dynamodb.delete_item(TableName=TABLE, Key={"id": raw["id"], "place": raw["place"]})


@contextlib.contextmanager
def _without(world, item):
    dynamodb = world.client("dynamodb")
    key = {"id": {"S": item["id"]}, "place": {"S": item["place"]}}
    raw = dynamodb.delete_item(TableName=TABLE, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    try:
        yield
    finally:
        dynamodb.put_item(TableName=TABLE, Item=raw)


def _one(world, beginning, place):
    return next(i for i in world.items() if i["id"].startswith(beginning) and i["place"] == place)


def a_run_is_there_twice(world):
    return _changed(world, _one(world, "run#", "head"), id="run#another")


def a_decision_is_lost(world):
    return _without(world, _one(world, "cause#", "decision"))


def a_cause_is_decided_twice(world):
    return _changed(world, _one(world, "cause#", "decision"), id="cause#another")


def something_is_not_sent(world):
    return _changed(world, _one(world, "run#", "head"), id="outbox", place="run-lost")


@contextlib.contextmanager
def an_hour_is_short(world):
    at_once = world.invoke_at_once

    def in_halves(payloads):
        first = at_once(payloads[:8])
        world.an_hour_passes()
        return first + at_once(payloads[8:])

    with mock.patch.object(world, "invoke_at_once", in_halves):
        yield


@contextlib.contextmanager
def a_key_is_not_one(world):
    at_once = world.invoke_at_once
    with mock.patch.object(world, "invoke_at_once", lambda payloads: at_once(
            [payload | {"correlation_id": world.name("other")} for payload in payloads])):
        yield


@contextlib.contextmanager
def a_line_of_metrics_is_lost(world):
    log = world.log

    def shorter(function):
        lines = log(function)
        first = next((n for n, line in enumerate(lines) if "_aws" in line), None)
        return [line for n, line in enumerate(lines) if n != first]

    with mock.patch.object(world, "log", shorter):
        yield


def _policies(name, change):
    """A sabotage of that name: the worker's grants and policy after a change of what it may do to the control table."""
    @contextlib.contextmanager
    def changed(world):
        roles = permissions.roles(world)
        document = copy.deepcopy(roles[WORKER][1])
        statement = next(s for s in document["Statement"] if s.get("Sid") == "Control")
        change(statement["Action"])
        roles[WORKER] = (permissions.pairs(document), document)
        with mock.patch.object(permissions, "roles", return_value=roles):
            yield

    changed.__name__ = name
    return changed


@contextlib.contextmanager
def a_permission_is_taken_away(world):
    """From the role itself: the local AWS refuses the worker's call."""
    iam = world.client("iam")
    function = world.client("lambda").get_function_configuration(FunctionName=WORKER)
    role = function["Role"].rsplit("/", 1)[-1]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    less = copy.deepcopy(document)
    next(s for s in less["Statement"] if s.get("Sid") == "StoreObjects")["Action"].remove("s3:PutObject")
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _told(world):
    row = world.decision(world.adhoc(symbols=["AAPL"]))
    world.ended(row["run_id"])
    schedule.told(world, world.keys(row["run_id"]))


# What is broken, the part that must see it, what it must say. The last one leaves a run behind that has not ended.
BROKEN = [
    (an_object_is_lost, events.market_close, "objects: wanted 1"),
    (transform_is_not_told, _told, "Transform hears of every object"),
    (a_run_is_there_twice, ledger.closed, "two runs of one key"),
    (a_run_is_there_twice, ledger.closed, "a run that nobody dispatched"),
    (a_decision_is_lost, ledger.closed, "0 decisions of 1 causes"),
    (a_cause_is_decided_twice, ledger.closed, "2 decisions of 1 causes"),
    (something_is_not_sent, ledger.closed, "nothing runs, waits or is to be sent"),
    (an_hour_is_short, manual.ten_an_hour, "exactly ten of sixteen"),
    (a_key_is_not_one, manual.one_key, "exactly one of sixteen"),
    (a_line_of_metrics_is_lost, ledger.metrics, "as many as there are decisions"),
    (_policies("a grant is missing", lambda actions: actions.remove("dynamodb:BatchGetItem")),
     permissions.granted, "without a grant"),
    (_policies("a grant is too many", lambda actions: actions.append("dynamodb:Scan")),
     permissions.used, "may dynamodb:Scan"),
    (_policies("a policy lacks an action", lambda actions: actions.remove("dynamodb:GetItem")),
     permissions.evaluated, "wanted 'allowed'"),
    (a_permission_is_taken_away, events.market_close, "the run's end"),
]


def play(world, checks):
    """Each part is whole before it is broken, so that it fails for nothing else."""
    with mock.patch.object(permissions, "table"):  # It says who used what; here few did.
        _play(world, checks)


def _play(world, checks):
    whole = Checks()
    world.checks = whole
    for part in dict.fromkeys(part for _, part, _ in BROKEN):
        with whole.section(part.__name__):
            part(world)
    with checks.section("whole"):
        # Few parts were played, so not all that is granted was used.
        rest = [f for f in whole.findings if "never does" not in f]
        checks.equal(rest, [], "nothing is found where nothing is broken")
    rows = []
    world.patience = PATIENCE_SECONDS
    for broken, part, wanted in BROKEN:
        world.checks = Checks()
        name = broken.__name__.replace("_", " ")
        with world.checks.section(part.__name__), broken(world):
            part(world)
        found = [f for f in world.checks.findings if wanted in f]
        with checks.section("broken"):
            checks.that(found, f"{name} in {part.__name__}: {wanted!r} must be found", world.checks.findings[:3])
        rows.append([name, part.__name__, (found or ["NOT FOUND"])[0][:110]])
    with checks.section("broken"):
        recorder = world.cloud.recorders[WORKER]
        checks.that(recorder.refusals, "a call without its permission is refused and recorded")
    table(["broken", "part", "found"], rows)
