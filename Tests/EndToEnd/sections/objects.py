"""S3 on the wire: whole and odd keys, pages, conditions, errors."""

import io
import uuid

from harness.clients import Refused

ODD_KEYS = [
    "plain.txt", "with blank.txt", "plus+plus.txt", "가격/é/日本.json", "k=v/x=y.json", "a&b.txt", "double//slash.txt",
    "trailing/", "percent%25and%.txt", "question?mark.txt", "hash#tag.txt", "semi;colon,comma.txt", "quo'te\".txt",
    "<xml>.txt", "tilde~star*.txt", "emoji😀.txt", "back\\slash.txt", "line\nbreak.txt", "x" * 1000,
]


def bucket_of(world):
    name = f"b-{uuid.uuid4()}"
    world.client("s3").create_bucket(Bucket=name)
    return name


def keys(world):
    """Whatever the key, the object comes back under it and is listed under it."""
    checks, s3 = world.checks, world.client("s3")
    bucket = bucket_of(world)
    for number, key in enumerate(ODD_KEYS):
        body = f"body {number}".encode()
        put = s3.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType="text/x-odd", Metadata={"number": str(number)})
        got = s3.get_object(Bucket=bucket, Key=key)
        head = s3.head_object(Bucket=bucket, Key=key)
        checks.equal(got["Body"].read(), body, f"the body of {key[:30]!r}")
        checks.equal((got["ETag"], head["ETag"]), (put["ETag"], put["ETag"]), f"the tag of {key[:30]!r}")
        checks.equal(head["ContentLength"], len(body), f"the size of {key[:30]!r}")
        checks.equal((got["ContentType"], head["Metadata"]), ("text/x-odd", {"number": str(number)}), "what it carries")
    wanted = sorted(ODD_KEYS, key=lambda key: key.encode())
    listed = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    checks.equal(listed, wanted, "all are listed, in the order of their bytes")
    had, pages = [], 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3}):
        pages += 1
        had += [o["Key"] for o in page.get("Contents", [])]
    checks.equal((had, pages), (wanted, -(-len(wanted) // 3)), "and in pages of three, once each")
    for key in ODD_KEYS:
        s3.delete_object(Bucket=bucket, Key=key)
    checks.equal(s3.list_objects_v2(Bucket=bucket)["KeyCount"], 0, "and they can be deleted")


def listings(world):
    checks, s3 = world.checks, world.client("s3")
    bucket = bucket_of(world)
    names = ["a", "dir/1", "dir/2", "dir/sub/3", "dir=x/4", "z"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    checks.equal([o["Key"] for o in answer["Contents"]], ["a", "z"], "a delimiter keeps what lies on top")
    checks.equal([p["Prefix"] for p in answer["CommonPrefixes"]], ["dir/", "dir=x/"], "and folds the rest")
    answer = s3.list_objects_v2(Bucket=bucket, Prefix="dir/", Delimiter="/")
    checks.equal([o["Key"] for o in answer["Contents"]], ["dir/1", "dir/2"], "a prefix looks inside")
    checks.equal([p["Prefix"] for p in answer["CommonPrefixes"]], ["dir/sub/"], "one level deep")
    answer = s3.list_objects_v2(Bucket=bucket, StartAfter="dir/2", MaxKeys=2)
    checks.equal([o["Key"] for o in answer["Contents"]], ["dir/sub/3", "dir=x/4"], "a start and a size")
    checks.equal((answer["IsTruncated"], answer["KeyCount"]), (True, 2), "and it says that there is more")
    folded = []
    for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}):
        folded += [o["Key"] for o in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]
    checks.equal(folded, ["a", "dir/", "dir=x/", "z"], "folded listings have pages too")


def conditions(world):
    checks, s3 = world.checks, world.client("s3")
    bucket = bucket_of(world)
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")
    checks.raises(
        "PreconditionFailed", lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*"),
        "If-None-Match on what exists", status=412)
    checks.equal(s3.get_object(Bucket=bucket, Key="k")["Body"].read(), b"first", "the first stays")
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfMatch=first["ETag"])
    checks.raises(
        "PreconditionFailed", lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"third", IfMatch=first["ETag"]),
        "If-Match with an old tag", status=412)
    checks.that(second["ETag"] != first["ETag"], "another body has another tag")
    checks.equal(not_modified(s3, bucket, second["ETag"]), 304, "what has not changed is not sent")
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=1-3")
    checks.equal((part["Body"].read(), part["ResponseMetadata"]["HTTPStatusCode"]), (b"eco", 206), "a range")
    checks.raises("InvalidRange", lambda: s3.get_object(Bucket=bucket, Key="k", Range="bytes=99-"), "beyond", status=416)


def not_modified(s3, bucket, tag):
    try:
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=tag)
    except Refused as refusal:
        return refusal.response["ResponseMetadata"]["HTTPStatusCode"]
    return None


def refusals(world):
    checks, s3 = world.checks, world.client("s3")
    bucket = bucket_of(world)
    none = f"none-{uuid.uuid4()}"
    checks.raises(s3.exceptions.NoSuchKey, lambda: s3.get_object(Bucket=bucket, Key="k"), "no key", status=404)
    checks.raises("404", lambda: s3.head_object(Bucket=bucket, Key="k"), "no key to look at", status=404)
    checks.raises("404", lambda: s3.head_bucket(Bucket=none), "no bucket to look at", status=404)
    for what, action in {
        "get": lambda: s3.get_object(Bucket=none, Key="k"),
        "put": lambda: s3.put_object(Bucket=none, Key="k", Body=b"x"),
        "list": lambda: s3.list_objects_v2(Bucket=none),
        "delete": lambda: s3.delete_object(Bucket=none, Key="k"),
    }.items():
        checks.raises(s3.exceptions.NoSuchBucket, action, f"{what} in no bucket", status=404)
    checks.raises("InvalidBucketName", lambda: s3.create_bucket(Bucket="Not_A_Bucket"), "a name that is none")
    checks.raises("KeyTooLongError", lambda: s3.put_object(Bucket=bucket, Key="x" * 1025, Body=b""), "a long key")


def sizes(world):
    """A body of some megabytes comes back whole, also when it is streamed."""
    checks, s3 = world.checks, world.client("s3")
    bucket = bucket_of(world)
    body = bytes(range(256)) * (4 << 12)
    s3.put_object(Bucket=bucket, Key="big", Body=io.BytesIO(body))
    checks.that(s3.get_object(Bucket=bucket, Key="big")["Body"].read() == body, "four megabytes come back")
    s3.put_object(Bucket=bucket, Key="none", Body=b"")
    checks.equal(s3.get_object(Bucket=bucket, Key="none")["Body"].read(), b"", "and none at all")
