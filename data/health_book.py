"""What the rules need of the whole book (BookContext), and one account's past days (Days)."""

from datetime import date, datetime

import msgspec

from data.account import Value
from data.health_index import Risk
from data.health_monitor import Alert, Effect
from data.red_account import CohortCase, Episode
from data.safe_text import SafeText

_contributions = msgspec.json.Decoder(dict[str, float])


class BookContext(Value, frozen=True):
    """Computed once a day over the book and passed to the rules (P0), so that no verdict walks over the others.

    `expected` is the median usage U by tier where at least five peers have one (M5); `high_value_mrr` the MRR (minor
    units) from which an account is among the top 20 % by revenue (M14); `a_mrr`, `b_mrr` the MRR from which an account
    is in value tier A or B (H12); `crossed` of `watched` accounts crossed the alert line on `day` (M13), and
    `fleet_days` are the recent days on which so many did that automatic mail about them is held.
    """

    day: date | None
    expected: dict[str, float]
    high_value_mrr: int | None
    a_mrr: int | None
    b_mrr: int | None
    crossed: int
    watched: int
    fleet_days: tuple[date, ...] = ()


EMPTY_BOOK = BookContext(None, {}, None, None, None, 0, 0)


class PeerUsage(Value, frozen=True):
    """Of a row's MonitorLine what its peers need to know (M5, M13)."""

    watched: bool
    mature: bool
    usage: float | None
    opened: date | None


class Peer(Value, frozen=True):
    """Of a stored row what the book is looked over for; `mrr` in minor units."""

    tier: SafeText
    mrr: int | None
    monitor: PeerUsage | None


class SeatHealth(Value, frozen=True):
    """Of a row's HealthLine what the portfolio adds up."""

    score: float | None
    risk: Risk | None


class SeatUsage(Value, frozen=True):
    """Of a row's MonitorLine what the portfolio counts."""

    opened: date | None
    effects: tuple[Effect, ...] = ()


class SeatRed(Value, frozen=True):
    """Of a row's RedLine what the portfolio counts."""

    is_red: bool
    sla_due_at: datetime | None
    cohort: tuple[CohortCase, ...] = ()


class Seat(Value, frozen=True):
    """Of a stored row what the portfolio is made of (H8-H12, M13, R15); `mrr` in minor units of `currency`.

    Texts are as they were stored, made safe before; whoever draws one makes it a SafeText again.
    """

    id: str
    industry: str | None
    mrr: int | None
    currency: str | None
    monitor: SeatUsage | None
    health: SeatHealth | None
    red: SeatRed | None


class Scored(Value, frozen=True, array_like=True):
    """A day that had a score and what the score was made of; `components` is JSON."""

    day: date
    score: float
    components: msgspec.Raw  # of all the days of an account one is ever asked for them

    @property
    def contributions(self) -> dict[str, float]:
        """The points of the score by component (H17)."""
        return _contributions.decode(self.components)


def packed(contributions: dict[str, float]) -> msgspec.Raw:
    """Contributions as a Scored day keeps them."""
    return msgspec.Raw(msgspec.json.encode(contributions))


class Days(Value, frozen=True, array_like=True):
    """One account at the end of its days, oldest first, in columns: every look reads all of them.

    `at` are the days as ordinals, `scores` the index on them (None: no score), `critical` those in critical risk, and
    `scored` the newest few that had a score, with what they were made of (H17).
    """

    at: tuple[int, ...] = ()
    scores: tuple[float | None, ...] = ()
    critical: tuple[int, ...] = ()
    scored: tuple[Scored, ...] = ()

    def dates(self) -> tuple[date, ...]:
        """The days as dates."""
        return tuple(map(date.fromordinal, self.at))


NO_DAYS = Days()


class Past(Value, frozen=True):
    """What only this cache knows of an account: its alert, its Red episode, and its days (bounded).

    `closed` is the last alert that closed: what M21 measures beside the open ones.
    """

    alert: Alert | None = None
    episode: Episode | None = None
    days: Days = msgspec.field(default=NO_DAYS, name="columns")  # `days` was an earlier form, let go
    closed: Alert | None = None
