"""Who means no good: guests that name things of their own account, and signatures that are almost right (§8, D29).

The signer here is our own, so that every part of a signature can be wrong by itself.
"""

import base64
import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import re
import urllib.parse
import uuid
import zlib

import boto3
import botocore.config
from harness.checks import PATIENCE_SECONDS, until
from harness.clients import ACCOUNT, BUCKET, ORCHESTRATOR, SCHEDULE_RULE, WORK_QUEUE, Refused, arn
from harness.processes import GENEROUS, Server
from sections.contracts_permissions import allow, policy
from sections.security import key, run, signed
from sections.world import World

STRANGER = "210987654321"
SESSION_ROLE = "contract-session"
JSON10, JSON11 = "application/x-amz-json-1.0", "application/x-amz-json-1.1"


# MARK: Our own signer


def moment(seconds=0):
    """So many seconds from now, as signatures write it."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return now.strftime("%Y%m%dT%H%M%SZ")


def quoted(text):
    return urllib.parse.quote(text, safe="-_.~")


def signature(secret, scope, at, canonical):
    secret = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(secret, f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}".encode(), "sha256").hexdigest()


def canonical(method, path, query, headers, digest, service):
    pairs = sorted((quoted(k), quoted(v)) for k, v in query)
    return "\n".join([
        method, path if service == "s3" else urllib.parse.quote(path, safe="/-_.~"),
        "&".join(f"{k}={v}" for k, v in pairs), *(f"{k}:{' '.join(v.split())}" for k, v in headers), "",
        ";".join(k for k, _ in headers), digest])


def sign(server, pair, service, method="POST", path="/", query=(), headers=None, body=b"", **wrong):
    """A signed request; what is `wrong` is signed instead of what is right, or left out of it."""
    at = wrong.get("at", moment())
    digest = wrong.get("digest", hashlib.sha256(body).hexdigest())
    given = {"host": f"127.0.0.1:{server.port}", "x-amz-date": at} | {k.lower(): v for k, v in (headers or {}).items()}
    if service == "s3" or "digest" in wrong:
        given["x-amz-content-sha256"] = digest
    scope = f"{wrong.get('day', at[:8])}/{wrong.get('region', 'us-east-1')}/{wrong.get('scope', service)}/aws4_request"
    names = sorted(set(given) - set(wrong.get("unsigned", ())))
    whole = canonical(method, path, query, [(n, given[n]) for n in names], digest, wrong.get("scope", service))
    given["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={pair[0]}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature(pair[1], scope, at, whole)}")
    return {"method": method, "path": path, "query": list(query), "headers": given, "body": body}


def presign(server, pair, method, path, expires, at=None, service="s3", query=(), digest="UNSIGNED-PAYLOAD"):
    """A URL that is signed for everybody who has it."""
    at = at or moment()
    scope = f"{at[:8]}/us-east-1/{service}/aws4_request"
    host = f"127.0.0.1:{server.port}"
    query = [*query, ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{pair[0]}/{scope}"),
             ("X-Amz-Date", at), ("X-Amz-Expires", str(expires)), ("X-Amz-SignedHeaders", "host")]
    whole = canonical(method, path, query, [("host", host)], digest, service)
    query.append(("X-Amz-Signature", signature(pair[1], scope, at, whole)))
    return {"method": method, "path": path, "query": query, "headers": {"host": host}, "body": b""}


def send(server, request):
    """The status and the text of the answer; a status of 0 is a connection that was closed without one."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    query = "&".join(f"{quoted(k)}={quoted(v)}" for k, v in request["query"])
    try:
        connection.putrequest(
            request["method"], request["path"] + (f"?{query}" if query else ""), skip_host=True,
            skip_accept_encoding=True)
        for name, value in (request["headers"] | {"content-length": str(len(request["body"]))}).items():
            connection.putheader(name, value.encode("utf-8") if isinstance(value, str) else value)
        connection.endheaders(request["body"])
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (http.client.HTTPException, OSError) as error:
        return 0, repr(error)
    finally:
        connection.close()


def target(operation, body=None, prefix="AWSEvents", content=JSON11):
    return {"headers": {"x-amz-target": f"{prefix}.{operation}", "content-type": content},
            "body": json.dumps(body or {}).encode()}


def altered(request, **members):
    """The request with other members than were signed; headers are added to its own."""
    return request | members | {"headers": request["headers"] | members.get("headers", {})}


# MARK: Guests of an open server


def guests(world):
    """Conditions on the door, and guests that call our things by an ARN of their own account."""
    checks, door = world.checks, f"contract-door-{uuid.uuid4().hex[:8]}"
    ours, here = world.client("events"), arn("events", f"event-bus/{door}")
    theirs = signed(world, (STRANGER, "any"), "events")
    ours.create_event_bus(Name=door)
    try:
        def put(source="stall", detail_type="Sold", bus=here, **more):
            """The event's id, or the code of the denial."""
            entry = {"Source": source, "DetailType": detail_type, "Detail": "{}", "EventBusName": bus} | more
            try:
                answer = theirs.put_events(Entries=[entry])["Entries"][0]
                return answer.get("EventId") or answer["ErrorCode"]
            except Refused as refusal:
                return refusal.response["Error"]["Code"]

        def lets(*statements):
            given = [allow("events:PutEvents", here, Principal={"AWS": STRANGER}) | s for s in statements]
            ours.put_permission(EventBusName=door, Policy=policy(*given))

        denied = "AccessDeniedException"
        checks.equal(put(), denied, "a door without a policy is closed")
        for what, statements, open_, closed in (
            ("an account", [{}], [{}], [{"bus": "default"}, {"bus": arn("events", "event-bus/default")}]),
            ("another account", [{"Principal": {"AWS": "999988887777"}}], [], [{}]),
            ("anybody", [{"Principal": "*"}], [{}], []),
            ("a source", [{"Condition": {"StringEquals": {"events:source": ["stall", "till"]}}}],
             [{}, {"source": "till"}], [{"source": "stalls"}, {"source": "Stall"}]),
            ("a wildcard", [{"Condition": {"StringLike": {"events:detail-type": "S*d"}}}],
             [{}, {"detail_type": "Sd"}], [{"detail_type": "Sold out"}]),
            ("two conditions", [{"Condition": {"StringEquals": {
                "events:source": "stall", "events:detail-type": "Sold"}}}],
             [{}], [{"source": "till"}, {"detail_type": "x"}]),
            ("an organisation", [{"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}], [],
             [{}]),
            ("a principal's account", [{"Principal": "*", "Condition": {"StringEquals": {
                "aws:PrincipalAccount": STRANGER}}}], [{}], []),
            ("a denial beside it", [{}, {"Effect": "Deny", "Principal": "*", "Condition": {"StringEquals": {
                "events:source": "stall"}}}], [{"source": "till"}], [{}]),
            ("a denial of all but one", [{}, {"Effect": "Deny", "Principal": "*", "Condition": {"StringNotLike": {
                "events:source": "stall*"}}}], [{}, {"source": "stall.x"}], [{"source": "till"}]),
            ("another action", [{"Action": "events:Put*"}], [{}], []),
            ("an action that is another", [{"Action": "events:PutRule"}], [], [{}]),
            ("all but an action", [{"Action": "events:*", "Resource": f"{here}x"}], [], [{}]),
        ):
            lets(*statements)
            for given in open_:
                checks.that(len(put(**given)) == 36, f"{what}: {given} comes in", put(**given))
            for given in closed:
                checks.equal(put(**given), denied, f"{what}: {given} stays out")
        # One entry that may not come in keeps the whole call out.
        lets({"Condition": {"StringEquals": {"events:source": "stall"}}})
        entries = [{"Source": s, "DetailType": "x", "Detail": "{}", "EventBusName": here} for s in ("stall", "till")]
        checks.raises(denied, lambda: theirs.put_events(Entries=entries), "one of two entries may come in")
        event = put(source="stall")
        row = (world.rows(event) or [{}])[0]
        checks.equal(row.get("decision"), "unmatched", "what came in went on to the rules")
        callers(world)
        strangers(world, door, put)
    finally:
        ours.delete_event_bus(Name=door)


def callers(world):
    """A function's policy lets guests in, and only whom it means."""
    checks, ours = world.checks, world.client("lambda")
    theirs = signed(world, (STRANGER, "any"), "lambda")
    function = arn("lambda", f"function:{ORCHESTRATOR}")

    def invoke():
        return theirs.invoke(FunctionName=function, InvocationType="DryRun")

    for what, given, is_let_in in (
        ("their account", {"Principal": STRANGER}, True), ("another account", {"Principal": "999988887777"}, False),
        ("a service", {"Principal": "events.amazonaws.com"}, False), ("anybody", {"Principal": "*"}, True),
        ("another action", {"Principal": STRANGER, "Action": "lambda:GetFunction"}, False),
        ("their account, for a source", {"Principal": STRANGER, "SourceArn": arn("events", "rule/a")}, False),
        ("an organisation", {"Principal": "*", "PrincipalOrgID": "o-1234567890"}, False),
        ("callers of a URL", {"Principal": "*", "FunctionUrlAuthType": "NONE"}, False),
    ):
        given = {"Action": "lambda:InvokeFunction"} | given
        ours.add_permission(FunctionName=ORCHESTRATOR, StatementId="contract-guest", **given)
        try:
            if is_let_in:
                checks.equal(invoke()["StatusCode"], 204, f"a permission for {what} lets a guest in")
            else:
                checks.raises("AccessDeniedException", invoke, f"a permission for {what} lets no guest in")
        finally:
            ours.remove_permission(FunctionName=ORCHESTRATOR, StatementId="contract-guest")
    checks.raises("AccessDeniedException", invoke, "without a permission no guest is let in")


def strangers(world, door, put):
    """An ARN of the guest's account names nothing of ours, whatever its last part says."""
    checks, ours, theirs = world.checks, world.client("events"), signed(world, (STRANGER, "any"), "events")
    ours.remove_permission(EventBusName=door, RemoveAllPermissions=True)

    def alien(text):
        return text.replace(ACCOUNT, STRANGER)

    def stays_out(what, action):
        try:
            answer = action()
        except Refused as refusal:
            status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
            checks.that(400 <= status < 500, f"{what}: refused as the client's fault", status)
        else:
            answer.pop("ResponseMetadata", None)
            checks.find(f"a guest may not {what}; had {answer!r}")

    for bus in (door, "default"):
        had = put(bus=alien(arn("events", f"event-bus/{bus}")))
        checks.that(len(had) != 36, f"a guest may not publish on {bus} as if it were theirs", had)
    reference = alien(arn("events", f"event-bus/{door}"))
    stays_out("look at a bus", lambda: theirs.describe_event_bus(Name=reference))
    stays_out("open a door to themselves", lambda: theirs.put_permission(
        EventBusName=reference, StatementId="me", Action="events:PutEvents", Principal=STRANGER))
    checks.that("Policy" not in ours.describe_event_bus(Name=door), "the door has still no policy")
    ours.put_permission(EventBusName=door, StatementId="x", Action="events:PutEvents", Principal="999988887777")
    stays_out("take a door's policy away", lambda: theirs.remove_permission(
        EventBusName=reference, RemoveAllPermissions=True))
    checks.that("Policy" in ours.describe_event_bus(Name=door), "the door has still its policy")
    letters = f"contract-{uuid.uuid4().hex[:8]}"
    world.queue(letters)
    world.client("sqs").send_message(QueueUrl=world.url(letters), MessageBody="x")
    moving = signed(world, (STRANGER, "any"), "sqs")
    queue = alien(arn("sqs", letters))
    stays_out("see the moves of a queue", lambda: moving.list_message_move_tasks(SourceArn=queue))
    stays_out("move the messages of a queue", lambda: moving.start_message_move_task(
        SourceArn=queue, DestinationArn=alien(arn("sqs", letters))))
    # A member that the operation has not decides nothing.
    guest, query = (STRANGER, "any"), {"content-type": "application/x-www-form-urlencoded"}
    role = f"arn:aws:iam::{STRANGER}:role/r"
    for what, request in {
        "list our roles": {"service": "iam", "headers": query, "body": urllib.parse.urlencode(
            {"Action": "ListRoles", "Version": "2010-05-08", "RoleName": role}).encode()},
        "simulate our roles": {"service": "iam", "headers": query, "body": urllib.parse.urlencode({
            "Action": "SimulatePrincipalPolicy", "Version": "2010-05-08", "RoleName": role,
            "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/dev-customer-data-worker",
            "ActionNames.member.1": "sqs:ReceiveMessage"}).encode()},
        "stop a move": {"service": "sqs", **target(
            "CancelMessageMoveTask", {"TaskHandle": "x", "SourceArn": queue}, "AmazonSQS", JSON10)},
        "delete our door": {"service": "events", **target(
            "DeleteEventBus", {"Name": door, "EventBusName": reference})},
    }.items():
        status, text = send(world.server, sign(world.server, guest, request.pop("service"), **request))
        checks.that(400 <= status < 500 and "AccessDenied" in text, f"a guest may not {what}", (status, text[:200]))
    names = [b["Name"] for b in ours.list_event_buses()["EventBuses"]]
    checks.that(door in names, "our door is still there", names)


# MARK: Signatures


@contextlib.contextmanager
def closed(world, name, **settings):
    """A world of its own on another data directory, with a key that may do everything."""
    other = World(world.binary, world.folder / f"{name}-{uuid.uuid4().hex[:8]}", world.source, world.checks,
                  GENEROUS | settings)
    other.server.data.mkdir(parents=True)
    pair = key(other, "--user", "ana")
    with other.server:
        yield other, pair
        world.checks.that(other.server.child.poll() is None, f"{name}: the server lives", other.server.tail())
        failures = [line for line in other.server.log.read_text().splitlines() if '"request failed"' in line]
        world.checks.equal(failures[:3], [], f"{name}: no request failed inside the server")


def signatures(world):
    """A signature that is wrong in one part is wrong."""
    checks = world.checks
    with closed(world, "signatures") as (other, pair):
        server = other.server
        rules = target("ListRules")

        def good(**wrong):
            return sign(server, pair, "events", **rules, **wrong)

        def out(what, request, code=None):
            status, text = send(server, request)
            checks.that(400 <= status < 500, f"{what}: refused", (status, text[:200]))
            if code:
                checks.that(code in text, f"{what}: with {code}", (status, text[:200]))

        def into(what, request):
            status, text = send(server, request)
            checks.that(200 <= status < 300, f"{what}: taken", (status, text[:200]))
            return text

        into("a signature that is right", good())
        into("a clock that is 14 minutes late", good(at=moment(-14 * 60)))
        into("a clock that is 14 minutes early", good(at=moment(14 * 60)))
        invalid = "InvalidSignatureException"
        out("a clock that is 16 minutes late", good(at=moment(-16 * 60)), invalid)
        out("a clock that is 16 minutes early", good(at=moment(16 * 60)), invalid)
        out("a wrong secret", sign(server, (pair[0], "wrong"), "events", **rules), invalid)
        out("an empty secret", sign(server, (pair[0], ""), "events", **rules), invalid)
        out("another's key", sign(server, ("AKIANONE", pair[1]), "events", **rules), "UnrecognizedClientException")
        out("no key", sign(server, ("", pair[1]), "events", **rules))
        out("another body", altered(good(), body=b'{"Limit":1}'), invalid)
        out("no body", altered(good(), body=b""), invalid)
        out("another operation", altered(good(), headers={"x-amz-target": "AWSEvents.ListEventBuses"}), invalid)
        out("another date", altered(good(), headers={"x-amz-date": moment(-60)}), invalid)
        out("a query that was not signed", altered(good(), query=[("a", "b")]), invalid)
        out("another path", altered(good(), path="/other"), invalid)
        out("another method", altered(good(), method="PUT"), invalid)
        out("another host", altered(good(), headers={"host": "example.com"}), invalid)
        out("a host that is not signed", good(unsigned=["host"]), invalid)
        out("a target that is not signed", good(unsigned=["x-amz-target"]), invalid)
        out("a digest of another body", good(digest=hashlib.sha256(b"x").hexdigest()), invalid)
        out("a day that is not the date's", good(day=moment(-86_400)[:8]), invalid)
        out("a scope of another service", good(scope="s3"), "correct service: 'events'")
        out("a scope of another region", good(region="eu-west-1"), "valid region: 'us-east-1'")
        out("a header of AWS's that is not signed", altered(good(), headers={"x-amz-new": "1"}), invalid)
        out("a body that is not signed", good(digest="UNSIGNED-PAYLOAD"), invalid)
        out("no signature", altered(good(), headers={"authorization": ""}), "MissingAuthenticationToken")
        listing = sign(server, pair, "s3", "GET")
        into("a listing of buckets", listing)
        out("a listing of buckets, to list rules", altered(listing, headers={"x-amz-target": "AWSEvents.ListRules"}))
        checks.that(streamed(server, pair, into, out), "what was signed chunk by chunk comes back whole")
        for header in (
            "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=,SignedHeaders=,Signature=",
            f"AWS4-HMAC-SHA256 Credential={pair[0]}/20250909/us-east-1/events/aws4_request",
            f"AWS4-HMAC-SHA256 Credential={pair[0]}//us-east-1/events/aws4_request, SignedHeaders=;;, Signature=é",
            "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=host, Signature=0", "Bearer x", "Basic YTpi", "AWS a:b",
            "=",
            good()["headers"]["authorization"].replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            good()["headers"]["authorization"].upper(),
        ):
            out(f"the authorization {header[:60]!r}", altered(good(), headers={"authorization": header}))
        for at in ("", "2025", "20250909T220000", "20251332T250000Z", "99999999T999999Z", "00010101T000000Z", "é" * 16):
            out(f"the date {at!r}", altered(good(), headers={"x-amz-date": at}))
        out("our own path without a key", {
            "method": "GET", "path": "/_bellcrank/status", "query": [], "headers": {"host": "x"}, "body": b""})
        presigned(other, pair, into, out)


def chunked(pair, request, parts, trailer=""):
    """The request with its body in signed chunks, and perhaps with a signed trailer."""
    at = request["headers"]["x-amz-date"]
    scope = f"{at[:8]}/us-east-1/s3/aws4_request"
    secret = f"AWS4{pair[1]}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    previous, body = request["headers"]["authorization"].rpartition("=")[2], b""

    def next_signature(kind, *texts):
        hashes = [hashlib.sha256(text).hexdigest() for text in texts]
        whole = "\n".join([f"AWS4-HMAC-SHA256-{kind}", at, scope, previous, *hashes])
        return hmac.new(secret, whole.encode(), "sha256").hexdigest()

    for part in [*parts, b""]:
        previous = next_signature("PAYLOAD", b"", part)
        body += f"{len(part):x};chunk-signature={previous}\r\n".encode() + part + (b"\r\n" if part else b"")
    if trailer:
        signed_trailer = next_signature("TRAILER", f"{trailer}\n".encode())
        body += f"{trailer}\r\nx-amz-trailer-signature:{signed_trailer}\r\n".encode()
    return request | {"body": body + b"\r\n"}


def streamed(server, pair, into, out):
    """Each chunk of an upload is signed, and what is changed in any of them is refused."""
    path = f"/{BUCKET}/chunks"

    def upload(kind, **more):
        return sign(server, pair, "s3", "PUT", path, digest=f"STREAMING-{kind}", headers={
            "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "8"} | more)

    plain = chunked(pair, upload("AWS4-HMAC-SHA256-PAYLOAD"), [b"first", b"end"])
    into("chunks that are signed", plain)
    text = into("what came in chunks", sign(server, pair, "s3", "GET", path))
    server_had = text == "firstend"
    trailed = chunked(
        pair, upload("AWS4-HMAC-SHA256-PAYLOAD-TRAILER", **{"x-amz-trailer": "x-amz-checksum-crc32"}), [b"first", b"end"],
        "x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(b"firstend").to_bytes(4, "big")).decode())
    into("chunks and a trailer that are signed", trailed)
    open_end = upload("UNSIGNED-PAYLOAD-TRAILER")
    into("chunks that nobody signs", open_end | {"body": b"8\r\nfirstend\r\n0\r\n\r\n"})
    wrong = "SignatureDoesNotMatch"
    for what, request in {"chunks": plain, "chunks with a trailer": trailed}.items():
        out(f"{what}: another text", request | {"body": request["body"].replace(b"first", b"worst")}, wrong)
        out(f"{what}: not the last", request | {"body": request["body"].partition(b"0;chunk")[0]}, wrong)
        zeros = re.sub(rb"chunk-signature=\w+", b"chunk-signature=" + b"0" * 64, request["body"])
        out(f"{what}: no signatures", request | {"body": zeros}, wrong)
    out("a trailer with another signature", trailed | {
        "body": re.sub(rb"trailer-signature:\w+", b"trailer-signature:" + b"0" * 64, trailed["body"])}, wrong)
    out("a way of signing that is none", upload("AWS4-NOTHING"), wrong)
    return server_had


def presigned(other, pair, into, out):
    """A presigned URL is good for what it says, as long as it says, and for nothing else."""
    checks, server, path = other.checks, other.server, f"/{BUCKET}/contract/a"
    into("a presigned upload", altered(presign(server, pair, "PUT", path, 60), body=b"text"))
    url = presign(server, pair, "GET", path, 60)
    checks.equal(into("a presigned download", url), "text", "what was uploaded comes back")
    s3 = boto3.client(
        "s3", endpoint_url=server.endpoint, aws_access_key_id=pair[0], aws_secret_access_key=pair[1],
        region_name="us-east-1", config=botocore.config.Config(signature_version="s3v4"))
    made = urllib.parse.urlsplit(s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "contract/a"}, 60))
    into("a URL by boto3", url | {"path": made.path, "query": urllib.parse.parse_qsl(made.query)})
    into("for a week", presign(server, pair, "GET", path, 604_800, moment(-6 * 86_400)))
    out("beyond a week", presign(server, pair, "GET", path, 604_801), "AuthorizationQueryParametersError")
    out("of the day before", presign(server, pair, "GET", path, 60, moment(-86_400)), "Request has expired")
    out("a minute late", presign(server, pair, "GET", path, 60, moment(-61)), "Request has expired")
    out("of tomorrow", presign(server, pair, "GET", path, 60, moment(86_400)))
    longer = [(k, "600000" if k == "X-Amz-Expires" else v) for k, v in url["query"]]
    out("made to last", altered(url, query=longer), "SignatureDoesNotMatch")
    out("for another key", altered(url, path=f"/{BUCKET}/contract/b"), "SignatureDoesNotMatch")
    out("to delete", altered(url, method="DELETE"), "SignatureDoesNotMatch")
    out("to upload", altered(url, method="PUT", body=b"x"), "SignatureDoesNotMatch")
    for what, more in {
        "list rules": target("ListRules"), "change a rule": target("DisableRule", {"Name": SCHEDULE_RULE}),
        "take messages": target("ReceiveMessage", {"QueueUrl": other.url(WORK_QUEUE)}, "AmazonSQS", JSON10),
        "read the logs": target("DescribeLogGroups", prefix="Logs_20140328"),
    }.items():
        out(f"a URL of one object, to {what}", altered(url, **more))
    for expires in ("", "x", "0", "-1", "-9223372036854775808", "9223372036854775807", "99999999999999999999"):
        # Who has no secret knows a key all the same: it stands in every URL.
        out(f"for {expires!r} seconds", presign(server, (pair[0], "wrong"), "GET", path, expires))
        is_gone = until(lambda: server.child.poll() is not None, 0.2)
        if not checks.that(not is_gone, f"for {expires!r} seconds: the server lives"):
            server.start()
    form = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]
    whoami = presign(server, pair, "GET", "/", 60, service="sts", query=form, digest=hashlib.sha256(b"").hexdigest())
    text = into("a presigned GetCallerIdentity", whoami)
    checks.that(f"arn:aws:iam::{ACCOUNT}:root" in text, "it says who signed it", text[:200])


def keys(world):
    """`bellcrank credentials`: keys are added and revoked under a running server, also one that is open to the net."""
    checks = world.checks
    with closed(world, "keys", **{"server.host": "0.0.0.0"}) as (other, first):
        second = key(other, "--user", "ben")
        for pair in (first, second):
            signed(other, pair, "events").list_rules()
            checks.that(True, "a key counts from the next request on")
        listed = run(other, "credentials", "list", "--data", other.server.data, "-o", "json")
        rows = json.loads(listed.stdout)["credentials"]
        had = [(r["user"], r["access_key_id"]) for r in rows]
        checks.equal(had, [("ana", first[0]), ("ben", second[0])], "the list")
        checks.that(first[1] not in listed.stdout and second[1] not in listed.stdout, "no secret is listed")
        had = run(other, "credentials", "revoke", first[0], "--data", other.server.data)
        checks.equal(had.returncode, 0, "a key is revoked")
        unknown = "UnrecognizedClientException"
        checks.raises(unknown, lambda: signed(other, first, "events").list_rules(), "it is no key")
        signed(other, second, "events").list_rules()
        for bad, what in (
            (("add",), "no user"), (("add", "--user", "a b"), "a user with a blank"),
            (("add", "--user", "a", "--account", "12"), "an account of 2"), (("revoke",), "no key"),
        ):
            had = run(other, "credentials", *bad, "--data", other.server.data)
            checks.that(had.returncode not in (0, 1) and had.stderr, f"{what}: wrong use", (had.returncode, had.stderr))
        again = run(other, "credentials", "revoke", first[0], "--data", other.server.data)
        checks.that(again.returncode == 1 and first[0] in again.stderr, "twice is refused", again.stderr)
        file = other.server.data / "credentials.json"
        file.chmod(0o644)
        request = sign(other.server, second, "events", **target("ListRules"))
        status, text = send(other.server, request)
        checks.that(
            status >= 400 and second[1] not in text, "a file that others may read lets nobody in", (status, text))
        checks.that(str(other.server.data) not in text, "nobody is told where it lies", (status, text))
        file.chmod(0o600)
        run(other, "credentials", "revoke", second[0], "--data", other.server.data)
        checks.raises(unknown, lambda: signed(other, second, "events").list_rules(), "none is left")
        checks.equal(other.server.admin("status")[0], 401, "a server that is open to the net stays closed to all")
    checks.that(second[1].encode() not in other.server.log.read_bytes(), "the log has no secret")
    bare = Server(world.binary, other.folder, world.source, GENEROUS | {"server.host": "0.0.0.0"})
    checks.equal(run_serve(bare), 65, "without keys it does not start again")


def run_serve(server):
    """How a server ends that should not start."""
    server.spawn()
    ended = until(lambda: server.child.poll() is not None)
    if not ended:
        server.kill9()
    return server.child.returncode


def sessions(world):
    """A key of a role may do what its policies say: wildcards, denials, and conditions on what every request has."""
    checks = world.checks
    with closed(world, "sessions") as (other, root):
        iam, trust = signed(other, root, "iam"), {"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
        role = iam.create_role(
            RoleName=SESSION_ROLE, AssumeRolePolicyDocument=policy({"Effect": "Allow"} | trust),
            Tags=[{"Key": "team", "Value": "data"}])["Role"]
        pair = key(other, "--user", "sam", "--role", SESSION_ROLE)
        who = signed(other, pair, "sts").get_caller_identity()
        checks.equal(
            (who["Arn"], who["UserId"], who["Account"]),
            (f"arn:aws:sts::{ACCOUNT}:assumed-role/{SESSION_ROLE}/sam", f"{role['RoleId']}:sam", ACCOUNT), "who it is")
        events = signed(other, pair, "events")

        def may(*statements):
            iam.put_role_policy(RoleName=SESSION_ROLE, PolicyName="p", PolicyDocument=policy(*statements))
            try:
                events.list_rules()
                return True
            except Refused as refusal:
                checks.equal(refusal.response["Error"]["Code"], "AccessDeniedException", "the code of a denial")
                return False

        def when(test, name, value, effect="Allow"):
            return allow("events:List*", "*", effect, Condition={test: {name: value}})

        all_ = allow("*")
        for what, statements, wanted in (
            ("everything", [all_], True), ("a wildcard", [allow("events:L*Rules")], True),
            ("another service", [allow("sqs:*")], False), ("another action", [allow("events:DescribeRule")], False),
            ("all but", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
            ("a denial", [all_, allow("events:ListRules", effect="Deny")], False),
            ("its account", [when("StringEquals", "aws:PrincipalAccount", ACCOUNT)], True),
            ("its role", [when("ArnEquals", "aws:PrincipalArn", role["Arn"])], True),
            ("its role is denied", [all_, when("ArnEquals", "aws:PrincipalArn", role["Arn"], "Deny")], False),
            ("its address", [when("IpAddress", "aws:SourceIp", "127.0.0.0/8")], True),
            ("another address", [when("IpAddress", "aws:SourceIp", "10.0.0.0/8")], False),
            ("its address is denied", [all_, when("IpAddress", "aws:SourceIp", "127.0.0.0/8", "Deny")], False),
            ("until a day to come", [when("DateLessThan", "aws:CurrentTime", "2100-01-01T00:00:00Z")], True),
            ("denied after a day gone by", [
                all_, when("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", "Deny")], False),
            ("denied without TLS", [all_, when("Bool", "aws:SecureTransport", "false", "Deny")], False),
            ("its region", [when("StringEquals", "aws:RequestedRegion", "us-east-1")], True),
            ("its user id", [when("StringLike", "aws:userid", f"{role['RoleId']}:*")], True),
            ("its type", [when("StringEquals", "aws:PrincipalType", "AssumedRole")], True),
            ("its tag", [when("StringEquals", "aws:PrincipalTag/team", "data")], True),
            ("another's tag", [when("StringEquals", "aws:PrincipalTag/team", "sales")], False),
            ("no name of a user", [when("Null", "aws:username", "true")], True),
            ("denied since 1970", [all_, when("NumericGreaterThan", "aws:EpochTime", "0", "Deny")], False),
        ):
            checks.equal(may(*statements), wanted, f"a session with {what}")
        scopes(checks, other, iam, pair)
        iam.delete_role_policy(RoleName=SESSION_ROLE, PolicyName="p")
        checks.raises("AccessDeniedException", events.list_rules, "without policies nothing")
        iam.delete_role(RoleName=SESSION_ROLE)
        checks.raises("AccessDeniedException", events.list_rules, "without a role nothing")


def scopes(checks, other, iam, pair):
    """What an action needs beside its own resource, and what its name stands for."""
    def limited(*statements):
        iam.put_role_policy(RoleName=SESSION_ROLE, PolicyName="p", PolicyDocument=policy(*statements))

    events, sqs = signed(other, pair, "events"), signed(other, pair, "sqs")
    limited(allow("events:*", arn("events", "rule/mine-*")))
    events.put_rule(Name="mine-1", EventPattern='{"source":["x"]}', State="DISABLED")
    for what, action in {
        "another's rule": lambda: events.put_rule(Name="theirs", EventPattern='{"source":["x"]}'),
        "another's targets": lambda: events.remove_targets(Rule=SCHEDULE_RULE, Ids=["x"]),
        "all rules": events.list_rules, "an event": lambda: events.put_events(
            Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}]),
        "a bus": lambda: events.create_event_bus(Name="mine-1"),
    }.items():
        checks.raises("AccessDeniedException", action, f"a role for its own rules: {what}")
    events.delete_rule(Name="mine-1")
    made = iam.create_role(
        RoleName="with-path", Path="/a/b/", AssumeRolePolicyDocument=policy(
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    limited(allow("iam:GetRole", made))
    try:
        had = signed(other, pair, "iam").get_role(RoleName="with-path")["Role"]["Arn"]
        checks.equal(had, made, "a role with a path is named by its ARN in a policy")
    except Refused as refusal:
        checks.find(f"a role with a path is named by its ARN in a policy; had {refusal}")
    # Moving takes from one queue and sends to another: each has to be allowed.
    root = signed(other, key(other, "--user", "eve"), "sqs")
    for name in ("from", "to"):
        root.create_queue(QueueName=name)
    root.send_message(QueueUrl=other.url("from"), MessageBody="x")
    limited(allow(["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                  arn("sqs", "from")))
    denied = "AccessDenied"
    refused = checks.raises(
        denied, lambda: sqs.start_message_move_task(SourceArn=arn("sqs", "from"), DestinationArn=arn("sqs", "to")),
        "a move to where it may not send")
    if refused is None:
        return
    limited(allow("sqs:StartMessageMoveTask", arn("sqs", "from")), allow("sqs:SendMessage", arn("sqs", "to")))
    checks.raises(
        denied, lambda: sqs.start_message_move_task(SourceArn=arn("sqs", "from"), DestinationArn=arn("sqs", "to")),
        "a move from where it may not take")
    # Nor without a destination: it would send back to where the letters came from.
    root.set_queue_attributes(QueueUrl=other.url("to"), Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("sqs", "from"), "maxReceiveCount": 1})})
    taking = allow(["sqs:*MessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                   arn("sqs", "from"))
    limited(taking)
    checks.raises(denied, lambda: sqs.start_message_move_task(SourceArn=arn("sqs", "from")), "a move back, not allowed")
    limited(taking, allow("sqs:SendMessage", arn("sqs", "to")))
    handle = sqs.start_message_move_task(SourceArn=arn("sqs", "from"), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with contextlib.suppress(Refused):  # It may have ended.
        sqs.cancel_message_move_task(TaskHandle=handle)
    limited(allow("sqs:CancelMessageMoveTask", arn("sqs", "to")))
    checks.raises(denied, lambda: sqs.cancel_message_move_task(TaskHandle=handle), "a move of another's queue")


PARTS = [
    ("permitting: guests (D29)", guests), ("permitting: signatures (§8)", signatures), ("permitting: keys (§8)", keys),
    ("permitting: sessions (§8)", sessions),
]
