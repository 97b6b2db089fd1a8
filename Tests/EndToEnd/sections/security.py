"""Who may do what: signatures, credentials, roles, guests of the ingestion bus (§8, D29)."""

import json
import re
import subprocess

import boto3
import botocore.config
from harness.checks import PATIENCE_SECONDS
from harness.clients import ACCOUNT, BUCKET, ORCHESTRATOR, WORK_QUEUE, arn
from harness.processes import REPOSITORY, clean_environment

PARTNER = "210987654321"
DOOR = "dev-custom-ingestion-bus"


def run(world, *arguments):
    binary = world.server.command[0]
    return subprocess.run(
        [binary, *arguments], capture_output=True, text=True, env=clean_environment(),
        timeout=PATIENCE_SECONDS, check=False)


def key(world, *more):
    """A new key and its secret."""
    said = json.loads(run(world, "credentials", "add", "--data", world.server.data, "-o", "json", *more).stdout)
    return said["access_key_id"], said["secret_access_key"]


def signed(world, pair, service):
    return boto3.client(
        service, endpoint_url=world.server.endpoint, aws_access_key_id=pair[0], aws_secret_access_key=pair[1],
        region_name="us-east-1", config=botocore.config.Config(retries={"max_attempts": 0}))


def credentials(world):
    """Signatures are looked at as soon as there is a key; each service says no in its own words."""
    checks = world.checks
    refused = run(
        world, "serve", "--config", REPOSITORY / "Config" / "dev.yaml", "--data", world.folder / "none", "--set",
        "server.host=0.0.0.0")
    checks.equal(refused.returncode, 65, "an open address without credentials is no place to start at")
    checks.that("bellcrank credentials add" in refused.stderr, "and the way out is named", refused.stderr)

    root, worker, guest = key(world, "--user", "ana"), key(
        world, "--user", "ci", "--role", "dev-customer-data-worker"), key(
        world, "--user", "partner", "--account", PARTNER)
    status = (world.server.data / "credentials.json").stat().st_mode & 0o777
    checks.equal(status, 0o600, "nobody else may read the secrets")
    listed = run(world, "credentials", "list", "--data", world.server.data).stdout
    checks.that(root[0] in listed and root[1] not in listed, "a secret is shown once", listed)

    for service, action, code in (
        ("events", lambda c: c.list_rules(), "UnrecognizedClientException"),
        ("sqs", lambda c: c.list_queues(), "InvalidClientTokenId"),
        ("lambda", lambda c: c.list_functions(), "UnrecognizedClientException"),
        ("logs", lambda c: c.describe_log_groups(), "UnrecognizedClientException"),
        ("iam", lambda c: c.list_roles(), "InvalidClientTokenId"),
        ("s3", lambda c: c.list_buckets(), "InvalidAccessKeyId"),
    ):
        asked = world.client(service)
        checks.raises(code, lambda: action(asked), f"{service}: a key that is not known", 403)
        wrong = signed(world, (root[0], "wrong"), service)
        code = "SignatureDoesNotMatch" if service in ("iam", "s3") else "InvalidSignatureException"
        checks.raises(code, lambda: action(wrong), f"{service}: a secret that is wrong", 403)
        action(signed(world, root, service))
        checks.that(True, f"{service}: a signature that is right")
    s3 = signed(world, root, "s3")
    for name in ("plain", "a b+c/ü~*'()", "x=1&y=%20"):
        s3.put_object(Bucket=BUCKET, Key=name, Body=name.encode())
        checks.equal(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read(), name.encode(), f"the key {name!r} is signed")
    keys = {o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix="x=1&")["Contents"]}
    checks.equal(keys, {"x=1&y=%20"}, "a query is signed")

    roles(world, worker)
    guests(world, root, guest)
    checks.equal(world.server.admin("status")[0], 401, "our own paths are closed as well")
    for pair in (root, worker, guest):
        checks.equal(
            run(world, "credentials", "revoke", pair[0], "--data", world.server.data).returncode, 0, "a key is revoked")
    checks.equal(run(world, "credentials", "revoke", "AKIANONE", "--data", world.server.data).returncode, 1, "no such key")
    checks.equal(world.server.admin("status")[0], 200, "without keys a loopback address is open again")


def roles(world, pair):
    """A role may do what its policies say, and a denial says what is missing."""
    checks = world.checks
    identity = signed(world, pair, "sts").get_caller_identity()
    checks.equal(
        identity["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/dev-customer-data-worker/ci", "the session has a name")
    sqs = signed(world, pair, "sqs")
    sqs.receive_message(QueueUrl=world.url(WORK_QUEUE))
    denied = checks.raises(
        "AccessDeniedException", lambda: signed(world, pair, "events").list_rules(), "an action nobody allowed")
    if denied:
        wanted = "is not authorized to perform: events:ListRules because no identity-based policy allows"
        checks.that(wanted in str(denied), "the denial says what is missing", str(denied))
    checks.raises(
        "AccessDenied", lambda: signed(world, pair, "s3").get_object(Bucket=BUCKET, Key="plain"), "another action on S3",
        403)
    signed(world, pair, "s3").put_object(Bucket=BUCKET, Key="by-role", Body=b"x")


def guests(world, root, guest):
    """D29: the policy of the door says who may publish; what comes in goes on to the default bus."""
    checks = world.checks
    entry = {
        "Source": "ops.manual", "DetailType": "Adhoc Ingestion", "Detail": json.dumps({"symbols": ["AAPL"]}),
        "EventBusName": arn("events", f"event-bus/{DOOR}")}
    theirs, ours = signed(world, guest, "events"), signed(world, root, "events")
    denied = checks.raises(
        "AccessDeniedException", lambda: theirs.put_events(Entries=[entry]), "a guest whom nobody let in")
    if denied:
        checks.that("no resource-based policy allows" in str(denied), "the denial says what is missing", str(denied))
    ours.put_permission(
        EventBusName=DOOR, StatementId="partner", Action="events:PutEvents", Principal=PARTNER)
    checks.that(PARTNER in ours.describe_event_bus(Name=DOOR)["Policy"], "the door's policy names the guest")
    answer = theirs.put_events(Entries=[entry])
    checks.equal(answer["FailedEntryCount"], 0, "a guest who is let in publishes")
    checks.raises(
        "AccessDeniedException", lambda: theirs.put_events(Entries=[entry | {"EventBusName": arn("events", "event-bus/default")}]),
        "the default bus is not theirs")
    checks.raises("AccessDeniedException", lambda: theirs.list_rules(), "nor is anything else")
    ours.remove_permission(EventBusName=DOOR, StatementId="partner")
    checks.raises("AccessDeniedException", lambda: theirs.put_events(Entries=[entry]), "the door is closed again")
    policy = re.search(r"\{.*\}", signed(world, root, "lambda").get_policy(FunctionName=ORCHESTRATOR)["Policy"])[0]
    checks.that(json.loads(policy)["Statement"], "the orchestrator's policy has statements")
