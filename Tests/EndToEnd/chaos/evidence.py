"""Everything that the server shows of itself after the last restart, read once through its public doors."""

import collections
import datetime

from chaos.promises import ADHOC_QUEUE, LETTER_QUEUE, LOAD_QUEUE, SENT_QUEUE, TICK_QUEUE
from harness.checks import until
from harness.clients import BUCKET, TRANSFORM_QUEUE, WORK_QUEUE, client, drain, queue_url

ROWS_MAX = 1_000  # Rows that one listing of the server holds.
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


def text(moment):
    return moment.strftime(MOMENT)[:-3] + "Z"


def ledger(server, since, until_moment):
    """All rows of a stretch of time; a stretch that fills a listing is halved."""
    status, answer = server.admin(f"decisions?limit={ROWS_MAX}&since={text(since)}&until={text(until_moment)}")
    if status != 200:
        raise RuntimeError(f"the ledger answers {status}: {answer}")
    rows = answer["decisions"]
    if len(rows) < ROWS_MAX:
        return rows
    half = since + (until_moment - since) / 2
    half = half.replace(microsecond=half.microsecond // 1000 * 1000)
    if half <= since:
        raise RuntimeError(f"{ROWS_MAX} rows in the millisecond {text(since)}")
    return ledger(server, since, half) + ledger(server, half, until_moment)


def await_quiet(server, seconds):
    """Waits until nothing is queued, deferred or running and the ledger stands still; what still moves, or None."""
    last = [None, 0]

    def quiet():
        status = server.admin("status")[1]
        work = next(q for q in status["queues"] if q["queue"] == WORK_QUEUE)
        moving = work["visible"] + work["in_flight"] + work["delayed"]
        deferred = len(server.admin("decisions?decision=deferred&limit=10")[1]["decisions"])
        head = status["decisions"][0]["cause_id"] if status["decisions"] else None
        last[1] = last[1] + 1 if head == last[0] and not moving and not deferred else 0
        last[0] = head
        quiet.state = f"{moving} chunks, {deferred} deferred"
        return last[1] >= 3

    return None if until(quiet, seconds, pause=0.5) else quiet.state


class Evidence:
    """Rows, runs, objects and messages."""

    def __init__(self, server, began):
        endpoint = server.endpoint
        now = datetime.datetime.now(datetime.timezone.utc)
        self.rows = ledger(server, began - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1))
        self.by_cause = collections.defaultdict(list)
        self.by_event = collections.defaultdict(list)
        for row in self.rows:
            self.by_cause[row["cause_id"]].append(row)
            if "event_id" in row:
                self.by_event[row["event_id"]].append(row)
        self.runs = {}
        for run in server.admin(f"runs?limit={ROWS_MAX}")[1]["runs"]:
            self.runs[run["run_id"]] = run
        for run_id in {row["run_id"] for row in self.rows if "run_id" in row} - set(self.runs):
            status, run = server.admin(f"runs/{run_id}")
            if status == 200:
                self.runs[run_id] = run
        self.objects = self.read_objects(client("s3", endpoint))
        sqs = client("sqs", endpoint)
        self.messages = {
            name: drain(sqs, queue_url(endpoint, name), attributes=True)
            for name in (LOAD_QUEUE, ADHOC_QUEUE, SENT_QUEUE, TICK_QUEUE, LETTER_QUEUE, TRANSFORM_QUEUE)}
        self.broken = server.verify()

    @staticmethod
    def read_objects(s3):
        """Key -> (metadata, body); None for a body that is listed and cannot be read."""
        objects = {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", []):
                if entry["Key"] in objects:
                    raise RuntimeError(f"{entry['Key']} is listed twice")
                try:
                    answer = s3.get_object(Bucket=BUCKET, Key=entry["Key"])
                    body = answer["Body"].read()
                    objects[entry["Key"]] = (answer["Metadata"], body if len(body) == entry["Size"] else None)
                except s3.exceptions.ClientError:
                    objects[entry["Key"]] = ({}, None)
        return objects
