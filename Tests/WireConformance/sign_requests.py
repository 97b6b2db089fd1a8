"""Signs requests as botocore does, as Tests/Vectors/signatures.json.

    python3 Tests/WireConformance/sign_requests.py
"""

import datetime
import json
import pathlib
import unittest.mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors" / "signatures.json"
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MOMENT = datetime.datetime(2025, 9, 9, 22, 0, 0, tzinfo=datetime.timezone.utc)
REQUESTS = [
    ("a JSON body", "events", "POST", "/", "", {"X-Amz-Target": "AWSEvents.ListRules"}, '{"Limit": 1}'),
    ("a form", "iam", "POST", "/", "", {"Content-Type": "application/x-www-form-urlencoded"}, "Action=ListRoles"),
    ("a path", "lambda", "GET", "/2015-03-31/functions/a%3Ab/policy", "", {}, ""),
    ("a query out of order", "lambda", "GET", "/2015-03-31/functions", "MaxItems=2&Marker=a%20b", {}, ""),
    ("a query without a value", "s3", "GET", "/bucket", "versioning&prefix=a%2Fb", {}, ""),
    ("a key with odd letters", "s3", "PUT", "/bucket/a%20b%2Bc/%C3%BC~%2A", "", {}, "body"),
    ("a key with an encoded percent", "s3", "GET", "/bucket/a%2520b", "", {}, ""),
    ("a header with blanks", "sqs", "POST", "/", "", {"X-Amz-Target": "AmazonSQS.ListQueues", "X-Amz-Note": "  a   b "}, "{}"),
    ("an empty body", "monitoring", "POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", "", {}, ""),
]


def main():
    rows = []
    for name, service, method, path, query, headers, body in REQUESTS:
        url = f"http://127.0.0.1:4566{path}" + (f"?{query}" if query else "")
        request = botocore.awsrequest.AWSRequest(method, url, headers=dict(headers), data=body.encode())
        credentials = botocore.credentials.Credentials(KEY, SECRET)
        auth = (botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth)(credentials, service, "us-east-1")
        with unittest.mock.patch("botocore.auth.get_current_datetime", return_value=MOMENT):
            auth.add_auth(request)
        sent = {k.lower(): v for k, v in request.headers.items()}
        rows.append({
            "source": "botocore", "name": name, "method": method, "path": path, "query": query, "headers": sent,
            "host": "127.0.0.1:4566", "body": body, "secret": SECRET})
    VECTORS.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
