"""An empty Textual app: what no app on Textual can be quicker than."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        yield Static("first row")


Hello().run()
