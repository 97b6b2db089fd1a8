"""D21: failures of functions and poisoned work become dead letters, and are processed when they are redriven."""

import datetime
import json
import uuid

from chain.cloud import WORKER
from chain.world import WORK_LETTERS
from harness.checks import until
from harness.clients import ACCOUNT, ORCHESTRATOR, REGION, TRIGGER_LETTERS, WORK_QUEUE

RECEIVES_MAX = 10  # Of the work queue.


def no_table(request):
    """A fault: the table is gone."""
    if request.operation.startswith("dynamodb:"):
        return 400, {"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "injected"}
    return None


def no_queue(request):
    """A fault: SQS takes nothing."""
    if request.operation == "sqs:SendMessageBatch":
        return 400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "injected"}
    return None


def function_failure(world):
    """What fails inside the function is buried by Lambda's destination, and can be invoked again.

    The event is invoked as EventBridge does it on AWS, asynchronously; the local AWS's own EventBridge invokes
    otherwise and forgets what failed.
    """
    checks = world.checks
    world.messages(TRIGGER_LETTERS, 0)
    recorder = world.cloud.recorders[ORCHESTRATOR]
    event = {
        "version": "0", "id": str(uuid.uuid4()), "detail-type": "Adhoc Ingestion", "source": "ops.manual",
        "account": ACCOUNT, "time": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION, "resources": [], "detail": {"symbols": ["AAPL"]}}
    buried = []

    def found():
        buried.extend(json.loads(m["Body"]) for m in world.messages(TRIGGER_LETTERS, 0))
        return [b for b in buried if b.get("requestPayload", {}).get("id") == event["id"]]

    recorder.fault = no_table
    try:
        answer = world.client("lambda").invoke(
            FunctionName=ORCHESTRATOR, InvocationType="Event", Payload=json.dumps(event))
        checks.equal(answer["StatusCode"], 202, "an asynchronous invocation")
        letters = until(found, pause=0.1) or []
    finally:
        recorder.fault = None
    checks.equal(len(letters), 1, "that fails inside the function is buried by its destination")
    checks.equal(world.rows(event["id"]), [], "nothing was decided")
    for letter in letters:
        checks.equal(letter["requestPayload"], event, "the letter holds the event")
        checks.that(letter["responsePayload"].get("errorType"), "and why", letter)
        answer = world.invoke(letter["requestPayload"], cause=event["id"])
        checks.equal(answer["decision"], "dispatched", "invoked again with that, it is decided")
        row = world.decision(event["id"])
        checks.equal(row.get("rule"), "dev-customer-ingestion-ops-manual", "as the event that it is")
        world.succeeded(answer["run_id"], 1, "the redriven event")


def poison(world):
    """Work that is none: no JSON, and a chunk of a run that there is not."""
    checks, sqs = world.checks, world.client("sqs")
    world.messages(WORK_LETTERS, 0)
    url = world.queue(WORK_QUEUE)
    bodies = ["not a chunk", '{"run_id":"nobody","chunk_index":0}']
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    letters = world.messages(WORK_LETTERS, len(bodies))
    checks.equal(sorted(m["Body"] for m in letters), sorted(bodies), "poisoned messages are buried as they came")
    for letter in letters:
        attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
        checks.equal(attributes.get("ERROR_CODE"), "CHUNK_FAILED", "with a code (D21)")
        checks.that(attributes.get("ERROR_MESSAGE"), "and a reason", attributes)
        checks.that(attributes.get("TARGET_ARN", "").endswith(WORKER), "and whose", attributes)
    checks.that(until(lambda: world.depth(WORK_QUEUE) == 0), "and leave the queue", world.depth(WORK_QUEUE))


def redrive(world):
    """A good chunk that nobody finished: SQS buries it after ten receives; sent back, it is worked on."""
    checks, sqs = world.checks, world.client("sqs")
    world.messages(WORK_LETTERS, 0)
    world.mapping(False)
    try:
        row = world.decision(world.adhoc(symbols=["AAPL", "MSFT"], correlation_id=world.name("redrive")))
        url = world.queue(WORK_QUEUE)
        checks.that(until(lambda: world.depth(WORK_QUEUE)), "the chunk waits, for nobody takes it")

        def buried():
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MessageAttributeNames=["All"])
            return world.messages(WORK_LETTERS, 0)

        letters = until(buried, pause=0.02) or []
        checks.equal(len(letters), 1, "after its receives SQS buries it")
        checks.equal(world.item(f"run#{row.get('run_id')}", "head")["status"], "running", "its run is open")
    finally:
        world.mapping(True)
    for letter in letters:
        attributes = {
            name: {"DataType": a["DataType"], "StringValue": a["StringValue"]}
            for name, a in letter.get("MessageAttributes", {}).items()}
        sqs.send_message(QueueUrl=url, MessageBody=letter["Body"], MessageAttributes=attributes)
    world.succeeded(row.get("run_id"), 2, "the redriven chunk")


def outbox(world):
    """What is committed and could not be sent is sent by the tick, once its moment has come (D10)."""
    checks = world.checks
    world.an_hour_passes()
    world.messages(TRIGGER_LETTERS, 0)
    recorder = world.cloud.recorders[ORCHESTRATOR]
    recorder.fault = no_queue
    try:
        run = world.invoke({"symbols": ["AAPL"]})
        refused = world.invoke({"table_name": "volumes"})
    finally:
        recorder.fault = None
    checks.equal(run["decision"], "dispatched", "a run is admitted though nothing can be sent")
    checks.equal(refused["statusCode"], 422, "a refusal is answered though it cannot be buried")
    checks.that(until(lambda: world.depth(WORK_QUEUE) == 0), "nothing is in the work queue", world.depth(WORK_QUEUE))
    unsent = world.unsent()
    checks.equal(len(unsent), 2, "both wait in the outbox")
    checks.equal(world.tick()["sent"], 0, "a tick leaves them alone while their sender may be at it")
    for item in unsent:
        world.due(item)
    world.tick()
    checks.that(until(lambda: not world.unsent()), "then they are sent")
    world.succeeded(run["run_id"], 1, "the run that was sent late")
    # Perhaps twice, if the rule's own tick came at the same moment.
    codes = {m["MessageAttributes"]["ERROR_CODE"]["StringValue"] for m in world.messages(TRIGGER_LETTERS)}
    checks.equal(codes, {"UNKNOWN_TABLE"}, "and the dead letter")
