"""Derives Tests/Vectors/wire-limits.json and wire-scheduler-limits.json from botocore's models of EventBridge and its Scheduler.

For every constrained member of every served operation: one request at the limit, which must be taken, and one
beyond it, which must be refused with the message that AWS has for that constraint. Long runs of one character are
written short: `{{a*4096}}`.

    python3 Tests/WireConformance/limit_requests.py
"""

import copy
import json
import pathlib
import re
import urllib.parse

import botocore.serialize
import botocore.session

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
ARN = "arn:aws:sqs:us-east-1:000000000000:q"
BASES = {
    "PutRule": {"Name": "r", "EventPattern": "{}", "Tags": [{"Key": "k", "Value": "v"}]},
    "DescribeRule": {"Name": "r"},
    "EnableRule": {"Name": "r"},
    "DisableRule": {"Name": "r"},
    "DeleteRule": {"Name": "r"},
    "ListRules": {},
    "PutTargets": {"Rule": "r", "Targets": [{"Id": "1", "Arn": ARN, "SqsParameters": {}, "DeadLetterConfig": {},
                                            "RetryPolicy": {}, "InputTransformer": {"InputTemplate": "t"}}]},
    "ListTargetsByRule": {"Rule": "r"},
    "RemoveTargets": {"Rule": "r", "Ids": ["1"]},
    "PutEvents": {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}", "Resources": ["x"]}]},
    "TestEventPattern": {"EventPattern": "{}", "Event": "{}"},
    "ListRuleNamesByTarget": {"TargetArn": ARN},
    "ListEventBuses": {},
    "DescribeEventBus": {},
}
TARGET = {"Arn": ARN, "RoleArn": "arn:aws:iam::000000000000:role/r", "DeadLetterConfig": {}, "RetryPolicy": {},
          "SqsParameters": {}, "EventBridgeParameters": {"DetailType": "d", "Source": "s"}}
SCHEDULE = {"Name": "n", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET}
GROUP = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g"
SCHEDULER_BASES = {
    "CreateSchedule": SCHEDULE,
    "UpdateSchedule": SCHEDULE,
    "GetSchedule": {"Name": "n"},
    "DeleteSchedule": {"Name": "n"},
    "ListSchedules": {},
    "CreateScheduleGroup": {"Name": "g", "Tags": [{"Key": "k", "Value": "v"}]},
    "GetScheduleGroup": {"Name": "g"},
    "DeleteScheduleGroup": {"Name": "g"},
    "ListScheduleGroups": {},
    "TagResource": {"ResourceArn": GROUP, "Tags": [{"Key": "k", "Value": "v"}]},
    "UntagResource": {"ResourceArn": GROUP, "TagKeys": ["k"]},
    "ListTagsForResource": {"ResourceArn": GROUP},
}
SKIPPED = {"SageMakerPipelineParameters", "KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "HttpParameters",
           "RedshiftDataParameters", "AppSyncParameters"}
# Well-formed by other rules than the model's, so that only the length is at stake.
FILLED = {"TargetArn": ARN + "q" * 2000, "EndpointId": "a." + "b" * 100, "TagResourceArn": GROUP + "g" * 2000,
          "RoleArn": TARGET["RoleArn"] + "r" * 2000, "DeadLetterConfigArnString": ARN + "q" * 2000,
          "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/" + "k" * 3000}


def text_of(shape, length):
    base = "a" * length
    if "pattern" in shape.metadata or not shape.name == "RoleArn":
        base = FILLED.get(shape.name, base)
    if shape.name == "TargetInput":
        base = '"' + "a" * (length - 2) + '"'
    return base[:length]


def alternatives(shape):
    """Pairs of a value and the complaint it must raise; None where it must be taken."""
    limits = shape.metadata
    if shape.type_name == "string":
        if limits.get("max"):
            yield text_of(shape, limits["max"]), None
            longer = text_of(shape, limits["max"] + 1)
            yield longer, f"Member must have length less than or equal to {limits['max']}"
        if limits.get("min"):
            yield "", f"Member must have length greater than or equal to {limits['min']}"
        if limits.get("pattern"):
            sample = "a b\u00e9*"
            if re.fullmatch(limits["pattern"], sample):
                sample = "aws.s3"
            yield sample, f"Member must satisfy regular expression pattern: {limits['pattern']}"
        if shape.enum:
            for value in shape.enum:
                yield value, None
            yield "SOMETHING", "Member must satisfy enum value set: [" + ", ".join(shape.enum) + "]"
    elif shape.type_name == "integer":
        for name, step, words in (("max", 1, "less"), ("min", -1, "greater")):
            if name in limits:
                yield limits[name], None
                yield limits[name] + step, f"Member must have value {words} than or equal to {limits[name]}"


def spots(shape, value, path):
    """Every constrained member of a structure, with the path to it."""
    for name, member in shape.members.items():
        if name in SKIPPED:
            continue
        here = path + [name]
        if member.type_name == "structure":
            yield from spots(member, value.get(name, {}), here)
        elif member.type_name == "list":
            element = member.member
            if element.type_name == "structure":
                yield from spots(element, value.get(name, [{}])[0], here + [0])
            else:
                yield here + [0], element
        elif member.type_name != "map":
            yield here, member


def with_value(base, path, value):
    request = copy.deepcopy(base)
    inner = request
    for step in path[:-1]:
        inner = inner[step] if isinstance(inner, list) else inner.setdefault(step, {})
    inner[path[-1]] = value
    if path[-1] in ("Input", "InputPath"):
        inner.pop("InputTransformer", None)
    return request


def rows_of(service, bases):
    model = botocore.session.get_session().get_service_model(service)
    rows = []
    for operation, base in bases.items():
        shape = model.operation_model(operation).input_shape
        source = f"botocore {botocore.__version__} {service} {model.api_version} {shape.name}"
        rows.append({"source": source, "operation": operation, "body": base})
        for path, member in spots(shape, base, []):
            name = ".".join(str(step) for step in path)
            for value, complaint in alternatives(member):
                row = {"source": f"{source}.{name}", "operation": operation,
                       "body": with_value(base, path, value)}
                rows.append(row | ({"complaint": complaint} if complaint else {}))
        for required in shape.required_members:
            body = {name: value for name, value in base.items() if name != required}
            rows.append({"source": f"{source}.{required}", "operation": operation, "body": body,
                         "complaint": "Member must not be null"})
        for name, member in shape.members.items():
            if member.type_name == "list" and "max" in member.metadata:
                for count in (member.metadata["max"], member.metadata["max"] + 1, 0):
                    row = {"source": f"{source}.{name}", "operation": operation,
                           "body": base | {name: (base[name] * count)[:count]}}
                    if count < member.metadata.get("min", 1) or count > member.metadata["max"]:
                        row["complaint"] = "Member must have length"
                    rows.append(row)
    return rows


def as_rest(rows):
    """Rows as botocore would send them; what path and query cannot say, an empty name or list, is left out."""
    model = botocore.session.get_session().get_service_model("scheduler")
    serializer = botocore.serialize.create_serializer("rest-json", include_validation=False)
    for row in rows:
        operation = model.operation_model(row["operation"])
        named = {name for name, member in operation.input_shape.members.items()
                 if member.serialization.get("location") == "uri"}
        if any(not row["body"].get(name) for name in named) or row["body"].get("TagKeys") == []:
            continue
        request = serializer.serialize_to_request(row.pop("body"), operation)
        query = urllib.parse.urlencode(request["query_string"], doseq=True)
        body = request["body"]
        body = json.loads(body) if body else None
        if body is not None:
            body.pop("ClientToken", None) if not row["source"].endswith("ClientToken") else None
        yield row | {"method": request["method"], "path": request["url_path"], "query": query, "body": body}


def write(name, rows):
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    text = re.sub(r"([a-z])\1{59,}", lambda run: "{{%s*%d}}" % (run[1], len(run[0])), text)
    (VECTORS / f"{name}.json").write_text(f"[\n{text}\n]\n")


def main():
    write("wire-limits", rows_of("events", BASES))
    write("wire-scheduler-limits", as_rest(rows_of("scheduler", SCHEDULER_BASES)))


if __name__ == "__main__":
    main()
