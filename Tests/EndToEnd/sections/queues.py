"""SQS on the wire: messages, batches, long polls, redrive, errors under both of their names."""

import hashlib
import threading
import time
import uuid

from harness.checks import PATIENCE_SECONDS, fastest
from harness.clients import client, drain

# How soon a waiting receive must have a message that has just been sent, on a machine that has nothing else to do.
WAKE_SECONDS_MAX = 0.3
# How long a wait of a second may take then.
SECOND_SECONDS_MAX = 1.6


def messages(world):
    checks, sqs = world.checks, world.client("sqs")
    url = world.queue()
    body = "가격 \"<&>\" \t\n" + "x" * 1000
    attributes = {
        "text": {"DataType": "String", "StringValue": "é"}, "number": {"DataType": "Number", "StringValue": "1.5"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
    checks.equal(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest(), "the digest of the body")
    had = sqs.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])["Messages"][0]
    checks.equal((had["MessageId"], had["Body"]), (sent["MessageId"], body), "the message comes as it was sent")
    shown = {k: v.get("StringValue") or v.get("BinaryValue") for k, v in had["MessageAttributes"].items()}
    checks.equal(shown, {"text": "é", "number": "1.5", "bytes": b"\x00\xff"}, "with its attributes")
    checks.equal(had["Attributes"]["ApproximateReceiveCount"], "1", "and how often it was received")
    checks.equal(sqs.receive_message(QueueUrl=url).get("Messages", []), [], "a received message is hidden")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=had["ReceiptHandle"], VisibilityTimeout=0)
    had = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"][0]
    checks.equal(had["Attributes"]["ApproximateReceiveCount"], "2", "until it is given back")
    depth = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    checks.equal(depth["ApproximateNumberOfMessagesNotVisible"], "1", "it is counted as in flight")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=had["ReceiptHandle"])
    depth = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    checks.equal(
        (depth["ApproximateNumberOfMessages"], depth["ApproximateNumberOfMessagesNotVisible"]), ("0", "0"), "it is gone")


def batches(world):
    checks, sqs = world.checks, world.client("sqs")
    url = world.queue()
    entries = [{"Id": f"e{i}", "MessageBody": f"body {i}"} for i in range(10)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    checks.equal([e["Id"] for e in answer["Successful"]], [e["Id"] for e in entries], "ten go in one call")
    had = drain(sqs, url)
    checks.equal([m["Body"] for m in had], [e["MessageBody"] for e in entries], "and come out in order, once")
    mixed = sqs.send_message_batch(QueueUrl=url, Entries=[entries[0], {"Id": "bad", "MessageBody": "\x01"}])
    checks.equal([e["Id"] for e in mixed.get("Failed", [])], ["bad"], "each entry is judged alone")
    drain(sqs, url)
    coded = "AWS.SimpleQueueService."

    def send(entries):
        return lambda: sqs.send_message_batch(QueueUrl=url, Entries=entries)

    checks.raises(f"{coded}TooManyEntriesInBatchRequest", send([*entries, {"Id": "e", "MessageBody": "x"}]), "eleven")
    checks.raises(f"{coded}EmptyBatchRequest", send([]), "none")
    checks.raises(f"{coded}BatchEntryIdsNotDistinct", send([entries[0], entries[0]]), "the same id twice")


def refusals(world):
    """Errors carry the class of the model and the code of the old protocol."""
    checks, sqs = world.checks, world.client("sqs")
    name = "AWS.SimpleQueueService.NonExistentQueue"
    url = world.url("no-such-queue")
    for what, action in {
        "get-queue-url": lambda: sqs.get_queue_url(QueueName="no-such-queue"),
        "send-message": lambda: sqs.send_message(QueueUrl=url, MessageBody="x"),
        "receive-message": lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20),
        "get-queue-attributes": lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
        "purge-queue": lambda: sqs.purge_queue(QueueUrl=url),
    }.items():
        refusal = checks.raises(sqs.exceptions.QueueDoesNotExist, action, f"{what} of nothing", status=400)
        checks.equal(refusal and refusal.response["Error"]["Code"], name, f"{what}: the old code")
        checks.equal(refusal and refusal.response["Error"].get("QueryErrorCode"), "QueueDoesNotExist", "the new one")
        checks.equal(refusal and refusal.response["Error"].get("Type"), "Sender", f"{what}: whose fault it is")
    queue = str(uuid.uuid4())
    world.queue(queue)
    checks.equal(world.queue(queue), world.url(queue), "creating it again is no error")
    checks.raises(
        sqs.exceptions.QueueNameExists, lambda: world.queue(queue, VisibilityTimeout="7"), "with another attribute")
    checks.raises(
        sqs.exceptions.MessageNotInflight,
        lambda: sqs.change_message_visibility(
            QueueUrl=world.url(queue), ReceiptHandle=str(uuid.uuid4()), VisibilityTimeout=1), "a receipt of nothing")
    checks.raises("InvalidAttributeName", lambda: world.queue("odd", Colour="red"), "an attribute that is none")
    checks.raises("InvalidParameterValue", lambda: world.queue("b l a n k"), "a name that is none")
    checks.raises("InvalidAttributeValue", lambda: world.queue("odd", VisibilityTimeout="soon"), "a time that is none")
    checks.raises(
        "InvalidParameterValue",
        lambda: sqs.receive_message(QueueUrl=world.url(queue), MaxNumberOfMessages=11), "eleven messages at once")


def long_polls(world):
    """A receive waits without ticking: a message ends it at once, and without one it lasts as long as it was asked."""
    checks, sqs = world.checks, world.client("sqs")
    url = world.queue()
    def wakes():
        had = {}

        def wait():
            poller = client("sqs", world.server.endpoint)
            had["messages"] = poller.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])
            had["at"] = time.monotonic()

        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.4)
        sent = time.monotonic()
        sqs.send_message(QueueUrl=url, MessageBody="wake")
        waiter.join(PATIENCE_SECONDS)
        messages = had.get("messages", [])
        checks.equal([m["Body"] for m in messages], ["wake"], "a receive that waits has the message")
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return had.get("at", sent + PATIENCE_SECONDS) - sent

    def waits():
        began = time.monotonic()
        sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
        took = time.monotonic() - began
        checks.that(took >= 0.95, "without a message it waits its time", took)
        return took

    def delays():
        began = time.monotonic()
        sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
        late = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])
        took = time.monotonic() - began
        checks.that(len(late) == 1 and took >= 0.9, "a delayed message comes when it is due", (late, took))
        return took

    for _ in range(3):
        took = fastest(wakes, WAKE_SECONDS_MAX)
        checks.that(took < WAKE_SECONDS_MAX, "a message ends the wait at once", took)
    took = fastest(waits, SECOND_SECONDS_MAX)
    checks.that(took < SECOND_SECONDS_MAX, "without a message it waits no longer", took)
    took = fastest(delays, SECOND_SECONDS_MAX)
    checks.that(took < SECOND_SECONDS_MAX, "a delayed message ends it when it is due", took)


def redrive(world):
    """A message that is received too often moves to the dead letters."""
    letters = f"letters-{uuid.uuid4()}"
    letters_url = world.queue(letters)
    url = world.queue(
        RedrivePolicy=f'{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:{letters}","maxReceiveCount":2}}',
        VisibilityTimeout="0")
    sqs = world.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    counts = [len(sqs.receive_message(QueueUrl=url).get("Messages", [])) for _ in range(3)]
    world.checks.equal(counts, [1, 1, 0], "it is received twice")
    world.checks.equal([m["Body"] for m in drain(sqs, letters_url)], ["poison"], "and lies in the dead letters")
