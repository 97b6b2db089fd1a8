"""Clients that never rest: events, invocations, objects and messages, while the server comes and goes."""

import json
import random
import threading
import time
import uuid

from chaos.promises import (
    ADHOC_QUEUE, ADHOC_RULE, BROKEN_RULE, DISABLED_RULE, KINDS, LETTER_QUEUE, LOAD_QUEUE, LOAD_RULE, NOTICES,
    SENT_QUEUE, TICK_QUEUE, TICK_RULE)
from harness.checks import PATIENCE_SECONDS
from harness.clients import BUCKET, ORCHESTRATOR, Refused, Unreachable, arn, client, queue_policy, queue_url

SYMBOLS = ["AAPL", "AMD", "AMZN", "GOOG", "IBM", "INTC", "META", "MSFT", "NFLX", "NVDA", "TSLA", "XOM"]
PERIODS = ["1d", "5d", "1mo", "3mo", "6mo", "1y"]
PAUSE_SECONDS_MAX = 0.02
# What one life of the server is asked at most, whatever the machine's speed: the verdict has to read it all.
EVENTS_MAX = 160
RUNS_MAX = 14
CALLS_MAX = 60


class Budget:
    """How much may still be asked in this life of the server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.renew()

    def renew(self):
        with self.lock:
            self.left = {"events": EVENTS_MAX, "runs": RUNS_MAX, "calls": CALLS_MAX}

    def take(self, what, count=1):
        """As much of it as is left."""
        with self.lock:
            taken = min(count, self.left[what])
            self.left[what] -= taken
            return taken


def prepare(endpoint):
    """The rules and queues of the load, beside those that the environment brings."""
    sqs, events = client("sqs", endpoint), client("events", endpoint)
    for queue in (LOAD_QUEUE, ADHOC_QUEUE, SENT_QUEUE, TICK_QUEUE, LETTER_QUEUE):
        sqs.create_queue(QueueName=queue, Attributes={"Policy": queue_policy(queue)})

    def rule(name, queue, state="ENABLED", target=None, **matter):
        matter = {k: json.dumps(v) if k == "EventPattern" else v for k, v in matter.items()}
        events.put_rule(Name=name, State=state, **matter)
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn("sqs", queue)} | (target or {})])

    rule(LOAD_RULE, LOAD_QUEUE, EventPattern={"source": [KINDS["load"].source]})
    rule(ADHOC_RULE, ADHOC_QUEUE, EventPattern={"source": ["ops.manual"], "detail": {"kill9": [True]}})
    rule(DISABLED_RULE, LOAD_QUEUE, state="DISABLED", EventPattern={"source": [KINDS["disabled"].source]})
    rule(TICK_RULE, TICK_QUEUE, ScheduleExpression="rate(1 minute)")
    rule(
        BROKEN_RULE, "kill9-no-such-queue", EventPattern={"source": [KINDS["broken"].source]},
        target={
            "RetryPolicy": {"MaximumRetryAttempts": 0}, "DeadLetterConfig": {"Arn": arn("sqs", LETTER_QUEUE)}})


class Load:
    """The clients. They ask while `open` is set, write answers into the promises, and take no connection error ill."""

    def __init__(self, endpoint, seed, promises):
        self.endpoint = endpoint
        self.seed = seed
        self.promises = promises
        self.budget = Budget()
        self.open = threading.Event()
        self.ended = threading.Event()
        self.threads = []

    def __enter__(self):
        jobs = [self.put_events] * 3 + [self.invoke] * 2 + [self.put_objects, self.send_messages, self.notify]
        for number, job in enumerate(jobs):
            thread = threading.Thread(target=self.repeat, args=(job, number), name=job.__name__, daemon=True)
            thread.start()
            self.threads.append(thread)
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.open.set()
        for thread in self.threads:
            thread.join(2 * PATIENCE_SECONDS)
        if any(thread.is_alive() for thread in self.threads):
            self.promises.errors.append("a client hangs in a call")

    def repeat(self, job, number):
        dice = random.Random(f"{self.seed}/{number}")
        clients = {name: client(name, self.endpoint) for name in ("events", "lambda", "s3", "sqs")}
        while not self.ended.is_set():
            self.open.wait()
            try:
                job(clients, dice)
            except Unreachable:
                self.promises.note(lambda: setattr(self.promises, "refused", self.promises.refused + 1))
            except Exception as error:  # Written down: the verdict shows it, and the other clients go on.
                text = f"{job.__name__}: {type(error).__name__}: {error}"
                self.promises.note(lambda: self.promises.errors.append(text))
            time.sleep(dice.random() * PAUSE_SECONDS_MAX)

    # Events

    def put_events(self, clients, dice):
        kinds = [self.kind(dice) for _ in range(self.budget.take("events", dice.randint(1, 10)))]
        if not kinds:
            return
        entries = [
            {"Source": KINDS[k].source, "DetailType": KINDS[k].detail_type, "Detail": json.dumps(detail(k, dice))}
            for k in kinds]
        answer = clients["events"].put_events(Entries=entries)
        ids = [entry.get("EventId") for entry in answer["Entries"]]
        if answer["FailedEntryCount"] or len(ids) != len(kinds) or None in ids:
            raise ValueError(f"not all of {len(kinds)} good events were taken: {answer['Entries']}")
        self.promises.note(lambda: self.promises.events.update(zip(ids, kinds)))

    def kind(self, dice):
        kind = dice.choices(list(KINDS), [30, 8, 8, 5, 5, 4, 5, 4, 4, 4])[0]
        return kind if not KINDS[kind].starts_runs or self.budget.take("runs") else "load"

    # Invocations

    def invoke(self, clients, dice):
        with self.promises.lock:
            again = self.promises.unanswered.pop() if self.promises.unanswered and dice.random() < 0.5 else None
        if again:
            self.ask(clients["lambda"], *again, again=True)
            return
        if not self.budget.take("calls"):
            return
        what = dice.choices(["run", "dry", "bad", "async"], [4, 3, 2, 2])[0]
        if what in ("run", "async") and not self.budget.take("runs"):
            what = "dry"
        correlation = f"kill9-{dice.getrandbits(64):016x}"
        payload = request(dice) | {"correlation_id": correlation}
        if what == "async":
            answer = clients["lambda"].invoke(
                FunctionName=ORCHESTRATOR, InvocationType="Event", Payload=json.dumps(payload))
            request_id = answer["ResponseMetadata"]["RequestId"]
            self.promises.note(lambda: self.promises.accepted.update({request_id: correlation}))
            return
        payload |= {"dry": {"dry_run": True}, "bad": {"domain": "no such domain!"}, "run": {}}[what]
        self.ask(clients["lambda"], correlation, payload)

    def ask(self, functions, correlation, payload, again=False):
        try:
            answer = functions.invoke(FunctionName=ORCHESTRATOR, Payload=json.dumps(payload))
            body = json.load(answer["Payload"])
        except Unreachable:
            self.promises.note(lambda: self.promises.unanswered.append((correlation, payload)))
            raise
        except OSError:  # The connection broke inside the body.
            self.promises.note(lambda: self.promises.unanswered.append((correlation, payload)))
            return
        request_id, decision = answer["ResponseMetadata"]["RequestId"], body.get("decision")
        if "FunctionError" in answer or decision is None:
            raise ValueError(f"the invocation {request_id} failed: {body}")
        self.promises.note(lambda: self.keep(request_id, correlation, decision, again))

    def keep(self, request_id, correlation, decision, again):
        self.promises.again += again
        self.promises.invocations[request_id] = (correlation, decision)
        if decision in ("dispatched", "duplicate", "deferred"):
            self.promises.correlations[correlation] = self.promises.correlations.get(correlation, 0) + 1

    def ask_again(self):
        """What was left without an answer is asked once more, of a server that stays."""
        functions = client("lambda", self.endpoint)
        while self.promises.unanswered:
            self.ask(functions, *self.promises.unanswered.pop(), again=True)

    # Objects and messages

    def put_objects(self, clients, dice):
        if not self.budget.take("calls"):
            return
        key = f"market/prices/by-hand/{uuid.UUID(int=dice.getrandbits(128))}.json"
        body = json.dumps({"key": key, "filling": "x" * dice.randint(0, 20_000)}).encode()
        clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=body)
        self.promises.note(lambda: self.promises.puts.update({key: body}))

    def notify(self, clients, dice):
        """Raw notifications of S3 (§4), handed over asynchronously: what is accepted must reach Transform (D22)."""
        if not self.budget.take("calls"):
            return
        keys = [f"{NOTICES}{uuid.UUID(int=dice.getrandbits(128))}.json" for _ in range(dice.randint(1, 3))]
        records = [
            {
                "eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2025-09-09T14:45:30.000Z",
                "eventName": "ObjectCreated:Put", "s3": {
                    "bucket": {"name": BUCKET}, "object": {"key": key, "size": 1, "sequencer": "0055AED6DCD90281E5"}}}
            for key in keys]
        answer = clients["lambda"].invoke(
            FunctionName=ORCHESTRATOR, InvocationType="Event", Payload=json.dumps({"Records": records}))
        request_id = answer["ResponseMetadata"]["RequestId"]
        self.promises.note(lambda: self.promises.notices.update(dict.fromkeys(keys, request_id)))

    def send_messages(self, clients, dice):
        if not self.budget.take("calls"):
            return
        body = f"message {dice.getrandbits(64):016x}"
        answer = clients["sqs"].send_message(QueueUrl=queue_url(self.endpoint, SENT_QUEUE), MessageBody=body)
        self.promises.note(lambda: self.promises.messages.update({answer["MessageId"]: body}))


def detail(kind, dice):
    """The detail of an event of that kind."""
    match kind:
        case "veto" | "reingest":
            return {
                "domain": "market", "table_name": "prices", "partition": f"ds=2025-09-{dice.randint(1, 28):02}",
                "trigger_reingestion": kind == "reingest", "symbols": dice.sample(["AAPL", "MSFT", "GOOGL"], 2),
                "reason": dice.choice(["data_quality_issue", f"r{dice.getrandbits(32)}", f"r{dice.getrandbits(32)}"])}
        case "universe":
            return {
                "added_symbols": [dice.choice(SYMBOLS)], "removed_symbols": [], "effective_date": "2025-09-10",
                "immediate_ingestion": False}
        case "close":
            return {"symbols": [dice.choice(["AAPL", "MSFT", "GOOGL"])]}
        case "adhoc":
            return request(dice) | {"kill9": True}
        case "invalid":
            return {"domain": "no such domain!"}
        case _:
            return {"number": dice.getrandbits(32), "text": "가격 \"quoted\" <angled> \\ "}


def request(dice):
    """A run over a few symbols; one in ten asks for a symbol that the source does not have."""
    symbols = dice.sample(SYMBOLS, dice.randint(1, 3)) + (["NOSUCH"] if dice.random() < 0.1 else [])
    return {
        "data_source": "yahoo_finance", "symbols": symbols, "period": dice.choice(PERIODS), "force_symbols": True}
