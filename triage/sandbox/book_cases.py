"""The recovery and red cases of the seeded book, at every stage of their clocks, closed ones among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triage.sandbox.book_people import colleague
from triage.sandbox.book_plan import Situation
from triage.sandbox.book_shapes import Calendar

Json = dict[str, Any]
Chance = Callable[[], float]

STEPS = ("assessed_at", "root_cause_at", "planned_at", "reviewed_at", "intervened_at")
# What makes an account red (R3), by its story, else by the profile of its active users; the playbook's root cause.
_STORIES = {
    "uc1": (["usage", "relationship"], "relationship"),
    "uc2": (["usage"], "integration"),
    "uc3": (["product"], "adoption"),
    "red": (["usage"], "adoption"),
    "late_payment": (["financial"], "value"),
    "contraction": (["financial"], "value"),
    "ignored": (["relationship"], "relationship"),
    "champion": (["relationship"], "relationship"),
    "escalated": (["support"], "support"),
    "unhappy": (["support"], "support"),
    "idle_start": (["adoption"], "adoption"),
}
_PROFILES = {"dropping": (["usage"], "adoption"), "fading": (["usage"], "adoption")}
# Days since the designation, and the days of assessment, root cause, plan, review and intervention after it; None is no
# case yet. Due after 1, 2, 7 and 14 days; the sixth is late with everything, the seventh waits for an intervention.
_STAGES: tuple[tuple[int, tuple[int, ...]] | None, ...] = (
    (0, ()),
    (2, (1, 2)),
    None,
    (6, (1, 2, 5)),
    (12, (1, 2, 6, 9, 11)),
    (4, ()),
    (19, (1, 2, 7)),
    (1, (1,)),
    (33, (1, 2, 6, 13, 14)),
)
# Of closed ones: days ago they were opened, and the days after it of recovery and closing.
_CLOSED = {
    "recovered": ((69, 61, 63), (124, 52, 55)),
    "once_red": ((112, 48, 50), (150, 71, 74)),
    "settled": ((128, None, 66),),
    "churned": ((118, None, 68), (141, None, 91)),
}
_OUTCOMES = {"settled": "left_red", "churned": "churned"}


class Cases:
    """Makes the cases of one book."""

    def __init__(self, calendar: Calendar, chance: Chance) -> None:
        self._calendar = calendar
        self._chance = chance

    def make(self, account: Json, case: Situation, nth: int) -> Json | None:
        """The case of the account in that situation, the `nth` of its category; None where there is none."""
        if case.story in _CLOSED:
            return self._closed(account, case.story, nth)
        red = _STORIES.get(case.story) or _PROFILES.get(case.usage)
        if red is not None:
            # "red" always has one, its intervention under way or overdue.
            stage = _STAGES[4 + 2 * (nth % 2)] if case.story == "red" else _STAGES[nth % len(_STAGES)]
            if stage is not None:
                opened, done = stage
                return self._case(account, ("red", *red), opened, done)
            return self._case(account, ("recovery", ["index"], "adoption"), 20, (1, 2)) if nth % 2 else None
        if case.usage == "drifting" and nth % 3 == 0:
            return self._case(account, ("recovery", ["index"], "adoption"), 2 + nth % 17, (1, 3, 6, 10)[: nth % 5])
        if case.usage == "returning" and nth % 2:
            made = self._case(account, ("recovery", ["index"], "adoption"), 48, (1, 2, 6))
            return {**made, "closed_at": self._calendar.at(-9, self._chance()), "outcome": "stabilised"}
        return None

    def _closed(self, account: Json, story: str, nth: int) -> Json:
        """A red case that is over: recovered, left or churned."""
        kinds = _CLOSED[story]
        opened, recovered, closed = kinds[nth % len(kinds)]
        made = self._case(account, ("red", ["usage", "relationship"], "adoption"), opened, (1, 2, 5, 12, 13))
        if recovered is not None:
            made["recovered_at"] = self._calendar.at(recovered - opened, self._chance())
        made["closed_at"] = self._calendar.at(closed - opened, self._chance())
        made["outcome"] = _OUTCOMES.get(story, "recovered")
        return made

    def _case(self, account: Json, about: tuple[str, list[str], str], opened: int, done: tuple[int, ...]) -> Json:
        """A case of that kind, causes and root cause, `opened` days ago, its steps `done` so many days after that."""
        kind, causes, root_cause = about
        chance, at = self._chance, self._calendar.at
        if self._calendar.day(-opened) <= account["created_at"][:10]:
            opened = 0
        stamp = at(-opened, chance())
        steps: dict[str, str | None] = dict.fromkeys(STEPS)
        steps |= {
            field: at(after - opened, chance()) for field, after in zip(STEPS, done, strict=False) if after <= opened
        }
        return {
            "id": f"case_{account['id'][4:]}",
            "kind": kind,
            "opened_at": stamp,
            "owner": (account["csm"] or colleague(chance))["name"],
            "root_cause": root_cause if steps["root_cause_at"] else None,
            "designated_at": stamp if kind == "red" else None,
            **steps,
            "recovered_at": None,
            "closed_at": None,
            "outcome": None,
            "causes": list(causes),
        }
