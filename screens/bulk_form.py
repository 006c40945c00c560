"""One remedy on the marked accounts: a table with before and after, who is left out, one reason, the count typed."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget

from data.account import Value
from data.errors import NotAllowed, Rejected, TriageError
from data.ports import Desk
from data.ports_bulk import Bulk, BulkLine
from data.remedy import STALE, Change, Order
from data.safe_text import SafeText
from screens.bulk_fields import OLD, bulk_fields, bulk_params, confirm_words, unasked
from screens.gated_form import GatedForm
from screens.remedy_form_fields import asks
from screens.remedy_form_words import AT_ONCE, BUTTONS
from screens.slices import Slices
from widgets.block import Sentence
from widgets.bulk_table import BulkTable, TableLine
from widgets.bulk_words import MANY_TITLES, accounts, becomes
from widgets.choice_row import ChoiceRow
from widgets.facts import About
from widgets.number_row import NumberRow
from widgets.reason_field import ReasonField
from widgets.stale_bar import StaleBar
from widgets.typed_word import TypedWord
from widgets.warning_bar import WarningBar

SOON = 0.15  # seconds after a key before all lines are looked at again


class BulkDone(Value, frozen=True):
    """How a run went: what was queued, and who was left out with the reason why, by account id."""

    kind: str
    queued: tuple[Change, ...]
    refused: tuple[tuple[str, SafeText, str], ...]


class BulkForm(GatedForm[BulkDone | None]):
    """Each account is its own change with its own id and audit entry; `marked` are ids with the seq they had."""

    DEFAULT_CSS: ClassVar[str] = "BulkForm #confirm { height: auto; }"

    def __init__(self, desk: Desk, bulk: Bulk, marked: Mapping[str, int]) -> None:
        title = f"{MANY_TITLES[bulk.kind]} for {accounts(len(marked))}"
        super().__init__(desk, title, BUTTONS.get(bulk.kind, MANY_TITLES[bulk.kind]))
        self.bulk = bulk
        self._marked = dict(marked)
        self._ids = {account_id: str(uuid.uuid4()) for account_id in marked}
        self._lines: dict[str, BulkLine] = {}
        self._looking: Slices[str] | None = None
        self._looked = 0
        self._soon: Timer | None = None
        self._run: Slices[BulkLine] | None = None
        self._queued: list[Change] = []
        self._refused: list[tuple[str, SafeText, str]] = []
        self._seen_old = False

    # --- what it shows ---

    def parts(self) -> Iterable[Widget]:
        """How many, the table, the fields, the gate of old figures, the reason, the count."""
        yield Sentence(id="what")
        if self.bulk.kind in AT_ONCE and self.bulk.at_once:
            yield Sentence("The customers see this at once.", "strong bold")
        with Vertical(classes="section"):
            yield BulkTable(id="table")
        yield StaleBar((OLD,), id="stale")
        fields = bulk_fields(self.bulk)
        if fields:
            with Vertical(classes="section"):
                yield from fields
        if self.bulk.needs_reason:
            with Vertical(classes="section"):
                yield ReasonField("", self.desk.reason_problem)
        yield WarningBar((), TypedWord(("0",), id="count"), id="confirm", classes="section")

    def on_mount(self) -> None:
        """Look at every account."""
        self.query_one("#stale").display = False
        self.look_again()

    def on_resize(self) -> None:
        """More lines where there is room."""
        self._draw()

    def recent(self) -> Sequence[SafeText]:
        """Reasons to pick from."""
        return self.bulk.recent_reasons

    def notice(self) -> str:
        """One change and one audit entry each, and how long they are held."""
        if self._run is not None:
            return "esc stops it: what is queued stays queued."
        held = f" Held for {self.bulk.hold_seconds:g} s." if self.bulk.hold_seconds > 0 else ""
        return f"One change and one audit entry each, under your name.{held}"

    @property
    def going(self) -> list[BulkLine]:
        """The lines that would be queued."""
        return [line for line in self._lines.values() if not line.against]

    # --- what it asks for ---

    def missing(self) -> str:
        """What has to be done before the button works."""
        if self._run is not None:
            return f"queued {len(self._queued)} of {len(self._lines)}"
        if self._looking is not None and not self._looking.over:
            return f"looking at {self._looked} of {len(self._marked)}"
        for field in self.fields():
            if not field.answered and (not isinstance(field, TypedWord) or field.id == "old"):
                return asks(field) if not isinstance(field, TypedWord) else "sync first, or type the word"
        if not self.going:
            return "none of them can have it" if self._lines else "nobody is marked any more"
        return "" if self.query_one("#count", TypedWord).answered else f"type {len(self.going)} first"

    def give_up(self) -> None:
        """Leave; a run on its way is stopped, and what it has queued stays queued."""
        if self._run is None:
            self.leave(None)
            return
        self._run.stop()
        done = {line.order.account_id for line in self.going} - {change.account_id for change in self._queued}
        done -= {account_id for account_id, _, _ in self._refused}
        self._refused += [
            (one, self._lines[one].name, "Stopped before its turn.") for one in self._lines if one in done
        ]
        self._finish()

    # --- looking ---

    def on_choice_row_changed(self) -> None:
        """Another choice: all lines are looked at again."""
        self._look_soon()

    def on_number_row_changed(self) -> None:
        """Another number: the same."""
        self._look_soon()

    def on_typed_word_changed(self) -> None:
        """The word for old figures changes what is refused; the count changes nothing."""
        if self._started and self.gate_answered != self._seen_old:
            self._look_soon()
        self.renew()

    def on_reason_field_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()

    def on_desk_changed(self) -> None:
        """Somebody may have changed one of them, or the figures are new."""
        if self._run is None:
            self._look_soon()

    def on_bulk_table_unmarked(self, event: BulkTable.Unmarked) -> None:
        """Leave one out."""
        if self._run is None:
            for held in (self._marked, self._lines):
                held.pop(event.account_id, None)
            self._draw()

    def on_bulk_table_done(self) -> None:
        """Enter: on to the first field that needs an answer."""
        self._move_on()

    def _look_soon(self) -> None:
        if self._soon is not None:
            self._soon.stop()
        self._soon = self.set_timer(SOON, self.look_again)

    def look_again(self) -> None:
        """Look at every account anew."""
        if self._over or self._run is not None:
            return
        if self._looking is not None:
            self._looking.stop()
        params, self._seen_old = bulk_params(self.bulk, self), self.gate_answered
        unanswered = any(isinstance(one, ChoiceRow | NumberRow) and not one.answered for one in self.fields())
        found: dict[str, BulkLine] = {}
        waiting: list[TriageError] = []

        def look(account_id: str) -> bool:
            acknowledged = (account_id,) if self._seen_old else ()
            order = Order(self.bulk.kind, account_id, params=params, acknowledged=acknowledged)
            try:
                line = self.desk.bulk_line(order, self._marked[account_id])
                found[account_id] = unasked(line) if unanswered else line
            except TriageError as error:
                waiting.append(error)
            return not waiting

        def done() -> None:
            self._lines = {one: found[one] for one in sorted(found, key=lambda one: not found[one].against)}
            self._draw()
            if waiting:
                self.complain(str(waiting[0]))

        self._looking = Slices(self, [*self._marked], look, done, self._tell_looked)
        self._looking.start()

    def _tell_looked(self, number: int) -> None:
        self._looked = number
        self.renew()

    def _draw(self) -> None:
        going, lines = len(self.going), self._lines.values()
        left = len(lines) - going
        rest = f", {left} {'is' if left == 1 else 'are'} left out" if left else ""
        self.query_one("#what", Sentence).show(f"{going} of {accounts(len(lines))} will change{rest}.")
        height = self.app.size.height
        self.query_one(BulkTable).show([self._row(line) for line in lines], max(4, min(14, height - 20)))
        old = next((g.message for line in lines if line.preview for g in line.preview.guards if g.rule == STALE), "")
        self.gate(str(old))
        self.query_one("#confirm", WarningBar).show(confirm_words(self.going))
        self.query_one("#count", TypedWord).expect((str(going),))
        self.renew()

    def _row(self, line: BulkLine) -> TableLine:
        about = About(line.row.currency if line.row else None, self.now, self.look.glyphs)
        now, after = becomes(line, about)
        said = [f"Workspace {line.workspace}."] if line.workspace else []
        said += [line.against or f"{now} {about.glyphs.becomes} {after}", line.note]
        name = line.name if line.name.strip() else line.order.account_id
        return TableLine(
            line.order.account_id, name, now, after, line.against, f"{name}: {' '.join(filter(None, said))}"
        )

    # --- queuing ---

    def send(self) -> None:
        """Queue them one by one, each in a transaction of its own."""
        self._refused = [(one, line.name, line.against) for one, line in self._lines.items() if line.against]
        self._run = Slices(self, self.going, self._queue, self._finish, lambda number: self.renew())
        self.set_focus(self.query_one("#cancel"))
        self._run.start()

    def _queue(self, line: BulkLine) -> bool:
        account_id = line.order.account_id
        reason = self.query_one(ReasonField).text if self.bulk.needs_reason else ""
        try:
            seq, change_id = self._marked[account_id], self._ids[account_id]
            self._queued.append(self.desk.submit_line(line, seq, reason, change_id))
        except (Rejected, NotAllowed) as refusal:
            self._refused.append((account_id, line.name, str(refusal)))
        except TriageError as error:  # the disk or the file: the next would fail as this one did
            done = {change.account_id for change in self._queued} | {one for one, _, _ in self._refused}
            rest = [one for one in self.going if one.order.account_id not in done]
            self._refused += [(one.order.account_id, one.name, str(error)) for one in rest]
            return False
        return True

    def _finish(self) -> None:
        self.leave(BulkDone(self.bulk.kind, tuple(self._queued), tuple(self._refused)))
