"""The specification's own commands (§3, §9), typed as they stand there, by the unmodified AWS CLI."""

import json
import re
import shutil
import subprocess

from harness.checks import until
from harness.clients import ACCOUNT, BUCKET, SCHEDULE_RULE, TRANSFORM_QUEUE, TRIGGER_LETTERS, WORK_QUEUE, arn
from harness.processes import clean_environment

CLI_SECONDS_MAX = 300
# How the CLI ends after a refusal: version 2, version 1.
REFUSED_BY_CLI = (254, 255)
# §3 "AWS CLI".
MANUAL = """aws lambda invoke \\
  --function-name dev-customer-data-orchestrator \\
  --payload '{"data_source":"yahoo_finance","symbols":["AAPL"],"period":"1d","correlation_id":"manual-001"}' \\
  response.json"""
# §9 "긴급 실행 명령어"; only the file lies elsewhere than in the common folder for temporary files.
URGENT = """aws lambda invoke \\
  --function-name dev-customer-data-orchestrator \\
  --payload '{"symbols":["AAPL"],"period":"1d","urgent":true}' \\
  response.json"""
# §9 "스케줄 관리 명령어".
DISABLE = "aws events disable-rule --name dev-customer-ingestion-schedule"
ENABLE = "aws events enable-rule --name dev-customer-ingestion-schedule"
CHANGE = """aws events put-rule \\
  --name dev-customer-ingestion-schedule \\
  --schedule-expression "cron(0 23 * * ? *)\""""
# §9 "진단 체크리스트" and "트러블슈팅 명령어 모음".
DESCRIBE = "aws events describe-rule --name dev-customer-ingestion-schedule"
STATE = "aws lambda get-function --function-name dev-customer-data-orchestrator"
LOGS = """aws logs filter-log-events \\
  --log-group-name /aws/lambda/dev-customer-data-orchestrator \\
  --start-time $(date -d '1 hour ago' +%s)000"""
SIMULATE = """aws iam simulate-principal-policy \\
  --policy-source-arn arn:aws:iam::ACCOUNT:role/ROLE_NAME \\
  --action-names lambda:InvokeFunction"""
WORK_QUEUE_ARN = arn("sqs", WORK_QUEUE)
# §3 "Lambda Console".
CONSOLE = {
    "data_source": "yahoo_finance", "data_type": "prices", "domain": "market", "table_name": "prices",
    "symbols": ["AAPL", "MSFT"], "period": "1d", "interval": "1d", "file_format": "json",
    "correlation_id": "manual-console-test", "dry_run": False,
}
# §4: the key of a raw object.
KEY = re.compile(
    r"market/prices/ingestion_date=(\d{4}-\d\d-\d\d)/data_source=yahoo_finance/symbol=([A-Z]+)/interval=1d"
    r"/period=1d/(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)\.json")
ANSWER_KEYS = {
    "statusCode", "decision", "run_id", "correlation_id", "idempotency_key", "trigger_type", "domain", "table_name",
    "ds", "symbols", "chunks", "messages", "delay_seconds", "warnings", "dry_run"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Shell:
    """A terminal where only the endpoint, the region and the credentials are set."""

    def __init__(self, world):
        self.world = world
        self.folder = world.folder / "shell"
        self.folder.mkdir(exist_ok=True)
        self.lines = []

    def __call__(self, command, wanted=(0,)):
        environment = clean_environment() | {"AWS_ENDPOINT_URL": self.world.server.endpoint}
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True,
            timeout=CLI_SECONDS_MAX)
        first = command.splitlines()[0]
        is_right = done.returncode in wanted
        self.lines.append((" ".join(command.replace("\\\n", "").split())[:100], done.returncode, is_right))
        self.world.checks.that(done.returncode in wanted, f"{first} (said {done.stderr.strip()!r})", done.returncode)
        return done

    def table(self):
        """Every command that was run, how it ended, and whether that was right."""
        rows = [f"{'ok' if is_right else 'WRONG':5}  {code:3}  {command}" for command, code, is_right in self.lines]
        print("\n".join(["Commands of §3, §7 and §9, by the unmodified AWS CLI:", *rows]))

    def json(self, command):
        return json.loads(self(command).stdout or "null")

    def response(self):
        return json.loads((self.folder / "response.json").read_text())


def commands(world):
    checks = world.checks
    if not shutil.which("aws"):
        checks.find("the AWS CLI is missing: pip install awscli")
        return
    shell = Shell(world)
    manual(world, shell)
    schedule(world, shell)
    console(world)
    other_services(world, shell)
    shell.table()


def manual(world, shell):
    """§3 and §9: both invocations end in objects under the §4 keys and in messages of the §4 shape."""
    checks = world.checks
    told = []
    for command, correlation in ((MANUAL, "manual-001"), (URGENT, None)):
        printed = shell.json(command)
        checks.equal(printed and printed.get("StatusCode"), 200, "the CLI shows the status")
        answer = shell.response()
        checks.equal(set(answer), ANSWER_KEYS, "the answer has the members that the issue lists")
        checks.equal(answer["decision"], "dispatched", "the invocation runs")
        checks.equal(answer["symbols"], ["AAPL"], "with its symbols")
        checks.equal((answer["domain"], answer["table_name"]), ("market", "prices"), "with the defaults (D2)")
        if correlation:
            checks.equal(answer["correlation_id"], correlation, "under its correlation id")
            ds = answer["ds"]
            checks.equal(answer["idempotency_key"], f"market:prices:{ds}:{correlation}", "and the key of §5")
        run = world.run(answer["run_id"])
        if checks.that(run and run["status"] == "succeeded", "the run succeeds", run):
            told += [r["key"] for chunk in run["chunks"] for r in chunk["results"]]
    checks.equal(len(set(told)), 2, "each run has an object of its own")
    objects(world, told)
    transform(world, told)


def objects(world, keys):
    listed = {o["Key"]: o for o in world.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="market/")["Contents"]}
    for key in keys:
        match = KEY.fullmatch(key)
        world.checks.that(match and match[2] == "AAPL", "the key has the layout of §4", key)
        world.checks.that(key in listed, "the object is listed", key)
        body = json.loads(world.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
        world.checks.equal(body.get("symbol"), "AAPL", "the object is of its symbol")


def transform(world, keys):
    """§4: exactly the "Transform EventBridge Event", member by member."""
    checks = world.checks
    for message in (json.loads(m["Body"]) for m in world.messages(world.url(TRANSFORM_QUEUE), len(keys))):
        wanted = {"version", "id", "detail-type", "source", "account", "time", "region", "detail"}
        checks.equal(set(message), wanted, "the message has the members of §4")
        fixed = {k: message.get(k) for k in ("version", "detail-type", "source", "account", "region")}
        checks.equal(
            fixed, {
                "version": "0", "detail-type": "Object Created", "source": "aws.s3", "account": ACCOUNT,
                "region": "us-east-1"}, "the message has the values of §4")
        checks.that(INSTANT.fullmatch(message["time"]), "its time is like 2025-09-09T14:45:30Z", message["time"])
        checks.that(isinstance(message["id"], str) and message["id"], "its id is a text", message["id"])
        detail = message["detail"]
        checks.equal(set(detail), {"bucket", "object"}, "the detail has the members of §4")
        checks.equal(detail["bucket"], BUCKET, "the bucket is a text")
        checks.equal(set(detail["object"]), {"key", "size"}, "the object has the members of §4")
        key, size = detail["object"]["key"], detail["object"]["size"]
        checks.that(key in keys, "it names one of the objects", key)
        checks.that(type(size) is int, "its size is a number", size)
        head = world.client("s3").head_object(Bucket=BUCKET, Key=key)
        checks.equal(size, head["ContentLength"], "its size is the object's")
        keys.remove(key)
    checks.equal(keys, [], "Transform hears of each object once")


def schedule(world, shell):
    """§9: the schedule is stopped, started and moved; put-rule enables again, as on AWS (D27)."""
    checks = world.checks
    checks.equal(shell.json(DESCRIBE)["State"], "ENABLED", "the schedule is shipped enabled (§1)")
    checks.equal(shell.json(DESCRIBE)["ScheduleExpression"], "cron(0 22 * * ? *)", "with the dev expression of §1")
    shell(DISABLE)
    checks.equal(shell.json(DESCRIBE)["State"], "DISABLED", "disable-rule disables")
    shell(ENABLE)
    checks.equal(shell.json(DESCRIBE)["State"], "ENABLED", "enable-rule enables")
    shell(DISABLE)
    changed = shell.json(CHANGE)
    checks.equal(changed["RuleArn"], f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{SCHEDULE_RULE}", "put-rule's answer")
    described = shell.json(DESCRIBE)
    checks.equal(described["ScheduleExpression"], "cron(0 23 * * ? *)", "put-rule moves the schedule")
    checks.equal(described["State"], "ENABLED", "put-rule enables a disabled rule (D27)")
    targets = shell.json(f"aws events list-targets-by-rule --rule {SCHEDULE_RULE}")["Targets"]
    checks.equal(len(targets), 1, "put-rule leaves the targets alone")
    fires = next(r for r in world.server.admin("rules")[1]["rules"] if r["name"] == SCHEDULE_RULE)["next_fires"]
    checks.that(all(f.endswith("T23:00:00Z") for f in fires) and fires, "it fires at 23:00 UTC from now on", fires)
    checks.equal(shell.json(STATE)["Configuration"]["State"], "Active", "the function is Active (§9)")


def console(world):
    """§3 "Lambda Console"."""
    answer = world.invoke(CONSOLE)
    world.checks.equal(answer["decision"], "dispatched", "the console's request runs")
    world.checks.equal(answer["symbols"], ["AAPL", "MSFT"], "with both symbols")
    run = world.run(answer["run_id"])
    world.checks.that(run and run["stored"] == 2, "both are stored", run)


def other_services(world, shell):
    """§9: the diagnosis commands, and what the SDKs ask besides."""
    checks = world.checks
    events = shell.json(LOGS)["events"]
    checks.that(events, "the orchestrator's log has lines of the last hour", len(events))
    lines = [json.loads(e["message"]) for e in events if e["message"].startswith("{")]
    checks.that(all("correlation_id" in line or "requestId" in line for line in lines), "each names its cause", lines[:3])
    command = SIMULATE.replace("ACCOUNT", ACCOUNT).replace("ROLE_NAME", "dev-customer-data-orchestrator")
    results = shell.json(command)["EvaluationResults"]
    checks.equal(
        [(r["EvalActionName"], r["EvalDecision"]) for r in results], [("lambda:InvokeFunction", "implicitDeny")],
        "the role need not invoke anything: who may invoke is the function's own policy (D26)")
    own = shell.json(command.replace("lambda:InvokeFunction", "sqs:SendMessage") + f" --resource-arns {WORK_QUEUE_ARN}")
    checks.equal(own["EvaluationResults"][0]["EvalDecision"], "allowed", "it may do its work")
    policy = json.loads(shell.json("aws lambda get-policy --function-name dev-customer-data-orchestrator")["Policy"])
    checks.that(
        any(s["Sid"] == SCHEDULE_RULE and s["Principal"] == {"Service": "events.amazonaws.com"}
            for s in policy["Statement"]), "the schedule may invoke it", policy)
    letters(world, shell)
    identity = shell.json("aws sts get-caller-identity")
    checks.equal(identity["Account"], ACCOUNT, "sts knows the account")
    urls = shell.json(f"aws sqs list-queues --endpoint-url {world.server.endpoint}")["QueueUrls"]
    checks.that(world.url(TRANSFORM_QUEUE) in urls, "sqs lists the Transform queue", urls)


def letters(world, shell):
    """§7: a letter is looked at and sent again."""
    checks = world.checks
    queue = arn("sqs", TRIGGER_LETTERS)
    sqs = f"aws sqs --endpoint-url {world.server.endpoint}"
    shell(f"{sqs} get-queue-attributes --queue-url {world.url(TRIGGER_LETTERS)} --attribute-names All")
    handle = shell.json(f"{sqs} start-message-move-task --source-arn {queue}")["TaskHandle"]
    checks.that(handle, "a move task has a handle", handle)
    moved = until(
        lambda: [t for t in shell.json(f"{sqs} list-message-move-tasks --source-arn {queue}")["Results"]
                 if t["Status"] == "COMPLETED"])
    checks.that(moved, "the task completes", moved)
    shell(f"{sqs} cancel-message-move-task --task-handle {handle}", wanted=REFUSED_BY_CLI)
