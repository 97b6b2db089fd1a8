"""What operators ask for over AWS's protocols: metrics, alarms, dashboards, logs, roles, permissions, moves (§6–§9)."""

import datetime
import json
import time

from harness.checks import until
from harness.clients import ORCHESTRATOR, arn
from harness.processes import REPOSITORY
from sections.security import run

NOW = lambda: datetime.datetime.now(datetime.timezone.utc)  # noqa: E731


def metrics(world):
    checks, cloudwatch = world.checks, world.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Sold", "Value": value, "Unit": "Count", "Dimensions": [{"Name": "City", "Value": "Seoul"}]}
        for value in (1, 2, 6)])
    window = {"StartTime": NOW() - datetime.timedelta(minutes=5), "EndTime": NOW() + datetime.timedelta(minutes=5)}
    seoul = [{"Name": "City", "Value": "Seoul"}]
    points = cloudwatch.get_metric_statistics(
        Namespace="Shop", MetricName="Sold", Dimensions=seoul, Period=3_600, Statistics=["Sum", "Average", "Maximum"],
        **window)["Datapoints"]
    checks.equal([(p["Sum"], p["Average"], p["Maximum"]) for p in points], [(9, 3, 6)], "statistics of what was put")
    answer = cloudwatch.get_metric_data(MetricDataQueries=[
        {"Id": "m", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "Sold", "Dimensions": seoul},
                                   "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e", "Expression": "m * 2"}], **window)
    checks.equal([sum(r["Values"]) for r in answer["MetricDataResults"]], [18.0], "math over a metric")
    checks.equal(
        [m["Dimensions"] for m in cloudwatch.list_metrics(Namespace="Shop")["Metrics"]], [seoul], "it is listed")
    world.put("ops.manual", "Adhoc Ingestion", {"symbols": ["AAPL"]})

    def namespaces():
        return {m["Namespace"] for page in cloudwatch.get_paginator("list_metrics").paginate() for m in page["Metrics"]}

    own = {"AWS/Events", "AWS/Lambda", "AWS/SQS", "Extract/Triggers"}
    checks.that(until(lambda: own <= namespaces()), "our own are there", namespaces())
    checks.raises(
        "InvalidParameterValue", lambda: cloudwatch.put_metric_data(
            Namespace="AWS/Shop", MetricData=[{"MetricName": "x", "Value": 1}]), "a namespace of AWS's")


def alarms(world):
    checks, cloudwatch = world.checks, world.client("cloudwatch")
    for number in range(3):
        cloudwatch.put_metric_alarm(
            AlarmName=f"shop-{number}", Namespace="Shop", MetricName="Returned", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold")
    pages = list(cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix="shop-", PaginationConfig={"PageSize": 2}))
    checks.equal([len(p["MetricAlarms"]) for p in pages], [2, 1], "alarms come in pages")
    cloudwatch.set_alarm_state(AlarmName="shop-0", StateValue="ALARM", StateReason="by hand")
    state = cloudwatch.describe_alarms(AlarmNames=["shop-0"])["MetricAlarms"][0]
    checks.equal((state["StateValue"], state["StateReason"]), ("ALARM", "by hand"), "a state is set")
    history = cloudwatch.describe_alarm_history(AlarmName="shop-0", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    checks.that(history, "and its history knows it")
    cloudwatch.disable_alarm_actions(AlarmNames=["shop-0"])
    checks.equal(
        cloudwatch.describe_alarms(AlarmNames=["shop-0"])["MetricAlarms"][0]["ActionsEnabled"], False, "no actions")
    checks.raises(
        "ResourceNotFound", lambda: cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x"),
        "an alarm that is not there", 404)
    cloudwatch.delete_alarms(AlarmNames=[f"shop-{n}" for n in range(3)])
    checks.equal(cloudwatch.describe_alarms(AlarmNamePrefix="shop-")["MetricAlarms"], [], "they are gone")
    own = cloudwatch.describe_alarms(AlarmNamePrefix="dev-customer-")["MetricAlarms"]
    checks.that(len(own) >= 9 and all("P" in a["AlarmDescription"] for a in own), "the environment has its own", own)


def dashboards(world):
    checks, cloudwatch = world.checks, world.client("cloudwatch")
    own = {d["DashboardName"] for d in cloudwatch.list_dashboards()["DashboardEntries"]}
    checks.that("dev-customer-ingestion" in own and len(own) >= 4, "the boards of §6 are there", own)
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 6,
                                    "properties": {"markdown": "hi"}}]})
    cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=body)
    checks.equal(json.loads(cloudwatch.get_dashboard(DashboardName="shop")["DashboardBody"]), json.loads(body), "kept")
    checks.raises(
        cloudwatch.exceptions.DashboardInvalidInputError,
        lambda: cloudwatch.put_dashboard(DashboardName="shop", DashboardBody="{"), "a body that is no JSON")
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    checks.raises(
        "ResourceNotFound", lambda: cloudwatch.get_dashboard(DashboardName="shop"), "gone", 404)


def logs(world):
    checks, logs = world.checks, world.client("logs")
    logs.create_log_group(logGroupName="/shop")
    checks.raises(
        logs.exceptions.ResourceAlreadyExistsException, lambda: logs.create_log_group(logGroupName="/shop"), "twice")
    logs.create_log_stream(logGroupName="/shop", logStreamName="a")
    now = int(time.time() * 1_000)
    logs.put_log_events(logGroupName="/shop", logStreamName="a", logEvents=[
        {"timestamp": now - 3 + n, "message": json.dumps({"level": level, "n": n})}
        for n, level in enumerate(("INFO", "ERROR", "INFO"))])
    found = logs.filter_log_events(logGroupName="/shop", filterPattern='{ $.level = "ERROR" && $.n >= 1 }')["events"]
    checks.equal([json.loads(e["message"])["n"] for e in found], [1], "a pattern finds its line")
    pages = [e["message"] for page in logs.get_paginator("filter_log_events").paginate(
        logGroupName="/shop", PaginationConfig={"PageSize": 1}) for e in page["events"]]
    checks.equal(len(pages), 3, "lines come in pages, each once")
    first = logs.get_log_events(logGroupName="/shop", logStreamName="a", startFromHead=True, limit=2)
    rest = logs.get_log_events(
        logGroupName="/shop", logStreamName="a", startFromHead=True, nextToken=first["nextForwardToken"])
    checks.equal(len(first["events"]) + len(rest["events"]), 3, "a stream is read on")
    logs.put_retention_policy(logGroupName="/shop", retentionInDays=7)
    group = logs.describe_log_groups(logGroupNamePrefix="/shop")["logGroups"][0]
    checks.equal(group["retentionInDays"], 7, "it is kept for a week")
    checks.raises(
        logs.exceptions.InvalidParameterException,
        lambda: logs.put_retention_policy(logGroupName="/shop", retentionInDays=6), "a retention that AWS has not")
    checks.raises(
        logs.exceptions.InvalidParameterException,
        lambda: logs.filter_log_events(logGroupName="/shop", filterPattern="{ $.a = }"), "a pattern that is none")
    logs.delete_log_group(logGroupName="/shop")
    checks.raises(
        logs.exceptions.ResourceNotFoundException, lambda: logs.describe_log_streams(logGroupName="/shop"), "gone")
    answer = world.invoke({"symbols": ["AAPL"], "correlation_id": "in-the-log"})
    checks.equal(answer["decision"], "dispatched", "a run for the log")
    lines = until(lambda: logs.filter_log_events(
        logGroupName=f"/aws/lambda/{ORCHESTRATOR}", filterPattern='{ $.correlation_id = "in-the-log" }')["events"])
    checks.that(lines, "the correlation id leads to the lines of the run")


def roles(world):
    checks, iam = world.checks, world.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    for name in ("shop-a", "shop-b"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    checks.raises(
        iam.exceptions.EntityAlreadyExistsException,
        lambda: iam.create_role(RoleName="shop-a", AssumeRolePolicyDocument=trust), "twice", 409)
    names = [r["RoleName"] for page in iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
             for r in page["Roles"]]
    checks.equal(sorted(names), sorted({ORCHESTRATOR, "dev-customer-data-worker", "shop-a", "shop-b"}), "role by role")
    allow = {"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::shop/*",
         "Condition": {"StringEquals": {"aws:username": "ana"}}},
        {"Sid": "Never", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::shop/secret/*"}]}
    iam.put_role_policy(RoleName="shop-a", PolicyName="p", PolicyDocument=json.dumps(allow))
    checks.equal(iam.get_role_policy(RoleName="shop-a", PolicyName="p")["PolicyDocument"], allow, "a policy is kept")
    checks.equal(iam.list_role_policies(RoleName="shop-a")["PolicyNames"], ["p"], "and listed")
    role = iam.get_role(RoleName="shop-a")["Role"]
    checks.equal(role["AssumeRolePolicyDocument"], json.loads(trust), "so is who may assume the role")

    def decide(resource, **more):
        result = iam.simulate_principal_policy(
            PolicySourceArn=role["Arn"], ActionNames=["s3:GetObject"], ResourceArns=[resource], **more)
        return result["EvaluationResults"][0]

    ana = {"ContextEntries": [
        {"ContextKeyName": "aws:username", "ContextKeyValues": ["ana"], "ContextKeyType": "string"}]}
    checks.equal(decide("arn:aws:s3:::shop/a", **ana)["EvalDecision"], "allowed", "under its condition")
    open_ = decide("arn:aws:s3:::shop/a")
    checks.equal(
        (open_["EvalDecision"], open_["MissingContextValues"]), ("implicitDeny", ["aws:username"]), "without the key")
    secret = decide("arn:aws:s3:::shop/secret/a", **ana)
    checks.equal(
        (secret["EvalDecision"], secret["MatchedStatements"][0]["SourcePolicyId"]), ("explicitDeny", "p"), "a denial wins")
    boundary = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})
    bounded = decide("arn:aws:s3:::shop/a", PermissionsBoundaryPolicyInputList=[boundary], **ana)
    checks.equal(
        (bounded["EvalDecision"], bounded["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]),
        ("implicitDeny", False), "a boundary bounds")
    custom = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(allow)], ActionNames=["s3:PutObject", "s3:GetObject"],
        ResourceArns=["arn:aws:s3:::shop/a", "arn:aws:s3:::shop/b"], MaxItems=3)
    checks.equal((len(custom["EvaluationResults"]), custom["IsTruncated"]), (3, True), "results come in pages")
    checks.raises(
        iam.exceptions.MalformedPolicyDocumentException,
        lambda: iam.put_role_policy(RoleName="shop-a", PolicyName="q", PolicyDocument="{}"), "no policy")
    checks.raises(iam.exceptions.NoSuchEntityException, lambda: iam.get_role(RoleName="none"), "no role", 404)
    checks.raises(iam.exceptions.DeleteConflictException, lambda: iam.delete_role(RoleName="shop-a"), "not empty", 409)
    iam.delete_role_policy(RoleName="shop-a", PolicyName="p")
    for name in ("shop-a", "shop-b"):
        iam.delete_role(RoleName=name)


def permissions(world):
    checks, functions, events = world.checks, world.client("lambda"), world.client("events")
    functions.add_permission(
        FunctionName=ORCHESTRATOR, StatementId="shop", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=arn("events", "rule/shop"))
    checks.raises(
        functions.exceptions.ResourceConflictException, lambda: functions.add_permission(
            FunctionName=ORCHESTRATOR, StatementId="shop", Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com"), "the same statement", 409)
    statements = json.loads(functions.get_policy(FunctionName=ORCHESTRATOR)["Policy"])["Statement"]
    checks.that(any(s["Sid"] == "shop" for s in statements), "it is in the policy")
    functions.remove_permission(FunctionName=ORCHESTRATOR, StatementId="shop")
    checks.raises(
        functions.exceptions.ResourceNotFoundException,
        lambda: functions.remove_permission(FunctionName=ORCHESTRATOR, StatementId="shop"), "gone", 404)
    events.create_event_bus(Name="shop-bus")
    checks.raises(
        events.exceptions.ResourceAlreadyExistsException, lambda: events.create_event_bus(Name="shop-bus"), "twice")
    events.put_permission(EventBusName="shop-bus", StatementId="s", Action="events:PutEvents", Principal="210987654321")
    checks.that("210987654321" in events.describe_event_bus(Name="shop-bus")["Policy"], "who may publish")
    names = [b["Name"] for b in events.list_event_buses()["EventBuses"]]
    checks.equal(names, sorted(["default", "dev-custom-ingestion-bus", "shop-bus"]), "the buses")
    events.remove_permission(EventBusName="shop-bus", StatementId="s")
    events.delete_event_bus(Name="shop-bus")
    checks.raises(
        events.exceptions.ResourceNotFoundException, lambda: events.describe_event_bus(Name="shop-bus"), "gone")
    # A rule without the permission of its target is undeliverable, and the dead letter says why.
    queue = world.queue("closed-queue", Policy="")
    world.rule("closed", "closed-queue", EventPattern={"source": ["closed"]})
    event = world.put("closed", "x", {})
    row = world.rows(event)[0]
    checks.equal((row["decision"], row["code"]), ("undeliverable", "NOT_PERMITTED"), "nothing goes where it may not")
    checks.equal(world.messages(queue, 1, 0.3), [], "the queue has nothing")
    events.remove_targets(Rule="closed", Ids=["queue"])
    events.delete_rule(Name="closed")


def moves(world):
    checks, sqs = world.checks, world.client("sqs")
    letters = world.queue("moved-dlq")
    source = world.queue("moved", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": arn("sqs", "moved-dlq"), "maxReceiveCount": 1}))
    for number in range(5):
        sqs.send_message(QueueUrl=letters, MessageBody=str(number))
    task = sqs.start_message_move_task(SourceArn=arn("sqs", "moved-dlq"), MaxNumberOfMessagesPerSecond=500)
    checks.that(task["TaskHandle"], "a task begins")
    done = until(lambda: [t for t in sqs.list_message_move_tasks(SourceArn=arn("sqs", "moved-dlq"))["Results"]
                          if t["Status"] == "COMPLETED"])
    checks.equal(done and done[0]["ApproximateNumberOfMessagesMoved"], 5, "all are moved")
    checks.equal(len(world.messages(source, 5)), 5, "back to where they came from")
    checks.raises(
        "ResourceNotFoundException", lambda: sqs.start_message_move_task(SourceArn=arn("sqs", "no-such")), "no queue")
    checks.raises(
        "ResourceNotFoundException", lambda: sqs.cancel_message_move_task(TaskHandle="none"), "no task")
    for url in (source, letters):
        sqs.delete_queue(QueueUrl=url)


def live_lint(world, endpoint):
    """Lint of a running server knows the events that came: a leaf that none of them had is named (issue 6)."""
    checks, events = world.checks, world.client("events")
    for _ in range(3):
        world.put("shop", "Sold", {"amount": 1})
    pattern = {"source": ["shop"], "detail-type": ["Sold"], "detail": {"amuont": [{"wildcard": "1*"}]}}
    events.put_rule(Name="shop", EventPattern=json.dumps(pattern))
    lint = run(world, "lint", "--live", "-o", "json", *endpoint)
    found = {f["code"]: f["sentence"] for f in json.loads(lint.stdout)["findings"] if f["subject"] == "shop"}
    checks.equal(lint.returncode, 1, "lint --live finds something")
    checks.equal(set(found), {"LEAF_UNSEEN", "PATTERN_COSTLY"}, "of the rule that was put")
    seen = found.get("LEAF_UNSEEN", "")
    checks.that(
        seen.startswith('of the 3 events of source "shop" and detail-type "Sold" recorded since ')
        and seen.endswith("none had detail.amuont; closest is detail.amount"), "the leaf and the closest are named", seen)
    checks.equal(
        found.get("PATTERN_COSTLY"), 'at detail.amuont, {"wildcard":"1*"} is {"prefix":"1"}', "and the shorter spelling")
    events.delete_rule(Name="shop")


def commands_of_ours(world):
    """`bellcrank` beside the AWS CLI: the doctor is well, lint is clean, a schedule stops and starts."""
    endpoint = ("--endpoint", world.server.endpoint)
    checks = world.checks
    doctor = run(world, "doctor", "-o", "json", *endpoint)
    report = json.loads(doctor.stdout)
    failing = [c for c in report["checks"] if c["health"] == "failing"]
    checks.equal((doctor.returncode, failing), (0, []), "the doctor finds nothing that fails")
    checks.that(len(report["checks"]) >= 16, "and has looked everywhere", len(report["checks"]))
    lint = run(world, "lint", "--config", str(REPOSITORY / "Config" / "dev.yaml"))
    checks.equal((lint.returncode, lint.stdout.strip()), (0, "nothing was found"), "lint finds nothing")
    live_lint(world, endpoint)
    for code in ("NO_RULE_MATCHED", "PHANTOM_METRIC", "LEAF_UNSEEN", "NO_PERMISSIONS", "STORE_UNAVAILABLE"):
        checks.equal(run(world, "explain", code).returncode, 0, f"{code} has a page")
    rule = "dev-customer-ingestion-schedule"
    stopped = run(world, "schedule", "disable", rule, "--reason", "maintenance", *endpoint)
    checks.equal(stopped.returncode, 0, "a schedule is stopped")
    sick = run(world, "doctor", *endpoint)
    checks.equal(sick.returncode, 1, "the doctor fails then")
    checks.that(sick.stdout.startswith(f"FAIL  rules: the rule {rule} is disabled"), "and says so first", sick.stdout[:200])
    checks.equal(run(world, "schedule", "enable", rule, "--reason", "done", *endpoint).returncode, 0, "and started")


def schedules_of_ours(world):
    """A schedule is listed, paused with an end, resumed with its plan, given policies, and backfilled."""
    endpoint = ("--endpoint", world.server.endpoint)
    checks, rule = world.checks, "dev-customer-ingestion-schedule"

    def ours(*words, wanted=0):
        done = run(world, *words, "-o", "json", *endpoint)
        checks.equal(done.returncode, wanted, f"{' '.join(words)} (said {done.stderr.strip()!r})")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    names = [each["name"] for each in ours("schedule", "list")["schedules"]]
    checks.that(rule in names, "the schedule is listed", names)
    table = run(world, "schedule", "list", "--zone", "America/New_York", *endpoint).stdout
    checks.that("America/New_York" in table.splitlines()[0], "in the zone that was asked for", table[:200])
    paused = ours("schedule", "pause", rule, "--reason", "maintenance", "--for", "2h", "--who", "ann")
    checks.equal(
        (paused["state"], paused["pause"]["who"], paused["pause"]["why"]), ("DISABLED", "ann", "maintenance"),
        "a pause has who and why")
    checks.that(paused["pause"].get("until"), "and an end", paused["pause"])
    world.client("events").put_rule(Name=rule, ScheduleExpression="cron(0 22 * * ? *)")
    doctor = run(world, "doctor", *endpoint).stdout
    checks.that("by ann since" in doctor, "put-rule that ended the pause is flagged (D27)", doctor[:400])
    ours("schedule", "pause", rule, "--reason", "again")
    checks.equal(ours("schedule", "resume", rule, "--plan")["state"], "DISABLED", "a plan changes nothing")
    checks.equal(ours("schedule", "resume", rule, "--reason", "done")["state"], "ENABLED", "and then it is resumed")
    ours("schedule", "set", rule, "--misfire", "all", "--max-age", "1d", "--max-count", "3", "--overlap", "buffer-one")
    shown = ours("schedule", "show", rule)
    checks.equal(
        (shown["misfire"], shown["misfire_window_seconds"], shown["misfire_count"], shown["overlap"]),
        ("all", 86_400, 3, "buffer_one"), "policies are set")
    checks.equal(len(shown["next_fires"]), 10, "with the next fires")
    refused = run(world, "schedule", "set", rule, "--gap", "shift", *endpoint)
    checks.that(refused.returncode != 0 and "UTC" in refused.stderr, "a rule's clock never changes", refused.stderr)
    yesterday = NOW().date() - datetime.timedelta(days=1)
    span = ("--from", str(yesterday - datetime.timedelta(days=2)), "--to", str(yesterday))
    plan = ours("backfill", rule, *span, "--plan")
    checks.equal((plan["slots_count"], plan["ran_count"]), (2, 0), "a backfill is planned")
    begun = ours("backfill", rule, *span, "--reason", "a test")

    def state():
        return ours("backfill", "show", begun["id"])["state"]

    checks.that(until(lambda: state() == "finished", 30), "it ends", state())
    again = ours("backfill", rule, *span, "--watch")
    checks.equal((again["fired"], again["duplicates"]), (0, 2), "and again, what ran is left alone")
    ahead = run(world, "backfill", rule, "--from", "2190-01-01", "--to", "2190-01-02", *endpoint)
    checks.that(ahead.returncode != 0 and "past slots" in ahead.stderr, "what lies ahead is refused", ahead.stderr)
    ours("schedule", "set", rule, "--misfire", "latest", "--max-age", "1h", "--overlap", "allow-all")


def patterns_of_ours(world):
    """An event that just misses a rule is explained, and the mended pattern is tried on what came."""
    endpoint = ("--endpoint", world.server.endpoint)
    checks, rule = world.checks, "dev-customer-ingestion-ops-manual"
    put = run(
        world, "event", "put", "--source", "ops.manual", "--detail-type", "Adhoc ingestion", "-o", "jsonl", *endpoint)
    event = json.loads(put.stdout.splitlines()[0])["event_id"]
    told = run(world, "pattern", "explain", "--stored", event, "--rule", rule, "-o", "json", *endpoint)
    checks.equal(told.returncode, 1, "the event does not match")
    leaf = json.loads(told.stdout)["rules"][0]["failures"][0]
    checks.equal(
        (leaf["path"], leaf["hints"][0]["code"], leaf["change_event"]["value"]),
        ("detail-type", "CASE_DIFFERS", "Adhoc Ingestion"), "and is told by what")
    mended = json.dumps({"source": ["ops.manual"], "detail-type": [{"equals-ignore-case": "adhoc ingestion"}]})
    tried = run(
        world, "pattern", "backtest", "--rule", rule, "--pattern", mended, "--against", "1h", "--limit", "100",
        "-o", "json", *endpoint)
    found = json.loads(tried.stdout)
    checks.that(event in [each["id"] for each in found["gained_first"]], "the mended pattern gains it", found["gained"])
    checks.equal(found["lost"], 0, "and loses nothing")
    checks.that("[#" not in tried.stderr, "no bar where no terminal is", tried.stderr)
