"""What accounts of the seeded book pay, when they renew and how they dropped a tier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from triage.sandbox.book_plan import Situation
from triage.sandbox.book_shapes import Calendar

Json = dict[str, Any]
Chance = Callable[[], float]
T = TypeVar("T")

_ORDER = ("free", "pilot", "innovator", "changemaker", "guardian")
_PRICES = {"free": 0, "pilot": 0, "innovator": 2000, "changemaker": 7500, "guardian": 15000}
_PILOT_PRICES = (0, 19900, 34900, 34900, 49900, 99000)
_CURRENCIES = {
    "en": ("EUR",) * 6 + ("GBP",) * 3 + ("USD",) * 2,
    "sv": ("SEK", "SEK", "EUR"),
    "ja": ("JPY", "JPY", "EUR"),
}
_PERCENTS = (10, 15, 20, 25, 30, 50)


def pick(chance: Chance, options: Sequence[T]) -> T:
    """One of the options, all equally likely."""
    return options[int(chance() * len(options))]


class Money:
    """Makes the commercial fields of one book's accounts."""

    def __init__(self, calendar: Calendar, chance: Chance) -> None:
        self._calendar = calendar
        self._chance = chance

    def downgrade(self, case: Situation, tier: str) -> Json:
        if case.downgrade is None:
            return {"downgraded_at": None, "downgraded_from": None, "downgrade_cause": None}
        cause, days = case.downgrade
        higher = _ORDER[max(2, _ORDER.index(tier) + 1) :]
        return {
            "downgraded_at": self._calendar.midnight(-14) if days == 14 else self._calendar.at(-days, self._chance()),
            "downgraded_from": "changemaker" if cause == "trial_ended" else pick(self._chance, higher),
            "downgrade_cause": cause,
        }

    def terms(self, case: Situation, tier: str, seats: int, language: str) -> Json:
        """How the account pays; `mrr` in minor units: of a paying one by the formula of the remedies, else agreed."""
        kind = case.revenue or self._kind(tier)
        discount, percent = None, 0
        if kind in ("subscription", "invoice", "managed") and tier != "pilot" and self._chance() < 0.14:
            percent = pick(self._chance, _PERCENTS)
            discount = {"kind": pick(self._chance, ("scholarship", "staff_discount")), "percent": percent}
        list_price: int = seats * _PRICES[tier]
        price = (list_price * (100 - percent) * 2 + 100) // 200
        mode, revenue_class, mrr = {
            "free": ("none", "paying", 0),
            "pilot": ("none", "trial", pick(self._chance, _PILOT_PRICES)),
            "subscription": ("subscription", "paying", price),
            "invoice": ("none", "paying", price),
            "managed": ("managed", "managed", price // 1000 * 1000 if tier != "pilot" else 99000),
            "comped": ("none", "comped", 0),
            "trial": ("none", "trial", 0),
            "lapsed": ("none", "trial", 0),
            "unknown": ("managed", "managed", None),
        }[kind]
        ends = self._calendar.at(3 + int(self._chance() * 25), self._chance()) if kind == "trial" else None
        return {
            "tier_expires_at": ends,
            "payment_mode": mode,
            "revenue_class": revenue_class,
            "currency": "USD" if case.story == "uc1" else pick(self._chance, _CURRENCIES.get(language, ("EUR",))),
            "mrr": mrr,
            "discount": discount,
        }

    def _kind(self, tier: str) -> str:
        if tier in ("free", "pilot"):
            return tier
        dice = self._chance()
        return "subscription" if dice < 0.5 else "invoice" if dice < 0.85 else "managed" if dice < 0.96 else "comped"

    def renewal(self, tier: str, age: int) -> str | None:
        """The next yearly renewal; a few are overdue, some are signed ahead, free accounts have none."""
        if tier == "free":
            return None
        days = 365 - age % 365
        if days < 92 and self._chance() < 0.4:
            days += 365
        if age > 380 and self._chance() < 0.02:
            days = -1 - int(self._chance() * 20)
        return self._calendar.midnight(days)
