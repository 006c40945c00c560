"""How the customers of the seeded book feel: what their answers, tickets and payments look like, by mood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Chance = Callable[[], float]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mood:
    """Ranges that the dice pick from: NPS answers, CSAT as a share of its scale, days since either, open tickets, days
    since the oldest, escalated ones, answered share of our mails; chances of a competitor's trial, a missed check-in.
    """

    nps: Range
    csat: Range
    nps_ago: Range
    csat_ago: Range
    tickets: Range
    oldest: Range
    escalated: Range
    answered: Range
    competitor: float = 0.0
    missed: float = 0.02


_FRESH, _STALE = (3, 80), (95, 170)
SOUND = Mood((7.3, 11), (0.8, 1.0), _FRESH, _FRESH, (-1.2, 2.2), (0.2, 9), (0, 1), (0.6, 1.0))
_FORGOTTEN = Mood((1, 5), (0.3, 0.45), _STALE, _STALE, (2, 4), (8, 13.9), (0.4, 1.8), (0.5, 0.9), 0.05, 0.05)
_WAITING = Mood((4, 7), (0.5, 0.65), _FRESH, _FRESH, (4, 7), (15, 28), (0.6, 1.9), (0.5, 0.9), 0.1, 0.05)
_LUKEWARM = Mood((7, 8), (0.3, 0.4), (3, 40), (91, 150), (2, 4), (9, 13.9), (1, 2.9), (0.5, 0.9), 0.4, 0.05)
_STRAINED = Mood((2, 6), (0.3, 0.5), _FRESH, _FRESH, (3, 7), (12, 30), (0.6, 2.6), (0.36, 0.7), 0.2, 0.2)
_FAILING = Mood((0, 3), (0.3, 0.35), _FRESH, _FRESH, (6, 12), (22, 40), (1, 2.99), (0.32, 0.5), 0.5, 0.4)

_MIDDLING = (_FORGOTTEN,) * 2 + (_WAITING,) + (_LUKEWARM,) * 4

# Chances of sound, middling, strained; the rest is failing. Usage and mood go together, loosely.
_BY_USAGE = {
    "slack": (0.14, 0.78, 0.06),
    "softening": (0.12, 0.74, 0.11),
    "occasional": (0.40, 0.45, 0.12),
    "quiet": (0.04, 0.15, 0.12),
    "drifting": (0.45, 0.25, 0.15),
    "dropping": (0.0, 0.2, 0.35),
    "fading": (0.0, 0.2, 0.30),
    "collapsed": (0.0, 0.3, 0.40),
    "dormant": (0.05, 0.35, 0.20),
    "gap": (0.7, 0.3, 0.0),
}
_OTHERWISE = (0.90, 0.09, 0.01)


def mood(profile: str, chance: Chance) -> Mood:
    """A mood that fits the profile of the active users."""
    sound, middling, strained = _BY_USAGE.get(profile, _OTHERWISE)
    dice = chance()
    if dice < sound:
        return SOUND
    if dice < sound + middling:
        return _MIDDLING[int(chance() * len(_MIDDLING))]
    return _STRAINED if dice < sound + middling + strained else _FAILING


def between(span: Range, chance: Chance) -> float:
    """A number of the range, all equally likely."""
    return span[0] + (span[1] - span[0]) * chance()
