"""The outbox: what needs you, what is on its way, what was applied; the open change says what can be done with it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from data.errors import TriageError
from data.ports import ConflictView, Desk, Detail
from data.ports_list import Header, Link, OutboxCounts
from data.ports_outreach import Message
from data.remedy import INVERTIBLE, PENDING, Change, State, ways
from screens.inbox_words import band
from screens.outbox_actions import OutboxActions
from screens.read_only import writes
from widgets import message_row
from widgets.key_line import Hint
from widgets.line import strip
from widgets.look import Look
from widgets.numbers import count
from widgets.open_list import ListItem, OpenList
from widgets.outbox_row import SIGN_IN, Choice, account_cells, details, row_strip
from widgets.outreach_words import under_way
from widgets.severity_badge import marked
from widgets.view_tabs import TitleTabs

CALM = "Nothing is ever forced. A change leaves only as you wrote it."
CHOICES = {
    "write_again": Choice("e", "Write it again", "starts from what it is now, asks for a new reason"),
    "discard": Choice("d", "Discard", "nothing is sent, asks for a reason"),
    "look_up": Choice("l", "Look up", "asks the server now what became of it"),
    "decide": Choice("h", "Say what happened", "it happened, or it did not and goes once more; asks for a reason"),
    "push": Choice("r", "Push now", "same change, same id, at once"),
    "take_back": Choice("u", "Take back", "nothing is sent, no reason needed"),
    "undo": Choice("u", "Set it back", "a new change that makes it as it was, asks for a reason"),
    "sign_in": Choice(SIGN_IN, "Sign in", "it leaves by itself then"),
}


def choices_of(change: Change, signed_out: bool = False) -> tuple[Choice, ...]:
    """Return what can be done with a change as it stands, the right thing first."""
    choices = tuple(CHOICES[way] for way in ways(change, signed_out))
    if change.state is State.APPLIED and change.kind in INVERTIBLE:
        return (CHOICES["undo"],)
    if change.state is State.PARKED and change.parked_why == "identity":
        return (CHOICES["sign_in"]._replace(remark=f"as {change.staff_name}, then it leaves by itself"), *choices[1:])
    return choices


class OutboxScreen(OutboxActions):
    """One line a change, in sections; what is under the cursor is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "write_again", "write again", id="do.write_again"),
        Binding("d", "discard", "discard", id="do.discard", tooltip="discard with a reason"),
        Binding("l", "look_up", "look up", id="do.look_up", tooltip="ask the server what became of it"),
        Binding(
            "h", "decide", "what happened", id="do.decide", tooltip="say what became of a change nobody can look up"
        ),
        Binding("s", "sign_in", "sign in", id="do.sign_in", tooltip="sign in, so that what waits for it leaves"),
        Binding("u", "take_back", "take back", id="do.take_back", tooltip="take back what is still held"),
        Binding("r", "push", "push now", id="do.push", tooltip="push now, also retries"),
        Binding("y", "copy_id", "copy id", id="do.copy_id", tooltip="copy the change's id"),
        Binding("a", "audit", "audit", id="see.audit", tooltip="audit trail of this account"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "inbox", id="go.back", tooltip="back to the inbox"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._rows: tuple[Change, ...] = ()
        self._needy: list[Message] = []
        self._moving: list[Message] = []
        self._last: set[str] = set()
        self._stale = True
        self._counts: OutboxCounts | None = None
        self._signed_out = False
        self._details: dict[str, Detail | None] = {}
        self._conflicts: dict[str, ConflictView | None] = {}

    # --- frame ---

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield OpenList(self._draw_row, self._open_row, id="changes")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.set_focus(self.query_one(OpenList))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Looking up and signing in change nothing; the rest is not for a read-only profile."""
        return not (self.desk.read_only and writes(action))

    def on_desk_changed(self) -> None:
        """Read the rows anew."""
        self._stale = True

    def on_screen_resume(self) -> None:
        """Read the rows anew."""
        self._stale = True

    def reload(self) -> None:
        """Read the rows anew, now."""
        self._stale = True
        self.refresh_frame()

    def hints(self) -> Sequence[Hint]:
        """The choices of the open change first."""
        key = self.look.key
        change, message = self.current, self.message
        choices = self._choices(change) if change else ()
        choices = message_row.choices_of(message) if message and not self.desk.read_only else choices
        hints = [
            Hint(choice.key_now(self.look), choice.label.lower().replace("write it", "write")) for choice in choices
        ]
        if change or message:
            hints += [Hint(key("list.choose", "enter"), "open account"), Hint(key("do.copy_id", "y"), "copy id")]
        if any(row.state in PENDING for row in self._rows) and not any(choice.key == "r" for choice in choices):
            hints.append(Hint(key("do.push", "r"), "push now"))
        return [
            *hints,
            *([Hint(key("see.audit", "a"), "audit")] if change or message else []),
            Hint(key("go.back", "esc"), "inbox"),
        ]

    @property
    def current(self) -> Change | None:
        """The open change."""
        item = self.query_one(OpenList).current
        return item.value if item and isinstance(item.value, Change) else None

    @property
    def message(self) -> Message | None:
        """The open message."""
        item = self.query_one(OpenList).current
        return item.value if item and isinstance(item.value, Message) else None

    def draw(self, header: Header) -> None:
        """Title, list, position; the rows are read only when something may have changed."""
        listed = self.query_one(OpenList)
        ended = any(self._hold_over(row) for row in self._rows)
        signed_out, self._signed_out = self._signed_out, header.status.link is Link.SIGNED_OUT
        ended = ended or signed_out != self._signed_out
        if (self._stale or header.outbox != self._counts or ended) and not listed.busy:
            self._read(header.outbox)
        elif any(row.state is State.HELD or row.next_try_at for row in self._rows):
            listed.redraw()
        needs = sum(row.needs_you for row in self._rows) + len(self._needy)
        waits = needs + sum(row.state in PENDING and not row.needs_you for row in self._rows) + len(self._moving)
        verb = "needs" if needs == 1 else "need"
        many = f"{count(waits)} change{'' if waits == 1 else 's'} wait{'s' if waits == 1 else ''}"
        fact = f"{many}, {needs} {verb} you" if needs else many if waits else "nothing waits"
        self.query_one(TitleTabs).show("Outbox", [fact], band=band(header, self.now))
        place, total = listed.positions
        self.say(
            [(self.told or CALM, "text" if self.told else "muted")],
            [(f"{place} of {total}", "muted")] if total else [],
        )

    def _read(self, counts: OutboxCounts) -> None:
        self._stale, self._counts = False, counts
        self._needy, self._moving = under_way(self.desk.outreach())
        shown = {one.intent_id for one in self._moving}  # a message stands for its intent
        self._rows = tuple(row for row in self.desk.outbox() if row.change_id not in shown or row.needs_you)
        self._conflicts.clear()
        self._details.clear()
        self.query_one(OpenList).show(self._items())

    def _hold_over(self, row: Change) -> bool:
        return row.state is State.HELD and row.hold_until is not None and row.hold_until <= self.now

    def _items(self) -> list[ListItem]:
        today = self.now.astimezone().date()
        sections: dict[str, list[Change]] = {"Needs you": [], "On their way": [], "Applied today": [], "Finished": []}
        for row in self._rows:
            sections[_section(row, today)].append(row)
        items: list[ListItem] = []
        messages = {"Needs you": self._needy, "On their way": self._moving}
        self._last.clear()
        for name, rows in sections.items():
            found = [ListItem(f"message:{one.outreach_id}", one) for one in messages.get(name, [])]
            found += [ListItem(row.change_id, row) for row in rows]
            if found:
                items += [ListItem(None, "")] if items else []
                items += [ListItem(None, (name, len(found))), *found]
                self._last.add(str(found[-1].key))
        return items or [ListItem(None, ("Nothing was written yet", 0))]

    # --- lines ---

    def _draw_row(self, item: ListItem, width: int, look: Look, here: bool) -> Strip:
        if isinstance(item.value, Change):
            detail = self._detail(item.value)
            name = marked(detail.row, account_cells(width), look) if detail else ""
            return row_strip(item.value, self._workspace(item.value), width, look, here, self.now, name)
        if isinstance(item.value, Message):
            detail = self.desk.detail(item.value.account_id)
            name = marked(detail.row, account_cells(width), look) if detail else ""
            return message_row.row_strip(item.value, name, width, look, here, self.now)
        if not item.value:
            return strip([], width, look)
        name, number = item.value
        return strip([(" ", "text"), (name, "muted bold"), (f" {number}" if number else "", "muted")], width, look)

    def _open_row(self, item: ListItem, width: int, look: Look) -> Sequence[Strip]:
        change = item.value
        if isinstance(change, Message):
            shown = message_row.details(change, width, look)
            return shown[:-1] if item.key in self._last else shown
        if not isinstance(change, Change):
            return ()
        detail = self._detail(change)
        currency = detail.account.currency if detail else None
        choices = self._choices(change)
        first = self.desk.first_sent(change.change_id) if change.unknown else None
        before = next((row for row in self._rows if row.change_id == change.after), None)
        lines = details(
            change, width, look, self.now, self._conflict(change), currency, choices, first_sent=first, before=before
        )
        return lines[:-1] if item.key in self._last else lines  # never two blank lines

    def _choices(self, change: Change) -> tuple[Choice, ...]:
        """What can be done with a change here: in a read-only profile only what changes nothing."""
        choices = choices_of(change, self._signed_out)
        reading = (CHOICES["look_up"].key, CHOICES["sign_in"].key)
        return tuple(one for one in choices if one.key in reading) if self.desk.read_only else choices

    def _detail(self, change: Change) -> Detail | None:
        if change.account_id not in self._details:
            self._details[change.account_id] = self.desk.detail(change.account_id)
        return self._details[change.account_id]

    def _workspace(self, change: Change) -> str | None:
        detail = self._detail(change) if change.workspace_id else None
        spaces = detail.account.workspaces if detail else ()
        return next((str(one.name) for one in spaces if one.id == change.workspace_id), None)

    def _conflict(self, change: Change) -> ConflictView | None:
        if change.state is not State.CONFLICT:
            return None
        if change.change_id not in self._conflicts:
            try:
                self._conflicts[change.change_id] = self.desk.conflict_view(change.change_id)
            except TriageError as error:
                self._conflicts[change.change_id] = None
                self.remember(str(error))
        return self._conflicts[change.change_id]

    def on_open_list_moved(self) -> None:
        """Another change is open: its keys and its position."""
        self.refresh_frame()


def _section(row: Change, today: date) -> str:
    if row.needs_you:
        return "Needs you"
    if row.state in PENDING:
        return "On their way"
    at = row.finished_at or row.authored_at
    return "Applied today" if row.state is State.APPLIED and at.astimezone().date() == today else "Finished"
