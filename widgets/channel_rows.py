"""The ways a message can leave, one a line: a button, its key, and beside a closed one why it is closed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from widgets.block import Lines, Sentence
from widgets.form_button import FormButton
from widgets.line import Painted
from widgets.look import look_of

KEY = 9


class Way(NamedTuple):
    """One way: its name, what the button says, its key, and what happens."""

    name: str
    label: str
    key: str
    remark: str

    @property
    def id(self) -> str:
        """The id of the binding that takes it."""
        return {"email": "do.send", "slack": "do.slack", "copy": "do.copy_text"}.get(self.name, f"do.{self.name}")


class _Key(Lines):
    GROUND = Painted.GROUND


class _Remark(Sentence):
    GROUND = Painted.GROUND


class ChannelRows(Vertical):
    """Buttons of equal width, so that keys and remarks stand in columns."""

    DEFAULT_CSS = """
    ChannelRows { height: auto; }
    ChannelRows > Horizontal { height: 1; }
    """

    def __init__(self, ways: Sequence[Way], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ways = tuple(ways)
        self._wide = 4 + max(len(way.label) for way in ways)

    def compose(self) -> ComposeResult:
        """A line for each way."""
        for way in self._ways:
            with Horizontal():
                button = FormButton(way.label, enter=False, id=f"way-{way.name}")
                button.styles.width = self._wide
                yield button
                key = _Key(id=f"key-{way.name}")
                key.styles.width = KEY
                yield key
                yield _Remark(way.remark, "muted", most=1, id=f"remark-{way.name}")

    def show(self, closed: Mapping[str, str], labels: Mapping[str, str]) -> None:
        """Say which are closed and why, and what a button is called now."""
        said = {way.name: labels.get(way.name, way.label) for way in self._ways}
        self._wide = 4 + max(map(len, said.values()))
        for way in self._ways:
            why = closed.get(way.name, "")
            button = self.query_one(f"#way-{way.name}", FormButton)
            button.show(not why, said[way.name])
            button.styles.width = self._wide
            self.query_one(f"#key-{way.name}", Lines).show(
                [([(f" {look_of(self).key(way.id, way.key)}", "muted" if why else "key")], ())]
            )
            self.query_one(f"#remark-{way.name}", Sentence).show(why or way.remark, "muted")

    def name_of(self, button: FormButton) -> str:
        """Return the way of a button."""
        return (button.id or "").removeprefix("way-")
