"""What the app keeps for a person on this machine: what was looked at, orders, views and columns."""

from collections.abc import Sequence
from typing import Protocol

from data.kept import Column, Kept
from data.ports_list import View
from data.saved_view import SavedView


class KeptPort(Protocol):
    """Part of the desk: local, no network."""

    @property
    def config_views(self) -> tuple[SavedView, ...]:
        """The views of the config file."""
        ...

    @property
    def config_columns(self) -> tuple[Column, ...]:
        """The columns of the list by the config; none: the usual ones."""
        ...

    def look_at(self, ids: Sequence[str]) -> int:
        """Note that these accounts were looked at; how many had changed. May wait for a writer: call from a thread."""
        ...

    def look_at_list(self, view: View, text: str, untouched: bool) -> int:
        """The same for every account of a list."""
        ...

    def kept(self) -> Kept:
        """What was set in the app, by this process or another."""
        ...

    def keep(self, kept: Kept) -> bool:
        """Keep it over restarts; False where the disk refuses, and then it lasts as long as the app."""
        ...
