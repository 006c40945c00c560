"""Which situations the seeded book holds and in what shares: a fixed rota, so that small books have them too."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

# Of every 50 accounts: 2 % hard-blocked, 6 % at cap, 10 % approaching, 2 % downgraded, the rest healthy.
BLOCK = 50
_QUOTA = (("hard_block", 1), ("at_cap", 3), ("approaching", 5), ("downgraded", 1), ("healthy", 40))
_PAID = ("innovator", "changemaker", "guardian")


@dataclass(frozen=True, slots=True)
class Situation:
    """One kind of account; empty fields are left to chance.

    `hours` names the recipe of the gravest workspace, `others` those of further ones; `downgrade` is how it dropped a
    tier and when; `revenue` how it pays; `logins` its class of A8; `contact` what is wrong with the admin contact;
    `usage` the profile of its active users; `age` the days since it was created.
    """

    name: str
    hours: str = "calm"
    tiers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    downgrade: tuple[str, int] | None = None
    revenue: str = ""
    logins: str = ""
    contact: str = ""
    usage: str = ""
    age: int | None = None
    story: str = ""


_FREE, _PILOT = ("free",), ("pilot",)

_HARD_BLOCK = (
    Situation("pilot blocked", "blocked", _PILOT),
    Situation("pilot used up, no flag", "used_up", _PILOT),
    Situation("pilot blocked, several workspaces", "blocked", _PILOT, others=("ratio", "calm")),
    Situation("pilot blocked, admin gone", "blocked", _PILOT, contact="unreachable", logins="stale"),
    Situation("pilot blocked again after a reset", "blocked", _PILOT, story="reset"),
    Situation("pilot blocked below its hours", "blocked_early", _PILOT),
    Situation("pilot dropped from guardian, blocked", "blocked", _PILOT, downgrade=("staff", 6)),
    Situation("pilot blocked, engaged", "blocked", _PILOT, logins="frequent"),
    Situation("pilot blocked yesterday, handled", "blocked", _PILOT, story="contact"),
)

_AT_CAP = (
    Situation("free used up", "capped", _FREE),
    Situation("free used up, walked away", "capped", _FREE, logins="stale"),
    Situation("paid cap reached", "capped", _PAID),
    Situation("free used up again after a reset", "capped", _FREE, story="reset"),
    Situation("hard block on another tier", "flagged", _PAID),
    Situation("trial ended and at cap", "capped", _FREE, downgrade=("trial_ended", 4), revenue="lapsed"),
    Situation("paid cap reached, engaged", "capped", _PAID, logins="frequent", usage="growing"),
    Situation("free used up, handled", "capped", _FREE, story="contact"),
    Situation("chosen downgrade and at cap", "capped", ("innovator", "changemaker"), downgrade=("chosen", 9)),
    Situation("at cap beside approaching", "capped", _PAID, others=("ratio",)),
    Situation("two workspaces at cap", "capped", _PAID, others=("capped", "calm")),
    Situation("free used up, never signed in", "capped", _FREE, logins="never"),
    Situation("free used up, no login data", "capped", _FREE, logins="unknown"),
    Situation("paid cap reached again after a reset", "capped", _PAID, story="reset"),
    Situation("free used up, admin gone", "capped", _FREE, contact="unreachable", logins="stale"),
)

_APPROACHING = (
    Situation("near by ratio, free", "ratio", _FREE),
    Situation("near by ratio, paid", "ratio", _PAID),
    Situation("near by projection, paid", "projection", _PAID),
    Situation("near by ratio, pilot", "ratio", _PILOT),
    Situation("near by projection, pilot", "projection", _PILOT),
    Situation("a hair below the free hour", "hair", _FREE),
    Situation("exactly four fifths", "fifths", _PAID),
    Situation("near, engaged", "ratio", _FREE, logins="frequent", usage="growing"),
    Situation("near and recently downgraded", "ratio", ("innovator",), downgrade=("chosen", 11)),
    Situation("near, several workspaces", "ratio", _PAID, others=("calm", "projection")),
    Situation("near by projection, growing", "projection", _PAID, usage="growing", logins="frequent"),
    Situation("near, no admin contact", "ratio", _FREE, contact="no_admin"),
    Situation("near, handled", "ratio", _PAID, story="outreach"),
    Situation("near again after a reset", "ratio", _PILOT, story="reset"),
    Situation("near on a live subscription", "ratio", _PAID, revenue="subscription"),
)

_DOWNGRADED = (
    Situation("trial ended", "calm", _FREE, downgrade=("trial_ended", 2), revenue="lapsed"),
    Situation("chose a lower tier", "calm", ("innovator", "changemaker"), downgrade=("chosen", 5)),
    Situation("staff lowered the tier", "calm", ("free", "innovator"), downgrade=("staff", 8)),
    Situation(
        "trial ended, still active", "calm", _FREE, downgrade=("trial_ended", 12), revenue="lapsed", logins="some"
    ),
    Situation("chose free", "calm", _FREE, downgrade=("chosen", 1), logins="frequent"),
    Situation("downgraded thirteen days ago", "calm", ("innovator",), downgrade=("chosen", 13), logins="stale"),
)

_SPECIAL = (
    Situation("clock skew", downgrade=("chosen", -2)),
    Situation("downgraded exactly fourteen days ago", downgrade=("chosen", 14)),
    Situation("downgraded long ago", downgrade=("chosen", 40)),
    Situation("downgraded three weeks ago", downgrade=("trial_ended", 21), tiers=_FREE, revenue="lapsed"),
    Situation("locked, not listed", "locked", _FREE),
    Situation("projection beyond the cycle's end", "late", _PAID),
    Situation("fewer than three known days", "few_days", _PAID, age=2),
    Situation("feed with gaps", "gaps", _PAID),
    Situation("hours unknown", "unknown", _PAID),
    Situation("running trial", tiers=("changemaker",), revenue="trial", age=150),
    Situation("running trial of guardian", tiers=("guardian",), revenue="trial", logins="frequent"),
    Situation("managed billing", tiers=("guardian", "changemaker"), revenue="managed"),
    Situation("managed pilot", tiers=_PILOT, revenue="managed"),
    Situation("comped", tiers=_PAID, revenue="comped"),
    Situation("price unknown", tiers=_PAID, revenue="unknown"),
    Situation("no login data", logins="unknown"),
    Situation("never signed in", logins="never", usage="dormant"),
    Situation("nobody to write to", contact="none"),
    Situation("admin unreachable", contact="unreachable", logins="stale"),
    Situation("no admin contact", contact="no_admin"),
    Situation("no manager assigned", story="no_csm"),
    Situation("created yesterday", age=1),
    Situation("two weeks old", age=14),
    Situation("drifting", usage="drifting", tiers=_PAID),
    Situation("dropping", usage="dropping", tiers=_PAID),
    Situation("dormant", usage="dormant", logins="stale"),
    Situation("active users unknown for a week", usage="gap", age=400),
    Situation("sponsor gone, two escalations", usage="fading", tiers=("guardian",), story="uc1", age=700),
    Situation("collapsed within three weeks", usage="collapsed", tiers=("innovator",), story="uc2", age=500),
    Situation("new module unused", usage="steady", tiers=("guardian",), story="uc3", age=900),
    Situation("red, being recovered", usage="fading", tiers=_PAID, story="red", age=420),
    Situation("recovered", usage="returning", tiers=_PAID, story="recovered", age=640),
    Situation("pays late", tiers=_PAID, story="late_payment"),
    Situation("looks at a competitor", tiers=_PAID, usage="quiet", story="competitor"),
    Situation("wants to shrink", tiers=_PAID, usage="drifting", story="contraction"),
    Situation("left us", usage="dormant", tiers=_FREE, downgrade=("chosen", 50), story="churned", age=500),
    Situation("calmed down, not recovered", tiers=_PAID, usage="slack", story="settled", age=380),
)

# How the plain ones fare, of 148 (four to a special one): usage and story; the rest is steady.
_FARES = (
    ("growing", "", 18), ("slack", "", 26), ("softening", "", 29), ("occasional", "", 6), ("quiet", "", 24),
    ("drifting", "", 8), ("dormant", "", 6), ("returning", "", 2), ("gap", "", 2),
    ("steady", "ignored", 1), ("slack", "champion", 1), ("steady", "escalated", 1), ("slack", "unhappy", 1),
    ("quiet", "idle_start", 1), ("steady", "once_red", 2),
)  # fmt: skip
_AGES = {"idle_start": 66, "once_red": 610, "champion": 330, "ignored": 290}


def _plain(count: int) -> tuple[Situation, ...]:
    """So many plain accounts, each kind spread evenly over them."""
    kinds = [(usage, story) for usage, story, n in _FARES for _ in range(n)]
    kinds += [("steady", "")] * (count - len(kinds))
    spread = [kinds[n * 55 % count] for n in range(count)]  # 55: about 0.37 of 148, and shares no factor with it
    return tuple(Situation("plain", usage=usage, story=story, age=_AGES.get(story)) for usage, story in spread)


def _healthy() -> tuple[Situation, ...]:
    """One special case in every five healthy accounts, in turn."""
    plain = iter(_plain(4 * len(_SPECIAL)))
    return tuple(s for special in _SPECIAL for s in (next(plain), next(plain), special, next(plain), next(plain)))


_HEALTHY = _healthy()

_ROTAS = {
    "hard_block": _HARD_BLOCK,
    "at_cap": _AT_CAP,
    "approaching": _APPROACHING,
    "downgraded": _DOWNGRADED,
    "healthy": _HEALTHY,
}


def rota(block: int, seed: int, rng: random.Random) -> Iterator[tuple[str, int, Situation]]:
    """The 50 (category, how-many-th of it, situation) of a block, in an order shuffled by `rng`."""
    slots = []
    for category, quota in _QUOTA:
        cases = _ROTAS[category]
        for n in range(block * quota, (block + 1) * quota):
            slots.append((category, n, cases[(n + seed * 3) % len(cases)]))
    rng.shuffle(slots)
    yield from slots
