"""Snooze an account for the whole team (A17): until when, whether it wakes early, and why."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from textual.containers import Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk, Detail
from data.remedy import Change, Order
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.choice_row import ChoiceRow
from widgets.held_words import snooze_words
from widgets.numbers import moment
from widgets.reason_field import ReasonField
from widgets.severity_badge import badge, doubt, named
from widgets.until_row import UntilRow, tomorrow

OTHER, WAKE = "other", "wake"
LENGTHS = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "3d": timedelta(days=3), "1w": timedelta(weeks=1)}
SOON = timedelta(minutes=5)  # so that it still lies ahead when the server hears of it
CHOICES = (
    ("1h", "1 h", ""),
    ("4h", "4 h", ""),
    ("day", "tomorrow", ""),
    ("3d", "3 d", ""),
    ("1w", "7 d", ""),
    (OTHER, "other", ""),
)
WAKING = (("yes", "when it worsens", ""), ("no", "only at its time", ""))


class SnoozeForm(FormModal[Change | None]):
    """A record: it leaves at once, and the account leaves everybody's views 0 to 4 until then."""

    def __init__(self, desk: Desk, detail: Detail) -> None:
        super().__init__(desk, "Snooze", "Snooze it")
        self.detail = detail

    def parts(self) -> Iterable[Widget]:
        """Who, what it does, until when, whether it wakes early, the reason."""
        row = self.detail.row
        who = [(named(row, 34, self.look), "strong bold"), *doubt(row, self.look)]
        yield Lines([(who, badge(row, self.look))], id="who")
        yield Sentence("Leaves the at-risk views of the whole team until then. The customer sees nothing.", id="what")
        yield from self.claim_warning(row)
        running = row.snoozed and snooze_words(row, self.now)
        if running:
            yield Sentence(f"Now {running}.", "muted")
        choices = ((WAKE, "5 min", ""), *CHOICES[1:]) if running else CHOICES
        with Vertical(classes="section"):
            yield ChoiceRow("For", choices, id="length")
            yield UntilRow("Until", lambda: self.now, id="until")
            yield Sentence("", "muted", id="comes-to")
            yield ChoiceRow("Wakes early", WAKING, "yes", id="wakes")
        with Vertical(classes="section"):
            yield ReasonField("", self.desk.reason_problem, recent=False)

    def on_mount(self) -> None:
        """The typed moment only where it is asked for."""
        self.query_one("#until").display = False

    @property
    def until(self) -> datetime | None:
        """When it ends, None while that is not said."""
        chosen = self.query_one("#length", ChoiceRow).value
        if chosen == OTHER:
            return self.query_one(UntilRow).value
        if chosen == "day":
            return tomorrow(self.now)
        if chosen == WAKE:
            return self.now + SOON
        return self.now + LENGTHS[chosen] if chosen else None

    def missing(self) -> str:
        """Return the first field without an answer."""
        words = {"length": "choose how long first", "until": "no such moment to come"}
        waiting = self.first_field()
        return "" if waiting is None else words.get(waiting.id or "", "the reason is not enough")

    def notice(self) -> str:
        """A record is not held."""
        return "Leaves at once, under your name. The team sees the reason."

    def send(self) -> None:
        """Queue the record."""
        until, row = self.until, self.detail.row
        if until is None:
            return
        params = {
            "until": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "wake_on_worse": self.query_one("#wakes", ChoiceRow).value == "yes",
            "category": row.category.value if row.category is not None else None,
        }
        order = Order("snooze", row.id, params=params, reason=self.query_one(ReasonField).text)
        try:
            change = self.desk.submit(order, hold=False)
        except TriageError as error:
            self.complain(str(error))
            return
        self.tell_below(f"{named(row, 30, self.look)} sleeps until {moment(until, self.now)}.")
        self.leave(change)

    def give_up(self) -> None:
        """Leave it awake."""
        self.leave(None)

    def on_choice_row_changed(self) -> None:
        """Say what it comes to; ask for the moment where none of the lengths will do."""
        self.query_one("#until").display = self.query_one("#length", ChoiceRow).value == OTHER
        self._renew_end()

    def on_until_row_changed(self) -> None:
        """The button may work now."""
        self._renew_end()

    def on_reason_field_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()

    def _renew_end(self) -> None:
        self._complaint = ""
        other = self.query_one("#length", ChoiceRow).value == OTHER
        until = None if other else self.until
        words = f"{'':<16}until {moment(until, self.now)}" if until is not None else ""
        self.query_one("#comes-to", Sentence).show(words)
        self.renew()
