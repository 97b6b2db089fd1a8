"""Serves every row of Tests/Vectors/wire-answers.json to a real client and compares what the client made of it.

    python3 Tests/WireConformance/parse_answers.py [FOLDER_OF_AN_OLD_BOTOCORE]

The rows whose name ends in `query` are for SQS clients before botocore 1.31.81; without that folder they are skipped.
"""

import base64
import datetime
import http.server
import json
import subprocess
import sys
import threading

import capture_requests as capture

WHEN = datetime.datetime(2025, 9, 9, 22, tzinfo=datetime.timezone.utc)
RULE = {"Name": "r", "State": "DISABLED", "Description": 'd\n"é"', "EventPattern": '{"source":["a"]}'}
FUNCTION = {"FunctionName": "f", "Timeout": 300, "Environment": {"Variables": {"A": "b"}}, "State": "Active"}
DIGESTS = {"MD5OfMessageBody": "0b" * 16, "MD5OfMessageAttributes": "17" * 16}
FAILED = [{"Id": "b", "SenderFault": False, "Code": "InternalError", "Message": "no"}]
MESSAGE = {"MessageId": "m-1", "ReceiptHandle": "h-1", "Body": '<é & "b">\n', "MD5OfBody": "0b" * 16,
           "Attributes": {"ApproximateReceiveCount": "1"}, "MD5OfMessageAttributes": "17" * 16,
           "MessageAttributes": {"n": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"}}}
QUEUE = {"QueueUrl": "http://localhost:4566/000000000000/q"}
OBJECT = {"ContentType": "text/plain", "CacheControl": "no-cache", "Metadata": {"run": "7"}, "LastModified": WHEN,
          "ContentLength": 5, "ETag": '"e"', "ChecksumCRC32": "NhCmhg=="}
SCHEDULER = "arn:aws:scheduler:us-east-1:000000000000"
EXPECTED = {
    "events PutRule": {"RuleArn": "arn:aws:events:us-east-1:000000000000:rule/r"},
    "events DescribeRule": RULE,
    "events EnableRule": {},
    "events ListRules": {"Rules": [RULE], "NextToken": "t"},
    "events PutTargets": {"FailedEntryCount": 1, "FailedEntries": [{"TargetId": "9", "ErrorCode": "X"}]},
    "events ListTargetsByRule": {"Targets": [{"Id": "1", "RetryPolicy": {"MaximumRetryAttempts": 0}}]},
    "events RemoveTargets": {"FailedEntryCount": 0, "FailedEntries": []},
    "events PutEvents": {"FailedEntryCount": 1, "Entries": [{"EventId": "id"}, {"ErrorCode": "MalformedDetail"}]},
    "events TestEventPattern": {"Result": True},
    "events ListRuleNamesByTarget": {"RuleNames": ["r"]},
    "events ListEventBuses": {"EventBuses": [{"Name": "default", "CreationTime": WHEN}]},
    "events DescribeEventBus": {"Name": "default", "CreationTime": WHEN},
    "lambda Invoke": {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b'{"statusCode":200}'},
    "lambda Invoke failed": {"StatusCode": 200, "FunctionError": "Unhandled", "LogResult": "U1RBUlQKRU5ECg=="},
    "lambda Invoke Event": {"StatusCode": 202, "Payload": b""},
    "lambda Invoke DryRun": {"StatusCode": 204},
    "lambda GetFunction": {"Configuration": FUNCTION, "Concurrency": {"ReservedConcurrentExecutions": 1}},
    "lambda GetFunctionConfiguration": FUNCTION,
    "lambda ListFunctions": {"Functions": [FUNCTION], "NextMarker": "m"},
    "sqs CreateQueue": QUEUE,
    "sqs GetQueueUrl": QUEUE,
    "sqs ListQueues": {"QueueUrls": ["http://a/1", "http://a/2"], "NextToken": "t"},
    "sqs SendMessage": {"MessageId": "m-1", **DIGESTS},
    "sqs SendMessageBatch": {"Successful": [{"Id": "a", "MessageId": "m-1", **DIGESTS}], "Failed": FAILED},
    "sqs ReceiveMessage": {"Messages": [MESSAGE]},
    "sqs ReceiveMessage empty": {},
    "sqs DeleteMessage": {},
    "sqs DeleteMessageBatch": {"Successful": [{"Id": "a"}], "Failed": FAILED},
    "sqs GetQueueAttributes": {"Attributes": {"ApproximateNumberOfMessages": "3", "QueueArn": "arn"}},
    "s3 PutObject": {"ETag": '"e"', "ChecksumCRC32": "NhCmhg==", "ChecksumType": "FULL_OBJECT"},
    "s3 GetObject": {**OBJECT, "Body": b"hello"},
    "s3 GetObject part": {"ContentRange": "bytes 1-3/5", "Body": b"ell"},
    "s3 HeadObject": OBJECT,
    "s3 DeleteObject": {},
    "s3 ListObjectsV2": {"Contents": [{"Key": "a&b +\x01é", "LastModified": WHEN, "ETag": '"e"', "Size": 1}],
                         "CommonPrefixes": [{"Prefix": "d/"}], "IsTruncated": True, "StartAfter": "!",
                         "KeyCount": 2, "NextContinuationToken": "cGQv"},
    "s3 CreateBucket": {"Location": "/bucket"},
    "s3 HeadBucket": {"BucketRegion": "us-east-1"},
    "s3 ListBuckets": {"Buckets": [{"Name": "bucket", "CreationDate": WHEN}], "Owner": {"ID": "000000000000"}},
    "sts GetCallerIdentity": {"Account": "000000000000", "Arn": "arn:aws:iam::000000000000:root",
                              "UserId": "AKIDEXAMPLE"},
    "scheduler CreateSchedule": {"ScheduleArn": f"{SCHEDULER}:schedule/market/nightly"},
    "scheduler GetSchedule": {
        "Name": "nightly", "GroupName": "market", "StartDate": WHEN, "CreationDate": WHEN, "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "Target": {"RetryPolicy": {"MaximumRetryAttempts": 0}}},
    "scheduler DeleteSchedule": {},
    "scheduler ListSchedules": {"Schedules": [{"Name": "nightly", "Target": {"Arn": "arn"}}], "NextToken": "t"},
    "scheduler ListTagsForResource": {"Tags": [{"Key": "env", "Value": "dev"}]},
    "error scheduler": {"class": "ConflictException", "Message": "Schedule nightly already exists.",
                        "Error": {"Code": "ConflictException", "Message": "Schedule nightly already exists."}},
    "error scheduler quota": {"class": "ServiceQuotaExceededException"},
    "error events": {"class": "ResourceNotFoundException", "Error": {"Code": "ResourceNotFoundException"}},
    "error sqs": {"class": "QueueDoesNotExist", "Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}},
    "error sqs query": {"class": "QueueDoesNotExist", "Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}},
    "error lambda": {"class": "ResourceNotFoundException", "Error": {"Code": "ResourceNotFoundException"}},
    "error lambda throttled": {"class": "TooManyRequestsException", "retryAfterSeconds": "7",
                               "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
    "error s3": {"class": "NoSuchKey", "Error": {"Code": "NoSuchKey", "Key": "a&b"}},
    "error s3 head": {"class": "ClientError", "Error": {"Code": "404"}},
}


class Responder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    row = None

    def handle_any(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        row = Responder.row
        body = base64.b64decode(row["bodyBase64"]) if "bodyBase64" in row else row["body"].encode()
        self.send_response(row["status"])
        for name, value in row["headers"].items():
            self.send_header(name, value)
        if "Content-Length" not in row["headers"] and row["status"] != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    def log_message(self, *_):
        pass


def difference(expected, actual, path=""):
    """Where what was parsed is not what was expected; None if nowhere."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return f"{path}: {actual!r} is no structure"
        found = (difference(value, actual.get(name), f"{path}.{name}") for name, value in expected.items())
        return next((one for one in found if one), None)
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return f"{path}: {actual!r} has not {len(expected)} elements"
        found = (difference(one, other, f"{path}.{i}") for i, (one, other) in enumerate(zip(expected, actual)))
        return next((one for one in found if one), None)
    return None if expected == actual else f"{path}: {actual!r}, not {expected!r}"


def outcome(client, row):
    Responder.row = row
    calls = {capture.pascal(name): (name, arguments) for name, arguments in reversed(capture.CALLS[row["service"]])}
    name, arguments = calls[row["operation"]]
    try:
        result = getattr(client, name)(**arguments)
    except Exception as error:
        if not hasattr(error, "response"):
            return {"class": repr(error)}
        return {"class": type(error).__name__, **error.response}
    for streamed in ("Body", "Payload"):
        if hasattr(result.get(streamed), "read"):
            result[streamed] = result[streamed].read()
    return result


def check(rows, make):
    failures = []
    for row in rows:
        expected = EXPECTED.get(row["name"]) or EXPECTED.get(row["name"].removesuffix(" query"), {})
        actual = outcome(make(row["service"]), row)
        if "class" in actual and "class" not in expected:
            failures.append(f"{row['name']}: {actual}")
        elif problem := difference(expected, actual):
            failures.append(f"{row['name']}{problem}")
        elif "x-amzn-requestid" in actual.get("ResponseMetadata", {}).get("HTTPHeaders", {}):
            if actual["ResponseMetadata"].get("RequestId") != "id-1":
                failures.append(f"{row['name']}: RequestId {actual['ResponseMetadata']}")
    return failures


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Responder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    capture.ENDPOINT = f"http://127.0.0.1:{server.server_port}"


def load(of_old):
    rows = json.loads((capture.VECTORS / "wire-answers.json").read_text())
    return [row for row in rows if row["name"].endswith("query") == of_old and row["service"] in capture.CALLS]


def as_old():
    import botocore
    import botocore.session
    serve()
    json.dump(check(load(True), capture.clients_of(botocore, botocore.__version__)), sys.stdout)


def main():
    import boto3
    serve()
    failures = check(load(False), capture.clients_of(boto3, boto3.__version__))
    count = len(load(False))
    if len(sys.argv) > 1:
        script = "import sys; sys.path[:0] = sys.argv[1:3]; import parse_answers as p; p.as_old()"
        here = str(capture.pathlib.Path(__file__).resolve().parent)
        output = subprocess.run([sys.executable, "-c", script, sys.argv[1], here], check=True, capture_output=True,
                                text=True)
        failures += json.loads(output.stdout)
        count += len(load(True))
    print(f"{count} answers, {len(failures)} misread", *failures, sep="\n")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
