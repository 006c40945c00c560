"""What a person has changed about the looks, told to the app, which does and keeps it."""

from textual.message import Message

from data.kept_screen import Panes


class PanesChanged(Message):
    """The pane was moved or resized."""

    def __init__(self, panes: Panes) -> None:
        super().__init__()
        self.panes = panes


class ThemeShown(Message):
    """A theme is to be tried on."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ThemeChosen(Message):
    """A theme is to be kept."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ThemesAsked(Message):
    """The list of themes is wanted."""


class DensityAsked(Message):
    """Compact is to become comfortable, or comfortable compact."""
