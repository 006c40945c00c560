"""The part of the desk that keeps what a person set and looked at (data.ports_kept.KeptPort)."""

from collections.abc import Sequence
from contextlib import closing

from msgspec import structs

from data.kept import Column, Kept, read_kept, write_kept
from data.ports_list import Sort, View
from data.saved_view import SavedView
from triage.desk.session import Session


class KeptOfDesk:
    """Reads the state directory at its first question; what is kept afterwards goes there at once."""

    session: Session
    _kept: Kept | None = None

    @property
    def config_views(self) -> tuple[SavedView, ...]:
        """The views of the config file."""
        return self.session.place.views

    @property
    def config_columns(self) -> tuple[Column, ...]:
        """The columns of the config file."""
        return self.session.place.columns

    def look_at(self, ids: Sequence[str]) -> int:
        """Note that these accounts were looked at, over a connection of its own; how many had changed."""
        with closing(self.session.open_cache()) as cache:
            return cache.look_at(ids)

    def look_at_list(self, view: View, text: str, untouched: bool) -> int:
        """The same for every account of a list."""
        with closing(self.session.open_cache()) as cache:
            return cache.look_at_numbers(cache.ids(view, Sort.SEVERITY, text, untouched))

    def kept(self) -> Kept:
        """What was set in the app, as the last of all open ones left it when this one began."""
        if self._kept is None:
            self._kept = read_kept(self.session.place.state_dir)
        return self._kept

    def keep(self, kept: Kept) -> bool:
        """Keep it over restarts; what another process set meanwhile stays where this one has set nothing."""
        before, directory = self.kept(), self.session.place.state_dir
        changed = {name: value for name, value in structs.asdict(kept).items() if value != getattr(before, name)}
        self._kept = structs.replace(read_kept(directory), **changed)
        return write_kept(directory, self._kept)
