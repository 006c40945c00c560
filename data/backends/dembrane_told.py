"""What the server has answered about a tier while its rollup still shows the old one: that may lag by 300 seconds."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from data.account import Account, Time, Value
from data.backends.dembrane_files import keep, read_kept
from data.backends.dembrane_join import PAYMENT
from data.safe_text import SafeText, safe_text
from data.wire import decoder

LAGS = timedelta(seconds=330)
NAME = "dembrane-told.json"
MANAGED = safe_text("managed")


class Told(Value, frozen=True):
    """One answer to a change of tier."""

    at: Time
    previous: SafeText
    tier: SafeText
    payment_mode: SafeText


class _Kept(Value, frozen=True):
    base_url: str
    told: dict[str, Told]


_kept = decoder(_Kept)


class ToldTiers:
    """The answers of the last minutes by account, for every process of this profile; may be lost at any time."""

    def __init__(self, directory: Path, base_url: str) -> None:
        self._path = directory / NAME
        self._base_url = base_url
        self._lock = threading.Lock()

    def note(self, account_id: str, told: Told) -> None:
        """Remember an answer; Unwritable."""
        with self._lock:
            young = {key: one for key, one in self._read().items() if told.at - one.at < LAGS}
            keep(self._path, _Kept(self._base_url, {**young, account_id: told}))

    def applied_to(self, accounts: Sequence[Account], now: datetime) -> list[Account]:
        """Return accounts as they are: one that still shows the tier of before its change shows the new one."""
        told = self._read()
        return [_patched(one, told.get(one.id), now) for one in accounts]

    def _read(self) -> dict[str, Told]:
        found = read_kept(self._path, _kept)
        return found.told if found is not None and found.base_url == self._base_url else {}


def _patched(account: Account, told: Told | None, now: datetime) -> Account:
    if told is None or account.tier != told.previous or not timedelta(0) <= now - told.at < LAGS:
        return account
    mode = PAYMENT.get(told.payment_mode, told.payment_mode)
    billed = account.revenue_class if account.revenue_class in ("trial", "comped") else None
    return msgspec.structs.replace(
        account,
        tier=told.tier,
        tier_expires_at=None,
        payment_mode=mode,
        revenue_class=billed or (MANAGED if mode == MANAGED else None),
    )
