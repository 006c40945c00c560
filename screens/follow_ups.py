"""Messages of the whole book that nobody answered: what is due, what will be; the open one says what can be done."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from data.health_monitor import FollowUpKind
from data.ports import Desk, Detail
from data.ports_list import Header
from data.ports_outreach import FollowUpDue
from data.remedy import PERMISSIONS, Change
from screens.base import TriageScreen
from screens.inbox_words import band
from screens.keymap import keys_now
from widgets.follow_up_row import account_cells, details, row_strip
from widgets.key_line import Hint
from widgets.line import strip
from widgets.look import Look
from widgets.numbers import count
from widgets.open_list import ListItem, OpenList
from widgets.severity_badge import marked
from widgets.view_tabs import TitleTabs

CALM = "Any reply or real conversation that is logged takes a line away."
NONE = "Nothing is waiting for an answer"
NO_DATA = "No data yet. What nobody answered comes with the first complete sync."
NEEDS = f"Needs {PERMISSIONS['log_outreach']}. You can read everything here."
LABELS = {
    "outreach": ("Write", "the draft of the follow-up"),
    "reply": ("Log reply", "they answered: nothing is followed up"),
    "contact": ("Log talk", "you reached them another way"),
}
MAIL, CALL, WAIT = ("outreach", "reply", "contact"), ("contact", "reply", "outreach"), ("reply", "outreach", "contact")


class FollowUpsScreen(TriageScreen):
    """One line an account, the next due first; what is under the cursor is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "outreach", "write", id="do.outreach", tooltip="the draft of the follow-up"),
        Binding("l", "reply", "log reply", id="do.reply", tooltip="log what they answered"),
        Binding("n", "contact", "log talk", id="do.contact", tooltip="log a conversation"),
        Binding("a", "audit", "audit", id="see.audit", tooltip="audit trail of this account"),
        Binding("r", "sync", "sync now", id="go.sync", tooltip="sync now"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "back", id="go.back", tooltip="back"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._rows: tuple[FollowUpDue, ...] = ()
        self._stale = True
        self._last: set[str] = set()
        self._details: dict[str, Detail | None] = {}

    # --- the frame ---

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield OpenList(self._draw_row, self._open_row, id="follow-ups")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.set_focus(self.query_one(OpenList))

    def reload(self) -> None:
        """A reply may have come, from here or from elsewhere."""
        self._stale = True
        self.refresh_frame()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a message needs one, and a profile that may write."""
        if action in LABELS:
            return self.is_mounted and self.current is not None and not self.desk.read_only
        return True

    @property
    def _may(self) -> bool:
        """Whether records may be written: their keys are shown only then, and pressed they say what is missing."""
        who = self.desk.header().who
        return who is None or PERMISSIONS["log_outreach"] in who.permissions

    @property
    def current(self) -> FollowUpDue | None:
        """The open message."""
        item = self.query_one(OpenList).current
        return item.value if item and isinstance(item.value, FollowUpDue) else None

    def draw(self, header: Header) -> None:
        """Title, list, position; the trail is read only when something may have changed or become due."""
        listed = self.query_one(OpenList)
        became = any(not row.due and row.due_at <= self.now for row in self._rows)
        if (self._stale or became) and not listed.busy:
            self._stale = False
            self._details.clear()
            self._rows = tuple(self.desk.follow_ups())
            listed.show(self._items())
        due = sum(row.due for row in self._rows)
        numbers = ((due, "due"), (len(self._rows) - due, "later"))
        facts = [f"{count(number)} {word}" for number, word in numbers if number]
        self.query_one(TitleTabs).show("Follow-ups", facts, band=band(header, self.now))
        place, total = listed.positions
        position = [(f"{place} of {total}", "muted")] if total else []
        calm = CALM if self._may else NEEDS
        self.say([(self.told or calm, "text" if self.told else "muted")], position)

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        key = self.look.key
        keys = keys_now(self)
        current = self.current
        some = [(action, LABELS[action][0].lower()) for action in _order(current)] if current and self._may else []
        hints = [Hint(keys[action], label) for action, label in some if action in keys]
        hints += (
            [Hint(key("list.choose", "enter"), "open account", "open"), Hint(key("see.audit", "a"), "audit")]
            if current
            else []
        )
        return [*hints, Hint(key("go.sync", "r"), "sync now"), Hint(key("go.back", "esc"), "back")]

    # --- lines ---

    def _items(self) -> list[ListItem]:
        items: list[ListItem] = []
        self._last.clear()
        for name, due in (("Due", True), ("Later", False)):
            rows = [row for row in self._rows if row.due is due]
            if rows:
                items += [ListItem(None, "")] if items else []
                items.append(ListItem(None, (name, len(rows))))
                items += [ListItem(row.account_id, row) for row in rows]
                self._last.add(rows[-1].account_id)
        return items or [ListItem(None, (NONE if self.desk.header().synced_at else NO_DATA, 0))]

    def _draw_row(self, item: ListItem, width: int, look: Look, here: bool) -> Strip:
        if isinstance(item.value, FollowUpDue):
            detail = self._detail(item.value.account_id)
            name = marked(detail.row, account_cells(width), look) if detail else str(item.value.account_name)
            return row_strip(item.value, name, width, look, here, self.now)
        if not item.value:
            return strip([], width, look)
        name, number = item.value
        return strip([(" ", "text"), (name, "muted bold"), (f" {number}" if number else "", "muted")], width, look)

    def _open_row(self, item: ListItem, width: int, look: Look) -> Sequence[Strip]:
        if not isinstance(item.value, FollowUpDue):
            return ()
        keys = keys_now(self)
        ways = [(keys[action], *LABELS[action]) for action in _order(item.value) if action in keys and self._may]
        lines = details(item.value, width, look, ways)
        return lines[:-1] if item.value.account_id in self._last else lines  # never two blank lines

    def _detail(self, account_id: str) -> Detail | None:
        if account_id not in self._details:
            self._details[account_id] = self.desk.detail(account_id)
        return self._details[account_id]

    def on_open_list_moved(self) -> None:
        """Another message is open: its keys and its position."""
        self.refresh_frame()

    # --- what can be done ---

    def action_outreach(self) -> None:
        """o: the draft of the follow-up."""
        from screens.outreach_start import start_outreach

        if self.current is not None:
            start_outreach(self, self.current.account_id)

    def action_reply(self) -> None:
        """l: log a reply."""
        from screens.reply_form import ReplyForm

        if not self._may:
            self.tell(NEEDS)
        elif self.current is not None:
            self.app.push_screen(ReplyForm(self.desk, self.current), self._replied)

    def _replied(self, change: Change | None) -> None:
        if change is not None:
            self.reload()
            self.tell("Reply logged. The follow-up is cancelled.")

    def action_contact(self) -> None:
        """n: log a conversation."""
        from screens.contact_form import ContactForm

        detail = self._detail(self.current.account_id) if self.current else None
        if not self._may:
            self.tell(NEEDS)
        elif detail is not None:
            self.app.push_screen(ContactForm(self.desk, detail), lambda change: self.reload())

    def on_open_list_chosen(self) -> None:
        """enter: the account."""
        from screens.account import AccountScreen

        if self.current is not None:
            self.app.push_screen(AccountScreen(self.desk, self.current.account_id))

    def action_audit(self) -> None:
        """a: the trail of the account."""
        from screens.audit import AuditScreen

        self.app.push_screen(AuditScreen(self.desk, self.current.account_id if self.current else None))

    def action_back(self) -> None:
        """esc: back to where it was opened."""
        self.dismiss()


def _order(due: FollowUpDue) -> tuple[str, ...]:
    """Return what can be done with a message, the right thing first."""
    if not due.due:
        return WAIT
    return MAIL if due.kind is FollowUpKind.AUTOMATIC else CALL
