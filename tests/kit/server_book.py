"""Changing one account of a running sandbox from beside it, as a feed would: over its own file, with a new seq."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from triage.sandbox import store
from triage.sandbox.database import Database

Json = dict[str, Any]


def change(db: Path, account_id: str, mutate: Callable[[Json], None]) -> None:
    """Apply `mutate` to the account as it is served, in one transaction."""
    with closing(Database(db)) as database, database.writing() as connection:
        account = store.get(connection, account_id)
        assert account is not None
        mutate(account)
        store.put(connection, account, datetime.now(UTC))


def turn_red(account: Json) -> None:
    """Red by its payment and its escalations: no series has to be read for that."""
    account["signals"]["payment"] = {"days_late": 40}
    account["signals"]["tickets"] = {
        "open": 6, "urgent": 2, "oldest_open_days": 20.0, "escalated": 4, "resolution_hours_90d": 50.0,
    }  # fmt: skip


def cure(account: Json) -> None:
    """Nothing red any more."""
    account["signals"]["payment"] = {"days_late": 0}
    account["signals"]["tickets"] = {
        "open": 0, "urgent": 0, "oldest_open_days": None, "escalated": 0, "resolution_hours_90d": 5.0,
    }  # fmt: skip
