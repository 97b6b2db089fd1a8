#!/usr/bin/env python3
"""Walks every screen of the console in a real Chromium: both languages, narrow and wide, light and dark, every action.

    python3 Tests/EndToEnd/console.py --binary .build/release/bellcrank
    python3 Tests/EndToEnd/console.py --screens Docs/Screens    # also keeps the pictures that the documentation shows

Prints a row for each part and a line for each finding; the exit code is 1 if there is any.
"""

import pathlib
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from browser.chromium import TAB, Browser, printed
from browser.rules import AUDIT, KOREAN
from harness.checks import PATIENCE_SECONDS, Checks, until
from harness.clients import SCHEDULE_RULE, TRIGGER_LETTERS, arguments, parse
from harness.processes import GENEROUS, Replay, adopt_environment
from sections.world import World

RULE = urllib.parse.quote(SCHEDULE_RULE)
BOARD = "dev-customer-ingestion"


def populate(world):
    """Something of everything: runs, refusals, near misses, letters, a held table, a paused rule."""
    world.put("ops.manual", "Adhoc Ingestion", {"symbols": ["AAPL", "MSFT"], "correlation_id": "walk-1"})
    world.put("ops.manual", "Adhoc ingestion", {"symbols": ["AAPL"]})
    world.put("transform.pipelin", "Processing Complete", {"trigger_reingestion": True})
    for number in range(3):
        world.put("ops.manual", "Adhoc Ingestion", {"domain": "weather", "correlation_id": f"walk-bad-{number}"})
    world.invoke({"symbols": ["AAPL"], "correlation_id": "walk-2"})
    world.invoke({"symbols": ["AAPL"], "correlation_id": "walk-2"})
    world.invoke({"domain": "m-arket"})
    world.invoke({"symbols": ["FAIL500", "AAPL"], "force_symbols": True, "correlation_id": "walk-3"})
    runs = until(lambda: world.server.admin("runs")[1]["runs"])
    world.run(runs[-1]["run_id"])
    letters = until(lambda: world.server.admin("dlq")[1]["groups"])
    return runs[0]["run_id"], letters[0]["example"]


def screens(run, letter, moment):
    """Every screen there is, by the name of its picture."""
    return {
        "now": "/console", "timeline": "/console/timeline?span=3600", "triggers": "/console/triggers",
        "trigger": f"/console/triggers/{RULE}", "events": "/console/events", "decisions": "/console/decisions",
        "decision": "/console/decisions/walk-2", "explain": "/console/explain",
        "why-not": f"/console/explain?rule={RULE}&at={moment}", "lab": "/console/lab", "runs": "/console/runs",
        "run": f"/console/runs/{run}", "shelf": "/console/shelf", "letter": f"/console/shelf/{letter}",
        "alarms": "/console/alarms", "board": f"/console/boards/{BOARD}?hours=3", "system": "/console/system",
        "unlock": "/console/unlock", "missing": "/console/nowhere",
    }


# The pictures that Docs/Console.md shows: the screen, the language, the width and the scheme.
SHOWN = {
    f"{name}-en-1440-light" for name in (
        "now", "timeline", "why-not", "trigger", "decision", "run", "shelf", "alarms", "board", "lab")
} | {"now-ko-320-dark", "trigger-ko-320-dark"}
SHOWN_HEIGHT = 1_300
# How soon what happens is on the screen, on a machine that has nothing else to do.
LIVE_MILLISECONDS_MAX = 2_000


def walk(world, browser, pages, folder, shown):
    checks = world.checks
    for language in ("en", "ko"):
        for width in (320, 1440):
            for scheme in ("light", "dark"):
                browser.look(width, scheme)
                for name, path in pages.items():
                    browser.open(path + ("&" if "?" in path else "?") + f"lang={language}")
                    where = f"{name} {language} {width} {scheme}"
                    checks.equal(browser.script(AUDIT), [], f"{where}: the page's rules")
                    said = [c for c in browser.complaints() if not ("nowhere" in c and "404" in c)]
                    checks.equal(said, [], f"{where}: the browser complains")
                    if language == "ko":
                        checks.equal(browser.script(KOREAN), [], f"{where}: labels in English")
                    file = f"{name}-{language}-{width}-{scheme}"
                    browser.shoot(folder / f"{file}.png")
                    if shown and file in SHOWN:
                        browser.shoot(shown / f"{file}.png", SHOWN_HEIGHT)


def keyboard(world, browser):
    """By keyboard alone: the skip link first, then everything in the order of the page."""
    checks = world.checks
    browser.look(1440, "light")
    browser.open("/console?lang=en")
    browser.keys(TAB)
    checks.equal(browser.focused(), "A #main", "the first stop leads to the content")
    order = []
    for _ in range(14):
        browser.keys(TAB)
        order.append(browser.script("const a = document.activeElement; return [...document.querySelectorAll('*')].indexOf(a)"))
    checks.equal(order, sorted(order), "the stops follow the page")


def token(world):
    """As the banner shows it."""
    return re.findall(r"new with every start: ([0-9a-f]{32})", world.server.log.read_text())[-1]


def actions(world, browser, letter):
    """Every form, once; what it did is asked of the server, not of the page."""
    checks = world.checks
    browser.look(1440, "light")
    browser.open(f"/console/triggers/{RULE}?lang=en")
    checks.equal(len(browser.find("main button[type=submit]")), 0, "nothing can be sent without the token")
    browser.open("/console/unlock")
    browser.fill("main input[name=token]", "0" * 32)
    browser.send("main button[type=submit]")
    checks.that("TOKEN_WRONG" in browser.text(), "a wrong token is refused", browser.text()[:200])
    browser.complaints()
    browser.open("/console/unlock")
    browser.fill("main input[name=token]", token(world))
    browser.send("main button[type=submit]")
    checks.that("Actions are unlocked" in browser.text(), "the token unlocks", browser.text()[:200])

    def rule():
        return next(r for r in world.server.admin("rules")[1]["rules"] if r["name"] == SCHEDULE_RULE)

    def act(action, fields=(), at=f"/console/triggers/{RULE}"):
        browser.open(at)
        form = f"main form[action='/console/act/{action}']"
        for name, text in fields:
            browser.fill(f"{form} [name={name}]", text)
        browser.send(f"{form} button[type=submit]")

    act("pause", [("reason", "walked by")])
    checks.equal(rule()["state"], "DISABLED", "a schedule is paused")
    row = world.server.admin(f"decisions?rule={RULE}&decision=changed")[1]["decisions"][0]
    checks.equal((row["facts"]["who"], row["facts"]["why"]), ("console", "walked by"), "and the ledger says who and why")
    act("resume")
    checks.equal(rule()["state"], "ENABLED", "and resumed")
    act("change", [("expression", "cron(0 23 * * ? *)")])
    checks.equal(rule()["schedule_expression"], "cron(0 23 * * ? *)", "its time is changed")
    act("change", [("expression", "cron(nonsense)")])
    checks.that("INVALID_SCHEDULE" in browser.text(), "nonsense is refused with its code", browser.text()[:200])
    act("change", [("expression", "cron(0 22 * * ? *)")])
    act("run-now", [("reason", "walked by")])
    checks.that("/console/runs/" in browser.driver.current_url, "a run now leads to its run", browser.driver.current_url)
    browser.open(f"/console/triggers/{RULE}")
    form = "main form[action='/console/act/trigger']"
    browser.fill(f"{form} [name=symbols]", "MSFT")
    browser.send(f"{form} button[type=submit]")
    checks.that("dry run" in browser.text().lower(), "a dry run is answered by its decision", browser.text()[:200])
    act("recover", [("slot", "2030-01-01T00:00:00Z")])
    checks.that("INVALID_SLOT" in browser.text(), "a slot that never was is refused", browser.text()[:200])
    act("redrive", at=f"/console/shelf/{letter}")
    checks.that("stays" in browser.text() or "sent again" in browser.text(), "a letter is redriven", browser.text()[:200])
    act("discard", [("reason", "walked by")], at=f"/console/shelf/{letter}")
    checks.that("thrown away" in browser.text(), "a letter is discarded", browser.text()[:200])
    act("redrive", at="/console/shelf")
    checks.that("has begun" in browser.text(), "a redrive begins", browser.text()[:200])
    act("test-alarm", at="/console/alarms")
    checks.that("drill passed" in browser.text(), "an alarm is drilled", browser.text()[:200])
    world.server.admin("status")
    hold = urllib.request.Request(
        f"{world.server.endpoint}/_bellcrank/lease", method="POST",
        data=b'{"action":"hold","domain":"market","table_name":"prices","owner":"ana","seconds":600}')
    urllib.request.urlopen(hold, timeout=PATIENCE_SECONDS).read()
    act("release", at="/console/system")
    checks.that("table is free" in browser.text(), "a table is released", browser.text()[:200])
    rows = world.server.admin("decisions?decision=changed&limit=100")[1]["decisions"]
    for what, whom in (("drill of", "console"), ("hold of market.prices for ana", ""), ("release of market.prices", "console")):
        row = next((row for row in rows if row["summary"].startswith(what)), None)
        checks.that(row and row["facts"]["who"] and whom in row["facts"]["who"], f"a {what.split()[0]} is in the ledger", row)
    browser.complaints()


def strangers(world):
    """Another site's form, a form without its word, a form without the cookie: none acts."""
    checks = world.checks

    def post(headers, body):
        ask = urllib.request.Request(
            f"{world.server.endpoint}/console/act/pause", method="POST", data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"} | headers)
        try:
            return urllib.request.urlopen(ask, timeout=PATIENCE_SECONDS).status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    opened = urllib.request.Request(
        f"{world.server.endpoint}/console/act/unlock", method="POST", data=f"token={token(world)}".encode())

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        urllib.request.build_opener(Stay).open(opened, timeout=PATIENCE_SECONDS)
        cookie = ""
    except urllib.error.HTTPError as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        checks.that("HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Strict" in answer.headers["Set-Cookie"],
                    "no script reads the cookie, and no other site sends it", answer.headers["Set-Cookie"])
    page = urllib.request.urlopen(
        urllib.request.Request(f"{world.server.endpoint}/console/triggers/{RULE}", headers={"Cookie": cookie}),
        timeout=PATIENCE_SECONDS)
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.read().decode())[1]
    body = f"rule={RULE}".encode()
    checks.equal(post({}, body), 403, "without a cookie")
    checks.equal(post({"Cookie": cookie}, body), 403, "without the form's word")
    checks.equal(post({"Cookie": cookie}, body + b"&csrf=" + b"0" * 64), 403, "with another word")
    whole = body + f"&csrf={csrf}".encode()
    checks.equal(post({"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}, whole), 403, "from another site")
    checks.equal(post({"Cookie": cookie, "Origin": "http://evil.example"}, whole), 403, "from another origin")
    rule = next(r for r in world.server.admin("rules")[1]["rules"] if r["name"] == SCHEDULE_RULE)
    checks.equal(rule["state"], "ENABLED", "and nothing has happened")
    policy = page.headers["Content-Security-Policy"]
    checks.that("default-src 'none'" in policy and "unsafe" not in policy, "the content policy is strict", policy)


def live(world, browser):
    """What happens is on the screen within the time that is promised, and hostile words stay words."""
    checks = world.checks
    browser.look(1440, "light")
    browser.open("/console/decisions?lang=en")
    took, number = [], 0
    # A page that follows at its own pace is quick three times in five; a busy machine may be slow in between.
    while number < 25 and sum(t < LIVE_MILLISECONDS_MAX for t in took) < 3:
        name = f"live-{number}-<img src=x onerror=alert(1)>"
        began = time.monotonic()
        world.client("events").put_events(Entries=[{"Source": name, "DetailType": "x", "Detail": "{}"}])
        browser.until(lambda: f"live-{number}-" in browser.text())
        took.append((time.monotonic() - began) * 1_000)
        number += 1
    print(f"live update to screen: {sorted(round(t) for t in took)} ms", file=sys.stderr)
    checks.that(sum(t < LIVE_MILLISECONDS_MAX for t in took) >= 3, "a page follows what happens", took)
    checks.equal(browser.find("main img"), [], "what was sent never becomes markup")
    checks.equal(browser.complaints(), [], "and runs nothing")
    browser.open("/console/lab")
    browser.fill("textarea[name=pattern]", '{"source": ["ops.manual"], "detail-type": ["Adhoc Ingestion"]}')
    checks.that(browser.until(lambda: "ops.manual" in urllib.parse.unquote(browser.driver.current_url)),
                "the lab answers as one types", printed(browser.driver.current_url))
    checks.that(browser.until(lambda: "matched" in browser.text()), "with verdicts")


def main():
    parser = arguments("Walks the console in a real browser.")
    parser.add_argument("--only", default="", help="only the parts with this in their name")
    parser.add_argument("--keep", type=pathlib.Path, help="keep pictures and logs in this folder")
    parser.add_argument("--screens", type=pathlib.Path, help="put the documentation's pictures there")
    options = parse(parser)
    adopt_environment()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bellcrank-console-"))
    folder.mkdir(parents=True, exist_ok=True)
    if options.screens:
        options.screens.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    settings = GENEROUS | {"limits.breaker_failures": 100}
    try:
        with Replay(options.binary, folder) as source:
            world = World(options.binary, folder / "world", source, checks, settings)
            with world.server, Browser(world.server.endpoint) as browser:
                run, letter = populate(world)
                moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                pages = screens(run, letter, moment)
                parts = {
                    "screens": lambda: walk(world, browser, pages, folder, options.screens),
                    "keyboard": lambda: keyboard(world, browser), "live": lambda: live(world, browser),
                    "strangers": lambda: strangers(world), "actions": lambda: actions(world, browser, letter),
                }
                for name, part in parts.items():
                    if options.only in name:
                        with checks.section(name):
                            part()
                with checks.section("the log"):
                    failures = [l for l in world.server.log.read_text().splitlines() if '"request failed"' in l]
                    checks.equal(failures[:3], [], "no request failed inside the server")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(checks.report())


if __name__ == "__main__":
    main()
