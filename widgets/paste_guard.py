"""A paste stays a paste: what stands in it never becomes a key, whatever escape codes somebody put there."""

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any

from textual._xterm_parser import XTermParser
from textual.driver import Driver

BEGIN, END = "\x1b[200~", "\x1b[201~"
_ESC, _SUB = "\x1b", "\x1a"
_AT_ONCE = 4096  # bytes
_WAIT = 0.1  # seconds, as Textual's own driver has it: how late it sees that it should end


class PasteGuard:
    """Puts SUB for each ESC between the marks of a bracketed paste.

    Textual's parser takes up an ESC in a paste as the beginning of a key and hands on what follows as keys typed: a
    text with ESC and ^S in it would submit the form it is pasted into. Not every terminal takes such codes out.
    """

    def __init__(self) -> None:
        self._inside = False
        self._last = ""  # the end of what was typed, in which a mark may have begun
        self._held = ""  # the end of what was pasted, of which it is open whether a mark has begun

    def clean(self, data: str) -> str:
        """Return what the terminal sent, however it was cut into pieces; at most the beginning of a mark is kept."""
        made: list[str] = []
        while data:
            data = (self._pasted if self._inside else self._typed)(data, made)
        return "".join(made)

    def _typed(self, data: str, made: list[str]) -> str:
        at = (self._last + data).find(BEGIN)
        if at < 0:
            self._last = (self._last + data)[1 - len(BEGIN) :]
            made.append(data)
            return ""
        end = at + len(BEGIN) - len(self._last)
        self._inside, self._last = True, ""
        made.append(data[:end])
        return data[end:]

    def _pasted(self, data: str, made: list[str]) -> str:
        data, self._held = self._held + data, ""
        text, mark, after = data.partition(END)
        if not mark:
            begun = next((size for size in range(len(END) - 1, 0, -1) if text.endswith(END[:size])), 0)
            text, self._held = text[: len(text) - begun], text[len(text) - begun :]
        else:
            self._inside = False
        made.append(text.replace(_ESC, _SUB) + mark)
        return after


def guarded(driver: type[Driver]) -> type[Driver]:
    """Return the driver of a terminal with the guard before its parser; bytes that are no UTF-8 don't end the app."""
    return type(f"Guarded{driver.__name__}", (driver,), {"run_input_thread": _read_keys})


def _read_keys(self: Any) -> None:
    """Textual's own loop, which has no place to put a guard in: read, parse, hand on, until the driver ends."""
    parser, guard = XTermParser(self._debug), PasteGuard()
    decode = getincrementaldecoder("utf-8")("replace").decode
    with selectors.DefaultSelector() as selector:
        selector.register(self.fileno, selectors.EVENT_READ)
        while not self.exit_event.is_set():
            _take(self, parser, guard, decode, selector)
        _take(self, parser, guard, decode, selector)  # what was typed meanwhile is ours, not the shell's


def _take(driver: Any, parser: XTermParser, guard: PasteGuard, decode: Callable[[bytes], str], selector: Any) -> None:
    if selector.select(_WAIT):
        data = guard.clean(decode(os.read(driver.fileno, _AT_ONCE)))
        for event in parser.feed(data) if data else ():  # an empty text would be the end
            driver.process_message(event)
    for event in parser.tick():
        driver.process_message(event)
