"""The remedy form: what will happen, now and after, what speaks against it, the fields, the reason (interface.md)."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from msgspec import structs
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk, Form
from data.remedy import RISKY, STALE, Change, Draft, Guard, Order, Preview
from data.safe_text import SafeText
from screens.form_members import want_members
from screens.form_modal import entry_of
from screens.gated_form import GatedForm
from screens.remedy_form_fields import FIELD_OF, asks, complain_in_fields, make_fields, member_options, params_of
from screens.remedy_form_words import (
    AT_ONCE,
    AT_ONCE_SENTENCE,
    BUTTONS,
    confirm_lines,
    earlier_lines,
    facts_for,
    held_for,
    notes_of,
    what_happens,
    workspace_of,
)
from widgets.before_after import BeforeAfter
from widgets.block import Lines, Sentence
from widgets.change_words import TITLES
from widgets.choice_row import ChoiceRow
from widgets.facts import About
from widgets.line import Piece
from widgets.number_row import NumberRow
from widgets.numbers import fit
from widgets.reason_field import ReasonField
from widgets.severity_badge import badge, doubt, named
from widgets.stale_bar import StaleBar
from widgets.typed_word import TypedWord
from widgets.warning_bar import WarningBar

DRAFT_AFTER = 0.4  # seconds without a key before a half-filled form is written down
SHOWN_ELSEWHERE = ("A13", "A14", STALE)


class RemedyForm(GatedForm[Change | None]):
    """One remedy on one account; the result is the queued change, None when it was left."""

    DEFAULT_CSS: ClassVar[str] = "RemedyForm #confirm { height: auto; }"

    def __init__(self, desk: Desk, form: Form, note: str = "") -> None:
        super().__init__(desk, TITLES.get(form.kind, form.kind), BUTTONS.get(form.kind, "Queue it"))
        self.form = form
        self._note = note
        draft = form.draft
        only = form.workspace_choices[0][0] if len(form.workspace_choices) == 1 else None
        self._workspace = (draft.workspace_id if draft else None) or form.workspace_id or only
        self._preview: Preview | None = None
        self._touched = draft is not None and not note  # what was filled in for a person leaves no draft
        self._first: tuple[Order, str] | None = None
        self._timer: Timer | None = None
        self._unsaved = False  # a person was told that the draft cannot be kept
        self._asked_for = ""  # the downgrade message the second confirmation stands for

    # --- what it shows ---

    def parts(self) -> Iterable[Widget]:
        """Who, what, now and after, the earlier remedy, the fields, the second confirmation, the reason."""
        form, draft = self.form, self.form.draft
        yield Lines(id="who")
        yield Sentence(id="what")
        yield Lines(id="notes")
        yield from self.claim_warning(form.detail.row)
        if form.kind in AT_ONCE and form.at_once:
            yield Sentence(AT_ONCE_SENTENCE, "strong bold")
        with Vertical(classes="section"):
            yield BeforeAfter(id="facts")
        if form.earlier is not None:
            words = (form.earlier.ack_word, form.detail.account.id)
            typed = None if form.earlier.talked else TypedWord(words, draft.acknowledged if draft else "", id="ack")
            yield WarningBar(earlier_lines(form.earlier, self.now, self.look), typed, classes="section")
        if form.kind in RISKY:
            yield StaleBar((form.ack_word, form.detail.account.id), id="stale")
        fields = make_fields(form, self._workspace, draft.params if draft else {})
        if fields:
            with Vertical(classes="section"):
                yield from fields
        if form.needs_confirm:
            yield WarningBar((), TypedWord((form.needs_confirm,), id="word"), id="confirm", classes="section")
        with Vertical(classes="section"):
            yield ReasonField(draft.reason if draft else "", self.desk.reason_problem)

    def on_mount(self) -> None:
        """Nothing is asked twice before a downgrade is chosen."""
        for bar in self.query("#confirm, #stale"):
            bar.display = False
        self._first = self._typed()
        self.look_again()
        if self.form.kind == "change_admin" and self._workspace and not self.form.members_known:
            want_members(self, self.desk, self.form.detail.account.id, self._workspace, self._members_have_come)

    def notice(self) -> str:
        """Where the reason goes and how long the change is held."""
        if self._note:
            return f"{self._note} Goes into the audit trail under your name."
        return held_for(self.form, self.desk.header(), self.now)

    def recent(self) -> Sequence[SafeText]:
        """The desk's recent reasons for this kind."""
        return self.form.recent_reasons

    # --- what it asks for ---

    def order(self) -> Order:
        """Return what the form asks for as it stands."""
        return Order(
            kind=self.form.kind,
            account_id=self.form.detail.account.id,
            workspace_id=self._workspace,
            params=params_of(self.form.kind, self),
            reason=self.query_one(ReasonField).text,
            acknowledged=tuple(word.text for word in self.query(TypedWord) if word.answered and self._is_shown(word)),
        )

    def missing(self) -> str:
        """Return what is missing, gravest last to go: a rule against it, then the fields from the top."""
        against = self._against()
        if against:
            return against
        for field in self.fields():
            if not field.answered:
                return asks(field)
        return ""

    def hopeless(self) -> bool:
        """True when a rule speaks against it whatever is typed."""
        return bool(self._against()) and not any(isinstance(field, ChoiceRow | NumberRow) for field in self.fields())

    def send(self) -> None:
        """Queue the change under the id that was made when the form opened."""
        if self._timer is not None:
            self._timer.stop()
        try:
            change = self.desk.submit(self.order(), change_id=self.form.change_id)
        except TriageError as error:
            self.complain(str(error))
            return
        self.leave(change)

    def give_up(self) -> None:
        """Leave; what was typed stays as a draft and is offered again, an untouched form leaves nothing."""
        if self._timer is not None:
            self._timer.stop()
        if self._touched and not self._unsaved:
            problem = self._save()
            if problem:
                self._unsaved = True
                self.complain(f"The draft cannot be kept: {problem} esc again leaves without it.")
                return
            self.tell_below("The draft is kept and opens again with the form. Nothing was sent.")
        self.leave(None)

    # --- what is typed ---

    def on_desk_changed(self) -> None:
        """The gate of old figures goes once they are new, and the form shows the new ones."""
        if not self.gated or self._over:
            return
        try:
            fresh = self.desk.open_form(self.form.kind, self.form.detail.account.id, self._workspace)
        except TriageError as error:
            self.complain(str(error))
            return
        self.form = _replace(self.form, {"detail": fresh.detail})
        self.look_again()
        waiting = self.first_field()
        if not self.gated and waiting is not None:
            self.set_focus(entry_of(waiting))

    def on_choice_row_changed(self, event: ChoiceRow.Changed) -> None:
        """Another choice changes what would happen; another workspace also who may be chosen."""
        if event.row.id == "workspace" and event.row.value:
            self._workspace = event.row.value
            self._change_workspace(event.row.value)
        self._type()
        self.look_again()

    def on_number_row_changed(self) -> None:
        """Another number changes what would happen."""
        self._type()
        self.look_again()

    def on_typed_word_changed(self) -> None:
        """The acknowledgement lifts the guard A13."""
        self._type()
        self.look_again()

    def on_reason_field_changed(self) -> None:
        """The reason changes nothing but itself."""
        self._type()
        self.renew()

    def _type(self) -> None:
        if not self._started or self._over:
            return
        self._complaint, self._unsaved = "", False
        self._touched = self._touched or self._typed() != self._first
        if self._timer is not None:
            self._timer.stop()
        if self._touched:
            self._timer = self.set_timer(DRAFT_AFTER, self._save_or_say)

    def _typed(self) -> tuple[Order, str]:
        """Everything a person has put into the form."""
        words = self.query("#ack")
        return self.order(), words.first(TypedWord).text if words else ""

    def _save_or_say(self) -> None:
        problem = "" if self._over else self._save()
        if problem:
            self.complain(problem)

    def _save(self) -> str:
        """Write the draft down; returns why it could not be, empty when it was."""
        order, typed = self._typed()
        draft = Draft(
            change_id=self.form.change_id,
            kind=order.kind,
            account_id=order.account_id,
            workspace_id=order.workspace_id,
            params=order.params,
            reason=order.reason,
            acknowledged=typed,
            saved_at=self.now,
        )
        try:
            self.desk.save_draft(draft)
        except TriageError as error:
            return str(error)
        return ""

    def _members_have_come(self) -> bool:
        self._change_workspace(self._workspace or "")
        self.look_again()
        return self.form.members_known

    def _change_workspace(self, workspace_id: str) -> None:
        """Members belong to a workspace: fetch those of the chosen one, keep everything else of the form."""
        if self.form.kind != "change_admin":
            return
        try:
            fresh = self.desk.open_form(self.form.kind, self.form.detail.account.id, workspace_id)
        except TriageError as error:
            self.complain(str(error))
            return
        changed: dict[str, Any] = {"members": fresh.members, "members_known": fresh.members_known}
        self.form = _replace(self.form, changed)
        self.query_one("#member", ChoiceRow).offer(member_options(self.form))

    # --- what would happen ---

    def look_again(self) -> None:
        """What would happen by what stands in the form now."""
        order = self.order()
        try:
            self._preview = self.desk.preview(order)
        except TriageError as error:
            self._preview = None
            self.complain(str(error))
        after = self._preview.after if self._preview else {}
        workspace = workspace_of(self.form, self._workspace)
        self.query_one("#who", Lines).show([(self._who(str(workspace.name) if workspace else ""), self._badge())])
        self.query_one("#what", Sentence).show(what_happens(self.form, self._workspace, order.params, after, self.now))
        self.query_one("#notes", Lines).show(notes_of(self._preview))
        about = About(self.form.detail.account.currency, self.now, self.look.glyphs)
        self.query_one("#facts", BeforeAfter).show(facts_for(self.form, self._preview, self._workspace, about))
        for row in self.query("#percent"):
            row.display = not order.params.get("clear")
        self._ask_twice()
        self.gate(next((str(guard.message) for guard in self._guards if guard.rule == STALE), ""))
        complain_in_fields(self, self._guards)
        self.renew()

    def _who(self, workspace: str) -> list[Piece]:
        pieces: list[Piece] = [(named(self.form.detail.row, 34, self.look), "strong bold")]
        pieces += doubt(self.form.detail.row, self.look)
        if workspace and self.form.kind in ("reset_usage", "change_admin"):
            pieces.append((f", workspace {fit(workspace, 24, self.look.glyphs).rstrip()}", "text"))
        return pieces

    def _badge(self) -> list[Piece]:
        return badge(self.form.detail.row, self.look)

    # --- what speaks against it ---

    @property
    def _guards(self) -> tuple[Guard, ...]:
        return self._preview.guards if self._preview else ()

    def _against(self) -> str:
        """Return the first blocking guard that no field can answer."""
        open_fields = {field.id for field in self.fields() if field.id and not field.answered}
        for guard in self._guards:
            name, _, rest = guard.message.partition(": ")
            if guard.blocking and guard.rule not in SHOWN_ELSEWHERE and FIELD_OF.get(name) not in open_fields:
                return rest[:1].upper() + rest[1:] if name in FIELD_OF or name == "workspace_id" else guard.message
        return ""

    def _ask_twice(self) -> None:
        """A downgrade says what is lost and wants the word typed (rules.md, remedies)."""
        message = next((str(guard.message) for guard in self._guards if guard.rule == "downgrade"), "")
        downwards = bool(self._preview and self._preview.after.get("downgraded_from"))
        message = message or ("Downgrade: what the higher tier adds is lost." if downwards else "")
        for bar in self.query("#confirm").results(WarningBar):
            bar.display = bool(message)
            if message and message != self._asked_for and self.form.needs_confirm:
                bar.show(confirm_lines(message, self.form.needs_confirm))
        self._asked_for = message

    @staticmethod
    def _is_shown(word: TypedWord) -> bool:
        return word.parent is not None and bool(getattr(word.parent, "display", True))


def _replace(form: Form, changed: dict[str, Any]) -> Form:
    return structs.replace(form, **changed)
