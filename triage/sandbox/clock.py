"""The sandbox's clock: the machine's own, or shifted by a fixed number of seconds for tests of time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """Tells the time as aware UTC; `offset` in seconds is added to the machine's clock."""

    offset: float = 0.0

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)
