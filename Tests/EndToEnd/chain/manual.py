"""§3 and §9: runs by hand with the AWS CLI, their parameters, refusals (D15) and the ten of an hour (D12)."""

import functools
import json

from harness.clients import ORCHESTRATOR, TRIGGER_LETTERS

MANUAL = {"data_source": "yahoo_finance", "symbols": ["AAPL"], "period": "1d"}
URGENT = {"symbols": ["AAPL"], "period": "1d", "urgent": True}
CONSOLE = {
    "data_source": "yahoo_finance", "data_type": "prices", "domain": "market", "table_name": "prices",
    "symbols": ["AAPL", "MSFT"], "period": "1d", "interval": "1d", "file_format": "json"}
# What is no JSON is refused by Lambda itself before it reaches a function, and replaced by {} by the local AWS.
REFUSED = [
    ([1], 400, "MALFORMED_EVENT"),
    ({"data_source": "yahoo finance"}, 400, "INVALID_DATA_SOURCE"),
    ({"domain": "m-arket"}, 400, "INVALID_DOMAIN"),
    ({"table_name": "prices1"}, 400, "INVALID_TABLE_NAME"),
    ({"symbols": []}, 400, "INVALID_SYMBOLS"),
    ({"data_source": "bloomberg"}, 422, "UNKNOWN_DATA_SOURCE"),
    ({"table_name": "volumes"}, 422, "UNKNOWN_TABLE"),
    ({"symbols": ["ZZZZ"]}, 422, "NO_SYMBOLS"),
    ({"symbols": ["AAPL"], "hops": 4}, 422, "LOOP_STOPPED"),
]
HOUR_SECONDS = 3_600


@functools.cache
def _cli_flag(version):
    """Version 2 takes a payload as base64 unless it is told otherwise; version 1 does not know the flag."""
    return "--cli-binary-format raw-in-base64-out " if version.startswith("aws-cli/2") else ""


def by_cli(world, payload):
    """`aws lambda invoke` as §3 has it; the answer in its file."""
    flag = _cli_flag(world.shell("aws --version 2>&1"))
    text = json.dumps(payload)
    world.shell(f"aws lambda invoke --function-name {ORCHESTRATOR} {flag}--payload '{text}' response.json")
    world.causes[payload["correlation_id"]] += 1
    return json.loads((world.folder / "response.json").read_text())


def commands(world):
    checks = world.checks
    world.an_hour_passes()
    name = world.name("manual")
    answer = by_cli(world, MANUAL | {"correlation_id": name})
    checks.equal((answer["statusCode"], answer["decision"]), (200, "dispatched"), "§3's command")
    world.succeeded(answer["run_id"], 1, "§3's command")
    again = by_cli(world, MANUAL | {"correlation_id": name})
    checks.equal((again["decision"], again["run_id"]), ("duplicate", answer["run_id"]), "the same again is that run")
    other = by_cli(world, MANUAL | {"correlation_id": name, "period": "1mo"})
    checks.equal((other["statusCode"], other["error"]["code"]), (409, "IDEMPOTENCY_CONFLICT"), "another payload (D9)")
    urgent = by_cli(world, URGENT | {"correlation_id": world.name("urgent")})
    checks.equal((urgent["statusCode"], urgent["decision"]), (200, "dispatched"), "§9's urgent command")
    dry = by_cli(world, CONSOLE | {"correlation_id": world.name("dry"), "dry_run": True})
    checks.equal(
        (dry["decision"], dry["run_id"], dry["messages"], len(dry["chunks"])), ("dry_run", None, 0, 1),
        "a dry run has a plan and sends nothing (D18)")
    checks.equal(world.runs(correlation_id=dry["correlation_id"]), [], "and there is no such run")


def parameters(world):
    checks = world.checks
    world.an_hour_passes()
    forced = world.invoke({"symbols": ["ZM", "F"], "force_symbols": True})
    checks.equal(forced["symbols"], ["ZM", "F"], "force_symbols takes the list as it is (D7)")
    known = world.invoke({"symbols": ["AAPL", "ZZZZ"]})
    checks.equal(known["symbols"], ["AAPL"], "else the universe decides")
    checks.that(any("ZZZZ" in warning for warning in known["warnings"]), "and names what it dropped", known["warnings"])
    override = {"chunk_size": 1, "sqs_send_batch_size": 1, "worker_timeout": 600}
    small = world.invoke({"symbols": ["AAPL", "MSFT", "GOOGL"], "override_config": override})
    checks.equal((small["messages"], [c["symbols"] for c in small["chunks"]]),
                 (3, [["AAPL"], ["MSFT"], ["GOOGL"]]), "override_config cuts chunks of one (D17)")
    replaced = world.invoke({"period": "a while", "override_config": {"color": "red"}, "dry_run": True})
    checks.equal(len(replaced["warnings"]), 2, "wrong options are replaced and named (D15)")
    world.succeeded(forced["run_id"], 2, "forced")
    world.succeeded(known["run_id"], 1, "known")
    world.succeeded(small["run_id"], 3, "in small chunks")
    checks.equal(len(world.chunks(small["run_id"])), 3, "a result for each chunk")


def refusals(world):
    checks = world.checks
    world.an_hour_passes()
    world.messages(TRIGGER_LETTERS, 0)
    wanted = []
    for payload, status, code in REFUSED:
        name = world.name("refused")
        answer = world.invoke(payload | {"correlation_id": name} if isinstance(payload, dict) else payload)
        checks.equal((answer["statusCode"], answer["error"]["code"]), (status, code), json.dumps(payload))
        if isinstance(payload, dict):
            checks.equal(world.decision(name).get("code"), code, f"{json.dumps(payload)}: the ledger's row")
        if status == 422:
            wanted.append(code)
    letters = world.messages(TRIGGER_LETTERS, len(wanted))
    codes = sorted(m["MessageAttributes"]["ERROR_CODE"]["StringValue"] for m in letters)
    checks.equal(codes, sorted(wanted), "business refusals are dead letters, no others (§8)")


def ten_an_hour(world):
    """16 at once: exactly ten run. They are of one second and one symbol, so their objects' keys collide, too."""
    checks = world.checks
    world.an_hour_passes()
    answers = world.invoke_at_once([{"symbols": ["AAPL"]} for _ in range(16)])
    runs = [a["run_id"] for a in answers if a["decision"] == "dispatched"]
    limited = [a for a in answers if a["decision"] == "rate_limited"]
    checks.equal((len(runs), len(limited)), (10, 6), "exactly ten of sixteen at once (D12)")
    checks.equal({a["statusCode"] for a in limited}, {429}, "the others are told so")
    waits = [a["retry_after"] for a in limited]
    checks.that(all(0 < w <= HOUR_SECONDS for w in waits), "and when to come again", waits)
    answer = world.invoke(URGENT)
    checks.equal((answer["statusCode"], answer["error"]["code"]), (429, "RATE_LIMITED"), "so is an urgent one (D19)")
    checks.equal(world.invoke({"dry_run": True})["decision"], "rate_limited", "a dry run says the same")
    keys = set()
    for run in runs:
        world.succeeded(run, 1, "one of ten")
        keys |= set(world.keys(run))
    checks.equal(len(keys), 10, "each has its own object")


def one_key(world):
    """16 at once with the same key: exactly one run."""
    checks = world.checks
    world.an_hour_passes()
    name = world.name("key")
    answers = world.invoke_at_once([{"symbols": ["MSFT"], "correlation_id": name}] * 16)
    decisions = sorted(a["decision"] for a in answers)
    checks.equal(decisions, ["dispatched"] + ["duplicate"] * 15, "exactly one of sixteen at once (D9)")
    checks.equal(len({a["run_id"] for a in answers}), 1, "and all name it")
    world.succeeded(answers[0]["run_id"], 1, "the one")
    checks.equal(len(world.runs(correlation_id=name)), 1, "and there is no other run")
