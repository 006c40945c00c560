"""The closed months of the last year: each is asked for once, because it does not change any more."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import msgspec

from data.account import Value
from data.backends.dembrane_files import keep, read_kept
from data.backends.dembrane_join import hours_by_account, month_of
from data.backends.dembrane_shapes import Rollup
from data.errors import BadAnswer, Offline

LOOK_BACK = 12  # months, as far as the rollup goes
NAME = "dembrane-months.json"

Hours = dict[date, dict[str, float]]


class _Kept(Value, frozen=True):
    """Hours by first day of the month and account."""

    base_url: str
    months: Hours


_kept = msgspec.json.Decoder(_Kept)


class ClosedMonths:
    """What is known of the months before this one."""

    def __init__(self, directory: Path, base_url: str) -> None:
        self._path = directory / NAME
        self._base_url = base_url

    def known(self) -> Hours:
        """Return what was fetched before."""
        found = read_kept(self._path, _kept)
        return found.months if found is not None and found.base_url == self._base_url else {}

    def fetch(self, now: datetime, rollup: Callable[[int], Rollup]) -> Hours:
        """Return the last twelve, those that are missing asked of `rollup`; what fails waits for the next sync."""
        wanted = {month_of(now, -back): -back for back in range(1, LOOK_BACK + 1)}
        months = {month: hours for month, hours in self.known().items() if month in wanted}
        missing = [month for month in wanted if month not in months]
        try:
            for month in missing:
                months[month] = hours_by_account(rollup(wanted[month]))
        except (Offline, BadAnswer):
            return months
        finally:
            if missing:
                keep(self._path, _Kept(self._base_url, months))
        return months
