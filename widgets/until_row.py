"""A moment to come, typed as a length of time, a time of day or a date; what it comes to stands beside the field."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from widgets.block import Lines, Sentence
from widgets.choice_row import LABEL
from widgets.numbers import fit, local, moment
from widgets.word_input import WordInput

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST = timedelta(days=366)
EXAMPLES = "4h, 2d, 16:30, 2026-12-01 9:00"
_LENGTH = re.compile(r"(\d{1,4})\s*([mhdw])")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
BEGIN = 9  # o'clock, where only a day was given


def moment_of(text: str, now: datetime) -> datetime | None:
    """Return the moment a text names, local time; None where it names none, or one not within the next 366 days."""
    text = text.strip().casefold()
    found = _read(text, now)
    return found if found is not None and now < found <= now + MOST else None


def tomorrow(now: datetime) -> datetime:
    """Return nine o'clock of the next local day."""
    return (local(now) + timedelta(days=1)).replace(hour=BEGIN, minute=0, second=0, microsecond=0)


def _read(text: str, now: datetime) -> datetime | None:
    here = local(now)
    if length := _LENGTH.fullmatch(text):
        return now + timedelta(**{UNITS[length[2]]: int(length[1])})
    try:
        if clock := _CLOCK.fullmatch(text):
            at = here.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            return at if at > here else at + timedelta(days=1)
        if date := _DATE.fullmatch(text):
            year, month, day = int(date[1]), int(date[2]), int(date[3])
            hour, minute = (int(date[4]), int(date[5])) if date[4] else (BEGIN, 0)
            return datetime(year, month, day, hour, minute, tzinfo=here.tzinfo)
    except ValueError:
        return None
    return None


class UntilRow(Horizontal):
    """A label, the field, and the moment or what may be typed."""

    DEFAULT_CSS = """
    UntilRow { height: auto; }
    UntilRow > Lines { width: 16; }
    UntilRow > WordInput.-textual-compact, UntilRow > WordInput.-textual-compact:focus { width: 20; }
    UntilRow > Sentence { width: 1fr; margin-left: 2; }
    """

    class Changed(Message):
        """Something was typed."""

    def __init__(self, label: str, now: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label, self._now = label, now

    def compose(self) -> ComposeResult:
        """Label, field, remark."""
        yield Lines([([(fit(self._label, LABEL), "muted")], [])])
        yield WordInput(most=20)
        yield Sentence(EXAMPLES, "muted")

    @property
    def entry(self) -> WordInput:
        """The field itself, for the focus."""
        return self.query_one(WordInput)

    @property
    def value(self) -> datetime | None:
        """The moment, None while it is none to come."""
        return moment_of(self.entry.value, self._now())

    @property
    def answered(self) -> bool:
        """True when it is a moment to come."""
        return self.value is not None

    def on_input_changed(self) -> None:
        """Say what it comes to."""
        value = self.value
        remark = f"until {moment(value, self._now())}" if value is not None else EXAMPLES
        self.query_one(Sentence).show(remark, "text" if value is not None else "muted")
        self.post_message(self.Changed())
