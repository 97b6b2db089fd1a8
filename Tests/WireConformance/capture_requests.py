"""Records what boto3, the aws CLI and an old botocore really send, as Tests/Vectors/wire-requests.json.

Every call goes to a recorder on loopback with made-up credentials. What changes from run to run (dates,
signatures, ids) is dropped, so that a new recording differs only where the clients do.

    python3 Tests/WireConformance/capture_requests.py [FOLDER_OF_AN_OLD_BOTOCORE]

The folder holds a botocore before 1.31.81, which still speaks the query protocol to SQS.
"""

import base64
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
KEPT = {
    "authorization", "content-type", "content-encoding", "content-length", "content-md5", "expect",
    "if-none-match", "transfer-encoding", "x-amz-target",
}
KEPT_PREFIXES = ("x-amz-", "x-amzn-", "smithy-")
DROPPED = {"x-amz-date", "x-amz-user-agent"}
ACCOUNT = "000000000000"


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    last = None

    def handle_any(self):
        chunked = self.headers.get("Transfer-Encoding") == "chunked"
        body = self.read_chunks() if chunked else self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {}
        for name, value in self.headers.items():
            name = name.lower()
            if (name in KEPT or name.startswith(KEPT_PREFIXES)) and name not in DROPPED:
                if name == "authorization":
                    value = re.sub(r"/\d{8}/", "/20250909/", value.split("SignedHeaders=")[0])
                    value += "SignedHeaders=host, Signature=0"
                headers[name] = value
        path, _, query = self.path.partition("?")
        Recorder.last = {"method": self.command, "path": path, "query": query, "headers": headers}
        try:
            Recorder.last["body"] = body.decode()
        except UnicodeDecodeError:
            Recorder.last["bodyBase64"] = base64.b64encode(body).decode()
        answer = b"" if self.command == "HEAD" or path.startswith("/bucket") else b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def read_chunks(self):
        body = b""
        while (size := int(self.rfile.readline().split(b";")[0], 16)) > 0:
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    def log_message(self, *_):
        pass


SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
ENDPOINT = f"http://127.0.0.1:{SERVER.server_port}"
QUEUE = f"http://localhost:4566/{ACCOUNT}/dev-customer-ingestion-queue"
FUNCTION = "dev-customer-data-orchestrator"
FUNCTION_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{FUNCTION}"
RULE = "dev-customer-ingestion-schedule"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
GROUP_ARN = f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule-group/market"
ATTRIBUTES = {
    "colour": {"DataType": "String", "StringValue": "blue"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
}

CALLS = {
    "events": [
        ("put_rule", dict(Name=RULE, ScheduleExpression="cron(0 22 * * ? *)", State="ENABLED", Description="daily",
                          Tags=[{"Key": "env", "Value": "dev"}])),
        ("describe_rule", dict(Name=RULE)),
        ("enable_rule", dict(Name=RULE)),
        ("disable_rule", dict(Name=RULE, EventBusName="default")),
        ("delete_rule", dict(Name=RULE, Force=True)),
        ("list_rules", dict(NamePrefix="dev-", Limit=10)),
        ("put_targets", dict(Rule=RULE, Targets=[
            dict(Id="1", Arn=FUNCTION_ARN, InputTransformer=dict(InputPathsMap={"at": "$.time"},
                 InputTemplate='{"trigger_time": <at>}'), RetryPolicy=dict(MaximumRetryAttempts=0),
                 DeadLetterConfig=dict(Arn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:dlq")),
            dict(Id="2", Arn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo", SqsParameters=dict(MessageGroupId="g"),
                 Input='{"a": 1}')])),
        ("list_targets_by_rule", dict(Rule=RULE)),
        ("remove_targets", dict(Rule=RULE, Ids=["1", "2"])),
        ("put_events", dict(Entries=[dict(Source="extract.pipeline", DetailType="Processing Complete",
                            Detail='{"domain": "market"}', Time=1757455200, Resources=["arn:x"]),
                            dict(Source="aws.s3", DetailType="x", Detail="{}"), dict(Source="a", Detail="{")])),
        ("test_event_pattern", dict(EventPattern='{"source": ["a"]}', Event='{"source": "a"}')),
        ("list_rule_names_by_target", dict(TargetArn=FUNCTION_ARN)),
        ("list_event_buses", dict(NamePrefix="dev")),
        ("describe_event_bus", dict(Name="default")),
    ],
    "lambda": [
        ("invoke", dict(FunctionName=FUNCTION, Payload=b'{"dry_run": true}', LogType="Tail", Qualifier="$LATEST",
                        ClientContext="e30=")),
        ("invoke", dict(FunctionName=FUNCTION_ARN, InvocationType="Event", Payload=b"{}")),
        ("invoke", dict(FunctionName=FUNCTION, InvocationType="DryRun")),
        ("get_function", dict(FunctionName=FUNCTION)),
        ("get_function_configuration", dict(FunctionName=FUNCTION)),
        ("list_functions", dict(MaxItems=5, Marker="m/1")),
    ],
    "sqs": [
        ("create_queue", dict(QueueName="q-1", Attributes={"VisibilityTimeout": "60"}, tags={"a": "b"})),
        ("get_queue_url", dict(QueueName="q-1")),
        ("list_queues", dict(QueueNamePrefix="q", MaxResults=3)),
        ("send_message", dict(QueueUrl=QUEUE, MessageBody="h\u00e9llo & <b>", DelaySeconds=5,
                              MessageAttributes=ATTRIBUTES)),
        ("send_message_batch", dict(QueueUrl=QUEUE, Entries=[
            dict(Id="a", MessageBody="1"), dict(Id="b", MessageBody="2", DelaySeconds=901)])),
        ("receive_message", dict(QueueUrl=QUEUE, MaxNumberOfMessages=10, WaitTimeSeconds=20, VisibilityTimeout=30,
                                 AttributeNames=["All"], MessageAttributeNames=["All"])),
        ("delete_message", dict(QueueUrl=QUEUE, ReceiptHandle="r+/=")),
        ("delete_message_batch", dict(QueueUrl=QUEUE, Entries=[dict(Id="a", ReceiptHandle="r1")])),
        ("change_message_visibility", dict(QueueUrl=QUEUE, ReceiptHandle="r", VisibilityTimeout=0)),
        ("get_queue_attributes", dict(QueueUrl=QUEUE, AttributeNames=["ApproximateNumberOfMessages", "QueueArn"])),
        ("set_queue_attributes", dict(QueueUrl=QUEUE, Attributes={
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dlq",
                                         "maxReceiveCount": 3})})),
        ("purge_queue", dict(QueueUrl=QUEUE)),
    ],
    "s3": [
        ("put_object", dict(Bucket="bucket", Key="market/prices/ds=2025-09-09/A+B \u00fc.json", Body=b'{"p": 1}',
                            ContentType="application/json", Metadata={"run": "7"})),
        ("get_object", dict(Bucket="bucket", Key="a/b.json")),
        ("head_object", dict(Bucket="bucket", Key="a/b.json")),
        ("delete_object", dict(Bucket="bucket", Key="a/b.json")),
        ("list_objects_v2", dict(Bucket="bucket", Prefix="market/", Delimiter="/", MaxKeys=2, StartAfter="m")),
        ("create_bucket", dict(Bucket="bucket")),
        ("create_bucket", dict(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})),
        ("head_bucket", dict(Bucket="bucket")),
        ("list_buckets", dict()),
    ],
    "sts": [("get_caller_identity", dict())],
    "scheduler": [
        ("create_schedule", dict(
            Name="nightly", GroupName="market", ClientToken="token-1", Description="every night",
            ScheduleExpression="cron(0 22 * * ? *)", ScheduleExpressionTimezone="America/New_York",
            StartDate=1757455200, EndDate=1788991200, State="ENABLED", ActionAfterCompletion="DELETE",
            FlexibleTimeWindow=dict(Mode="FLEXIBLE", MaximumWindowInMinutes=15),
            Target=dict(Arn=FUNCTION_ARN, RoleArn=ROLE, Input='{"at": "<aws.scheduler.scheduled-time>"}',
                        RetryPolicy=dict(MaximumRetryAttempts=3, MaximumEventAgeInSeconds=600),
                        DeadLetterConfig=dict(Arn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:dlq")))),
        ("update_schedule", dict(
            Name="nightly", ClientToken="token-2", ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow=dict(Mode="OFF"),
            Target=dict(Arn=f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default", RoleArn=ROLE,
                        EventBridgeParameters=dict(DetailType="Night", Source="clock")))),
        ("get_schedule", dict(Name="nightly", GroupName="market")),
        ("delete_schedule", dict(Name="nightly", GroupName="market", ClientToken="token-3")),
        ("list_schedules", dict(GroupName="market", NamePrefix="n", State="ENABLED", MaxResults=2, NextToken="a/b+c=")),
        ("create_schedule_group", dict(Name="market", ClientToken="token-4", Tags=[dict(Key="env", Value="dev")])),
        ("get_schedule_group", dict(Name="market")),
        ("delete_schedule_group", dict(Name="market", ClientToken="token-5")),
        ("list_schedule_groups", dict(NamePrefix="m", MaxResults=1)),
        ("tag_resource", dict(ResourceArn=GROUP_ARN, Tags=[dict(Key="a", Value="b")])),
        ("untag_resource", dict(ResourceArn=GROUP_ARN, TagKeys=["a", "b c"])),
        ("list_tags_for_resource", dict(ResourceArn=GROUP_ARN)),
    ],
}

UNSUPPORTED = {
    "dynamodb": ("list_tables", {}),
    "cloudwatch": ("list_metric_streams", {}),
    "iam": ("get_role", dict(RoleName="r")),
    "ssm": ("get_parameter", dict(Name="n")),
    "events": ("create_event_bus", dict(Name="b")),
    "sqs": ("list_queue_tags", dict(QueueUrl=QUEUE)),
    "lambda": ("get_function_concurrency", dict(FunctionName=FUNCTION)),
    "s3": ("get_bucket_notification_configuration", dict(Bucket="bucket")),
    "sts": ("get_session_token", {}),
}

CLI = [
    ["events", "put-rule", "--name", RULE, "--event-pattern", '{"source":["extract.pipeline"]}'],
    ["events", "put-events", "--entries", '[{"Source":"ops.manual","DetailType":"Adhoc Ingestion","Detail":"{}"}]'],
    ["lambda", "invoke", "--function-name", FUNCTION, "--payload", '{"urgent":true}', "/dev/null"],
    ["sqs", "receive-message", "--queue-url", QUEUE, "--attribute-names", "All"],
    ["s3api", "list-objects-v2", "--bucket", "bucket", "--prefix", "market/prices/"],
    ["s3", "cp", "-", "s3://bucket/from-cli.json"],
    ["sts", "get-caller-identity"],
    ["scheduler", "create-schedule", "--name", "once", "--schedule-expression", "at(2026-01-01T00:00:00)",
     "--flexible-time-window", "Mode=OFF", "--client-token", "token-6",
     "--target", f"Arn=arn:aws:sqs:us-east-1:{ACCOUNT}:q,RoleArn={ROLE},Input=hello"],
    ["scheduler", "list-schedules", "--group-name", "default"],
]


def pascal(name):
    return "".join(part.capitalize() for part in name.split("_"))


def record(rows, client, name, arguments, source):
    Recorder.last = None
    try:
        getattr(client, name)(**arguments)
    except Exception as error:  # The recorder's answer fits no operation; only the request counts.
        if Recorder.last is None:
            raise SystemExit(f"{source} {name} sent nothing: {error}")
    service = client.meta.service_model.service_name
    rows.append({"source": source, "service": service, "operation": pascal(name), **Recorder.last})


def clients_of(library, version):
    session = library.session.Session() if library.__name__ == "botocore" else library
    make = session.create_client if library.__name__ == "botocore" else session.client
    from botocore.config import Config
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda service: make(service, endpoint_url=ENDPOINT, config=config, region_name="us-east-1",
                                aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret")


def old_sqs(rows, folder):
    script = "import sys, json; sys.path.insert(0, sys.argv[1]); sys.path.insert(0, sys.argv[2]);" \
             "import capture_requests as c; c.as_old()"
    here = str(pathlib.Path(__file__).resolve().parent)
    output = subprocess.run([sys.executable, "-c", script, folder, here], check=True, capture_output=True, text=True)
    rows.extend(json.loads(output.stdout))


def as_old():
    import botocore
    import botocore.session
    threading.Thread(target=SERVER.serve_forever, daemon=True).start()
    rows = []
    client = clients_of(botocore, botocore.__version__)("sqs")
    for name, arguments in CALLS["sqs"]:
        record(rows, client, name, arguments, f"botocore {botocore.__version__}")
    json.dump(rows, sys.stdout)


def main():
    import boto3
    import botocore
    threading.Thread(target=SERVER.serve_forever, daemon=True).start()
    make = clients_of(boto3, boto3.__version__)
    rows = []
    for service, calls in CALLS.items():
        for name, arguments in calls:
            record(rows, make(service), name, arguments, f"boto3 {boto3.__version__}")
    for service, (name, arguments) in UNSUPPORTED.items():
        record(rows, make(service), name, arguments, f"boto3 {boto3.__version__}")
        rows[-1]["unsupported"] = True
    environment = dict(os.environ, AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="secret",
                       AWS_DEFAULT_REGION="us-east-1", AWS_MAX_ATTEMPTS="1")
    cli = subprocess.run(["aws", "--version"], capture_output=True, text=True).stdout.split()[0]
    for words in CLI:
        Recorder.last = None
        subprocess.run(["aws", "--endpoint-url", ENDPOINT, *words], env=environment, input=b'{"p": 2}',
                       capture_output=True)
        if Recorder.last is None:
            raise SystemExit(f"aws {words} sent nothing")
        name = "put_object" if words[1] == "cp" else words[1].replace("-", "_")
        rows.append({"source": cli, "service": words[0].replace("s3api", "s3"), "operation": pascal(name),
                     **Recorder.last})
    if len(sys.argv) > 1:
        old_sqs(rows, sys.argv[1])
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (VECTORS / "wire-requests.json").write_text(f"[\n{text}\n]\n".replace(ENDPOINT, "http://127.0.0.1:4566"))


if __name__ == "__main__":
    main()
