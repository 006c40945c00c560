"""The health signals of the seeded book: usage, surveys, tickets, champion, payment, as the contract has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triage.sandbox.book_moods import SOUND, Mood, between, mood
from triage.sandbox.book_shapes import DAYS_ACTIVE, VARIANTS, ActiveUsers, Calendar

Json = dict[str, Any]
Chance = Callable[[], float]

_FEATURES = (
    "live transcription", "summaries", "speaker labels", "export to Word", "shared library", "translation", "search",
    "highlights", "consent form", "upload", "templates", "action items",
)  # fmt: skip
_USE_CASES = (
    "public consultation", "user research", "board minutes", "clinical interviews", "legal hearings", "teaching",
    "oral history", "sales calls", "field research",
)  # fmt: skip
_PROFILES = ("steady",) * 5 + ("growing", "slack", "softening", "softening")
_PRODUCTS = ("recording", "insights", "participation portal")
# Shares of the seats that the source has seen at least, so that only the planted stories are Red by R9.
_UNLISTED = ("dormant", "quiet")
_NEW_DAYS, _NEW_SHARE, _OLD_SHARE = 95, 0.43, 0.28


@dataclass(frozen=True, slots=True)
class Subject:
    """What the signals are about; `age` in days, `seats` licensed in all workspaces."""

    profile: str
    story: str
    age: int
    seats: int
    champion: str | None
    last_login: str | None
    free: bool


class Signals:
    """Makes the signals of one book."""

    def __init__(self, calendar: Calendar, active: ActiveUsers, chance: Chance) -> None:
        self._calendar = calendar
        self._active = active
        self._chance = chance

    def profile(self) -> str:
        """How the active users of an account develop that its situation says nothing about."""
        return _PROFILES[int(self._chance() * len(_PROFILES))]

    def make(self, of: Subject) -> Json:
        """The signals object of one account; nothing in it is older than the account."""
        chance, calendar = self._chance, self._calendar
        daily, feel = self._daily(of), mood(of.profile, chance)
        month = [x for x in daily[-30:] if x is not None]
        peak = max(month, default=0)
        distinct = self._distinct(of, peak)
        blind = of.profile == "gap"
        adoption = round(100 * distinct / of.seats, 1) if month and not blind else None
        poor = feel is not SOUND
        features = 1 + int((0.6 if poor else 1.0) * chance() * 11)
        feature, known, invited = int(chance() * 12), 2 + int(chance() * 6), int(chance() * 5)
        return {
            "as_of": calendar.day(-1),
            "adoption_pct": adoption,
            "active_users_daily": daily,
            "products": self._products(of, adoption),
            "features_used": features,
            "features_available": 12,
            "most_used_feature": _FEATURES[feature],
            "last_feature": _FEATURES[(feature * 5 + features) % 12] if chance() < 0.97 else None,
            "last_active_at": None if blind else self._last_active(of, daily),
            "use_case": _USE_CASES[int(chance() * 9)] if chance() < 0.95 else None,
            "nps": self._nps(of, feel),
            "csat": self._csat(of, feel),
            "tickets": self._tickets(of, feel),
            "outreach": self._outreach(of, feel),
            "champion": self._champion(of),
            "payment": {"days_late": self._days_late(of)},
            "contraction_notice": of.story == "contraction",
            "competitor_evaluation": of.story == "competitor" or chance() < feel.competitor,
            "complex": chance() < 0.04,
            "dau_mau": round(sum(month) / len(month) / distinct, 2) if month and distinct else None,
            "session_minutes": round(8 + chance() * 50, 1) if peak else None,
            "meetings": {"invited": invited, "accepted": int(invited * (0.4 if poor else 0.9) + chance() * 0.5)},
            "stakeholders": {"known": known, "engaged": int(known * chance())},
            "budget_change": None,
            "permission_downgrades_30d": int(chance() * (2.2 if poor else 1.1)),
        }

    def _daily(self, of: Subject) -> list[int | None]:
        profile = "steady" if of.profile in ("", "gap") else of.profile
        shared = self._active.series(profile, int(self._chance() * VARIANTS), of.seats)
        if of.age < DAYS_ACTIVE:
            return [None] * (DAYS_ACTIVE - of.age) + shared[DAYS_ACTIVE - of.age :]
        if of.profile == "gap":
            return shared[:-6] + [None] * 6
        return shared

    def _distinct(self, of: Subject, peak: int) -> int:
        """How many different users the month saw: more than on its best day."""
        if of.profile == "dormant":
            return peak
        if of.story == "idle_start":
            return int(0.36 * of.seats)
        least = _NEW_SHARE if of.age < _NEW_DAYS else 0.0 if of.profile in _UNLISTED else _OLD_SHARE
        return min(of.seats, max(peak + int(self._chance() * 0.12 * of.seats), math.ceil(least * of.seats)))

    def _last_active(self, of: Subject, daily: list[int | None]) -> str | None:
        """The later of the last day with active users and the last admin login."""
        ago = next((n for n in range(1, min(of.age, DAYS_ACTIVE) + 1) if daily[-n]), None)
        if ago is None:
            return of.last_login
        moment = self._calendar.at(-ago, self._chance())
        return max(moment, of.last_login) if of.last_login else moment

    def _products(self, of: Subject, adoption: float | None) -> list[Json]:
        """The products in use; where hardly anybody comes the source lists none."""
        chance, day = self._chance, self._calendar.day
        if of.profile in _UNLISTED:
            return []
        products: list[Json] = [{"name": _PRODUCTS[0], "adoption_pct": adoption, "since": day(-of.age)}]
        if of.story == "uc3":
            products.append({"name": _PRODUCTS[1], "adoption_pct": 74.0, "since": day(-400)})
            products.append({"name": _PRODUCTS[2], "adoption_pct": 5.0, "since": day(-92)})
        elif of.age > 200 and chance() < 0.15:
            share = None if adoption is None else round(max(100 * _OLD_SHARE, adoption * (0.5 + chance() * 0.5)), 1)
            products.append({"name": _PRODUCTS[1], "adoption_pct": share, "since": day(-int(60 + chance() * 130))})
        return products

    def _nps(self, of: Subject, feel: Mood) -> list[Json]:
        """The latest answer and perhaps one of a quarter before, which was no worse."""
        chance, ago = self._chance, int(between(feel.nps_ago, self._chance))
        if ago >= of.age or chance() < self._silent(of):
            return []
        score = min(10, int(between(feel.nps, chance)))
        entries = [{"score": score, "at": self._calendar.day(-ago)}]
        if chance() < 0.4 and of.age > ago + 100:
            entries.insert(0, {"score": min(10, score + int(chance() * 4)), "at": self._calendar.day(-ago - 90)})
        return entries

    def _csat(self, of: Subject, feel: Mood) -> list[Json]:
        """One score; only a story's is past the red line of R6 within its 90 days."""
        chance, ago = self._chance, int(between(feel.csat_ago, self._chance))
        if of.story == "unhappy":
            return [{"score": 2.0, "scale": 10, "at": self._calendar.day(-min(ago, 40))}]
        if ago >= of.age or chance() < max(0.3, self._silent(of)):
            return []
        scale, least = (5, 2) if chance() < 0.25 else (10, 3)
        score = round(scale * between(feel.csat, chance))
        return [{"score": float(max(least, score)), "scale": scale, "at": self._calendar.day(-ago)}]

    def _silent(self, of: Subject) -> float:
        """How likely it is that nobody answered a survey: free accounts are asked less, blind feeds are not asked."""
        return 0.6 if of.profile == "gap" else 0.45 if of.free else 0.05

    def _tickets(self, of: Subject, feel: Mood) -> Json:
        chance = self._chance
        escalated = 2 if of.story == "uc1" else 3 if of.story == "escalated" else int(between(feel.escalated, chance))
        count = max(int(max(0.0, between(feel.tickets, chance))), escalated)
        oldest = round(max(0.2, min(between(feel.oldest, chance), of.age - 0.5)), 1) if count else None
        return {
            "open": count,
            "urgent": int(count * chance() * 0.6),
            "oldest_open_days": oldest,
            "escalated": escalated,
            "resolution_hours_90d": round(2 + chance() * 70, 1) if chance() < 0.8 else None,
        }

    def _outreach(self, of: Subject, feel: Mood) -> Json:
        """What we wrote and they answered; only a story's customers answer fewer than R5's share."""
        chance = self._chance
        attempts = int(chance() * 7) if of.age > 10 else 0
        answers = math.ceil(attempts * between(feel.answered, chance)) if attempts else 0
        if of.story == "ignored":
            attempts, answers = 4 + int(chance() * 5), int(chance() * 1.6)
        return {"attempts_90d": attempts, "responses_90d": answers, "missed_check_in": chance() < feel.missed}

    def _champion(self, of: Subject) -> Json | None:
        if of.champion is None:
            return None
        gone = of.story in ("uc1", "champion")
        return {"name": of.champion, "left_at": self._calendar.day(-5 - int(self._chance() * 50)) if gone else None}

    def _days_late(self, of: Subject) -> int:
        if of.story == "late_payment":
            return 4 + int(self._chance() * 40)
        return int(self._chance() * 4) if self._chance() < 0.08 else 0
