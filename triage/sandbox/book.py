"""The seeded book of the sandbox: made-up accounts in every situation, the same for the same seed and day."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from triage.sandbox.book_cases import Cases
from triage.sandbox.book_history import History
from triage.sandbox.book_money import Money, pick
from triage.sandbox.book_people import STAFF, contacts, manager, members
from triage.sandbox.book_plan import BLOCK, Situation, rota
from triage.sandbox.book_shapes import ActiveUsers, Calendar, Hours, Logins
from triage.sandbox.book_signals import Signals, Subject
from triage.sandbox.book_workspaces import NAMES, Workspaces
from triage.sandbox.names import Organisation, organisation

__all__ = ["STAFF", "SeedAccount", "generate"]

Json = dict[str, Any]

# Seats of one workspace by segment; a small set, so that series of active users are shared.
_SEATS = {
    "plg": (1, 1, 2, 3, 5),
    "smb": (2, 3, 4, 5, 6, 8, 10, 12),
    "mid_market": (10, 12, 15, 20, 25, 30, 40),
    "enterprise": (40, 50, 60, 80, 100, 120, 180),
}
_SEGMENTS = {
    "free": ("plg", "plg", "plg", "smb"),
    "pilot": ("smb", "smb", "mid_market", "enterprise"),
    "innovator": ("plg", "smb", "smb", "mid_market"),
    "changemaker": ("smb", "smb", "mid_market"),
    "guardian": ("mid_market", "mid_market", "enterprise"),
}
# Of 100 plain healthy accounts.
_TIERS = ("free",) * 22 + ("pilot",) * 7 + ("innovator",) * 28 + ("changemaker",) * 27 + ("guardian",) * 16
_STORY_SEATS = {"uc1": 222, "uc2": 208}
_LOWER = ("free", "innovator", "changemaker")
_LONG_NAMES = {
    "hard_block": "pilot_hard_block",
    "at_cap": "at_cap",
    "approaching": "approaching_cap",
    "downgraded": "recently_downgraded",
}
# In turn, so that every cell of the matrix of A9 has accounts; seven, which shares no factor with the rotas.
_LOGINS_AT_RISK = ("frequent", "some", "stale", "frequent", "some", "unknown", "some")
# Falls and gaps show against a past: those who have them are no newcomers.
_OLD_HANDS = frozenset(
    {"dormant", "drifting", "fading", "dropping", "gap", "softening", "slack", "quiet", "occasional"}
)
_FLAGS = ("advocate", "beta", "public tender", "sla-gold", "data residency")


@dataclass(slots=True)
class SeedAccount:
    """One account of the book: the contract's object (`version` and `seq` 0, the server assigns them), the members of
    each workspace (promotable first), and what staff did to it within the last 60 days, oldest first."""

    account: Json
    members: dict[str, list[Json]]
    entries: list[Json]


def generate(count: int, seed: int, today: dt.date) -> Iterator[SeedAccount]:
    """The first `count` accounts of the book of that seed and day (UTC), one at a time.

    The n-th is the same whatever `count`. All daily figures end yesterday; no time lies after 00:05Z of `today` except
    ends (renewal, cycle, trial, claim, snooze), a follow-up and one deliberately skewed `downgraded_at`. Lists may be
    shared between accounts: copy before changing.
    """
    maker = _Maker(seed, today)
    for block in range((count + BLOCK - 1) // BLOCK):
        maker.begin(block)
        for place, (category, nth, situation) in enumerate(rota(block, seed, maker.rng)):
            number = block * BLOCK + place
            if number < count:
                yield maker.account(number, category, nth, situation)


class _Maker:
    """Makes accounts; its dice start anew with every block."""

    def __init__(self, seed: int, today: dt.date) -> None:
        self.rng = random.Random(seed)
        self._seed = seed
        self._calendar = Calendar(today, self.rng)
        self._logins = Logins(self.rng)
        chance = self._chance = self.rng.random
        self._workspaces = Workspaces(self._calendar, Hours(self.rng, self._calendar.weekday), chance)
        # Dice of their own: whatever is tuned in the signals moves nothing else.
        self._moods = random.Random(seed)
        self._signals = Signals(self._calendar, ActiveUsers(self.rng, self._calendar.weekday), self._moods.random)
        self._money = Money(self._calendar, chance)
        self._cases = Cases(self._calendar, self._moods.random)
        self._history = History(self._calendar, chance)
        self._previous: tuple[str, Organisation] | None = None

    def begin(self, block: int) -> None:
        """Start a block: nothing in it depends on the blocks before."""
        self.rng.seed(self._seed * 1_000_003 + block)
        self._moods.seed(self._seed * 2_000_003 + block)
        self._previous = None

    def account(self, number: int, category: str, nth: int, case: Situation) -> SeedAccount:
        """Account `number`, the `nth` of its category."""
        chance, calendar = self._chance, self._calendar
        age, tier = self._age(case), self._tier(case)
        head, firm = self._identity(number, tier)
        people = contacts(number, case.contact or ("unreachable" if chance() < 0.03 else ""), firm, chance)
        segment = pick(chance, _SEGMENTS[tier])
        spaces = self._make_workspaces(number, tier, segment, age, case)
        seats = sum(w["seats_licensed"] for w in spaces)
        profile = case.usage or self._signals.profile()
        by_turn = _LOGINS_AT_RISK[nth % len(_LOGINS_AT_RISK)] if category != "healthy" else ""
        logins = self._make_logins(case.logins or ("stale" if profile == "dormant" else by_turn), age)
        last_login = logins["last_at"] if logins else None
        champion = people[0]["name"] if people else None
        account = {
            **head,
            "segment": "enterprise" if case.story == "uc1" else segment,
            "tier": tier,
            **self._money.downgrade(case, tier),
            **self._money.terms(case, tier, seats, firm.language),
            "created_at": calendar.at(-age, chance()),
            "renewal_at": self._money.renewal(tier, age),
            "csm": None if case.story == "no_csm" or chance() < 0.02 else manager(chance),
            "contacts": people,
            "admin_logins": logins,
            "workspaces": spaces,
            "signals": self._signals.make(
                Subject(profile, case.story, age, seats, champion, last_login, tier == "free")
            ),
            "flags": ["churned"] if case.story == "churned" else [pick(chance, _FLAGS)] if chance() < 0.06 else [],
            "claim": None,
            "snooze": None,
            "case": None,
            "version": 0,
            "seq": 0,
            "updated_at": calendar.at(0, chance()),
            "deleted": False,
        }
        self._annotate(account, category, nth, case)
        entries = self._history.entries(account, case, nth, self._since(account, category, case))
        roster = {w["id"]: members(number, n, people, firm, chance) for n, w in enumerate(spaces)}
        return SeedAccount(account, roster, entries)

    def _age(self, case: Situation) -> int:
        """Days since the account was created; 6 % of the plain ones are younger than a month."""
        if case.age is not None:
            return case.age
        if case.usage in _OLD_HANDS:
            return 200 + int(self._chance() * self._chance() * 1500)
        dice = self._chance()
        if case.name == "plain" and dice < 0.06:
            return 4 + int(self._chance() * 26)
        if dice < 0.15:
            return 62 + int(self._chance() * 60)
        return 62 + int(self._chance() * self._chance() * 1700)

    def _tier(self, case: Situation) -> str:
        return pick(self._chance, case.tiers or (_LOWER if case.downgrade else _TIERS))

    def _identity(self, number: int, tier: str) -> tuple[Json, Organisation]:
        """Ids and names; some organisations have a second account for one workspace of theirs."""
        org_id = f"org_{(number * 0x9E3779 + self._seed * 31) & 0xFFFFFF:06x}"
        firm, scope, dice = organisation(number, self._seed), "organisation", self._chance()
        name = f"{firm.name} Pilot" if tier == "pilot" and dice > 0.4 else firm.name
        if dice < 0.12:
            scope = "workspace"
            if self._previous is not None and dice < 0.08:
                org_id, firm = self._previous
            name = f"{firm.name} – {NAMES[number % len(NAMES)]}"
        self._previous = org_id, firm
        head = {
            "id": f"acc_{(number * 0x9E3779 + self._seed * 17) & 0xFFFFFF:06x}",
            "name": name,
            "org_id": org_id,
            "org_name": firm.name,
            "scope": scope,
            "industry": firm.industry,
        }
        return head, firm

    def _make_workspaces(self, number: int, tier: str, segment: str, age: int, case: Situation) -> list[Json]:
        """The gravest workspace stands first for every other account, last for the rest."""
        extra = case.others
        if not extra and tier != "free" and not case.story.startswith("uc") and self._chance() < 0.3:
            extra = ("calm",) if self._chance() < 0.7 else ("calm", "calm")
        spaces = []
        for n, recipe in enumerate((case.hours, *extra)):
            key = f"ws_{((number * 8 + n) * 0x9E3779B1 + self._seed * 13) & 0xFFFFFFFF:08x}"
            name = NAMES[(number + 5 * n) % len(NAMES)]
            seats = _STORY_SEATS.get(case.story) or pick(self._chance, _SEATS[segment])
            spaces.append(self._workspaces.make(recipe, (key, name), tier, seats, age, case.story if n == 0 else ""))
        return spaces if case.story == "reset" or number % 2 else spaces[::-1]

    def _make_logins(self, kind: str, age: int) -> Json | None:
        """Admin logins of that class of A8: frequent, some, stale, never, unknown; by chance where it is empty."""
        chance, calendar = self._chance, self._calendar
        if not kind:
            dice = chance()
            kind = "frequent" if dice < 0.45 else "some" if dice < 0.8 else "stale" if dice < 0.95 else "unknown"
        if kind == "unknown":
            return None
        if kind == "stale" and age > 250 and chance() < 0.4:
            daily, ago = self._logins.silent[0], 45 + int(chance() * 150)
            last: int | None = ago
        elif kind == "never":
            daily, last = self._logins.silent
        else:
            daily, last = pick(chance, getattr(self._logins, kind))
        if age < len(daily):
            daily = [*[None] * (len(daily) - age), *daily[len(daily) - age :]]
            last = last if last is not None and last <= age else None
        now = int(chance() * 2.2) if kind == "frequent" and chance() < 0.4 else 0
        if now:
            last = 0
        return {
            "as_of": calendar.day(-1),
            "last_at": None if last is None else calendar.at(-last, chance()),
            "count_7d": sum(n or 0 for n in daily[-7:]) + now,
            "count_30d": sum(n or 0 for n in daily) + now,
            "daily": daily,
        }

    def _annotate(self, account: Json, category: str, nth: int, case: Situation) -> None:
        """Claims, snoozes and cases; of the at-risk ones a fixed few, so that small books have them."""
        if category != "healthy":
            if nth % 17 == 3:
                account["claim"] = self._history.claim()
            if nth % 19 == 7:
                account["snooze"] = self._history.snooze(account, _LONG_NAMES[category], nth % 2 == 0)
        elif nth % 211 == 50:
            account["claim"] = self._history.claim()
        account["case"] = self._cases.make(account, case, nth)

    def _since(self, account: Json, category: str, case: Situation) -> int | None:
        """How many days ago the category began; approaching has no beginning and counts three days."""
        field = {"hard_block": "blocked_since", "at_cap": "cap_reached_at"}.get(category)
        if field:
            stamps = [w[field] for w in account["workspaces"] if w[field]]
            return (self._calendar.today - dt.date.fromisoformat(min(stamps)[:10])).days if stamps else None
        if category == "downgraded" and case.downgrade:
            return case.downgrade[1]
        return 3 if category == "approaching" else None
