"""Who holds an account and what changed on it, in words: claims, snoozes, and how it stood when one last looked."""

from datetime import datetime

from data.assessment import NO_RANK, Category, Row
from data.listing_columns import MOST_TENTHS, tenths
from data.unseen import NEW, Stood
from widgets import numbers
from widgets.glyphs import Glyphs
from widgets.severity_badge import WORDS

IN_MINUTES = 120


def first_name(name: str) -> str:
    """Return the first word of a colleague's name, as marks and sentences name them."""
    return next(iter(name.split()), name)


def others_claim(row: Row, me: str | None, now: datetime) -> str:
    """Return `Ana has claimed it, 41 min left.` where somebody else works on it; nothing otherwise."""
    claim = row.claim
    if claim is None or claim.until <= now or claim.staff_id == me:
        return ""
    return f"{first_name(claim.name)} has claimed it, {_left(claim.until, now)} left."


def claim_words(row: Row, me: str | None, now: datetime) -> str:
    """Return `claimed by Ana, 41 min` or `claimed by you, 41 min`; nothing where no claim runs."""
    claim = row.claim
    if claim is None or claim.until <= now:
        return ""
    who = "you" if claim.staff_id == me else first_name(claim.name)
    return f"claimed by {who}, {_left(claim.until, now)}"


def snooze_words(row: Row, now: datetime) -> str:
    """Return who snoozed it until when and why, or that it woke early (A17); nothing where no snooze runs."""
    snooze = row.snooze
    if snooze is None or snooze.until <= now:
        return ""
    name = first_name(snooze.name)
    why = f": {snooze.reason}" if snooze.reason else ""
    if not row.snoozed:
        return f"woke early, it worsened: {name} snoozed it until {numbers.moment(snooze.until, now)}{why}"
    wakes = ", wakes if it worsens" if snooze.wake_on_worse else ""
    return f"snoozed by {name} until {numbers.moment(snooze.until, now)}{wakes}{why}"


def changed_words(before: Stood, row: Row, glyphs: Glyphs) -> list[str]:
    """Return what changed since one last looked, each as it was and as it is: `Near cap → Blocked`."""
    if before.rank == NEW:
        return ["new in the list"]
    to, found = f" {glyphs.becomes} ", []
    rank = NO_RANK if row.category is None else row.category.rank
    if before.rank != rank:
        found.append(f"{_category(before.rank)}{to}{_category(rank)}")
    used = tenths(row)
    if before.used != used:
        found.append(f"usage {_share(before.used, glyphs)}{to}{_share(used, glyphs)}")
    if before.tier != row.tier:
        found.append(f"{before.tier}{to}{row.tier}")
    if (before.mrr, before.no_mrr) != (-(row.mrr or 0), int(row.mrr is None)):
        was = None if before.no_mrr else -before.mrr
        found.append(f"{_money(was, row, glyphs)}{to}{_money(row.mrr, row, glyphs)}")
    claimed = "" if row.claim is None else f"{row.claim.staff_id} {row.claim.name}".casefold()
    if before.claimant != claimed:
        found.append(f"claimed by {first_name(row.claim.name)}" if row.claim else "no longer claimed")
    return found


def _left(until: datetime, now: datetime) -> str:
    """The time left, rounded up; of a claim in minutes as far as two hours."""
    minutes = -int(-(until - now).total_seconds() // numbers.MINUTE)
    return f"{minutes} min" if minutes <= IN_MINUTES else numbers.ago(minutes * numbers.MINUTE)


def _category(rank: int) -> str:
    return next((WORDS[one] for one in Category if one.rank == rank), "not stuck")


def _share(used: int, glyphs: Glyphs) -> str:
    """A tenth of the cap as people say it; it stands for all that begin so."""
    if used < 0:
        return glyphs.unknown
    return f"{used * 10}+ %" if used < MOST_TENTHS else "twice the cap"


def _money(amount: int | None, row: Row, glyphs: Glyphs) -> str:
    return numbers.money(amount, row.currency, glyphs)
