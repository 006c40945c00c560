"""Where a token may lie, and paths as a person writes them."""

from pathlib import Path

import msgspec

from data.errors import ConfigError


class Places(msgspec.Struct, frozen=True):
    """Where the token of one backend may be: tokens are keyed by `base_url`; None where a place does not exist."""

    base_url: str
    token_command: tuple[str, ...] = ()
    state_dir: Path | None = None
    runtime_dir: Path | None = None


def local_path(text: str, what: str) -> Path:
    """Return a path that a person named, with `~` resolved; ConfigError where it cannot be one."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(f"{what} ({text}) begins with ~ and a name that nobody here has.") from None
    if "\0" in text:
        raise ConfigError(f"{what} holds a NUL, which no path has.")
    return path
