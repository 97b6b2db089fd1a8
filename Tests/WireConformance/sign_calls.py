"""Signs the calls of AWSClients as botocore does, as Tests/Vectors/signed-calls.json.

    python3 Tests/WireConformance/sign_calls.py
"""

import datetime
import json
import pathlib
import unittest.mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors" / "signed-calls.json"
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2luX2VjEXAMPLE//token=="
MOMENT = datetime.datetime(2025, 9, 9, 22, 0, 0, tzinfo=datetime.timezone.utc)
ITEM = '{"TableName":"dev-customer-ingestion-control","Key":{"id":{"S":"lock#customer:prices"}},"ConsistentRead":true}'
META = {"content-type": "application/json", "x-amz-meta-run-id": "r-1", "x-amz-meta-note": "  two  blanks "}
CALLS = [
    ("DynamoDB", "dynamodb", "POST", "dynamodb.us-east-1.amazonaws.com", "/", "DynamoDB_20120810.GetItem", "1.0", {}, ITEM, None),
    ("DynamoDB with a token", "dynamodb", "POST", "dynamodb.us-east-1.amazonaws.com", "/", "DynamoDB_20120810.GetItem", "1.0", {}, ITEM, TOKEN),
    ("SQS with letters beyond ASCII", "sqs", "POST", "sqs.us-east-1.amazonaws.com", "/", "AmazonSQS.SendMessage", "1.0", {}, '{"MessageBody":"ü"}', TOKEN),
    ("EventBridge", "events", "POST", "events.us-east-1.amazonaws.com", "/", "AWSEvents.PutEvents", "1.1", {}, '{"Entries":[]}', None),
    ("SSM at a port", "ssm", "POST", "127.0.0.1:4599", "/", "AmazonSSM.GetParameter", "1.1", {}, '{"Name":"/dev/x"}', TOKEN),
    ("S3 put", "s3", "PUT", "raw.s3.us-east-1.amazonaws.com", "/market/prices/symbol%3DAAPL/a%20b%2B%C3%BC~%2A.json", "", "", dict(META, **{"if-none-match": "*"}), "{}", TOKEN),
    ("S3 put, path style, empty", "s3", "PUT", "127.0.0.1:4599", "/raw/a//b/../c", "", "", META, "", None),
    ("S3 head", "s3", "HEAD", "raw.s3.us-east-1.amazonaws.com", "/market/a%2520b", "", "", {}, "", TOKEN),
]


def main():
    rows = []
    for name, service, method, host, path, target, version, headers, body, token in CALLS:
        sent = dict(headers)
        if target:
            sent |= {"x-amz-target": target, "content-type": f"application/x-amz-json-{version}"}
        request = botocore.awsrequest.AWSRequest(method, f"https://{host}{path}", headers=dict(sent), data=body.encode())
        credentials = botocore.credentials.Credentials(KEY, SECRET, token)
        auth = (botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth)(credentials, service, "us-east-1")
        with unittest.mock.patch("botocore.auth.get_current_datetime", return_value=MOMENT):
            auth.add_auth(request)
        made = {k.lower(): v for k, v in request.headers.items() if k.lower() not in sent}
        rows.append({
            "source": "botocore", "name": name, "service": service, "method": method, "host": host, "path": path,
            "headers": sent, "body": body, "key": KEY, "secret": SECRET, "token": token, "at": "2025-09-09T22:00:00Z",
            "signed": made})
    VECTORS.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
