"""§8: what the functions called is what their roles allow, no more and no less, as three evaluators see it."""

import contextlib
import fnmatch
import json
from types import SimpleNamespace

from chain.cloud import DEPLOY_TRIGGER, NOTIFIER, ORCHESTRATOR, WORKER
from chain.recorder import Call
from harness.checks import table
from harness.clients import ACCOUNT, REGION, TRIGGER_LETTERS, WORK_QUEUE, arn, client
from harness.processes import Server

from tools.policies import of_roles

FUNCTIONS = (ORCHESTRATOR, WORKER, NOTIFIER, DEPLOY_TRIGGER)
MAPPING = "Lambda's event source mapping polls the queue with the function's role"
FAILURE = "Lambda buries what has failed with the function's role"
LOG = "Lambda delivers the function's log with its role"
# What a service does with a role, and no call of the function shows: role, action, what the resource's name ends in.
BY_SERVICES = {
    (WORKER, "sqs:ReceiveMessage", WORK_QUEUE): MAPPING,
    (WORKER, "sqs:DeleteMessage", WORK_QUEUE): MAPPING,
    (WORKER, "sqs:GetQueueAttributes", WORK_QUEUE): MAPPING,
    **{(function, "sqs:SendMessage", TRIGGER_LETTERS): FAILURE for function in (ORCHESTRATOR, NOTIFIER)},
    **{(function, f"logs:{action}", f"/aws/lambda/{function}:*"): LOG
       for function in FUNCTIONS for action in ("CreateLogStream", "PutLogEvents")},
    ("Forward", "events:PutEvents", "event-bus/default"): "EventBridge forwards partners' events with the rule's role",
}
# Calls that nobody makes and that no role may allow.
STRANGE = [
    Call("dynamodb:Scan", arn("dynamodb", "table/dev-customer-ingestion-control")),
    Call("dynamodb:PutItem", arn("dynamodb", "table/prod-customer-ingestion-control")),
    Call("sqs:PurgeQueue", arn("sqs", WORK_QUEUE)),
    Call("s3:DeleteObject", f"arn:aws:s3:::data-pipeline-raw-dev-{ACCOUNT}/market/prices/a.json"),
    Call("s3:PutObject", f"arn:aws:s3:::data-pipeline-raw-prod-{ACCOUNT}/market/prices/a.json"),
    Call("ssm:PutParameter", arn("ssm", "parameter/dev/customer-data/ingestion/symbols")),
    Call("events:PutEvents", arn("events", "event-bus/dev-custom-ingestion-bus")),
]


def roles(world):
    """Role → (action, resource) pairs that it allows, and its policy; the forwarding rule's own role is `Forward`."""
    found = {}
    for name, document in of_roles(world.cloud.template, ACCOUNT, REGION).items():
        found["Forward" if "Forward" in name else name] = (pairs(document), document)
    return found


def pairs(document):
    """What a policy allows, as pairs of an action and a resource."""
    return {
        (action, resource) for statement in document["Statement"]
        for action in _listed(statement["Action"]) for resource in _listed(statement["Resource"])}


def _listed(value):
    return value if isinstance(value, list) else [value]


def granted(world):
    """Every call that was recorded is allowed by one of the role's pairs, and none was refused."""
    checks = world.checks
    all_roles = roles(world)
    for function in FUNCTIONS:
        recorder = world.cloud.recorders[function]
        checks.equal(recorder.unknown[:3], [], f"{function}: every call has a name")
        for call in sorted(recorder.calls, key=str):
            allowed = _allows(all_roles[function][0], call)
            checks.that(allowed, f"{function} calls {call.action} on {call.resource} without a grant")
        checks.equal(recorder.refusals[:3], [], f"{function}: nothing was refused")


def used(world):
    """Every pair was needed by a call that was recorded, or is one that a service makes."""
    checks = world.checks
    rows = []
    for role, (grants, _) in sorted(roles(world).items()):
        recorder = world.cloud.recorders.get(role)
        calls = recorder.calls if recorder else {}
        for action, resource in sorted(grants):
            count = sum(n for call, n in calls.items() if _allows({(action, resource)}, call))
            reason = next(
                (why for (who, what, end), why in BY_SERVICES.items()
                 if (who, what) == (role, action) and resource.endswith(end)), "")
            rows.append([role, action, resource.split(":", 5)[-1], count, reason])
            checks.that(count or reason, f"{role} may {action} on {resource}, and never does")
    for role, action, end in BY_SERVICES:
        grants = roles(world)[role][0]
        there = any(a == action and r.endswith(end) for a, r in grants)
        checks.that(there, f"{role} needs {action} on …{end} for a service")
    table(["role", "action", "resource", "calls", "made by a service"], rows)


def _allows(grants, call):
    return any(
        action == call.action and fnmatch.fnmatchcase(call.resource, resource) for action, resource in grants)


def evaluated(world):
    """The calls and some strange ones, as policy engines decide: the local AWS's and our own."""
    all_roles = roles(world)
    arns = _role_arns(world)
    iam = world.client("iam")
    engines = [("the local AWS", iam.simulate_custom_policy)]
    with contextlib.ExitStack() as stack:
        if world.bellcrank:
            server = Server(world.bellcrank, world.folder, SimpleNamespace(endpoint="http://127.0.0.1:9"))
            stack.enter_context(server)
            engines.append(("Domain/Policies", client("iam", server.endpoint).simulate_custom_policy))
        else:
            print("NOTE the policies were not judged by Domain/Policies: no --bellcrank was given")
        for function in FUNCTIONS:
            document = json.dumps(all_roles[function][1])
            calls = [(call, "allowed") for call in sorted(world.cloud.recorders[function].calls, key=str)]
            calls = _without_repeated_keys(calls) + [
                (call, "implicitDeny") for call in STRANGE if not _allows(all_roles[function][0], call)]
            for call, wanted in calls:
                for name, simulate in engines:
                    had = _decision(simulate, call, PolicyInputList=[document])
                    world.checks.equal(had, wanted, f"{name} on {function}: {call.action} on {call.resource}")
                had = _decision(iam.simulate_principal_policy, call, PolicySourceArn=arns[function])
                world.checks.equal(had, wanted, f"the deployed role of {function}: {call.action} on {call.resource}")


def _without_repeated_keys(calls):
    """One object stands for all of its bucket: their keys differ and nothing else."""
    kept = {}
    for call, wanted in calls:
        place = call.resource.split("/")[0] if ":s3:::" in call.resource else call.resource
        kept.setdefault((call.action, place), (call, wanted))
    return list(kept.values())


def _decision(simulate, call, **more):
    answer = simulate(ActionNames=[call.action], ResourceArns=[call.resource], **more)
    (result,) = answer["EvaluationResults"]
    return result["EvalDecision"]


def _role_arns(world):
    return {
        function: world.client("lambda").get_function_configuration(FunctionName=function)["Role"]
        for function in FUNCTIONS}
