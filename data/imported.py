"""Daily active users that a person imported (M2), and an account with them where its source has none."""

from datetime import date, timedelta

import msgspec

from data.account import Account, Signals, Value
from data.safe_text import SafeText

DAYS = 180  # as the contract's `active_users_daily`


class Imported(Value, frozen=True):
    """One account's imported days: distinct active users by ISO day, and the feature that the latest day names."""

    users: dict[str, int]
    feature: SafeText | None = None


def with_import(account: Account, imported: Imported | None) -> Account:
    """The account with imported days; what the source itself sends goes before. Days not imported are unknown."""
    signals = account.signals
    if imported is None or not imported.users or (signals is not None and signals.active_users_daily is not None):
        return account
    last = date.fromisoformat(max(imported.users))
    if signals is not None and signals.as_of is not None and signals.as_of > last:
        last = signals.as_of
    days = [(last - timedelta(days=back)).isoformat() for back in range(DAYS - 1, -1, -1)]
    daily = tuple(imported.users.get(day) for day in days)
    known = signals or _no_signals()
    feature = known.last_feature or imported.feature
    return msgspec.structs.replace(
        account,
        signals=msgspec.structs.replace(known, as_of=last, active_users_daily=daily, last_feature=feature),
    )


def merged(old: Imported | None, new: Imported) -> Imported:
    """What was imported before with what comes now: a day told again is as it is told now; the last 180 days stay."""
    users = {**(old.users if old else {}), **new.users}
    kept = sorted(users)[-DAYS:]
    return Imported({day: users[day] for day in kept}, new.feature or (old.feature if old else None))


def _no_signals() -> Signals:
    empty: dict[str, object] = dict.fromkeys(Signals.__struct_fields__)
    return Signals(**{**empty, "products": (), "nps": (), "csat": ()})  # type: ignore[arg-type]
