"""Stands between a function and the local AWS, passes everything on, and writes down what was called."""

import http.client
import http.server
import json
import re
import threading
import urllib.parse
from collections import Counter
from dataclasses import dataclass

from harness.checks import PATIENCE_SECONDS

ACCOUNT = "123456789012"
REGION = "us-east-1"
TARGETS = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AmazonSSM": "ssm", "AWSEvents": "events"}
# Operations whose permission has another name. A transaction needs that of its parts.
PERMISSIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage", "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
PARTS = {
    "Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
OBJECT_METHODS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}
HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Call:
    """What had to be allowed for a call: `dynamodb:PutItem` on one ARN."""

    action: str
    resource: str


@dataclass(frozen=True)
class Request:
    """A call as it came: the service and operation, and the parsed body, or None if it is no JSON."""

    operation: str
    body: object
    calls: frozenset


class Recorder:
    """One function's way to the local AWS, on a port of its own."""

    def __init__(self, function, target):
        self.function = function
        self.calls = Counter()
        self.operations = Counter()
        self.partitions = Counter()  # How often each partition of the control table was queried.
        self.bodies = {}  # The last body of each operation.
        self.unknown = []  # Calls that nobody could name: a finding.
        self.refusals = []  # (operation, status, code) of answers that say "not allowed".
        # Answers instead of the local AWS: from a Request to (status, body), or None to pass it on.
        self.fault = None
        self._lock = threading.Lock()
        self._target = urllib.parse.urlsplit(target).netloc
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, *_):
                pass

            def do_any(self):
                recorder._pass_on(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_any

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = read(handler.command, handler.path, handler.headers, body)
        with self._lock:
            self.operations[request.operation] += 1
            self.calls.update(request.calls)
            self.bodies[request.operation] = request.body
            if request.operation == "dynamodb:Query":
                self.partitions[request.body["ExpressionAttributeValues"][":partition"]["S"]] += 1
            if not request.calls:
                self.unknown.append(f"{handler.command} {handler.path} {request.operation}")
        fault = self.fault and self.fault(request)
        status, headers, answer = _answered(*fault) if fault else self._asked(handler, body)
        if status in (400, 403) and re.search(rb"AccessDenied|not authorized", answer):
            with self._lock:
                self.refusals.append((request.operation, status, answer.decode(errors="replace")[:200]))
        handler.send_response_only(status)
        for name, value in headers:
            handler.send_header(name, value)
        if handler.command != "HEAD":
            handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer)
        handler.wfile.flush()

    def _asked(self, handler, body):
        """The local AWS's own answer. `Host` goes on as it came, for it is signed."""
        connection = http.client.HTTPConnection(self._target, timeout=PATIENCE_SECONDS)
        try:
            connection.connect()
        except OSError as error:  # It is stopped before the functions are.
            return _answered(503, {"message": str(error)})
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in HOP_HEADERS:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            headers = [
                (name, value) for name, value in answer.getheaders()
                if name.lower() not in HOP_HEADERS or (handler.command == "HEAD" and name.lower() == "content-length")]
            return answer.status, headers, content
        finally:
            connection.close()


def _answered(status, body):
    return status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode()


def read(method, path, headers, body):
    """Which operation a request is, and what has to be allowed for it."""
    target = headers.get("X-Amz-Target")
    if target:
        prefix, operation = target.rsplit(".", 1)
        service = TARGETS.get(prefix, prefix)
        content = _json(body)
        return Request(f"{service}:{operation}", content, frozenset(_calls(service, operation, content or {})))
    plain = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
    if found := re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations", plain):
        name = found[1].rsplit(":", 1)[-1]
        call = Call("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
        return Request("lambda:Invoke", _json(body), frozenset([call]))
    if (found := re.fullmatch(r"/([^/]+)/(.+)", plain)) and method in OBJECT_METHODS:
        call = Call(OBJECT_METHODS[method], f"arn:aws:s3:::{found[1]}/{found[2]}")
        return Request(f"s3:{method.capitalize()}Object", None, frozenset([call]))
    return Request(f"{method} {path}", None, frozenset())


def _json(body):
    try:
        return json.loads(body)
    except ValueError:
        return None


def _calls(service, operation, body):
    action = PERMISSIONS.get(f"{service}:{operation}", f"{service}:{operation}")
    if service == "dynamodb":
        yield from _table_calls(action, body)
    elif service == "sqs":
        yield Call(action, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{body.get('QueueUrl', '').rsplit('/', 1)[-1]}")
    elif service == "ssm":
        yield Call(action, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{body.get('Name', '').lstrip('/')}")
    elif service == "events":
        for entry in body.get("Entries", []):
            bus = entry.get("EventBusName", "default").rsplit("/", 1)[-1]
            yield Call(action, f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}")


def _table_calls(action, body):
    def arn(table, index=None):
        name = table.rsplit("/", 1)[-1]
        return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}" + (f"/index/{index}" if index else "")

    if action == "dynamodb:TransactWriteItems":
        for item in body["TransactItems"]:
            ((kind, part),) = item.items()
            yield Call(PARTS[kind], arn(part["TableName"]))
    elif action == "dynamodb:BatchGetItem":
        for table in body["RequestItems"]:
            yield Call(action, arn(table))
    else:
        yield Call(action, arn(body["TableName"], body.get("IndexName")))
