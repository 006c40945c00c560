"""What a person set in the app and finds again after a restart: beside the outbox, never in the config."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from data.account import Value
from data.saved_view import SavedView

FILE = "kept.json"
_NEW = f"{FILE}.new"


class Column(Value, frozen=True):
    """A column of the list by its name (data.saved_view.COLUMNS), as wide as asked for; 0: as wide as it is anyway."""

    name: str
    cells: int = 0


class Kept(Value, frozen=True):
    """Orders by the view's key, views by name that are not in the config, and the columns of the list (none: usual)."""

    sorts: Mapping[str, str] = {}
    views: tuple[SavedView, ...] = ()
    columns: tuple[Column, ...] = ()


def read_kept(directory: Path) -> Kept:
    """What was kept in a state directory; nothing where there is no such file or it cannot be read as one."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Kept()


def write_kept(directory: Path, kept: Kept) -> bool:
    """Put it in the file's place (0600); False where the disk refuses, and then it lasts as long as the app."""
    new = directory / _NEW
    try:
        with suppress(FileNotFoundError):
            new.unlink()
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
        new.replace(directory / FILE)
    except OSError:
        return False
    return True
