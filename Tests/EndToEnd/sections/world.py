"""What every section works with: a running server, its clients, and helpers that look for what a cause led to."""

import functools
import json
import uuid

from harness.checks import PATIENCE_SECONDS, until
from harness.clients import ORCHESTRATOR, WORK_QUEUE, Refused, client, drain, queue_policy, queue_url
from harness.processes import Server


class World:
    def __init__(self, binary, folder, source, checks, settings):
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = binary
        self.folder = folder
        self.source = source
        self.checks = checks
        self.server = Server(binary, folder, source, settings)

    @functools.cache
    def client(self, service):
        return client(service, self.server.endpoint)

    def url(self, queue):
        return queue_url(self.server.endpoint, queue)

    def queue(self, name=None, **attributes):
        """Makes a queue that rules may send to; its URL."""
        name = name or f"q-{uuid.uuid4()}"
        attributes = {"Policy": queue_policy(name)} | attributes
        return self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def rule(self, name, queue, **matter):
        """Makes a rule that leads to a queue of ours."""
        events = self.client("events")
        target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:123456789012:{queue}"} | matter.pop("Target", {})
        matter = {k: json.dumps(v) if k == "EventPattern" else v for k, v in matter.items()}
        arn = events.put_rule(Name=name, **matter)["RuleArn"]
        events.put_targets(Rule=name, Targets=[target])
        return arn

    def put(self, source, detail_type, detail, **more):
        """Puts one event; its id."""
        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)} | more
        answer = self.client("events").put_events(Entries=[entry])
        self.checks.equal(answer["FailedEntryCount"], 0, f"the event of {source} is taken")
        return answer["Entries"][0].get("EventId")

    def invoke(self, payload, **more):
        """Invokes the orchestrator; what it answered."""
        body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload)
        answer = self.client("lambda").invoke(FunctionName=ORCHESTRATOR, Payload=body, **more)
        text = answer["Payload"].read()
        return json.loads(text) if text else answer

    def rows(self, identifier, count=1):
        """The decided rows about an id, once there are so many."""
        def decided():
            rows = self.server.admin(f"decisions?id={identifier}")[1]["decisions"]
            rows = [row for row in rows if row["decision"] != "deferred"]
            return rows if len(rows) >= count else None

        return until(decided) or []

    def run(self, run_id):
        """The run, once it has ended."""
        def ended():
            status, run = self.server.admin(f"runs/{run_id}")
            return run if status == 200 and "ended_at" in run else None

        return until(ended)

    def settle(self):
        """Waits until no chunk is queued, no cause is deferred and no run goes on."""
        def settled():
            queues = self.server.admin("status")[1]["queues"]
            work = next(queue for queue in queues if queue["queue"] == WORK_QUEUE)
            return not (
                work["visible"] + work["in_flight"] + work["delayed"]
                or self.server.admin("decisions?decision=deferred")[1]["decisions"]
                or self.server.admin("runs?status=running")[1]["runs"])

        self.checks.that(until(settled), "what was started comes to its end")

    def messages(self, url, count, seconds=PATIENCE_SECONDS):
        """So many messages' bodies, and whatever else is there by then."""
        had = []

        def enough():
            had.extend(drain(self.client("sqs"), url, attributes=True))
            return len(had) >= count

        until(enough, seconds)
        return had

    def quick_refusal(self, action, what):
        """An operation that is not served is refused by name, at once, and not as a fault of the server."""
        refusal = self.checks.raises(Refused, action, what)
        if refusal is not None:
            code = refusal.response["Error"]["Code"]
            self.checks.that(not code.isdigit() and code, f"{what}: the error has a name", code)
