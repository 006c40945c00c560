"""Small private files beside the cache: what the adapter remembers between two syncs, and may lose at any time."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from data.database import Unwritable, make_directory
from data.wire import encode

T = TypeVar("T")


def read_kept(path: Path, using: "msgspec.json.Decoder[T]") -> T | None:
    """Return what is kept in a file, None where it is missing, cut or damaged."""
    try:
        return using.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def keep(path: Path, value: object) -> None:
    """Write a private file whole or not at all; Unwritable."""
    draft = path.with_name(f"{path.name}.new")
    try:
        make_directory(path.parent)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(encode(value))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise Unwritable(path, f"cannot be written ({error}).") from error
