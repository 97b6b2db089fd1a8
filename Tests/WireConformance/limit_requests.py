"""Derives Tests/Vectors/wire-limits.json from botocore's model of EventBridge.

For every constrained member of every served operation: one request at the limit, which must be taken, and one
beyond it, which must be refused with the message that AWS has for that constraint. Long runs of one character are
written short: `{{a*4096}}`.

    python3 Tests/WireConformance/limit_requests.py
"""

import copy
import json
import pathlib
import re

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
SKIPPED = {"KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "HttpParameters",
           "RedshiftDataParameters", "SageMakerPipelineParameters", "AppSyncParameters"}
# Well-formed by other rules than the model's, so that only the length is at stake.
FILLED = {"TargetArn": ARN + "q" * 2000, "EndpointId": "a." + "b" * 100}


def text_of(shape, length):
    base = FILLED.get(shape.name, "a" * length)
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
            yield "a b\u00e9*", f"Member must satisfy regular expression pattern: {limits['pattern']}"
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


def main():
    model = botocore.session.get_session().get_service_model("events")
    rows = []
    for operation, base in BASES.items():
        shape = model.operation_model(operation).input_shape
        source = f"botocore {botocore.__version__} events {model.api_version} {shape.name}"
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
                    if count == 0 or count > member.metadata["max"]:
                        row["complaint"] = "Member must have length"
                    rows.append(row)
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    text = re.sub(r"([a-z])\1{59,}", lambda run: "{{%s*%d}}" % (run[1], len(run[0])), text)
    (VECTORS / "wire-limits.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
