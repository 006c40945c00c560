"""Where the config file, the state and the cache lie: XDG directories, or all below one home."""

import os
from collections.abc import Mapping
from pathlib import Path

from data.places import local_path


def config_path(flag: str | None, environ: Mapping[str, str], home: Path | None) -> tuple[Path, bool]:
    """The config file and whether a person named it."""
    named = flag or environ.get("TRIAGE_CONFIG")
    if named:
        return local_path(named, "The config file").absolute(), True
    if home is not None:
        return home / "config.toml", False
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "triage" / "config.toml", False


def directories(environ: Mapping[str, str], home: Path | None, profile: str) -> tuple[Path, Path, Path]:
    """State and cache directory of the profile, and the log file."""
    if home is not None:
        return home / "state" / profile, home / "cache" / profile, home / "state" / "triage.log"
    state = _xdg(environ, "XDG_STATE_HOME", ".local/state") / "triage"
    return state / profile, _xdg(environ, "XDG_CACHE_HOME", ".cache") / "triage" / profile, state / "triage.log"


def _xdg(environ: Mapping[str, str], name: str, fallback: str) -> Path:
    """An XDG base directory; a relative one is ignored, as the specification asks."""
    named = environ.get(name)
    if named and Path(named).is_absolute():
        return Path(named)
    return Path(environ.get("HOME") or os.path.expanduser("~")) / fallback  # noqa: PTH111
