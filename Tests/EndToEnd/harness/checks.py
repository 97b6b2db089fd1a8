"""Counts what was looked at and keeps what was wrong, so that one fault does not hide the next."""

import contextlib
import time
import traceback

# How long is waited for what must come. It is there as soon as it comes; only what never comes takes so long, for how
# fast the machine is, and what else it does, is no matter of the product.
PATIENCE_SECONDS = 120
# How soon a refusal comes, on a machine that has nothing else to do.
REFUSAL_SECONDS_MAX = 2
# How often something is done before it is called slow.
ATTEMPTS_MAX = 10


class Checks:
    def __init__(self):
        self.sections = {}  # name -> [checks, findings, seconds]
        self.findings = []
        self.section_name = "setup"

    @contextlib.contextmanager
    def section(self, name):
        """Groups checks; an error inside is a finding of the section and ends it."""
        self.section_name = name
        row = self.sections.setdefault(name, [0, 0, 0.0])
        began = time.monotonic()
        try:
            yield
        except Exception as error:  # Whatever it is, the other sections still have something to say.
            frames = traceback.extract_tb(error.__traceback__)
            place = next((f for f in reversed(frames) if "/EndToEnd/" in f.filename), frames[-1])
            self.find(f"{type(error).__name__} at {place.filename.rsplit('/', 1)[-1]}:{place.lineno}: {error}")
        row[2] += time.monotonic() - began

    def find(self, what):
        self.sections.setdefault(self.section_name, [0, 0, 0.0])[1] += 1
        self.findings.append(f"{self.section_name}: {what}")

    def that(self, holds, what, had=None):
        """A fact that must hold."""
        self.sections.setdefault(self.section_name, [0, 0, 0.0])[0] += 1
        if not holds:
            self.find(what if had is None else f"{what}; had {had!r}")
        return holds

    def equal(self, had, wanted, what):
        return self.that(had == wanted, f"{what}: wanted {wanted!r}", had)

    def raises(self, error, action, what, status=None):
        """The action must be refused with exactly that code (a text) or class of error; returns the refusal."""
        began = time.monotonic()
        try:
            answer = action()
        except Exception as refusal:
            took = time.monotonic() - began
            if took >= REFUSAL_SECONDS_MAX:  # What is refused has no effect, so it can be asked again.
                took = fastest(lambda: seconds_until_refused(action), REFUSAL_SECONDS_MAX)
            response = getattr(refusal, "response", None) or {}
            code = response.get("Error", {}).get("Code")
            fits = code == error if isinstance(error, str) else type(refusal) is error
            self.that(fits, f"{what}: wanted {error}", (type(refusal).__name__, code, str(refusal)))
            had = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status is not None:
                self.equal(had, status, f"{what}: status")
            is_quick = took < REFUSAL_SECONDS_MAX
            self.that(had is not None and 400 <= had < 500 and is_quick, f"{what}: 4xx at once", (had, took))
            return refusal
        self.that(False, f"{what}: wanted {error}", answer)
        return None

    def report(self):
        """Prints the table and the findings; returns the exit code."""
        table(
            ["section", "checks", "findings", "seconds"],
            [[name, checks, found, f"{seconds:.1f}"] for name, (checks, found, seconds) in self.sections.items()])
        for finding in self.findings[:60]:
            print(f"FINDING {finding}")
        if len(self.findings) > 60:
            print(f"... and {len(self.findings) - 60} more")
        print(f"{sum(s[0] for s in self.sections.values())} checks, {len(self.findings)} findings")
        return 1 if self.findings else 0


def table(header, rows):
    """Prints left-aligned texts and right-aligned numbers in columns."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for index, row in enumerate(cells):
        source = rows[index - 1] if index else header
        print("  ".join(
            cell.rjust(width) if isinstance(value, (int, float)) else cell.ljust(width)
            for cell, width, value in zip(row, widths, source)).rstrip())


def until(condition, seconds=PATIENCE_SECONDS, pause=0.05):
    """Asks until the condition holds; its value then, or the last one."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(pause)


def fastest(action, seconds):
    """The least that the action said it took, in seconds; one that takes so many or more is done again, within bounds.

    Whatever else the machine does makes it slower now and then, so only what is slow each time is slow by itself.
    """
    took = []
    while len(took) < ATTEMPTS_MAX and not (took and took[-1] < seconds):
        took.append(action())
    return min(took)


def seconds_until_refused(action):
    began = time.monotonic()
    with contextlib.suppress(Exception):
        action()
    return time.monotonic() - began
