"""Starts an ingestion when a deployment asks for one (§3). Inline code of a custom resource: 4,096 bytes at most."""

import json
import urllib.request

import boto3


def request(event):
    """What the orchestrator is asked for. CloudFormation repeats a request by its id, and so do we, by ours."""
    symbols = [s.strip() for s in event["ResourceProperties"].get("Symbols", "").split(",")]
    body = {"trigger_type": "manual", "correlation_id": "deploy-" + event["RequestId"]}
    if any(symbols):
        body["symbols"] = [s for s in symbols if s]
    return body


def start(event, client):
    """Invokes without waiting. Whatever goes wrong is said and no more: a deployment never fails for an ingestion."""
    if event["RequestType"] == "Delete":
        return "nothing to undo"
    try:
        answer = client.invoke(
            FunctionName=event["ResourceProperties"]["FunctionName"],
            InvocationType="Event",
            Payload=json.dumps(request(event)).encode(),
        )
        return "invoked: %s" % answer["StatusCode"]
    except Exception as error:
        return "not invoked: %s" % error


def answer(event, said):
    return {
        "Status": "SUCCESS",
        "Reason": said[:1000],
        "PhysicalResourceId": event.get("PhysicalResourceId", "deploy-trigger"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Said": said[:1000]},
    }


def handler(event, context):
    said = start(event, boto3.client("lambda"))
    print(json.dumps({"request": event["RequestType"], "said": said}))
    body = json.dumps(answer(event, said)).encode()
    put = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(put, timeout=20).close()
