"""What can be done with a change in the outbox: write it again, discard, look up, take back, push, copy, open."""

from abc import abstractmethod

from msgspec import structs

from data.account import Account
from data.errors import TriageError
from data.ports import Form
from data.remedy import Change, Draft, Order, State, ways
from screens.confirm import ConfirmReason
from screens.outbox_messages import OutboxMessages
from screens.remedy_form import RemedyForm
from widgets.before_after import Fact
from widgets.facts import About, facts_of
from widgets.numbers import moment
from widgets.open_list import OpenList


class OutboxActions(OutboxMessages):
    """The actions of the outbox screen; each says on the status line what it did or why it could not."""

    @property
    @abstractmethod
    def current(self) -> Change | None:
        """The open change."""

    def action_write_again(self) -> None:
        """e: from what the account is now, with a new id and a new reason; never forced."""
        change = self.current
        if self.write_message_again():
            return
        if change is None or not change.needs_you or change.unknown:
            self.tell("Only a conflicting, refused or parked change can be written again.")
            return
        try:
            detail = self.desk.detail(change.account_id)
            if detail is None:
                self.tell("This account is no longer in the book. The change can only be discarded.")
            elif change.is_remedy and self._needs_form(change):
                self._open_form(change)
            else:
                self._ask_again(change, detail.account)
        except TriageError as error:
            self.tell(str(error))

    def action_discard(self) -> None:
        """d: discard with a reason; what never left is taken back, which needs none."""
        change = self.current
        if self.drop_message() or change is None:
            return
        if change.state in (State.HELD, State.QUEUED) and not change.unknown:
            self.action_take_back()
            return
        if not change.needs_you or change.unknown:
            sentence = "Its outcome is not known yet: l looks it up." if change.unknown else "It is finished."
            self.tell(sentence)
            return
        self.app.push_screen(
            ConfirmReason(
                self.desk,
                change,
                title="Discard",
                button="Discard change",
                what="Nothing is sent. The row stays in the outbox as discarded.",
                act=lambda reason: self.desk.discard(change.change_id, reason),
            ),
            lambda done: self._done(done, "Discarded. Nothing was sent."),
        )

    def action_take_back(self) -> None:
        """u: take back this change, or the latest held one when this one has left; else set back an applied one."""
        change = self.current
        if self.drop_message():
            return
        applied = change if change is not None and change.state is State.APPLIED else None
        if change is None or change.state not in (State.HELD, State.QUEUED):
            change = self.desk.last_held()
        if change is None and applied is not None:
            from screens.undoing import offer_undo

            undone = "Queued, to set it back. It is held, u takes it back."
            offer_undo(self, lambda: self.desk.undo_form(applied.change_id), lambda made: self._done(made, undone))
            return
        if change is None:
            self.tell("Nothing is held.")
            return
        try:
            self._done(self.desk.take_back(change.change_id), "Taken back. Nothing was sent.")
        except TriageError as error:
            self.tell(str(error))

    def action_look_up(self) -> None:
        """l: ask the server what became of the change, in the background."""
        change = self.current
        if self.settle_message():
            return
        if change is None or not change.unknown:
            self.tell("There is nothing to look up: its outcome is known.")
            return
        if "look_up" not in ways(change):
            self.tell(str(change.last_error or "Sign in as its author first."))
            return
        self.desk.look_up(change.change_id)
        self.tell("Asking the server what became of it.")

    def action_decide(self) -> None:
        """h: what only a person can tell of a change that is never sent again by itself."""
        change = self.current
        if change is None or "decide" not in ways(change):
            self.tell("Only a change whose outcome nobody can look up is decided here.")
            return
        from screens.outbox_decide import ask_what_happened

        first = self.desk.first_sent(change.change_id)
        ask_what_happened(self, change, first, self._done)

    def action_push(self) -> None:
        """r: push what waits now; the open change is due at once."""
        change = self.current
        try:
            if change is not None and (change.state in (State.QUEUED, State.SENDING) or "push" in ways(change)):
                self.desk.retry(change.change_id)
        except TriageError as error:
            self.tell(str(error))
            return
        self.desk.sync_now()
        self.tell("Pushing now.")

    def action_sign_in(self) -> None:
        """s: a token for whoever these changes wait for; they leave by themselves once it is accepted."""
        from screens.sign_in import SignIn

        self.app.push_screen(SignIn(self.desk), lambda done: self._signed_in() if done else None)

    def _signed_in(self) -> None:
        self.on_desk_changed()
        who = self.desk.header().who
        self.tell(f"Signed in as {who.name}. What waits for that leaves now." if who else "Signed in.")

    def action_copy_id(self) -> None:
        """y: the change's id, which is also its id in the audit trail."""
        change, message = self.current, self.message
        named = change.change_id if change else message.outreach_id if message else None
        if named is not None:
            self.copy(named, named)

    def action_audit(self) -> None:
        """a: the trail of the account."""
        from screens.audit import AuditScreen

        row = self.current or self.message
        self.app.push_screen(AuditScreen(self.desk, row.account_id if row else None))

    def action_back(self) -> None:
        """esc: back to where it was opened."""
        self.app.pop_screen()

    def on_open_list_chosen(self, event: OpenList.Chosen) -> None:
        """enter: the account of the change."""
        from screens.account import AccountScreen

        row = self.current or self.message
        if row is not None and self.desk.detail(row.account_id) is not None:
            self.app.push_screen(AccountScreen(self.desk, row.account_id))
        else:
            self.tell("This account is no longer in the book.")

    # --- writing again ---

    def _needs_form(self, change: Change) -> bool:
        """True when the same change would be refused again: its fields need a look, not only its reason."""
        preview = self.desk.preview(_order(change, ""))
        return change.state is State.REJECTED or preview.blocked

    def _open_form(self, change: Change) -> None:
        """Open the remedy form filled as the change was; once queued, the old row is discarded and names it."""
        form = self.desk.open_form(change.kind, change.account_id, change.workspace_id)
        self.app.push_screen(
            RemedyForm(
                self.desk, _filled(form, change), note=f"From your change of {moment(change.authored_at, self.now)}."
            ),
            lambda made: self._replaced(change, made),
        )

    def _replaced(self, old: Change, made: Change | None) -> None:
        if made is None:
            return
        try:
            self.desk.discard(old.change_id, f"Rewritten as {made.change_id}")
        except TriageError as error:
            self.tell(str(error))
            return
        self._done(made, "Written again. It is held, u takes it back.")

    def _ask_again(self, change: Change, account: Account) -> None:
        facts: list[Fact] = []
        if change.is_remedy:
            preview = self.desk.preview(_order(change, ""))
            facts = facts_of(preview.before, preview.after, About(account.currency, self.now, self.look.glyphs))
        self.app.push_screen(
            ConfirmReason(
                self.desk,
                change,
                title="Write it again",
                button="Write it again",
                what="A new change from what the account is now. The old one is discarded.",
                act=lambda reason: self.desk.reauthor(change.change_id, reason),
                facts=facts,
                recent=() if not change.reason else (change.reason,),
                needs_reason=change.is_remedy,
            ),
            lambda made: self._done(made, "Written again. It is held, u takes it back."),
        )

    def _done(self, change: Change | None, sentence: str) -> None:
        if change is not None:
            self.on_desk_changed()
            self.tell(sentence)


def _order(change: Change, reason: str) -> Order:
    return Order(change.kind, change.account_id, change.workspace_id, change.params, reason)


def _filled(form: Form, change: Change) -> Form:
    """Return the form with the old change in its fields; in the place of a draft, if there was one."""
    draft = Draft(
        change_id=form.change_id,
        kind=change.kind,
        account_id=change.account_id,
        workspace_id=change.workspace_id,
        params=change.params,
        reason=change.reason,
        acknowledged="",
        saved_at=change.authored_at,
    )
    return structs.replace(form, draft=draft)
