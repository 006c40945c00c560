"""The double's time, and the two spellings it gives one instant."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's time, or one that stands still at `moment`; both go ahead when a test says so."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Aware UTC."""
        return (self._moment or datetime.now(UTC)) + self._ahead

    def move(self, **by: float) -> None:
        """Go ahead by a timedelta's arguments."""
        self._ahead += timedelta(**by)


def month(now: datetime, offset: int = 0) -> tuple[datetime, datetime]:
    """First moment of the UTC calendar month `offset` months from `now`, and of the one after it."""

    def first(number: int) -> datetime:
        return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)

    number = now.year * 12 + now.month - 1 + offset
    return first(number), first(number + 1)


def short(moment: datetime | None) -> str | None:
    """As what is read spells it: milliseconds and Z, the rest cut off."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def full(moment: datetime) -> str:
    """As the answer to a write spells it: microseconds and +00:00."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
