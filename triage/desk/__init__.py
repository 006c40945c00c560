"""The day's work without a terminal: inbox, remedies, outbox, audit, sync."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triage.desk.desk import Desk
    from triage.desk.session import Place, Session, TokenBox
    from triage.desk.sync import Summary, sync_once

__all__ = ["Desk", "Place", "Session", "Summary", "TokenBox", "sync_once"]

_HOMES = {"Desk": "desk", "Summary": "sync", "sync_once": "sync"}


def __getattr__(name: str) -> Any:
    """Import a name on first use: a command that only reads must not pay for pushing and pulling."""
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'session')}"), name)
