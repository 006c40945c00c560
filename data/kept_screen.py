"""How a person last had the screen: pane, density and theme. Kept in the state directory, never in the config."""

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from data.errors import FileProblem

Cells = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Panes(msgspec.Struct, frozen=True, omit_defaults=True):
    """The detail pane: open or not, its place, and its size in columns and lines, 0 where nobody has chosen one."""

    open: bool = True
    place: Literal["auto", "right", "bottom"] = "auto"
    right: Cells = 0
    bottom: Cells = 0


class Choice(msgspec.Struct, frozen=True):
    """What a person picked in the app, and what the config said then: when that changes, the config's word is newer."""

    picked: str
    config: str


class KeptScreen(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is kept of the screen; a file that cannot be read is as none, for nothing is lost with it."""

    panes: Panes = Panes()
    theme: Choice | None = None
    density: Choice | None = None


class ScreenFile:
    """The file with it; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.kept = KeptScreen()
        if path is not None:
            try:
                self.kept = msgspec.json.decode(path.read_bytes(), type=KeptScreen)
            except (OSError, msgspec.DecodeError):
                self.kept = KeptScreen()

    def chosen(self, name: Literal["theme", "density"], config: str) -> str:
        """Return what was picked in the app, or the config's word where that was changed since."""
        choice: Choice | None = getattr(self.kept, name)
        return choice.picked if choice is not None and choice.config == config else config

    def keep(self, kept: KeptScreen) -> None:
        """Write it, whole or not at all; raises FileProblem."""
        self.kept = kept
        if self._path is None:
            return
        beside = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_bytes(msgspec.json.encode(kept))
            beside.chmod(0o600)
            beside.replace(self._path)
        except OSError as error:
            raise FileProblem(f"How the screen looks cannot be kept in {self._path}: {error.strerror}.") from None
