"""The rows of Sources/Measure by aws-croniter, which knows UTC only: [fires] FILE ROUNDS."""
import datetime
import json
import sys
import time

from aws_croniter import AwsCroniter

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
END = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)
FIRES = 200
READINGS = 200
COMPARED = 40


def write(row):
    print(json.dumps(row, separators=(",", ":")), flush=True)


def follow(cron, count):
    """The fires until it gives up, which it does where a date is rare."""
    fires, moment = [], START
    for _ in range(count):
        moment = cron.occurrence(moment).next()
        if moment is None or moment >= END:
            break
        fires.append(moment)
    return fires


def chain(cron):
    moment = START
    for _ in range(FIRES):
        following = cron.occurrence(moment).next()
        moment = following if following is not None and following < END else START


def row(act, line, rounds, pieces, work):
    work()
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - start) / pieces)
    times.sort()
    write({
        "engine": "aws-croniter", "act": act, "expr": f"cron({line})", "zone": "UTC",
        "ns": round(times[rounds // 2], 1), "least": round(times[0], 1), "most": round(times[-1], 1),
    })


def main():
    words = sys.argv[1:]
    is_comparing = words[0] == "fires"
    path, rounds = words[1:] if is_comparing else words
    for line in open(path).read().splitlines():
        cron = AwsCroniter(line)
        if is_comparing:
            fires = [int(moment.timestamp()) for moment in follow(cron, COMPARED)]
            write({"expr": f"cron({line})", "zone": "UTC", "fires": fires})
        else:
            row("next", line, int(rounds), FIRES, lambda: chain(cron))
            row("parse", line, int(rounds), READINGS, lambda: [AwsCroniter(line) for _ in range(READINGS)])


main()
