"""Screens on which a person acts on one account: the remedy keys, records, copying and taking back."""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType

from data.errors import TriageError
from data.ports import Detail
from data.ports_list import Link
from data.remedy import PERMISSIONS, REMEDIES, Change
from screens.base import TriageScreen
from screens.keymap import key_of, keys_now, remedy_keys
from screens.messages import Gravity
from screens.read_only import READ_ONLY
from widgets import numbers
from widgets.change_words import describe_change, seconds_left
from widgets.line import Line, Piece

Result = TypeVar("Result")
_RECORDS = ("outreach", "contact", "claim", "snooze")
_WAITS = {Link.OFFLINE: "waits for the connection", Link.SIGNED_OUT: "waits for a sign-in"}


class ActingScreen(TriageScreen):
    """A screen with an account in view: subclasses say which by `target`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "menu", "all actions", id="do.menu", tooltip="all actions"),
        Binding("R", "remedy('reset_usage')", "reset usage", id="do.reset_usage"),
        Binding("T", "remedy('grant_trial')", "trial", id="do.grant_trial", tooltip="reverse trial"),
        Binding("D", "remedy('apply_discount')", "discount", id="do.apply_discount"),
        Binding("C", "remedy('change_tier')", "change tier", id="do.change_tier"),
        Binding("A", "remedy('change_admin')", "change admin", id="do.change_admin"),
        Binding("o", "outreach", "outreach", id="do.outreach", tooltip="write to the customer"),
        Binding("n", "contact", "log talk", id="do.contact", tooltip="log a conversation"),
        Binding("m", "claim", "claim", id="do.claim", tooltip="claim 60 min, release"),
        Binding("z", "snooze", "snooze", id="do.snooze", tooltip="snooze for the whole team"),
        Binding("u", "take_back", "take back", id="do.take_back", tooltip="take back, or set back"),
        Binding("y", "copy_contact", "copy contact", id="do.copy_contact"),
        Binding("Y", "copy_id", "copy id", id="do.copy_id", tooltip="copy the account's id"),
        Binding("i", "interview", "interview", id="see.interview", tooltip="the decision tree as an interview"),
        Binding("c", "case", "case", id="see.case", tooltip="its case: clocks, playbook, tasks"),
        Binding("a", "audit", "audit", id="see.audit", tooltip="audit trail"),
        Binding("b", "outbox", "outbox", id="go.outbox", tooltip="outbox"),
        Binding("f", "follow_ups", "follow-ups", id="go.follow_ups", tooltip="messages that nobody answered"),
        Binding("r", "sync", "sync now", id="go.sync", tooltip="sync now"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("q", "quit", "quit", id="go.quit", tooltip="quit; what waits is kept"),
    ]

    asked_to_take = ""  # whose claim by another was asked to be taken over, once

    @abstractmethod
    def target(self) -> str | None:
        """The account that is acted on."""

    def target_detail(self) -> Detail | None:
        """The same in full."""
        target = self.target()
        return self.desk.detail(target) if target else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Remedies and records only with an account, the permission, and when this is not read-only."""
        if action == "remedy" and parameters:
            return self._may(str(parameters[0]))
        if action in ("contact", "claim", "outreach", "snooze"):
            return self._may("claim")
        if action in ("menu", "copy_contact", "copy_id", "interview", "case"):
            return self.target() is not None
        if action == "take_back":
            return not self.desk.read_only
        return True

    def _may(self, kind: str) -> bool:
        """Return whether a key is worth showing; pressing it without the permission is answered with a sentence."""
        return self.target() is not None and not self.desk.read_only

    def allowed_keys(self) -> dict[str, str]:
        """Return the remedy keys for which the permission is there."""
        who = self.desk.header().who
        keys = remedy_keys(self)
        return {kind: key for kind, key in keys.items() if who is None or PERMISSIONS[kind] in who.permissions}

    def may_record(self) -> bool:
        """Return whether a talk may be logged: shown among the keys only then."""
        who = self.desk.header().who
        return who is None or PERMISSIONS["claim"] in who.permissions

    # --- remedies and records ---

    def action_remedy(self, kind: str) -> None:
        """R T D C A: open the form of a remedy."""
        target = self.target()
        if target is None:
            return
        form = self.attempt(lambda: self.desk.open_form(kind, target))
        if form is not None:
            from screens.remedy_form import RemedyForm

            self.app.push_screen(RemedyForm(self.desk, form), self.after_change)

    def action_contact(self) -> None:
        """n: log a conversation."""
        detail = self.target_detail()
        if detail is not None:
            from screens.contact_form import ContactForm

            self.app.push_screen(ContactForm(self.desk, detail), self.after_change)

    def action_outreach(self) -> None:
        """o: the draft of a message, or what nobody knows yet about the one before."""
        target = self.target()
        if target is not None:
            from screens.outreach_start import start_outreach

            start_outreach(self, target)

    def action_claim(self) -> None:
        """m: claim for 60 minutes, or release one's own claim."""
        from screens.holding import claim

        claim(self)

    def action_snooze(self) -> None:
        """z: snooze it for the whole team (A17)."""
        detail = self.target_detail()
        if detail is not None:
            from screens.snooze_form import SnoozeForm

            self.app.push_screen(SnoozeForm(self.desk, detail), self.after_change)

    def action_take_back(self) -> None:
        """u: take back the latest held change; where nothing is held, set back what was applied here last."""
        change, target = self.desk.last_held(), self.target()
        if change is None and target is not None:
            from screens.undoing import offer_undo

            offer_undo(self, lambda: self.desk.undo_last(target), self.after_change)
            return
        if change is None:
            self.tell("Nothing is held.")
            return
        if self.attempt(lambda: self.desk.take_back(change.change_id)) is not None:
            self.tell("Taken back. Nothing was sent.")
            self.after_change(None)

    def after_change(self, change: Change | None) -> None:
        """Something was queued or taken back."""
        self.reload()

    def action_menu(self) -> None:
        """`.`: every action on the account with its key and what stands against it."""
        detail = self.target_detail()
        if detail is not None:
            from screens.row_menu import RowMenu

            self.app.push_screen(RowMenu(self.desk, detail, self.menu_rows(detail)), self._chosen)

    def menu_rows(self, detail: Detail) -> list[tuple[str, str, str]]:
        """Return action, key and the sentence that stands against it, for the row menu."""
        keys = keys_now(self)
        against = {f"remedy('{kind}')": self._against(kind, detail.row.id) for kind in REMEDIES}
        against |= dict.fromkeys(_RECORDS, self._against("claim", ""))
        actions = (*against, "why", "interview", "case", "copy_contact", "copy_id", "audit")
        return [(action, keys.get(action, ""), against.get(action, "")) for action in actions]

    def _against(self, kind: str, account_id: str) -> str:
        """Return why a remedy cannot be opened, as the desk says it; empty when it can."""
        if self.desk.read_only:
            return READ_ONLY
        who = self.desk.header().who
        if who is not None and PERMISSIONS[kind] not in who.permissions:
            return f"Needs {PERMISSIONS[kind]}. You can read everything here."
        try:
            if account_id:
                self.desk.open_form(kind, account_id)
        except TriageError as error:
            return str(error)
        return ""

    async def _chosen(self, action: str | None) -> None:
        if action:
            await self.run_action(action)

    # --- copying, other screens ---

    def action_copy_contact(self) -> None:
        """y: name and e-mail of the contact."""
        detail = self.target_detail()
        contact = detail.row.contact if detail else None
        if contact is None:
            self.tell("Nobody is known to copy.")
            return
        self.copy(f"{contact.name} <{contact.email}>" if contact.email else contact.name, contact.name)

    def action_copy_id(self) -> None:
        """Y: the account's id."""
        target = self.target()
        if target is not None:
            self.copy(target, target)

    def action_interview(self) -> None:
        """i: the decision tree, question by question."""
        target = self.target()
        if target is not None:
            from screens.interview import InterviewScreen

            self.app.push_screen(InterviewScreen(self.desk, target))

    def action_case(self) -> None:
        """c: its case."""
        target = self.target()
        if target is not None:
            from screens.case import CaseScreen

            self.app.push_screen(CaseScreen(self.desk, target))

    def action_audit(self) -> None:
        """a: the audit trail."""
        from screens.audit import AuditScreen

        self.app.push_screen(AuditScreen(self.desk, self.target()))

    def action_why(self) -> None:
        """w: every rule that speaks about the account, with its arithmetic."""
        from screens.why import WhyScreen

        target = self.target()
        if target is not None:
            self.app.push_screen(WhyScreen(self.desk, target))

    def action_follow_ups(self) -> None:
        """f: the messages of the whole book that nobody answered."""
        from screens.follow_ups import FollowUpsScreen

        self.app.push_screen(FollowUpsScreen(self.desk))

    def action_outbox(self) -> None:
        """b: the outbox."""
        from screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk))

    async def action_quit(self) -> None:
        """q: quit by the app."""
        await self.app.action_quit()

    # --- words ---

    def attempt(self, act: Callable[[], Result]) -> Result | None:
        """Run what the desk may refuse; a refusal is said on the status line."""
        try:
            return act()
        except TriageError as error:
            self.warn(str(error), Gravity.ERROR)
            return None

    def held_words(self) -> Line:
        """Return the countdown of the latest held change, or what it waits for; empty when there is none."""
        change = self.desk.last_held()
        left = seconds_left(change, self.now) if change else 0
        if change is None or left <= 0:
            return ()
        waits = _WAITS.get(self.desk.header().status.link, f"leaves in {left} s")
        name = numbers.fit(change.account_name, 30, self.look.glyphs).rstrip()
        # name and remedy are one piece: the longest is what a narrow line cuts, at its end
        pieces: list[Piece] = [(f"{self.look.glyphs.held} ", "accent")]
        pieces += [(f"{describe_change(change).split(',')[0]} for {name}", "text"), (f" {waits}   ", "text")]
        return [*pieces, (key_of(self, "take_back") or "u", "key"), (" takes it back", "muted")]
