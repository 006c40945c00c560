"""Copying by OSC 52: wrapped where we run inside tmux or screen, capped, and said as what it is: nobody confirms it."""

import base64
from collections.abc import Mapping

from textual.message import Message

MOST = 74_994  # bytes: 100,000 characters once encoded, and what is longer some terminals drop without a word
CHUNK = 500  # characters in one string to screen, which takes 768 at most
NONE = ("linux", "dumb", "cons25")  # terminals without a clipboard


class CopyLines(Message):
    """A text of several lines is wanted on the clipboard; everything else is copied as one line."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def wrapped(code: str, environment: Mapping[str, str]) -> str:
    """Return a sequence for the terminal outside as tmux or screen hand it on."""
    if environment.get("TMUX"):
        return f"\x1bPtmux;{code.replace(chr(27), chr(27) * 2)}\x1b\\"
    if environment.get("STY"):
        parts = [code[at : at + CHUNK] for at in range(0, len(code), CHUNK)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return code


def osc52(text: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that puts `text` on the terminal's clipboard."""
    code = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return wrapped(f"\x1b]52;c;{code}\a", environment)


def why_not(text: str, environment: Mapping[str, str]) -> str:
    """Return why a text cannot go to the clipboard, in a sentence; empty when it can be sent."""
    if environment.get("TERM") in NONE:
        return "This terminal has no clipboard: nothing was copied."
    size = len(text.encode("utf-8", "replace"))
    if size > MOST:
        return f"Not copied: {size // 1000} kB are more than terminals take, {MOST // 1000} at most."
    return ""


def doubt(environment: Mapping[str, str]) -> str:
    """Return what to do if pasting gives nothing: a terminal never says whether it took the text."""
    if environment.get("TMUX"):
        return "If pasting gives nothing: set -g allow-passthrough on, in tmux."
    return "If pasting gives nothing, allow OSC 52 in the terminal's settings."
