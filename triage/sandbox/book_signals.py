"""The health signals of the seeded book: usage, surveys, tickets, champion, payment, as the contract has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triage.sandbox.book_shapes import DAYS_ACTIVE, ActiveUsers, Calendar

Json = dict[str, Any]
Chance = Callable[[], float]

_FEATURES = (
    "live transcription", "summaries", "speaker labels", "export to Word", "shared library", "translation", "search",
    "highlights", "consent form", "upload", "templates", "action items",
)  # fmt: skip
_USE_CASES = (
    "public consultation", "user research", "board minutes", "clinical interviews", "legal hearings", "teaching",
    "oral history", "sales calls", "field research", None,
)  # fmt: skip
_PRODUCTS = ("recording", "insights", "participation portal")
# Profiles whose customers are worse off than the steady ones: surveys and support follow.
_POOR = frozenset({"drifting", "dropping", "fading", "collapsed", "quiet", "dormant"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What the signals are about; `age` in days, `seats` licensed in all workspaces."""

    profile: str
    story: str
    age: int
    seats: int
    champion: str | None
    last_login: str | None


class Signals:
    """Makes the signals of one book."""

    def __init__(self, calendar: Calendar, active: ActiveUsers, chance: Chance) -> None:
        self._calendar = calendar
        self._active = active
        self._chance = chance

    def make(self, of: Subject) -> Json:
        """The signals object of one account; nothing in it is older than the account."""
        chance, calendar = self._chance, self._calendar
        daily = self._daily(of)
        month = [x for x in daily[-30:] if x is not None]
        peak = max(month, default=0)
        distinct = min(of.seats, peak + int(chance() * 0.2 * of.seats))
        adoption = round(100 * distinct / of.seats, 1) if month else None
        poor = of.profile in _POOR
        features = 1 + int((0.4 if poor else 1.0) * chance() * 11)
        feature = int(chance() * 12)
        known = 2 + int(chance() * 6)
        invited = int(chance() * 5)
        return {
            "as_of": calendar.day(-1),
            "adoption_pct": adoption,
            "active_users_daily": daily,
            "products": self._products(of, adoption),
            "features_used": features,
            "features_available": 12,
            "most_used_feature": _FEATURES[feature],
            "last_feature": _FEATURES[(feature * 5 + features) % 12] if chance() < 0.96 else None,
            "last_active_at": self._last_active(of, daily),
            "use_case": _USE_CASES[int(chance() * 10)],
            "nps": self._nps(of, poor),
            "csat": self._csat(of, poor),
            "tickets": self._tickets(of, poor),
            "outreach": self._outreach(of),
            "champion": self._champion(of),
            "payment": {"days_late": self._days_late(of)},
            "contraction_notice": of.story == "contraction",
            "competitor_evaluation": of.story == "competitor",
            "complex": chance() < 0.04,
            "dau_mau": round(sum(month) / len(month) / distinct, 2) if month and distinct else None,
            "session_minutes": round(8 + chance() * 50, 1) if peak else None,
            "meetings": {"invited": invited, "accepted": int(invited * (0.4 if poor else 0.9) + chance() * 0.5)},
            "stakeholders": {"known": known, "engaged": int(known * chance())},
            "budget_change": None,
            "permission_downgrades_30d": int(chance() * 1.1) if not poor else int(chance() * 2.2),
        }

    def _daily(self, of: Subject) -> list[int | None]:
        profile = "steady" if of.profile in ("", "gap") else of.profile
        shared = self._active.series(profile, int(self._chance() * 8), of.seats)
        if of.age < DAYS_ACTIVE:
            return [None] * (DAYS_ACTIVE - of.age) + shared[DAYS_ACTIVE - of.age :]
        if of.profile == "gap":
            return shared[:-6] + [None] * 6
        return shared

    def _last_active(self, of: Subject, daily: list[int | None]) -> str | None:
        """The later of the last day with active users and the last admin login."""
        ago = next((n for n in range(1, min(of.age, DAYS_ACTIVE) + 1) if daily[-n]), None)
        if ago is None:
            return of.last_login
        moment = self._calendar.at(-ago, self._chance())
        return max(moment, of.last_login) if of.last_login else moment

    def _products(self, of: Subject, adoption: float | None) -> list[Json]:
        chance, day = self._chance, self._calendar.day
        products: list[Json] = [{"name": _PRODUCTS[0], "adoption_pct": adoption, "since": day(-of.age)}]
        if of.story == "uc3":
            products.append({"name": _PRODUCTS[1], "adoption_pct": 74.0, "since": day(-400)})
            products.append({"name": _PRODUCTS[2], "adoption_pct": 5.0, "since": day(-92)})
        elif of.age > 200 and chance() < 0.2:
            share = round((adoption or 0.0) * (0.5 + chance() * 0.5), 1)
            products.append({"name": _PRODUCTS[1], "adoption_pct": share, "since": day(-int(60 + chance() * 130))})
        return products

    def _nps(self, of: Subject, poor: bool) -> list[Json]:
        chance = self._chance
        if chance() < 0.25 or of.age < 20:
            return []
        ago = 3 + int(chance() * 110)
        score = int(2 + chance() * 6) if poor else int(5 + chance() * 6)
        entries = [] if ago >= of.age else [{"score": min(10, score), "at": self._calendar.day(-ago)}]
        if chance() < 0.4 and of.age > ago + 100:
            entries.insert(0, {"score": min(10, score + int(chance() * 4)), "at": self._calendar.day(-ago - 90)})
        return entries

    def _csat(self, of: Subject, poor: bool) -> list[Json]:
        chance = self._chance
        ago = 2 + int(chance() * 100)
        if chance() < 0.4 or of.age <= ago:
            return []
        scale = 5 if chance() < 0.25 else 10
        share = (0.2 + chance() * 0.6) if poor else (0.55 + chance() * 0.45)
        return [{"score": float(max(1, round(scale * share))), "scale": scale, "at": self._calendar.day(-ago)}]

    def _tickets(self, of: Subject, poor: bool) -> Json:
        chance = self._chance
        count = int(chance() * chance() * (7 if poor else 3))
        escalated = 2 if of.story == "uc1" else int(chance() * 1.03) if not poor else int(chance() * 1.5)
        count = max(count, escalated)
        oldest = round(0.2 + chance() * chance() * min(40, of.age), 1) if count else None
        return {
            "open": count,
            "urgent": int(count * chance() * 0.6),
            "oldest_open_days": oldest,
            "escalated": escalated,
            "resolution_hours_90d": round(2 + chance() * 70, 1) if chance() < 0.8 else None,
        }

    def _outreach(self, of: Subject) -> Json:
        chance = self._chance
        attempts = int(chance() * 7) if of.age > 10 else 0
        return {
            "attempts_90d": attempts,
            "responses_90d": int(attempts * (0.2 if of.profile in _POOR else 1.0) * chance()),
            "missed_check_in": chance() < (0.2 if of.profile in _POOR else 0.03),
        }

    def _champion(self, of: Subject) -> Json | None:
        if of.champion is None:
            return None
        ago = 5 + int(self._chance() * 60)
        gone = of.story == "uc1" or (of.age > ago and self._chance() < (0.06 if of.profile in _POOR else 0.01))
        return {"name": of.champion, "left_at": self._calendar.day(-ago) if gone else None}

    def _days_late(self, of: Subject) -> int:
        if of.story == "late_payment":
            return 4 + int(self._chance() * 40)
        return int(self._chance() * 4) if self._chance() < 0.05 else 0
