"""What is shown: dashboards, and the tags of boards and alarms (§6)."""

import concurrent.futures
import json

from harness.clients import ACCOUNT, REGION, arn
from sections.watching.alarms import ALARM, without_alarms
from sections.watching.contract import GARBAGE, MINUTE, contract, flat, now

BOARD = json.dumps({"widgets": []})


def dashboards(world):
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 6,
                                    "properties": {"markdown": "안녕"}}]}, ensure_ascii=False)
    for text in (BOARD, body):
        answer = cloudwatch.put_dashboard(DashboardName="watch", DashboardBody=text)
        checks.equal(answer["DashboardValidationMessages"], [], "nothing is wrong with it")
    board = cloudwatch.get_dashboard(DashboardName="watch")
    own = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/watch"
    checks.equal(
        (board["DashboardName"], board["DashboardBody"], board["DashboardArn"]), ("watch", body, own), "as put")
    entry = cloudwatch.list_dashboards(DashboardNamePrefix="watch")["DashboardEntries"]
    checks.equal(
        [(e["DashboardName"], e["DashboardArn"], e["Size"]) for e in entry], [("watch", own, len(body.encode()))],
        "listed")
    checks.that(abs(entry[0]["LastModified"] - now()) < MINUTE, "and when it was put", entry)
    for what, text in (
        ("no JSON", "{"), ("no object", "[]"), ("an unknown widget", '{"widgets": [{"type": "clock"}]}'),
        ("a text without text", '{"widgets": [{"type": "text", "properties": {}}]}'),
    ):
        refusal = c.refused(
            "PutDashboard", "DashboardInvalidInputError", what, DashboardName="watch", DashboardBody=text)
        messages = refusal.response.get("dashboardValidationMessages") if refusal else None
        checks.that(
            messages and all(m["Message"] and m["DataPath"] for m in messages), f"{what}: message by message", messages)
    c.refused(
        "PutDashboard", "InvalidParameterValue", "a name with a space", DashboardName="a b", DashboardBody=BOARD)
    checks.equal(cloudwatch.get_dashboard(DashboardName="watch")["DashboardBody"], body, "refusals change nothing")
    c.refused("GetDashboard", "DashboardNotFoundError", "none of that name", DashboardName="watch-none")
    many = [f"watch-{n:04}" for n in range(1_001)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BOARD), many))
    pages = c.pages("ListDashboards", "DashboardEntries", DashboardNamePrefix="watch-")
    checks.that(len(pages) > 1 and all(len(page) <= 1_000 for page in pages), "in pages", [len(p) for p in pages])
    checks.equal(sorted(e["DashboardName"] for e in flat(pages)), many, "each once")
    for operation, what, parameters in (
        ("GetDashboard", "a name with a space", {"DashboardName": "a b"}),
        ("ListDashboards", "a token that is none", {"NextToken": GARBAGE}),
        ("ListDashboards", "a prefix with a space", {"DashboardNamePrefix": "a b"}),
        ("DeleteDashboards", "a name with a space", {"DashboardNames": ["a b"]}),
        ("DeleteDashboards", "no name", {"DashboardNames": []}),
        ("DeleteDashboards", "101 names", {"DashboardNames": many[:101]}),
    ):
        c.refused(operation, "InvalidParameterValueException", what, **parameters)
    # The model has lost this error, its documentation and the service have it.
    checks.raises(
        "ResourceNotFound", lambda: cloudwatch.delete_dashboards(DashboardNames=["watch-none", "watch"]), "no board",
        404)
    left = cloudwatch.list_dashboards(DashboardNamePrefix="watch")["DashboardEntries"]
    checks.that("watch" not in [e["DashboardName"] for e in left], "as many as possible are deleted")
    pages = c.pages("ListDashboards", "DashboardEntries", DashboardNamePrefix="watch")
    left = [entry["DashboardName"] for entry in flat(pages)]
    for place in range(0, len(left), 100):
        cloudwatch.delete_dashboards(DashboardNames=left[place:place + 100])
    checks.equal(cloudwatch.list_dashboards(DashboardNamePrefix="watch")["DashboardEntries"], [], "they are gone")


@without_alarms
def tags(world):
    c = contract(world, "cloudwatch")
    checks, cloudwatch = world.checks, c.client

    def pairs(**pairs):
        return [{"Key": key, "Value": value} for key, value in pairs.items()]

    def had(resource):
        return sorted(cloudwatch.list_tags_for_resource(ResourceARN=resource)["Tags"], key=lambda tag: tag["Key"])

    cloudwatch.put_metric_alarm(AlarmName="watch-tagged", Tags=pairs(team="data", tier="1"), **ALARM)
    own = arn("cloudwatch", "alarm:watch-tagged")
    checks.equal(had(own), pairs(team="data", tier="1"), "tags from the beginning")
    cloudwatch.put_metric_alarm(AlarmName="watch-tagged", Tags=pairs(team="other"), **ALARM)
    checks.equal(had(own), pairs(team="data", tier="1"), "an update ignores tags")
    cloudwatch.tag_resource(ResourceARN=own, Tags=pairs(empty="", tier="2"))
    checks.equal(had(own), pairs(empty="", team="data", tier="2"), "one is new, one is replaced")
    cloudwatch.untag_resource(ResourceARN=own, TagKeys=["team", "never"])
    checks.equal(had(own), pairs(empty="", tier="2"), "one is gone, one never was")
    more = {"ListTagsForResource": {}, "TagResource": {"Tags": pairs(a="b")}, "UntagResource": {"TagKeys": ["a"]}}
    for operation, parameters in more.items():
        c.refused(
            operation, "InvalidParameterValueException", "no ARN", ResourceARN="watch-tagged", **parameters)
        for missing in (arn("cloudwatch", "alarm:watch-none"), own.replace(REGION, "eu-west-1")):
            c.refused(operation, "ResourceNotFoundException", missing, ResourceARN=missing, **parameters)
    for what, added in (
        ("a key of AWS's", [{"Key": "aws:mine", "Value": "x"}]),
        ("51 tags", pairs(**{f"k{n}": "v" for n in range(51)})), ("a key twice", pairs(a="1") + pairs(a="2")),
    ):
        c.refused("TagResource", "InvalidParameterValueException", what, ResourceARN=own, Tags=added)
    cloudwatch.put_dashboard(DashboardName="watch-tagged", DashboardBody=BOARD, Tags=pairs(team="data"))
    try:
        checks.equal(had(f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/watch-tagged"), pairs(team="data"), "a board's tags")
    finally:
        cloudwatch.delete_dashboards(DashboardNames=["watch-tagged"])
