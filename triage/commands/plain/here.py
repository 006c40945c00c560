"""What every part of the plain mode is given: the desk, the talk, the clock, and ways to ask."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from data.errors import TriageError
from data.ports import Desk
from triage.commands.plain.talk import Left, Talk
from triage.config_file import nearest
from widgets.glyphs import Glyphs

Found = TypeVar("Found")


class Here(Struct, frozen=True):
    """The desk and the person at it. `views` are those of the config, by name."""

    desk: Desk
    talk: Talk
    clock: Callable[[], datetime]
    glyphs: Glyphs

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return self.clock()

    def say(self, *lines: str) -> None:
        """Say some lines."""
        self.talk.say(*lines)

    def attempt(self, act: Callable[[], Found]) -> Found | None:
        """Do what the desk may refuse; the refusal is said."""
        try:
            return act()
        except TriageError as error:
            self.say(str(error))
            return None

    def choose(self, what: str, choices: Sequence[tuple[Found, str]], usual: Found | None = None) -> Found:
        """Ask for one of some choices, by number or by word; Left where none is taken. Enter takes the usual one."""
        self.say(f"{what}:", *(f"{number}. {word}" for number, (_, word) in enumerate(choices, 1)))
        names = [word for _, word in choices]
        known = next((word for value, word in choices if value == usual), None)
        hint = f", Enter for {known}" if known is not None else ", Enter leaves"
        while True:
            answer = self.talk.ask(f"{what}, 1 to {len(choices)}{hint}:")
            if not answer and known is None:
                raise Left
            if not answer:
                return next(value for value, word in choices if word == known)
            if answer.isdecimal() and 1 <= int(answer[:6]) <= len(choices):
                return choices[int(answer[:6]) - 1][0]
            fitting = [value for value, word in choices if word.casefold().startswith(answer.casefold())]
            if len(fitting) == 1:
                return fitting[0]
            self.say(f"{answer} is none of them.{nearest(answer, names)}")

    def number(self, what: str, least: float, most: float, usual: float | None, *, whole: bool) -> float | int:
        """Ask for a number; Left where none is given."""
        hint = f", Enter for {usual:g}" if usual is not None else ", Enter leaves"
        while True:
            answer = self.talk.ask(f"{what}, {least:g} to {most:g}{hint}:")
            if not answer and usual is None:
                raise Left
            try:
                found = float(answer) if answer else float(usual or 0)
            except ValueError:
                found = float("nan")
            if least <= found <= most and (found.is_integer() or not whole):
                return int(found) if found.is_integer() else found
            self.say(f"{answer} is no {'whole ' if whole else ''}number from {least:g} to {most:g}.")

    def sure(self, question: str) -> bool:
        """Ask for a yes, in full; what was typed ahead does not count as one."""
        self.talk.settle()
        return self.talk.ask(f"{question} Type yes, anything else leaves it:").casefold() == "yes"
