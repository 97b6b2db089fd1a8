"""How bad an alarm is: who answers it, how fast, and when it is of that class (§9, the escalation matrix)."""

from enum import Enum


class Severity(Enum):
    P0 = ("on-call engineer", "15 minutes", "the whole pipeline has stopped")
    P1 = ("development team lead", "1 hour", "some functions fail")
    P2 = ("development team", "4 hours", "performance has degraded")
    P3 = ("operations team", "1 day", "a minor issue")

    def describe(self, what: str) -> str:
        """An alarm's description: what happened, and what to do about it."""
        owner, response_time, escalation = self.value
        return f"{what}. {self.name}: {owner}, within {response_time}; escalate when {escalation}."
