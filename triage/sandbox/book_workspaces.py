"""The workspaces of the seeded book: hours, caps, blocks and seats by recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triage.sandbox.book_shapes import DAYS_SHOWN, Calendar, Hours

Json = dict[str, Any]
Chance = Callable[[], float]

NAMES = (
    "Council sessions", "Interviews", "Board meetings", "Field notes", "Town hall", "Research panel", "Client calls",
    "Consultations", "Workshops", "Training", "Hearings", "Focus groups", "Standups", "Podcast desk", "Case reviews",
    "Community dialogue", "Lectures", "Round tables", "Ward rounds", "Sales calls", "Retrospectives", "Assemblies",
    "Oral history", "Design sprints", "Press briefings", "Citizens' panel", "Onboarding",
)  # fmt: skip

_TIER_HOURS = {"free": 1.0, "pilot": 10.0}
_CAPS = {"innovator": (20.0, 30.0, 40.0), "changemaker": (30.0, 40.0, 60.0), "guardian": (40.0, 60.0, 120.0, 150.0)}
_STOPPING = ("blocked", "used_up", "blocked_early", "flagged", "capped")
# Recipes that need a cap to say anything, whatever the tier's share of unlimited ones.
_CAPPED = (*_STOPPING, "ratio", "hair", "fifths", "projection", "late", "few_days", "gaps", "locked")
SHARE_WITH_CAP = 0.55


@dataclass(slots=True)
class Window:
    """Where the hours lie, in days ago: the cycle began at `cycle`, counting at `start`, the stop came at `since`."""

    cycle: int
    start: int
    since: int
    stops: bool


class Workspaces:
    """Makes workspaces for one book."""

    def __init__(self, calendar: Calendar, hours: Hours, chance: Chance) -> None:
        self._calendar = calendar
        self._hours = hours
        self._chance = chance
        self._late = [k for k in range(20, 28) if 2 <= calendar.cycle_end[k] <= 4]

    def make(self, recipe: str, identity: tuple[str, str], tier: str, seats: int, age: int, story: str) -> Json:
        """One workspace; `identity` its id and name, `seats` the licensed ones, `age` of the account in days."""
        chance, calendar = self._chance, self._calendar
        included = self._included(recipe, tier)
        window = self._window(recipe, tier, age, story)
        used = self._used(recipe, included, window)
        daily, used = self._daily(recipe, used, included, window, age)
        stamp = calendar.at(-window.since, chance()) if recipe in _STOPPING else None
        full = used is not None and included is not None and used >= included
        held = recipe in ("blocked", "blocked_early", "flagged")
        months = min(age, 900) / 30 * (0.2 + chance())
        return {
            "id": identity[0],
            "name": identity[1],
            "hours_used": used,
            "hours_included": included,
            "hours_daily": daily,
            "hours_as_of": calendar.day(-1),
            "lifetime_hours": None if used is None else round(used * (1 + months), 1),
            "locked": held or recipe == "locked" or (recipe == "capped" and tier == "free"),
            "hard_block": held,
            "blocked_since": stamp if held else None,
            "cap_reached_at": stamp if full else None,
            "seats_used": max(1, int(seats * (0.5 + chance() * 0.5))),
            "seats_licensed": seats,
            "cycle_start": calendar.midnight(-window.cycle),
            "cycle_end": calendar.midnight(calendar.cycle_end[window.cycle]),
            "usage_reset_at": calendar.at(-window.start, chance()) if window.start != window.cycle else None,
        }

    def _included(self, recipe: str, tier: str) -> float | None:
        if tier in _TIER_HOURS:
            return _TIER_HOURS[tier]
        if recipe in _CAPPED or self._chance() < SHARE_WITH_CAP:
            caps = _CAPS[tier]
            return caps[int(self._chance() * len(caps))]
        return None

    def _window(self, recipe: str, tier: str, age: int, story: str) -> Window:
        chance = self._chance
        cycle = 5 + int(chance() * 22)
        if recipe == "projection":
            cycle = 8 + int(chance() * 10)
        elif recipe == "late":
            cycle = self._late[int(chance() * len(self._late))]
        cycle = min(cycle, age)
        start = cycle
        if story == "reset" and recipe in (*_STOPPING, "ratio"):
            start = 7 + int(chance() * 5)
            cycle = max(cycle, start + 3)
        since = int(chance() * chance() * max(1, start - 3))
        if story == "contact":
            since = max(since, 2)
        stops = recipe in ("blocked", "used_up", "blocked_early", "flagged") or (recipe == "capped" and tier == "free")
        return Window(cycle, start, since, stops)

    def _used(self, recipe: str, included: float | None, window: Window) -> float | None:
        """The hours of this cycle by recipe; None = the source does not know."""
        chance = self._chance
        if recipe == "unknown":
            return None
        if included is None:
            return round(chance() * chance() * 180, 1)
        match recipe:
            case "blocked" | "used_up":
                share = 1.0 + chance() * 0.05
            case "capped":
                share = 1.0 + max(0.0, chance() * 0.14 - 0.04)
            case "blocked_early":
                share = 0.45 + chance() * 0.3
            case "flagged":
                share = 0.6 if window.since % 2 else 1.02
            case "ratio":
                share = 0.81 + chance() * 0.175
            case "hair":
                return 0.9951
            case "fifths":
                return round(included * 0.8, 2)
            case "projection":
                share = 0.64 + chance() * 0.14
            case "late":
                share = 0.58 + chance() * 0.08
            case "few_days":
                share = 0.72
            case _:
                share = chance() * 0.45
        return round(included * share, 2)

    def _daily(
        self, recipe: str, used: float | None, included: float | None, window: Window, age: int
    ) -> tuple[list[float | None], float | None]:
        """Thirty days of hours whose sum since `window.start` is `used`; a calm one is slowed until A4 stays silent."""
        if used is None:
            return [None] * DAYS_SHOWN, None
        weights = self._hours.weights[int(self._chance() * len(self._hours.weights))]
        first = DAYS_SHOWN - window.start
        stop = DAYS_SHOWN - max(0, window.since - 1) if window.stops else DAYS_SHOWN
        if recipe in ("projection", "late"):
            weights = self._bent(weights, used, included or 0.0, first, recipe)
        total = sum(weights[first:stop])
        if total <= 0.0:
            weights, total = [1.0] * DAYS_SHOWN, float(stop - first)
        if recipe in ("calm", "gaps", "locked") and included is not None:
            week = sum(weights[-min(7, age) :]) / min(7, age) / total
            while included - used < 9 * week * used:
                used = round(used * 0.5, 2)
        scale = used / total
        hours = [round(x * scale, 2) for x in weights[:stop]]
        gap = round(used - sum(hours[first:]), 4)
        if gap:
            peak = weights.index(max(weights[first:stop]), first)
            hours[peak] = round(hours[peak] + gap, 4)
            if hours[peak] < 0.0:
                # So little that rounding each day up exceeded it: all of it on one day.
                hours[first:] = [used if n == peak else 0.0 for n in range(first, stop)]
        daily: list[float | None] = [*hours, *[0.0] * (DAYS_SHOWN - stop)]
        if age < DAYS_SHOWN:
            daily[: DAYS_SHOWN - age] = [None] * (DAYS_SHOWN - age)
        if recipe == "gaps":
            for n in (4, 11, 22, 23, 27):
                daily[n] = None
        return daily, used

    def _bent(self, weights: list[float], used: float, included: float, first: int, recipe: str) -> list[float]:
        """Weights whose last seven days carry the rate that reaches the cap in the wanted number of days."""
        left = included - used
        if recipe == "late":
            days = 5.3 + self._chance()
        else:
            soonest = 7 * left / (0.97 * used)
            days = soonest + self._chance() * max(0.0, 6.0 - soonest)
        week = min(7 * left / days, used)
        before, last = sum(weights[first:-7]), sum(weights[-7:])
        head = (used - week) / before if before else 0.0
        return [x * head for x in weights[:-7]] + [x * week / last for x in weights[-7:]]
