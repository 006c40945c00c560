"""Copying by OSC 52, wrapped where we run inside tmux."""

import base64
from collections.abc import Mapping

from textual.message import Message


class CopyLines(Message):
    """A text of several lines is wanted on the clipboard; everything else is copied as one line."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def osc52(text: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that puts `text` on the terminal's clipboard."""
    code = base64.b64encode(text.encode("utf-8", "replace")).decode()
    plain = f"\x1b]52;c;{code}\a"
    return f"\x1bPtmux;\x1b{plain}\x1b\\" if environment.get("TMUX") else plain
