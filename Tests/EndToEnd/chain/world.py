"""What every section works with: the deployed stack, its clients, and helpers that look for what a cause led to."""

import concurrent.futures
import functools
import itertools
import json
import subprocess
from collections import Counter

from harness.checks import PATIENCE_SECONDS, until
from harness.clients import ACCOUNT, BUCKET, TRANSFORM_QUEUE, client, drain
from harness.processes import clean_environment

from chain.cloud import ORCHESTRATOR, WORKER

TABLE = "dev-customer-ingestion-control"
WORK_LETTERS = "dev-customer-ingestion-dlq"
TICK_RULE = "dev-customer-ingestion-tick"
TICK = {"bellcrank": "tick"}
# A cause that the ledger knows by nothing that the test could know, and one that is in it already.
UNNAMED = "unnamed"
KNOWN = "known"
CLI_SECONDS_MAX = 300


class World:
    def __init__(self, cloud, source, folder, checks, bellcrank=None):
        self.cloud = cloud
        self.source = source
        self.folder = folder
        self.checks = checks
        self.bellcrank = bellcrank  # The built program, if there is one.
        # What the test caused: the id of a cause, of its event, or its correlation id -> how many causes have it.
        self.causes = Counter()
        self.patience = PATIENCE_SECONDS  # How long is waited for what must come.
        self.ticks = 0  # Those of the test itself.
        self._numbers = itertools.count(1)

    @functools.cache
    def client(self, service):
        return client(service, self.cloud.endpoint, max_pool_connections=40, read_timeout=PATIENCE_SECONDS)

    def queue(self, name):
        return f"{self.cloud.endpoint}/{ACCOUNT}/{name}"

    # Causes

    def name(self, what):
        """A correlation id that no other cause has."""
        return f"{what}-{next(self._numbers)}"

    def invoke(self, payload, cause=None, function=ORCHESTRATOR):
        """Invokes a function and waits; its answer.

        Args:
            payload: gets a correlation id if it is a request without one, so that its row is found.
            cause: what the ledger knows it by where that is no correlation id; KNOWN for one that it has already.
        """
        if isinstance(payload, dict) and cause is None:
            payload = {"correlation_id": self.name("manual")} | payload
            cause = payload["correlation_id"]
        body = payload if isinstance(payload, str) else json.dumps(payload)
        answer = self.client("lambda").invoke(FunctionName=function, Payload=body)
        said = json.load(answer["Payload"])
        if answer.get("FunctionError"):
            raise RuntimeError(f"{function} failed: {said}")
        if cause != KNOWN:
            self.causes[cause or UNNAMED] += 1
        return said

    def invoke_at_once(self, payloads):
        """All at the same time; their answers in the order of the payloads."""
        with concurrent.futures.ThreadPoolExecutor(len(payloads)) as pool:
            return list(pool.map(self.invoke, payloads))

    def tick(self):
        """What the tick's rule sends, without waiting for its minute."""
        self.ticks += 1
        answer = self.client("lambda").invoke(FunctionName=ORCHESTRATOR, Payload=json.dumps(TICK))
        return json.load(answer["Payload"])

    def put(self, source, detail_type, detail, bus="default", is_wanted=True):
        """Puts one event; its id."""
        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": bus}
        answer = self.client("events").put_events(Entries=[entry])
        self.checks.equal(answer["FailedEntryCount"], 0, f"the event of {source} is taken")
        event = answer["Entries"][0]["EventId"]
        if is_wanted:
            self.causes[event] += 1
        return event

    def adhoc(self, **request):
        """A run that an event asks for, which no limit of manual runs stops; its id."""
        return self.put("ops.manual", "Adhoc Ingestion", request)

    def shell(self, command, wanted=0):
        """A command of the AWS CLI as it was installed; what it printed."""
        environment = clean_environment() | {"AWS_ENDPOINT_URL": self.cloud.endpoint}
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True,
            timeout=CLI_SECONDS_MAX)
        self.checks.equal(done.returncode, wanted, f"{command[:90]} ({done.stderr.strip()[:200]})")
        return done.stdout

    # Consequences

    def items(self, **more):
        """Every item of the control table as plain values."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True, **more)
        return [_plain(item) for page in pages for item in page["Items"]]

    def item(self, partition, place="-"):
        key = {"id": {"S": partition}, "place": {"S": place}}
        found = self.client("dynamodb").get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
        return _plain(found) if found else None

    def rows(self, identifier):
        """The ledger's rows, open and decided, with that id in one of their members."""
        names = ("cause_id", "event_id", "run_id", "correlation_id")
        return [
            json.loads(item["entry"]) | {"place": item["place"]} for item in self.items()
            if item["id"].startswith("cause#") and identifier in [item.get(name) for name in names]]

    def decided(self, identifier, count=1):
        """The decided rows about an id, once there are so many."""
        def enough():
            rows = [row for row in self.rows(identifier) if row["place"] == "decision"]
            return rows if len(rows) >= count else None

        return until(enough, self.patience, 0.1) or []

    def decision(self, identifier):
        """The one decided row about an id; empty if it did not come."""
        rows = self.decided(identifier)
        self.checks.equal(len(rows), 1, f"{identifier}: decided rows")
        return rows[0] if rows else {}

    def ended(self, run):
        """The run's head, once it has ended."""
        def head():
            item = self.item(f"run#{run}", "head")
            return item if item and item["status"] != "running" else None

        return until(head, self.patience, 0.1) or {}

    def chunks(self, run):
        return [item for item in self.items() if item["id"] == f"run#{run}" and item["place"].startswith("chunk#")]

    def results(self, run):
        """What became of each symbol of a run: symbol -> its result."""
        return {r["symbol"]: r for chunk in self.chunks(run) for r in json.loads(chunk["results"])}

    def runs(self, **wanted):
        """Heads of runs whose requests have these members."""
        heads = [item for item in self.items() if item["id"].startswith("run#") and item["place"] == "head"]
        return [h for h in heads if wanted.items() <= json.loads(h["request"]).items()]

    def unsent(self):
        """What is committed and not sent yet."""
        return [item for item in self.items() if item["id"] == "outbox"]

    def keys(self, run):
        """The objects that a run stored, by what S3 says itself."""
        s3 = self.client("s3")
        keys = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
                for o in page.get("Contents", [])]
        return [k for k in keys if s3.head_object(Bucket=BUCKET, Key=k)["Metadata"].get("run-id") == run]

    def succeeded(self, run, symbols, what):
        """Checks a run to its end: its objects are there."""
        self.checks.equal(self.ended(run).get("status"), "succeeded", f"{what}: the run's end")
        self.checks.equal(len(self.keys(run)), symbols, f"{what}: objects")

    def messages(self, queue, count=1):
        """Takes messages out of a queue until there were so many."""
        had = []

        def enough():
            had.extend(drain(self.client("sqs"), self.queue(queue), attributes=True))
            return len(had) >= count

        until(enough, self.patience, 0.1)
        return had

    def depth(self, queue):
        """Messages of a queue, whether they are visible, taken, or delayed."""
        names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
        answer = self.client("sqs").get_queue_attributes(QueueUrl=self.queue(queue), AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def transform(self, keys):
        """What Transform was told about these objects: key -> bodies. What it was told of others is kept for later."""
        def heard():
            told = {key: [b for b in self._told if b["detail"]["object"]["key"] == key] for key in keys}
            return told if all(told.values()) else None

        def look():
            self._told += [json.loads(m["Body"]) for m in drain(self.client("sqs"), self.queue(TRANSFORM_QUEUE))]
            return heard()

        return until(look, self.patience, 0.1) or {}

    @functools.cached_property
    def _told(self):
        return []

    def log(self, function=ORCHESTRATOR):
        """The lines of a function's log group that are JSON."""
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        lines = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def an_hour_passes(self):
        """Takes the window of manual runs away, as an hour would."""
        dynamodb = self.client("dynamodb")
        for item in self.items():
            if item["id"].startswith("rate#manual#"):
                dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": item["id"]}, "place": {"S": item["place"]}})

    def fired(self):
        """Ticks that came of their rule: nothing else asks which runs are under way."""
        asked = self.cloud.recorders[ORCHESTRATOR].partitions["running"]
        return asked - self.ticks

    def due(self, item):
        """Lets the moment come for which an item of the outbox waits."""
        self.client("dynamodb").update_item(
            TableName=TABLE, Key={"id": {"S": item["id"]}, "place": {"S": item["place"]}},
            UpdateExpression="SET due = :now", ExpressionAttributeValues={":now": {"N": "0"}})

    def mapping(self, is_on):
        """Switches the worker's event source mapping."""
        functions = self.client("lambda")
        (mapping,) = functions.list_event_source_mappings(FunctionName=WORKER)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=is_on)


def _plain(item):
    def value(attribute):
        ((kind, content),) = attribute.items()
        return int(content) if kind == "N" else content

    return {name: value(attribute) for name, attribute in item.items()}
