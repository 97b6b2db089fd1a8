"""Counts what was looked at and keeps what was wrong, so that one fault does not hide the next."""

import contextlib
import time
import traceback


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
            response = getattr(refusal, "response", None) or {}
            code = response.get("Error", {}).get("Code")
            fits = code == error if isinstance(error, str) else type(refusal) is error
            self.that(fits, f"{what}: wanted {error}", (type(refusal).__name__, code, str(refusal)))
            had = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status is not None:
                self.equal(had, status, f"{what}: status")
            self.that(had is not None and 400 <= had < 500 and took < 2, f"{what}: 4xx at once", (had, took))
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


def until(condition, seconds, pause=0.05):
    """Asks until the condition holds; its value then, or the last one."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(pause)
