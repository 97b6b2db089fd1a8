"""Contracts of roles, permissions, rules, buses and moves: each operation, each error, each page (§7, §8).

What was answered and what was refused is remembered; `coverage` holds it against botocore's models in the end.
"""

import contextlib
import datetime
import itertools
import json
import re
import threading
import urllib.parse
import urllib.request
import uuid

from harness.checks import PATIENCE_SECONDS, until
from harness.clients import ACCOUNT, ORCHESTRATOR, Refused, arn, client
from harness.processes import REPOSITORY

WORKER = "dev-customer-data-worker"
DOOR = "dev-custom-ingestion-bus"
STRANGER = "210987654321"
GARBAGE = "bm90IGEgdG9rZW4gb2Ygb3Vycw=="
# How each service says: on from here, here it goes on, so many at most.
PAGES = {
    "iam": ("Marker", "Marker", "MaxItems"), "lambda": ("Marker", "NextMarker", "MaxItems"),
    "events": ("NextToken", "NextToken", "Limit")}

ANSWERED = set()  # (service, operation)
PROVOKED = set()  # (service, operation, error)
# Errors of the models that cannot arise here; `*` stands for every operation of the service.
NOT_PROVOKED = {
    ("iam", "*", "ServiceFailureException"): "a fault of the server is no answer to anything a client does",
    ("iam", "*", "ConcurrentModificationException"): "changes of roles come one after the other",
    ("iam", "*", "UnmodifiableEntityException"): "there are no service-linked roles",
    ("iam", "*", "PolicyEvaluationException"): "a policy that was read can be evaluated",
    ("iam", "DeleteRole", "LimitExceededException"): "a deletion exceeds no quota",
    ("iam", "DeleteRolePolicy", "LimitExceededException"): "a deletion exceeds no quota",
    ("lambda", "*", "ServiceException"): "a fault of the server is no answer to anything a client does",
    ("lambda", "*", "TooManyRequestsException"): "calls of the control plane are not throttled",
    ("events", "*", "InternalException"): "a fault of the server is no answer to anything a client does",
    ("events", "*", "ConcurrentModificationException"): "changes of a rule or bus come one after the other",
    ("events", "*", "ManagedRuleException"): "no service of AWS manages rules here",
    ("events", "*", "OperationDisabledException"): "there is nothing that switches the operation off",
    ("events", "PutRule", "LimitExceededException"): "the number of rules has no limit",
    ("events", "CreateEventBus", "LimitExceededException"): "the number of buses has no limit",
    ("events", "CreateEventBus", "InvalidStateException"): "there are no partner event sources in any state",
    ("sqs", "*", "RequestThrottled"): "calls are not throttled",
    ("sqs", "*", "InvalidAddress"): "queues are named by ARN, not by URL",
    ("sqs", "*", "InvalidSecurity"): "there is no TLS that could be missing",
    ("sqs", "ListMessageMoveTasks", "UnsupportedOperation"): "every queue's tasks can be listed",
}
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource} | more


class Contract:
    """A client whose answers and refusals are remembered, and that undoes what it was told to when it is left."""

    def __init__(self, world, service, **config):
        self.checks, self.service = world.checks, service
        # What boto3 would refuse itself is to reach the server.
        self.client = client(service, world.server.endpoint, parameter_validation=False, **config)
        self.client.meta.events.register("after-call", self.note)
        self.undoing = contextlib.ExitStack()

    def note(self, parsed, model, **_):
        if "Error" not in parsed:
            ANSWERED.add((self.service, model.name))

    def __getattr__(self, method):
        return getattr(self.client, method)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.undoing.close()

    def later(self, method, **given):
        """Has the server as it was found: that call is made in the end, whatever it says."""
        def undo():
            with contextlib.suppress(Refused):
                getattr(self.client, method)(**given)
        self.undoing.callback(undo)

    def operation(self, method):
        return self.client.meta.method_to_api_mapping[method]

    def refuses(self, error, method, what, status=None, **given):
        """The call must be refused: with an error of its model, by class, or with another code."""
        operation = self.operation(method)
        shapes = {s.name for s in self.client.meta.service_model.operation_model(operation).error_shapes}
        wanted = getattr(self.client.exceptions, error) if error in shapes else error
        refusal = self.checks.raises(
            wanted, lambda: getattr(self.client, method)(**given), f"{operation}: {what}", status)
        if type(refusal) is wanted:
            PROVOKED.add((self.service, operation, error))
            self.checks.that(refusal.response["Error"].get("Message"), f"{operation}: {what}: the error says why")
        return refusal

    def pages(self, method, member, size, **given):
        """Everything, page by page, to the end."""
        token, next_token, limit = PAGES[self.service]
        found, more = [], {}
        for _ in range(1_000):
            answer = getattr(self.client, method)(**given, **{limit: size}, **more)
            self.checks.that(len(answer[member]) <= size, f"{method}: at most {size} on a page", len(answer[member]))
            found += answer[member]
            if self.service == "iam":
                self.checks.equal(answer["IsTruncated"], next_token in answer, f"{method}: truncated means a marker")
            if not answer.get(next_token):
                return found
            more = {token: answer[next_token]}
        raise RuntimeError(f"{method} has no last page")

    def paged(self, method, member, wanted, key=lambda element: element, size=2, garbage=None, **given):
        """Nothing is lost or twice over the pages, and a token that nobody gave out is refused."""
        had = [key(element) for element in self.pages(method, member, size, **given)]
        self.checks.equal(had, list(wanted), f"{method}: in pages of {size}, each once")
        if garbage:
            self.refuses(
                garbage, method, "a token that nobody gave out", 400, **given, **{PAGES[self.service][0]: GARBAGE})


def is_recent(moment):
    return abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) < 60


def tag():
    return uuid.uuid4().hex[:12]


# MARK: IAM


def roles(world):
    """CreateRole, GetRole, ListRoles, UpdateAssumeRolePolicy, DeleteRole, ListAttachedRolePolicies."""
    checks, name = world.checks, f"contract-{tag()}"
    trust = json.dumps(TRUST)
    with Contract(world, "iam") as iam:
        made = iam.create_role(
            RoleName=name, Path="/contract/", AssumeRolePolicyDocument=trust, Description="a role",
            MaxSessionDuration=7_200)["Role"]
        iam.later("delete_role", RoleName=name)
        checks.equal(
            (made["RoleName"], made["Path"], made["Arn"], made["AssumeRolePolicyDocument"]),
            (name, "/contract/", f"arn:aws:iam::{ACCOUNT}:role/contract/{name}", TRUST), "the role that was made")
        checks.that(re.fullmatch("AROA[A-Z0-9]{17}", made["RoleId"]), "its id is a role's", made["RoleId"])
        checks.that(is_recent(made["CreateDate"]), "it was made just now", made["CreateDate"])
        role = iam.get_role(RoleName=name)["Role"]
        checks.equal({k: role.get(k) for k in made}, made, "GetRole: the same role")
        checks.equal((role["Description"], role["MaxSessionDuration"]), ("a role", 7_200), "GetRole: all of it")

        for what, other in (("the same name", name), ("the same name in capitals", name.upper())):
            iam.later("delete_role", RoleName=other)
            iam.refuses(
                "EntityAlreadyExistsException", "create_role", what, 409, RoleName=other,
                AssumeRolePolicyDocument=trust)
        other = f"{name}-x"
        iam.later("delete_role", RoleName=other)
        wide = TRUST["Statement"][0] | {"Condition": {"StringEquals": {"aws:username": ["x" * 50] * 200}}}
        for document, error, status in (
            ("{}", "MalformedPolicyDocumentException", 400), ("oops", "MalformedPolicyDocumentException", 400),
            (policy(allow("sts:AssumeRole")), "MalformedPolicyDocumentException", 400),
            (policy(wide), "LimitExceededException", 409),
        ):
            what = f"a trust policy {document[:40]}"
            iam.refuses(error, "create_role", what, status, RoleName=other, AssumeRolePolicyDocument=document)
            iam.refuses(error, "update_assume_role_policy", what, status, RoleName=name, PolicyDocument=document)
        iam.later("delete_role", RoleName=f"{name}-y")
        iam.refuses(
            "InvalidInputException", "create_role", "a tag twice", 400, RoleName=f"{name}-y",
            AssumeRolePolicyDocument=trust, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
        for what, bad in (
            ("a name with a blank", {"RoleName": "a b"}), ("a name of 65", {"RoleName": "x" * 65}),
            ("a path without a slash", {"Path": "contract"}), ("a short session", {"MaxSessionDuration": 60}),
        ):
            iam.refuses("ValidationError", "create_role", what, 400, **{
                "RoleName": other, "AssumeRolePolicyDocument": trust, **bad})
        tagged(checks, iam, f"{name}-t", trust)

        names = [f"{name}-{n}" for n in range(5)]
        for each in names:
            iam.create_role(RoleName=each, Path="/contract/pages/", AssumeRolePolicyDocument=trust)
            iam.later("delete_role", RoleName=each)
        iam.paged(
            "list_roles", "Roles", names, lambda role: role["RoleName"], garbage="ValidationError",
            PathPrefix="/contract/pages/")
        everyone = [r["RoleName"] for r in iam.list_roles(MaxItems=1_000)["Roles"]]
        iam.paged("list_roles", "Roles", everyone, lambda role: role["RoleName"], size=1)
        checks.that({ORCHESTRATOR, WORKER, name, *names} <= set(everyone), "ListRoles: all are there", everyone)
        iam.refuses("ValidationError", "list_roles", "a page of none", 400, MaxItems=0)

        checks.equal(
            (lambda a: (a["AttachedPolicies"], a["IsTruncated"]))(iam.list_attached_role_policies(RoleName=name)),
            ([], False), "there are no managed policies")
        iam.refuses(
            "InvalidInputException", "list_attached_role_policies", "a token", 400, RoleName=name, Marker=GARBAGE)

        changed = {"Version": "2012-10-17", "Statement": [TRUST["Statement"][0] | {"Sid": "Changed"}]}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(changed))
        checks.equal(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"], changed, "the trust is changed")

        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow("s3:GetObject")))
        iam.refuses("DeleteConflictException", "delete_role", "with a policy", 409, RoleName=name)
        iam.delete_role_policy(RoleName=name, PolicyName="p")
        iam.delete_role(RoleName=name)
        for method, more in (
            ("get_role", {}), ("delete_role", {}), ("update_assume_role_policy", {"PolicyDocument": trust}),
            ("list_attached_role_policies", {}),
        ):
            iam.refuses("NoSuchEntityException", method, "a role that is gone", 404, RoleName=name, **more)


def tagged(checks, iam, name, trust):
    """Tags and a boundary are kept or refused, never taken and forgotten."""
    iam.later("delete_role", RoleName=name)
    for member, given in (
        ("Tags", [{"Key": "team", "Value": "data"}]),
        ("PermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:policy/none"),
    ):
        try:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **{member: given})
        except Refused:
            checks.that(True, f"CreateRole: {member} are refused")
            continue
        checks.that(iam.get_role(RoleName=name)["Role"].get(member), f"CreateRole: {member} are kept or refused")
        iam.delete_role(RoleName=name)


def role_policies(world):
    """PutRolePolicy, GetRolePolicy, ListRolePolicies, DeleteRolePolicy."""
    checks, name = world.checks, f"contract-{tag()}"
    with Contract(world, "iam") as iam:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.later("delete_role", RoleName=name)
        names = [f"p-{n}" for n in range(5)]
        for each in names:
            iam.later("delete_role_policy", RoleName=name, PolicyName=each)
        documents = {each: policy(allow("s3:Get*", f"arn:aws:s3:::{each}/ä <b> & \"c\"")) for each in names}
        for each, document in documents.items():
            iam.put_role_policy(RoleName=name, PolicyName=each, PolicyDocument=document)
        for each, document in documents.items():
            answer = iam.get_role_policy(RoleName=name, PolicyName=each)
            answer.pop("ResponseMetadata")
            wanted = {"RoleName": name, "PolicyName": each, "PolicyDocument": json.loads(document)}
            checks.equal(answer, wanted, "GetRolePolicy: as it was put")
        iam.paged("list_role_policies", "PolicyNames", names, garbage="ValidationError", RoleName=name)
        iam.paged("list_role_policies", "PolicyNames", names, size=5, RoleName=name)
        iam.put_role_policy(RoleName=name, PolicyName="p-0", PolicyDocument=policy(allow("sqs:*")))
        had = iam.get_role_policy(RoleName=name, PolicyName="p-0")["PolicyDocument"]
        checks.equal(had, json.loads(policy(allow("sqs:*"))), "PutRolePolicy: a policy is replaced")

        for what, document in {
            "nothing in it": "{}", "no JSON": "{oops", "a list": "[]", "a principal": policy(allow("*", Principal="*")),
            "both actions": policy(allow("*", NotAction="s3:*")), "no vendor": policy(allow("GetObject")),
            "no ARN": policy(allow("s3:*", "bucket")), "an effect": policy(allow("s3:*", effect="Maybe")),
            "a test": policy(allow("s3:*", Condition={"StringIs": {"aws:username": "a"}})),
            "a version": json.dumps({"Version": "2020-01-01", "Statement": [allow("s3:*")]}),
            "one id twice": policy(allow("s3:*", Sid="a"), allow("sqs:*", Sid="a")),
        }.items():
            iam.refuses(
                "MalformedPolicyDocumentException", "put_role_policy", what, 400, RoleName=name, PolicyName="p-0",
                PolicyDocument=document)
        long = policy(allow("s3:*", [f"arn:aws:s3:::{'x' * 60}/{n}" for n in range(150)]))
        half = policy(allow("s3:*", [f"arn:aws:s3:::{'x' * 60}/{n}" for n in range(75)]))
        iam.put_role_policy(RoleName=name, PolicyName="p-1", PolicyDocument=half)
        for what, document in (("one that is too long", long), ("all together", half)):
            iam.refuses(
                "LimitExceededException", "put_role_policy", what, 409, RoleName=name, PolicyName="p-2",
                PolicyDocument=document)
        iam.refuses(
            "ValidationError", "put_role_policy", "a name with an umlaut", 400, RoleName=name, PolicyName="Größe",
            PolicyDocument=documents["p-1"])
        checks.equal(
            iam.get_role_policy(RoleName=name, PolicyName="p-2")["PolicyDocument"], json.loads(documents["p-2"]),
            "what was refused changed nothing")

        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=each)
        checks.equal(iam.list_role_policies(RoleName=name)["PolicyNames"], [], "they are gone")
        for method in ("get_role_policy", "delete_role_policy"):
            iam.refuses("NoSuchEntityException", method, "no such policy", 404, RoleName=name, PolicyName="p-0")
            iam.refuses("NoSuchEntityException", method, "no such role", 404, RoleName="none", PolicyName="p-0")
        iam.refuses("NoSuchEntityException", "list_role_policies", "no such role", 404, RoleName="none")
        iam.refuses(
            "NoSuchEntityException", "put_role_policy", "no such role", 404, RoleName="none", PolicyName="p",
            PolicyDocument=half)


def entry(key, *values, kind="string"):
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


BUCKET = "arn:aws:s3:::shop"
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"
# What the policies are, what is asked, what else is said, and what the simulator of AWS decides.
DECISIONS = [
    ("a wildcard in the action", [allow("s3:*Obj?ct")], ("s3:PutObject", f"{BUCKET}/a"), {}, "allowed"),
    ("actions in any case", [allow("S3:getobject")], ("s3:GetObject", f"{BUCKET}/a"), {}, "allowed"),
    ("another action", [allow("s3:Get*")], ("s3:PutObject", f"{BUCKET}/a"), {}, "implicitDeny"),
    ("resources in their case", [allow("s3:*", f"{BUCKET}/A*")], ("s3:GetObject", f"{BUCKET}/a"), {}, "implicitDeny"),
    ("one character", [allow("s3:*", f"{BUCKET}/?")], ("s3:GetObject", f"{BUCKET}/ab"), {}, "implicitDeny"),
    ("a star over slashes", [allow("s3:*", f"{BUCKET}/*")], ("s3:GetObject", f"{BUCKET}/a/b"), {}, "allowed"),
    ("a star within its part", [allow("sqs:*", "arn:aws:sqs:*:1:q")], ("sqs:SendMessage", "arn:aws:sqs:a:2:1:q"), {},
     "implicitDeny"),
    ("all but", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], ("iam:GetRole", BUCKET), {},
     "implicitDeny"),
    ("a denial", [allow("*"), allow("s3:*", f"{BUCKET}/x/*", "Deny")], ("s3:GetObject", f"{BUCKET}/x/a"), {},
     "explicitDeny"),
    ("elsewhere than denied", [allow("*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": f"{BUCKET}/y/*"}],
     ("s3:GetObject", f"{BUCKET}/y/a"), {}, "allowed"),
    ("a variable", [allow("s3:*", f"{BUCKET}/${{aws:username}}/*")], ("s3:GetObject", f"{BUCKET}/ana/a"),
     {"ContextEntries": [entry("aws:username", "ana")]}, "allowed"),
    ("a variable without a value", [allow("s3:*", f"{BUCKET}/${{aws:username}}/*")],
     ("s3:GetObject", f"{BUCKET}/ana/a"), {}, "implicitDeny"),
    ("a boundary lets it", [allow("*")], ("s3:GetObject", BUCKET),
     {"PermissionsBoundaryPolicyInputList": [policy(allow("s3:*"))]}, "allowed"),
    ("a boundary does not", [allow("*")], ("sqs:SendMessage", "*"),
     {"PermissionsBoundaryPolicyInputList": [policy(allow("s3:*"))]}, "implicitDeny"),
    ("a boundary allows nothing by itself", [allow("sqs:*")], ("s3:GetObject", BUCKET),
     {"PermissionsBoundaryPolicyInputList": [policy(allow("s3:*"))]}, "implicitDeny"),
    ("a boundary denies", [allow("*")], ("s3:GetObject", BUCKET),
     {"PermissionsBoundaryPolicyInputList": [policy(allow("*"), allow("s3:*", effect="Deny"))]}, "explicitDeny"),
    ("the resource's policy is enough", [allow("iam:*")], ("s3:GetObject", f"{BUCKET}/a"),
     {"CallerArn": ANA, "ResourcePolicy": policy(allow("s3:*", f"{BUCKET}/*", Principal={"AWS": ANA}))}, "allowed"),
    ("the resource's policy denies", [allow("*")], ("s3:GetObject", f"{BUCKET}/a"),
     {"CallerArn": ANA, "ResourcePolicy": policy(allow("s3:*", f"{BUCKET}/*", "Deny", Principal="*"))}, "explicitDeny"),
    ("another account says nothing", [allow("*")], ("s3:GetObject", f"{BUCKET}/a"),
     {"CallerArn": ANA, "ResourceOwner": f"arn:aws:iam::{STRANGER}:root"}, "implicitDeny"),
    ("another account lets in", [allow("*")], ("s3:GetObject", f"{BUCKET}/a"),
     {"CallerArn": ANA, "ResourceOwner": f"arn:aws:iam::{STRANGER}:root",
      "ResourcePolicy": policy(allow("s3:*", f"{BUCKET}/*", Principal={"AWS": ACCOUNT}))}, "allowed"),
    ("another account lets in who may not leave", [allow("sqs:*")], ("s3:GetObject", f"{BUCKET}/a"),
     {"CallerArn": ANA, "ResourceOwner": f"arn:aws:iam::{STRANGER}:root",
      "ResourcePolicy": policy(allow("s3:*", f"{BUCKET}/*", Principal={"AWS": ACCOUNT}))}, "implicitDeny"),
]
# Condition, the values of the request, whether it holds.
CONDITIONS = [
    ({"StringEquals": {"key:a": ["x", "y"]}}, [entry("key:a", "y")], True),
    ({"StringEquals": {"KEY:A": "x"}}, [entry("key:a", "x")], True),
    ({"StringEquals": {"key:a": "X"}}, [entry("key:a", "x")], False),
    ({"StringEqualsIgnoreCase": {"key:a": "X"}}, [entry("key:a", "x")], True),
    ({"StringLike": {"key:a": "x*z"}}, [entry("key:a", "xyz")], True),
    ({"StringNotEquals": {"key:a": "x"}}, [], True),
    ({"StringEqualsIfExists": {"key:a": "x"}}, [], True),
    ({"StringEqualsIfExists": {"key:a": "x"}}, [entry("key:a", "y")], False),
    ({"Null": {"key:a": "true"}}, [], True),
    ({"Null": {"key:a": "false"}}, [], False),
    ({"StringEquals": {"key:a": "x"}, "NumericLessThan": {"key:b": "10"}}, [
        entry("key:a", "x"), entry("key:b", "9.5", kind="numeric")], True),
    ({"StringEquals": {"key:a": "x", "key:b": "y"}}, [entry("key:a", "x")], False),
    ({"NumericGreaterThanEquals": {"key:a": "10"}}, [entry("key:a", "9", kind="numeric")], False),
    ({"DateGreaterThan": {"key:a": "2025-01-01T00:00:00Z"}}, [
        entry("key:a", "2025-06-01T00:00:00Z", kind="date")], True),
    ({"Bool": {"key:a": "true"}}, [entry("key:a", "false", kind="boolean")], False),
    ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, [entry("aws:SourceIp", "10.9.8.7", kind="ip")], True),
    ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, [entry("aws:SourceIp", "10.9.8.7", kind="ip")], False),
    ({"ArnLike": {"key:a": "arn:aws:events:*:*:rule/a*"}}, [entry("key:a", arn("events", "rule/abc"))], True),
    ({"ForAllValues:StringEquals": {"key:a": ["x", "y"]}}, [entry("key:a", "x", "z", kind="stringList")], False),
    ({"ForAllValues:StringEquals": {"key:a": ["x", "y"]}}, [], True),
    ({"ForAnyValue:StringEquals": {"key:a": ["x", "y"]}}, [entry("key:a", "x", "z", kind="stringList")], True),
    ({"ForAnyValue:StringEquals": {"key:a": ["x", "y"]}}, [], False),
]


def simulator(world):
    """SimulateCustomPolicy, SimulatePrincipalPolicy, and the context keys of both."""
    checks = world.checks
    with Contract(world, "iam") as iam:
        for what, statements, (action, resource), more, wanted in DECISIONS:
            results = iam.simulate_custom_policy(
                PolicyInputList=[policy(*statements)], ActionNames=[action], ResourceArns=[resource], **more
            )["EvaluationResults"]
            checks.equal(
                [(r["EvalActionName"], r["EvalResourceName"], r["EvalDecision"]) for r in results],
                [(action, resource, wanted)], what)
            matched = results[0].get("MatchedStatements", [])
            checks.equal(bool(matched), wanted != "implicitDeny", f"{what}: statements matched if any decided")
        for condition, given, holds in CONDITIONS:
            result = iam.simulate_custom_policy(
                PolicyInputList=[policy(allow("*", Condition=condition))], ActionNames=["s3:GetObject"],
                **({"ContextEntries": given} if given else {}))["EvaluationResults"][0]
            checks.equal(result["EvalDecision"] == "allowed", holds, f"{json.dumps(condition)} on {given}")
        try:
            # boto3 writes an empty list as a name without a value.
            iam.simulate_custom_policy(
                PolicyInputList=[policy(allow("*"))], ActionNames=["s3:GetObject"], ContextEntries=[])
        except Refused as refusal:
            checks.find(f"SimulateCustomPolicy: a list may be empty; had {refusal}")
        two = [policy(allow("s3:Get*")), '{\n "Statement":\n  {"Effect": "Deny", "Action": "*", "Resource": "*"}\n}']
        match = iam.simulate_custom_policy(PolicyInputList=two, ActionNames=["s3:GetObject"])["EvaluationResults"][0][
            "MatchedStatements"]
        checks.equal(
            [(m["SourcePolicyId"], m["StartPosition"], m["EndPosition"]["Line"]) for m in match],
            [("PolicyInputList.2", {"Line": 3, "Column": 3}, 3)], "the statement that denied, and where it stands")
        asked = [(a, f"{BUCKET}/{n}") for a in ("s3:GetObject", "s3:PutObject") for n in range(3)]
        for method, whose in (
            ("simulate_custom_policy", {"PolicyInputList": two}),
            ("simulate_principal_policy", {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/{WORKER}"}),
        ):
            iam.paged(
                method, "EvaluationResults", asked, lambda r: (r["EvalActionName"], r["EvalResourceName"]), size=4,
                garbage="InvalidInputException", ActionNames=["s3:GetObject", "s3:PutObject"],
                ResourceArns=[f"{BUCKET}/{n}" for n in range(3)], **whose)
        principals(checks, iam)
        simulator_refusals(iam)


def principals(checks, iam):
    """The roles of the environment may do what they need and nothing else, under a boundary not even that."""
    worker = f"arn:aws:iam::{ACCOUNT}:role/{WORKER}"
    queue = arn("sqs", "dev-customer-ingestion-queue")

    def decide(action, resource, **more):
        answer = iam.simulate_principal_policy(
            PolicySourceArn=worker, ActionNames=[action], ResourceArns=[resource], **more)
        return answer["EvaluationResults"][0]

    taken = decide("sqs:ReceiveMessage", queue)
    checks.equal(
        (taken["EvalDecision"], [m["SourcePolicyId"] for m in taken["MatchedStatements"]]),
        ("allowed", ["least-privilege"]), "the worker takes chunks")
    for action, resource in (
        ("sqs:SendMessage", queue), ("sqs:ReceiveMessage", arn("sqs", "other")), ("iam:CreateRole", "*"),
        ("events:PutRule", arn("events", "rule/a")), ("s3:GetObject", "arn:aws:s3:::data-pipeline-raw-dev-1/a")):
        checks.equal(decide(action, resource)["EvalDecision"], "implicitDeny", f"the worker may not {action}")
    more = decide("sqs:SendMessage", queue, PolicyInputList=[policy(allow("sqs:SendMessage"))])
    checks.equal(more["EvalDecision"], "allowed", "with another policy it could")
    denied = decide("sqs:ReceiveMessage", queue, PolicyInputList=[policy(allow("sqs:*", effect="Deny"))])
    checks.equal(denied["EvalDecision"], "explicitDeny", "a denial takes it away")
    bounded = decide("sqs:ReceiveMessage", queue, PermissionsBoundaryPolicyInputList=[policy(allow("s3:*"))])
    checks.equal(
        (bounded["EvalDecision"], bounded["PermissionsBoundaryDecisionDetail"]),
        ("implicitDeny", {"AllowedByPermissionsBoundary": False}), "a boundary takes it away")
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=worker)["ContextKeyNames"]
    checks.equal(keys, ["cloudwatch:namespace"], "the keys that its policies ask for")
    document = policy(
        allow("*", f"{BUCKET}/${{aws:username}}/*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        allow("sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    custom = iam.get_context_keys_for_custom_policy(PolicyInputList=[document])["ContextKeyNames"]
    checks.equal(
        sorted(custom), ["aws:SecureTransport", "aws:SourceIp", "aws:username"], "the keys of conditions and variables")
    both = iam.get_context_keys_for_principal_policy(PolicySourceArn=worker, PolicyInputList=[document])
    checks.equal(sorted(both["ContextKeyNames"]), sorted([*custom, *keys]), "and of both")


def simulator_refusals(iam):
    worker = f"arn:aws:iam::{ACCOUNT}:role/{WORKER}"
    good = policy(allow("*"))
    custom = {"PolicyInputList": [good], "ActionNames": ["s3:GetObject"]}
    principal = {"PolicySourceArn": worker, "ActionNames": ["s3:GetObject"]}
    for method, given in (("simulate_custom_policy", custom), ("simulate_principal_policy", principal)):
        for what, bad in {
            "a policy that is none": {"PolicyInputList": ["{}"]}, "an action that is none": {"ActionNames": ["oops"]},
            "a boundary that is none": {"PermissionsBoundaryPolicyInputList": ["{oops"]},
            "a resource's policy that is none": {"ResourcePolicy": "{}", "CallerArn": ANA},
            "a caller that is none": {"CallerArn": "arn:aws:s3:::somebody"},
            "a resource's policy, and nobody who asks": {
                "ResourcePolicy": policy(allow("*", Principal="*")), "ResourceArns": [BUCKET]},
        }.items():
            iam.refuses("InvalidInputException", method, what, 400, **given | bad)
        iam.refuses("ValidationError", method, "no actions", 400, **given | {"ActionNames": []})
        iam.refuses("ValidationError", method, "a page of none", 400, **given | {"MaxItems": 0})
    for method, more in (("simulate_principal_policy", {"ActionNames": ["s3:GetObject"]}),
                         ("get_context_keys_for_principal_policy", {})):
        for source in (f"arn:aws:iam::{ACCOUNT}:role/none", f"arn:aws:iam::{STRANGER}:role/{WORKER}"):
            iam.refuses("NoSuchEntityException", method, source, 404, PolicySourceArn=source, **more)
        iam.refuses(
            "InvalidInputException", method, "an ARN of a queue", 400, PolicySourceArn=arn("sqs", "some-queue"), **more)
    for method, given in (("get_context_keys_for_principal_policy", {"PolicySourceArn": worker}),
                          ("get_context_keys_for_custom_policy", {})):
        iam.refuses("InvalidInputException", method, "a policy that is none", 400, PolicyInputList=["{}"], **given)
    iam.refuses("ValidationError", "get_context_keys_for_custom_policy", "no policies", 400, PolicyInputList=[])


def identity(world):
    """GetCallerIdentity: the account's root as long as there are no credentials."""
    with Contract(world, "sts") as sts:
        answer = sts.get_caller_identity()
        answer.pop("ResponseMetadata")
        world.checks.equal(
            answer, {"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}, "who asks")


# MARK: Lambda


def functions(world):
    """GetFunction, GetFunctionConfiguration, ListFunctions."""
    checks = world.checks
    with Contract(world, "lambda") as functions:
        listed = {f["FunctionName"]: f for f in functions.list_functions()["Functions"]}
        checks.equal(sorted(listed), [ORCHESTRATOR, WORKER], "ListFunctions: the two")
        for name, handler in ((ORCHESTRATOR, "orchestrator"), (WORKER, "worker")):
            function = arn("lambda", f"function:{name}")
            configuration = functions.get_function_configuration(FunctionName=name)
            configuration.pop("ResponseMetadata")
            checks.equal(
                functions.get_function(FunctionName=name)["Configuration"], configuration, "GetFunction: the same")
            checks.equal(listed[name], configuration, "ListFunctions: the same")
            had = {k: configuration.get(k) for k in (
                "FunctionName", "FunctionArn", "Role", "Handler", "Version", "State", "LastUpdateStatus", "PackageType",
                "Environment")}
            checks.equal(had, {
                "FunctionName": name, "FunctionArn": function, "Role": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                "Handler": handler, "Version": "$LATEST", "State": "Active", "LastUpdateStatus": "Successful",
                "PackageType": "Zip", "Environment": {"Variables": {"ENVIRONMENT": "dev"}}}, "what it is")
            changed = datetime.datetime.strptime(configuration["LastModified"], "%Y-%m-%dT%H:%M:%S.%f%z")
            checks.that(changed.tzinfo and configuration["Timeout"] > 0, "since when it is, and how long it may take")
            for reference in (
                function, f"{function}:$LATEST", f"{ACCOUNT}:function:{name}", f"{ACCOUNT}:{name}", f"{name}:$LATEST"):
                had = functions.get_function_configuration(FunctionName=reference)["FunctionName"]
                checks.equal(had, name, f"{reference} names it")
        functions.paged(
            "list_functions", "Functions", [ORCHESTRATOR, WORKER], lambda f: f["FunctionName"], size=1,
            garbage="InvalidParameterValueException")
        for size in (0, 10_001):
            functions.refuses("ValidationException", "list_functions", f"pages of {size}", 400, MaxItems=size)
        functions.refuses("ValidationException", "list_functions", "which versions", 400, FunctionVersion="SOME")
        for method in ("get_function", "get_function_configuration"):
            unfit(functions, method)


def unfit(functions, method, **more):
    """What each call that names a function says of names that do not fit."""
    for name in ("none", f"{ORCHESTRATOR}:live", arn("lambda", "function:none"), f"{STRANGER}:function:{ORCHESTRATOR}",
                 f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{ORCHESTRATOR}"):
        functions.refuses("ResourceNotFoundException", method, name, 404, FunctionName=name, **more)
    functions.refuses(
        "ResourceNotFoundException", method, "no such alias", 404, FunctionName=ORCHESTRATOR, Qualifier="live", **more)
    functions.refuses(
        "InvalidParameterValueException", method, "two qualifiers", 400, FunctionName=f"{ORCHESTRATOR}:one",
        Qualifier="two", **more)
    functions.refuses("ValidationException", method, "a name with a blank", 400, FunctionName="a b", **more)


def permissions(world):
    """AddPermission, GetPolicy, RemovePermission."""
    checks = world.checks
    function = arn("lambda", f"function:{WORKER}")
    invoke = {"FunctionName": WORKER, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    with Contract(world, "lambda") as functions:
        def statements():
            return {s["Sid"]: s for s in json.loads(functions.get_policy(FunctionName=WORKER)["Policy"])["Statement"]}

        functions.refuses("ResourceNotFoundException", "get_policy", "there is none", 404, FunctionName=WORKER)
        functions.refuses(
            "PreconditionFailedException", "add_permission", "a revision of no policy", 412, StatementId="none",
            RevisionId="0", **invoke)
        functions.refuses(
            "ResourceNotFoundException", "remove_permission", "there is no policy", 404, FunctionName=WORKER,
            StatementId="a")
        source = arn("events", "rule/contract")
        said = json.loads(functions.add_permission(
            StatementId="rule", SourceArn=source, SourceAccount=ACCOUNT, **invoke)["Statement"])
        functions.later("remove_permission", FunctionName=WORKER, StatementId="rule")
        checks.equal(said, {
            "Sid": "rule", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": function,
            "Condition": {"ArnLike": {"AWS:SourceArn": source}, "StringEquals": {"AWS:SourceAccount": ACCOUNT}},
        }, "AddPermission: the statement")
        checks.equal(statements(), {"rule": said}, "GetPolicy: the statement is in it")
        # Who is meant, what else narrows it, and what the statement says of it then.
        for name, given, wanted in (
            ("account", {"Principal": STRANGER}, {"Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}}),
            ("role", {"Principal": f"arn:aws:iam::{STRANGER}:role/r"},
             {"Principal": {"AWS": f"arn:aws:iam::{STRANGER}:role/r"}}),
            ("anybody", {"Principal": "*", "Action": "lambda:*"}, {"Principal": "*", "Action": "lambda:*"}),
            ("organisation", {"Principal": "*", "PrincipalOrgID": "o-1234567890"},
             {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}),
            ("token", {"Principal": "alexa-appkit.amazon.com", "EventSourceToken": "skill"},
             {"Condition": {"StringEquals": {"lambda:EventSourceToken": "skill"}}}),
            ("call", {"Principal": "*", "InvokedViaFunctionUrl": True},
             {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}),
            ("address", {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "AWS_IAM"},
             {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}),
        ):
            functions.later("remove_permission", FunctionName=WORKER, StatementId=name)
            try:
                said = json.loads(functions.add_permission(StatementId=name, **invoke | given)["Statement"])
            except Refused as refusal:
                checks.find(f"AddPermission of {given}: {refusal}")
                continue
            checks.equal({k: said.get(k) for k in wanted}, wanted, f"AddPermission: {name}")
            checks.equal(statements().get(name), said, f"GetPolicy: {name}")

        functions.refuses(
            "ResourceConflictException", "add_permission", "an id twice", 409, StatementId="rule", **invoke)
        for principal in ("nobody", "123", "arn:aws:iam::x", ""):
            functions.refuses(
                "InvalidParameterValueException", "add_permission", f"the principal {principal!r}", 400,
                StatementId="bad", **invoke | {"Principal": principal})
        for what, bad in {
            "an id with a blank": {"StatementId": "a b"}, "an id of 101": {"StatementId": "x" * 101},
            "an action of SQS": {"Action": "sqs:SendMessage"}, "a source that is no ARN": {"SourceArn": "rule"},
            "an account of 3": {"SourceAccount": "123"}, "no principal": {"Principal": None},
        }.items():
            given = {k: v for k, v in (invoke | {"StatementId": "bad"} | bad).items() if v is not None}
            functions.later("remove_permission", FunctionName=WORKER, StatementId=given["StatementId"])
            functions.refuses("ValidationException", "add_permission", what, 400, **given)
        revisions(checks, functions, invoke, statements)
        unfit(functions, "get_policy")
        unfit(functions, "remove_permission", StatementId="a")
        given = {k: v for k, v in invoke.items() if k != "FunctionName"}
        unfit(functions, "add_permission", StatementId="b", **given)
        functions.refuses(
            "ResourceNotFoundException", "remove_permission", "no such statement", 404, FunctionName=WORKER,
            StatementId="none")
        full(checks, functions, invoke)
        for name in statements():
            functions.remove_permission(FunctionName=WORKER, StatementId=name)
        functions.refuses("ResourceNotFoundException", "get_policy", "all are removed", 404, FunctionName=WORKER)


def revisions(checks, functions, invoke, statements):
    """Who has seen an older policy changes nothing."""
    old = functions.get_policy(FunctionName=WORKER)["RevisionId"]
    functions.add_permission(StatementId="newer", RevisionId=old, **invoke)
    functions.later("remove_permission", FunctionName=WORKER, StatementId="newer")
    new = functions.get_policy(FunctionName=WORKER)["RevisionId"]
    checks.that(new != old, "a policy that changed has another revision", new)
    functions.later("remove_permission", FunctionName=WORKER, StatementId="stale")
    functions.refuses(
        "PreconditionFailedException", "add_permission", "an older revision", 412, StatementId="stale", RevisionId=old,
        **invoke)
    functions.refuses(
        "PreconditionFailedException", "remove_permission", "an older revision", 412, FunctionName=WORKER,
        StatementId="newer", RevisionId=old)
    checks.that("newer" in statements() and "stale" not in statements(), "nothing was changed by the refused")
    if "newer" in statements():
        functions.remove_permission(FunctionName=WORKER, StatementId="newer", RevisionId=new)
    checks.that("newer" not in statements(), "the newest revision may be changed")


def full(checks, functions, invoke):
    """A policy has 20 KB and no more."""
    for number in range(40):
        given = {"StatementId": f"full-{number}", "SourceArn": arn("events", f"rule/{'x' * 900}"), **invoke}
        try:
            functions.add_permission(**given)
        except Refused:
            functions.refuses("PolicyLengthExceededException", "add_permission", "a policy beyond 20 KB", 400, **given)
            checks.that(15 <= number <= 20, "it was full at 20 KB", number)
            return
        functions.later("remove_permission", FunctionName=WORKER, StatementId=f"full-{number}")
    checks.find("AddPermission: a policy grows beyond 20 KB")


# MARK: EventBridge


def rules(world):
    """PutRule, DescribeRule, ListRules, EnableRule, DisableRule, DeleteRule, TestEventPattern, PutEvents."""
    checks, name = world.checks, f"contract-{tag()}"
    pattern = json.dumps({"source": [name]})
    with Contract(world, "events") as events:
        events.later("delete_rule", Name=name)
        given = {
            "EventPattern": pattern, "Description": "a contract", "State": "DISABLED",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{WORKER}"}
        made = events.put_rule(Name=name, Tags=[{"Key": "team", "Value": "data"}], **given)
        checks.equal(made["RuleArn"], arn("events", f"rule/{name}"), "PutRule: its ARN")
        wanted = {"Name": name, "Arn": made["RuleArn"], "EventBusName": "default", **given}
        had = events.describe_rule(Name=name)
        had.pop("ResponseMetadata")
        checks.equal(had.pop("CreatedBy", None), ACCOUNT, "DescribeRule: who made it")
        checks.equal(had, wanted, "DescribeRule: as it was put")
        checks.equal(events.list_rules(NamePrefix=name)["Rules"], [wanted], "ListRules: as it was put")
        for method, state in (("enable_rule", "ENABLED"), ("disable_rule", "DISABLED")):
            for bus in ({}, {"EventBusName": "default"}, {"EventBusName": arn("events", "event-bus/default")}):
                getattr(events, method)(Name=name, **bus)
                checks.equal(events.describe_rule(Name=name, **bus)["State"], state, f"{method}: it is so")
        events.put_rule(Name=name, ScheduleExpression="rate(1 day)", State="DISABLED")
        had = events.describe_rule(Name=name)
        checks.equal(
            (had["ScheduleExpression"], "EventPattern" in had, "Description" in had), ("rate(1 day)", False, False),
            "PutRule replaces the whole rule")

        names = [f"{name}-{n}" for n in range(5)]
        for each in names:
            events.later("delete_rule", Name=each)
            events.put_rule(Name=each, EventPattern=pattern, State="DISABLED")
        events.paged(
            "list_rules", "Rules", names, lambda r: r["Name"], garbage="ValidationException", NamePrefix=f"{name}-")
        everyone = [r["Name"] for r in events.list_rules()["Rules"]]
        events.paged("list_rules", "Rules", everyone, lambda r: r["Name"], size=1)
        for size in (0, 101):
            events.refuses("ValidationException", "list_rules", f"pages of {size}", 400, Limit=size)
        rule_refusals(events, name, pattern)
        events.delete_rule(Name=name)
        events.delete_rule(Name=name)
        events.refuses("ResourceNotFoundException", "describe_rule", "it is gone", 400, Name=name)

        event = {"id": "1", "account": ACCOUNT, "source": name, "time": "2025-09-09T16:30:45Z", "region": "us-east-1",
                 "detail-type": "x", "resources": [], "detail": {}}
        for source, fits in ((name, True), ("other", False)):
            had = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event | {"source": source}))
            checks.equal(had["Result"], fits, f"TestEventPattern: {fits}")
        for bad in ("{", "[]", '{"source":"s"}', "{}"):
            events.refuses(
                "InvalidEventPatternException", "test_event_pattern", bad, 400, EventPattern=bad,
                Event=json.dumps(event))
        for bad in ("{", "{}", "[]", json.dumps(event | {"time": 1})):
            events.refuses(
                "ValidationException", "test_event_pattern", f"the event {bad}", 400, EventPattern=pattern, Event=bad)
        put = events.put_events(Entries=[
            {"Source": name, "DetailType": "x", "Detail": "{}"}, {"Source": name, "DetailType": "x", "Detail": "["}])
        good, bad = put["Entries"]
        checks.equal((put["FailedEntryCount"], bad.get("ErrorCode")), (1, "MalformedDetail"), "PutEvents: one fails")
        checks.that(bad.get("ErrorMessage") and "EventId" not in bad, "it says why and has no id", bad)
        checks.that(uuid.UUID(good["EventId"]) and "ErrorCode" not in good, "the other has an id", good)
        events.refuses("ValidationException", "put_events", "no entries", 400, Entries=[])


def rule_refusals(events, name, pattern):
    missing = "ResourceNotFoundException"
    for method, more in (
        ("put_rule", {"EventPattern": pattern}), ("describe_rule", {}), ("enable_rule", {}), ("disable_rule", {}),
        ("delete_rule", {}),
    ):
        for bus in ("none", arn("events", "event-bus/none"),
                    f"arn:aws:events:us-east-1:{STRANGER}:event-bus/default",
                    f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"):
            events.refuses(missing, method, f"the bus {bus}", 400, Name=f"{name}-0", EventBusName=bus, **more)
        events.refuses("ValidationException", method, "a name with a blank", 400, Name="a b", **more)
    for method in ("describe_rule", "enable_rule", "disable_rule"):
        events.refuses(missing, method, "no such rule", 400, Name="none")
    for bus in ("none", f"arn:aws:events:us-east-1:{STRANGER}:event-bus/default"):
        events.refuses(missing, "list_rules", f"the bus {bus}", 400, EventBusName=bus)
    for bad in ("{", '{"source":"s"}', '{"source":[{"nonsense":1}]}'):
        events.refuses("InvalidEventPatternException", "put_rule", bad, 400, Name=name, EventPattern=bad)
    for what, bad in {
        "neither": {}, "a schedule": {"ScheduleExpression": "every day"}, "a state": {"State": "ASLEEP"},
        "a description of 513": {"Description": "x" * 513},
    }.items():
        given = bad if what in ("neither", "a schedule") else bad | {"EventPattern": pattern}
        events.refuses("ValidationException", "put_rule", what, 400, Name=name, **given)
    # A bus that is there must not be said to be missing, although it holds no rules.
    refusal = events.refuses(
        missing, "put_rule", "a rule of a door", 400, Name=name, EventPattern=pattern, EventBusName=DOOR)
    events.checks.that(
        f"{DOOR} does not exist" not in str(refusal), "PutRule on a door: the message is true", str(refusal))


def targets(world):
    """PutTargets, ListTargetsByRule, RemoveTargets, ListRuleNamesByTarget."""
    checks, name = world.checks, f"contract-{tag()}"
    queue = arn("sqs", f"{name}-queue")
    with Contract(world, "events") as events:
        names = [f"{name}-{n}" for n in range(5)]
        for each in names:
            events.put_rule(Name=each, EventPattern=json.dumps({"source": [name]}), State="DISABLED")
            events.later("delete_rule", Name=each)
            events.later("remove_targets", Rule=each, Ids=[str(n) for n in range(5)])
            answer = events.put_targets(Rule=each, Targets=[{"Id": "0", "Arn": queue}])
            checks.equal((answer["FailedEntryCount"], answer["FailedEntries"]), (0, []), "PutTargets: none failed")
        asked = {"Id": "0", "Arn": queue, "RetryPolicy": {
            "MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86_400}}
        for each in (asked, {"Id": "0", "Arn": queue}):
            events.put_targets(Rule=names[0], Targets=[each])
            checks.equal(
                events.list_targets_by_rule(Rule=names[0])["Targets"], [each], "a retry policy is shown if it was asked for")
        full = [
            {"Id": "0", "Arn": queue, "Input": '{"a":1}', "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{WORKER}"},
            {"Id": "1", "Arn": queue, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": queue}},
            {"Id": "2", "Arn": arn("lambda", f"function:{WORKER}"),
             "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600}},
            {"Id": "3", "Arn": queue, "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86_400}},
            {"Id": "4", "Arn": queue, "InputTransformer": {
                "InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '{"b":<a>}'}},
        ]
        events.put_targets(Rule=names[0], Targets=full)
        checks.equal(events.list_targets_by_rule(Rule=names[0])["Targets"], full, "ListTargetsByRule: as they were put")
        events.paged(
            "list_targets_by_rule", "Targets", "01234", lambda t: t["Id"], garbage="ValidationException", Rule=names[0])
        events.paged(
            "list_rule_names_by_target", "RuleNames", names, garbage="ValidationException", TargetArn=queue)
        unused = events.list_rule_names_by_target(TargetArn=arn("sqs", "nobody"))["RuleNames"]
        checks.equal(unused, [], "ListRuleNamesByTarget: nobody uses it")

        events.refuses(
            "LimitExceededException", "put_targets", "a sixth", 400, Rule=names[0], Targets=[{"Id": "5", "Arn": queue}])
        twice = [{"Id": "0", "Arn": queue, "Input": '"a"'}, {"Id": "0", "Arn": queue, "Input": '"b"'}]
        events.put_targets(Rule=names[1], Targets=twice)
        had = events.list_targets_by_rule(Rule=names[1])["Targets"]
        checks.equal(had, twice[1:], "PutTargets: an id stands for one target, the last, also if it comes twice")
        target = {"Id": "0", "Arn": queue}
        for what, bad in {
            "no ARN": {"Arn": "queue"}, "an id with a blank": {"Id": "a b"}, "JSON": {"Input": "{"},
            "two inputs": {"Input": "1", "InputPath": "$.detail"}, "a path": {"InputPath": "detail"},
            "retries": {"RetryPolicy": {"MaximumRetryAttempts": 186}},
            "an age": {"RetryPolicy": {"MaximumEventAgeInSeconds": 59}},
            "a template": {"InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": "<b>"}},
        }.items():
            events.refuses("ValidationException", "put_targets", what, 400, Rule=names[0], Targets=[target | bad])
        for method, more in (
            ("put_targets", {"Targets": [target]}), ("remove_targets", {"Ids": ["0"]}), ("list_targets_by_rule", {})):
            events.refuses("ResourceNotFoundException", method, "no such rule", 400, Rule="none", **more)
            for bus in ("none", f"arn:aws:events:us-east-1:{STRANGER}:event-bus/default"):
                events.refuses(
                    "ResourceNotFoundException", method, f"the bus {bus}", 400, Rule=names[2], EventBusName=bus, **more)
            events.refuses("ValidationException", method, "a name with a blank", 400, Rule="a b", **more)
        events.refuses(
            "ResourceNotFoundException", "list_rule_names_by_target", "no such bus", 400, TargetArn=queue,
            EventBusName="none")
        events.refuses("ValidationException", "remove_targets", "no ids", 400, Rule=names[0], Ids=[])
        events.refuses("ValidationException", "delete_rule", "with targets", 400, Name=names[0])
        gone = events.remove_targets(Rule=names[0], Ids=["1", "3"])
        checks.equal((gone["FailedEntryCount"], gone["FailedEntries"]), (0, []), "RemoveTargets: none failed")
        left = [t["Id"] for t in events.list_targets_by_rule(Rule=names[0])["Targets"]]
        checks.equal(left, ["0", "2", "4"], "RemoveTargets: the others stay")


def buses(world):
    """CreateEventBus, DescribeEventBus, ListEventBuses, DeleteEventBus, PutPermission, RemovePermission."""
    checks, name = world.checks, f"contract-{tag()}"
    with Contract(world, "events") as events:
        names = [f"{name}-{n}" for n in range(5)]
        for each in names:
            events.later("delete_event_bus", Name=each)
            made = events.create_event_bus(Name=each, Description="a bus")
            checks.equal(
                (made["EventBusArn"], made["Description"]), (arn("events", f"event-bus/{each}"), "a bus"), "it is made")
        bus = names[0]
        for reference in (bus, arn("events", f"event-bus/{bus}")):
            had = events.describe_event_bus(Name=reference)
            checks.equal(
                (had["Name"], had["Arn"], had["Description"], "Policy" in had),
                (bus, made["EventBusArn"][:-1] + "0", "a bus", False), "DescribeEventBus: as it was made")
            checks.that(is_recent(had["CreationTime"]), "it was made just now", had["CreationTime"])
        checks.equal(events.describe_event_bus()["Name"], "default", "DescribeEventBus: the default one")
        events.paged(
            "list_event_buses", "EventBuses", names, lambda b: b["Name"], garbage="ValidationException",
            NamePrefix=name)
        everyone = [b["Name"] for b in events.list_event_buses()["EventBuses"]]
        events.paged("list_event_buses", "EventBuses", everyone, lambda b: b["Name"], size=1)
        checks.that({"default", DOOR, *names} <= set(everyone), "ListEventBuses: all are there", everyone)

        for taken in (bus, "default", DOOR):
            events.refuses("ResourceAlreadyExistsException", "create_event_bus", taken, 400, Name=taken)
        partner = "aws.partner/example.com/shop"
        events.later("delete_event_bus", Name=partner)
        events.refuses(
            "ResourceNotFoundException", "create_event_bus", "a partner that is not there", 400, Name=partner,
            EventSourceName=partner)
        for what, bad in {
            "a blank": {"Name": "a b"}, "a slash": {"Name": "a/b"}, "a description of 513": {
                "Name": f"{name}-x", "Description": "x" * 513}, "no name": {}}.items():
            events.refuses("ValidationException", "create_event_bus", what, 400, **bad)
        events.later("delete_event_bus", Name=f"{name}-x")
        letters = {"DeadLetterConfig": {"Arn": arn("sqs", "letters")}}
        with contextlib.suppress(Refused):
            events.create_event_bus(Name=f"{name}-x", **letters)
            had = events.describe_event_bus(Name=f"{name}-x").get("DeadLetterConfig")
            checks.equal(had, letters["DeadLetterConfig"], "CreateEventBus: dead letters are kept or refused")
        for missing in (
            "none", arn("events", "event-bus/none"), f"arn:aws:events:us-east-1:{STRANGER}:event-bus/{bus}"):
            events.refuses("ResourceNotFoundException", "describe_event_bus", missing, 400, Name=missing)
        bus_permissions(checks, events, bus, names[1])
        events.refuses("ValidationException", "delete_event_bus", "the default one", 400, Name="default")
        for each in names:
            events.delete_event_bus(Name=each)
        events.delete_event_bus(Name=bus)
        had = {b["Name"] for b in events.list_event_buses()["EventBuses"]}
        checks.equal(had & set(names), set(), "DeleteEventBus: they are gone")
        events.create_event_bus(Name=bus)
        checks.that("Policy" not in events.describe_event_bus(Name=bus), "a bus made anew has no policy of the old one")


def bus_permissions(checks, events, bus, other):
    def statements(name=bus):
        text = events.describe_event_bus(Name=name).get("Policy")
        return json.loads(text)["Statement"] if text else []

    given = {"Action": "events:PutEvents", "Principal": STRANGER}
    events.put_permission(EventBusName=bus, StatementId="one", **given)
    wanted = {
        "Sid": "one", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"},
        "Action": "events:PutEvents", "Resource": arn("events", f"event-bus/{bus}")}
    checks.equal(statements(), [wanted], "PutPermission: the statement is in the policy")
    organisation = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}
    events.put_permission(
        EventBusName=arn("events", f"event-bus/{bus}"), StatementId="two", Action="events:PutEvents", Principal="*",
        Condition=organisation)
    checks.equal(
        [(s["Sid"], s["Principal"], s.get("Condition")) for s in statements()][1:],
        [("two", "*", {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}})], "PutPermission: of an organisation")
    listed = events.list_event_buses(NamePrefix=bus)["EventBuses"][0]["Policy"]
    checks.equal(listed, events.describe_event_bus(Name=bus)["Policy"], "ListEventBuses: the policy is there")

    for what, bad in {
        "an action": {"Action": "events:PutRule"}, "a principal": {"Principal": "nobody"}, "no principal": {
            "Principal": None}, "no id": {"StatementId": None}, "an id with a blank": {"StatementId": "a b"},
        "an id of 65": {"StatementId": "x" * 65}, "a test": {"Condition": organisation | {"Type": "StringIs"}},
        "a key": {"Condition": organisation | {"Key": "aws:SourceIp"}},
        "a policy": {"Policy": "{}", "StatementId": None, "Action": None, "Principal": None},
    }.items():
        call = {k: v for k, v in ({"StatementId": "bad"} | given | bad).items() if v is not None}
        events.refuses("ValidationException", "put_permission", what, 400, EventBusName=bus, **call)
    for size in (12_000, 25_000):
        long = {"StringEquals": {"aws:PrincipalOrgID": ["o-1234567890"] * (size // 15)}}
        document = policy(wanted | {"Condition": long})
        events.refuses(
            "PolicyLengthExceededException", "put_permission", f"{len(document)} bytes", 400, EventBusName=other,
            Policy=document)
    for missing in ("none", f"arn:aws:events:us-east-1:{STRANGER}:event-bus/{bus}"):
        events.refuses(
            "ResourceNotFoundException", "put_permission", missing, 400, EventBusName=missing, StatementId="a", **given)
        events.refuses(
            "ResourceNotFoundException", "remove_permission", missing, 400, EventBusName=missing, StatementId="one")
    events.put_permission(EventBusName=bus, Policy=policy(wanted, wanted | {"Sid": "two", "Principal": "*"}))
    events.refuses(
        "ResourceNotFoundException", "remove_permission", "no such statement", 400, EventBusName=bus,
        StatementId="none")
    events.remove_permission(EventBusName=bus, StatementId="one")
    checks.equal([s["Sid"] for s in statements()], ["two"], "RemovePermission: the other stays")
    whole = policy(wanted | {"Sid": "whole"}, wanted | {"Sid": "second"})
    events.put_permission(EventBusName=bus, Policy=whole)
    checks.equal([s["Sid"] for s in statements()], ["whole", "second"], "PutPermission: a policy replaces the old")
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    checks.equal(statements(), [], "RemovePermission: all at once")
    events.refuses(
        "ResourceNotFoundException", "remove_permission", "no policy", 400, EventBusName=bus, StatementId="one")


# MARK: SQS


# What a task has to move at one a second: more than it can while the next few questions are asked, however slowly.
LETTERS = 60


def moves(world):
    """StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask."""
    checks, name = world.checks, f"contract-{tag()}"
    letters, back = f"{name}-letters", f"{name}-back"
    world.queue(letters)
    world.queue(back, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn("sqs", letters), "maxReceiveCount": 1}))
    source, destination = arn("sqs", letters), arn("sqs", back)
    with Contract(world, "sqs") as sqs:
        for queue in (letters, back):
            sqs.later("delete_queue", QueueUrl=world.url(queue))

        def fill(count):
            for start in range(0, count, 10):
                sqs.send_message_batch(QueueUrl=world.url(letters), Entries=[
                    {"Id": str(n), "MessageBody": str(n)} for n in range(start, min(start + 10, count))])

        def tasks(**more):
            return sqs.list_message_move_tasks(SourceArn=source, **more)["Results"]

        checks.equal(tasks(), [], "ListMessageMoveTasks: none so far")
        fill(LETTERS)
        handle = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
        sqs.later("cancel_message_move_task", TaskHandle=handle)
        task = tasks()[0]
        checks.equal(
            {k: task.get(k) for k in (
                "TaskHandle", "Status", "SourceArn", "MaxNumberOfMessagesPerSecond",
                "ApproximateNumberOfMessagesToMove")},
            {"TaskHandle": handle, "Status": "RUNNING", "SourceArn": source, "MaxNumberOfMessagesPerSecond": 1,
             "ApproximateNumberOfMessagesToMove": LETTERS}, "ListMessageMoveTasks: the task that runs")
        checks.that(is_recent(datetime.datetime.fromtimestamp(
            task["StartedTimestamp"] / 1_000, datetime.timezone.utc)), "it began just now", task)
        sqs.refuses("UnsupportedOperation", "start_message_move_task", "a second task", 400, SourceArn=source)
        moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
        checks.that(0 <= moved < LETTERS, "CancelMessageMoveTask: some were moved", moved)
        task = tasks()[0]
        checks.equal(
            (task["Status"] in ("CANCELLING", "CANCELLED"), "TaskHandle" in task), (True, False),
            "a cancelled task has no handle")
        sqs.refuses("UnsupportedOperation", "cancel_message_move_task", "twice", 400, TaskHandle=handle)

        together(checks, sqs, source)
        for _ in range(10):
            handle = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
            sqs.cancel_message_move_task(TaskHandle=handle)
        sqs.start_message_move_task(SourceArn=source, DestinationArn=destination, MaxNumberOfMessagesPerSecond=500)
        done = until(lambda: tasks()[0]["Status"] == "COMPLETED")
        checks.that(done, "a task with a destination is completed", tasks()[0])
        checks.equal(tasks()[0].get("DestinationArn"), destination, "where they went")
        checks.equal(len(tasks()), 1, "ListMessageMoveTasks: one, if nobody asks for more")
        checks.equal(len(tasks(MaxResults=10)), 10, "ListMessageMoveTasks: ten are remembered")
        begun = [t["StartedTimestamp"] for t in tasks(MaxResults=10)]
        checks.equal(begun, sorted(begun, reverse=True), "ListMessageMoveTasks: the latest first")
        checks.equal(len(world.messages(world.url(back), LETTERS)), LETTERS, "nothing is lost or twice")
        stopped(checks, sqs, fill, tasks, source)
        move_refusals(checks, sqs, source, destination)


def deleted(world):
    """DeleteQueue: gone with its messages and its policy, in both protocols."""
    checks, name = world.checks, f"contract-{tag()}"
    with Contract(world, "sqs") as sqs:
        url = world.queue(name)
        sqs.send_message(QueueUrl=url, MessageBody="x")
        sqs.delete_queue(QueueUrl=url)
        for method, more in (
            ("delete_queue", {}), ("get_queue_attributes", {}), ("send_message", {"MessageBody": "x"}),
            ("receive_message", {}), ("purge_queue", {}),
        ):
            sqs.refuses("QueueDoesNotExist", method, "a queue that is gone", 400, QueueUrl=url, **more)
        listed = sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", [])
        checks.equal(listed, [], "DeleteQueue: it is listed no more")
        sqs.create_queue(QueueName=name)
        sqs.refuses(
            "QueueDoesNotExist", "send_message", "a queue of another account", 400,
            QueueUrl=url.replace(ACCOUNT, STRANGER), MessageBody="x")
        sqs.refuses("InvalidParameterValue", "set_queue_attributes", "letters to another account", 400, QueueUrl=url,
                    Attributes={"RedrivePolicy": json.dumps({
                        "deadLetterTargetArn": arn("sqs", name).replace(ACCOUNT, STRANGER), "maxReceiveCount": 1})})
        had = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        checks.equal(
            (had["ApproximateNumberOfMessages"], "Policy" in had), ("0", False), "one made anew has nothing of the old")
        form = urllib.parse.urlencode({"Action": "DeleteQueue", "Version": "2012-11-05", "QueueUrl": url}).encode()
        with urllib.request.urlopen(world.server.endpoint, data=form, timeout=PATIENCE_SECONDS) as reply:
            checks.that(b"DeleteQueueResponse" in reply.read(), "DeleteQueue: as older clients ask")
        sqs.refuses("QueueDoesNotExist", "delete_queue", "twice", 400, QueueUrl=url)


def together(checks, sqs, source):
    """Of several that begin at the same moment one does."""
    gate = threading.Barrier(8)

    def begin():
        gate.wait()
        with contextlib.suppress(Refused):
            began.append(sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)["TaskHandle"])

    for _ in range(5):
        began = []
        threads = [threading.Thread(target=begin) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for handle in began:
            with contextlib.suppress(Refused):
                sqs.cancel_message_move_task(TaskHandle=handle)
        if not checks.equal(len(began), 1, "StartMessageMoveTask: eight at once, one begins"):
            return


def stopped(checks, sqs, fill, tasks, source):
    """A task that was cancelled stays cancelled, also if it was just moving a message."""
    fill(300)
    for _ in range(3):
        handle = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=500)["TaskHandle"]
        until(lambda: tasks()[0].get("ApproximateNumberOfMessagesMoved", 0) > 0, pause=0.002)
        try:
            sqs.cancel_message_move_task(TaskHandle=handle)
        except Refused:
            continue  # It was completed already.
        again = until(lambda: tasks()[0]["Status"] not in ("CANCELLING", "CANCELLED"), 0.3)
        if not checks.that(not again, "CancelMessageMoveTask: what is cancelled stays so", tasks()[0]):
            until(lambda: tasks()[0]["Status"] != "RUNNING", 3)
            return


def finished(sqs, source):
    """Ends a task that should not have begun."""
    for task in sqs.list_message_move_tasks(SourceArn=source)["Results"]:
        if task["Status"] == "RUNNING":
            with contextlib.suppress(Refused):  # It may just have ended.
                sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])


def move_refusals(checks, sqs, source, destination):
    start, listing, cancel = "start_message_move_task", "list_message_move_tasks", "cancel_message_move_task"
    for missing in (arn("sqs", "none"), source.replace(ACCOUNT, STRANGER), source.replace("us-east-1", "eu-west-1")):
        sqs.refuses("ResourceNotFoundException", listing, missing, SourceArn=missing)
        sqs.refuses("ResourceNotFoundException", start, missing, SourceArn=missing)
        finished(sqs, source)
    refusal = sqs.refuses(
        "ResourceNotFoundException", start, "no destination", SourceArn=source, DestinationArn=arn("sqs", "none"))
    checks.that("SourceArn" not in str(refusal), "the message is about the destination", str(refusal))
    for handle in ("none", "!"):
        sqs.refuses("ResourceNotFoundException", cancel, f"the handle {handle!r}", TaskHandle=handle)
    # SQS has no shape for values that do not fit: their code is of the framework beneath it.
    for what, method, bad in (
        ("a queue that holds no letters", start, {"SourceArn": destination}),
        ("no ARN of a queue", start, {"SourceArn": arn("events", "rule/a")}),
        ("a destination that is the source", start, {"SourceArn": source, "DestinationArn": source}),
        ("a destination that is no ARN", start, {"SourceArn": source, "DestinationArn": "queue"}),
        ("501 a second", start, {"SourceArn": source, "MaxNumberOfMessagesPerSecond": 501}),
        ("none a second", start, {"SourceArn": source, "MaxNumberOfMessagesPerSecond": 0}),
        ("no ARN", listing, {"SourceArn": "queue"}),
        ("11 results", listing, {"SourceArn": source, "MaxResults": 11}),
        ("no results", listing, {"SourceArn": source, "MaxResults": 0}),
    ):
        sqs.refuses("InvalidParameterValue", method, what, 400, **bad)
        finished(sqs, source)
    for method in (start, listing, cancel):
        sqs.refuses("MissingParameter", method, "nothing said", 400)


# MARK: Coverage


def served(services):
    """What the documentation says is served: pairs of service and operation."""
    text = (REPOSITORY / "Docs" / "Conformance.md").read_text()
    rows = dict(re.findall(r"^\| ([\w ]+) \| (.+) \|$", text.split("## What the wire serves")[1].split("##")[0], re.M))
    for title, service in (
        ("EventBridge", "events"), ("Lambda", "lambda"), ("SQS", "sqs"), ("IAM", "iam"), ("STS", "sts")):
        operations = [o for o in re.findall(r"\w+", rows[title]) if o in services[service].operation_names]
        yield from ((service, o) for o in operations if (
            "MoveTask" in o if service == "sqs" else (service, o) != ("lambda", "Invoke")))


def coverage(world):
    """By botocore's models: every operation was answered, every error was provoked or is known not to arise."""
    checks = world.checks
    models = {
        service: client(service, world.server.endpoint).meta.service_model
        for service in ("events", "lambda", "sqs", "iam", "sts")}
    pairs = list(served(models))
    checks.that(len(pairs) >= 42, "the documentation names the operations", len(pairs))
    used = set()
    for service, operation in pairs:
        checks.that((service, operation) in ANSWERED, f"{service} {operation} was answered")
        for shape in models[service].operation_model(operation).error_shapes:
            reason = next((key for key in itertools.product(
                [service], [operation, "*"], [shape.name]) if key in NOT_PROVOKED), None)
            is_provoked = (service, operation, shape.name) in PROVOKED
            checks.that(is_provoked or reason, f"{service} {operation}: {shape.name} was provoked")
            checks.that(not (is_provoked and reason), f"{service} {operation}: {shape.name} does arise", reason)
            used.add(reason)
    checks.equal(set(NOT_PROVOKED) - used, set(), "no reason is given for an error that no model has")


PARTS = [
    ("permitting: roles", roles), ("permitting: policies of roles", role_policies),
    ("permitting: the simulator", simulator), ("permitting: who asks", identity), ("permitting: functions", functions),
    ("permitting: policies of functions", permissions), ("permitting: rules", rules), ("permitting: targets", targets),
    ("permitting: buses", buses), ("permitting: moves", moves), ("permitting: queues that go", deleted), ("permitting: coverage", coverage),
]
