"""The audit trail, newest first, page by page; the open entry shows everything that was written down."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from data.account import Entry
from data.ports import OWN_CHAIN, Desk, Detail
from data.ports_list import Header
from screens.base import TriageScreen
from screens.inbox_words import band
from widgets.audit_row import Shape, details, head_strip, row_strip
from widgets.block import Sentence
from widgets.key_line import Hint
from widgets.line import Painted, strip
from widgets.look import Look
from widgets.numbers import count
from widgets.open_list import ListItem, OpenList
from widgets.severity_badge import marked
from widgets.view_tabs import TitleTabs

PAGE = 200
NONE_YET = "Nothing was applied from here yet. Only what this home did is kept: the backend has no audit trail."


class AuditHead(Painted):
    """The column heads."""

    DEFAULT_CSS = "AuditHead { height: 1; }"

    def __init__(self, one_account: bool) -> None:
        super().__init__(id="audit-head")
        self._one_account = one_account

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the one line."""
        return [head_strip(width, look, self._one_account)]


class ChainProblem(Sentence):
    """What is wrong with the chain, whole, on the screen's own ground."""

    GROUND = Painted.GROUND
    DEFAULT_CSS = "ChainProblem { margin: 0 1; }"


class AuditScreen(TriageScreen):
    """The trail of one account, or of all of them where `account_id` is None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_id", "copy id", id="do.copy_id", tooltip="copy the change's id"),
        Binding("a", "everything", "all accounts", id="see.all", tooltip="the trail of all accounts, and back"),
        Binding("r", "sync", "sync now", id="go.sync", tooltip="sync now"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "back", id="go.back", tooltip="back"),
    ]

    def __init__(self, desk: Desk, account_id: str | None = None) -> None:
        super().__init__(desk)
        self.account_id = account_id
        self._newest: str | None = None
        self._oldest: int | None = None
        self._more = True
        self._stale = True
        self._details: dict[str, Detail | None] = {}

    def body(self) -> Iterable[Widget]:
        """What is wrong with the chain, where something is; heads and list."""
        yield ChainProblem(ink="strong bold")
        yield AuditHead(self.account_id is not None)
        yield OpenList(self._draw_row, self._open_row, id="entries")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.set_focus(self.query_one(OpenList))

    def on_desk_changed(self) -> None:
        """A pull may have brought entries."""
        self._stale = True

    def hints(self) -> Sequence[Hint]:
        """The keys."""
        key = self.look.key
        hints = [Hint(key("do.copy_id", "y"), "copy id")] if self.current else []
        hints += [Hint(key("list.choose", "enter"), "open account")] if self.current and not self.account_id else []
        return [
            *hints,
            *([Hint(key("see.all", "a"), "all accounts")] if self.account_id else []),
            Hint(key("go.back", "esc"), "back"),
        ]

    @property
    def current(self) -> Entry | None:
        """The open entry."""
        item = self.query_one(OpenList).current
        return item.value if item and isinstance(item.value, Entry) else None

    def draw(self, header: Header) -> None:
        """Title, state of the chain, position; entries are read only when a pull may have brought some."""
        listed = self.query_one(OpenList)
        if self._stale and not listed.busy:
            self._stale = False
            self._read_newer()
        detail = self._detail(self.account_id)
        whose = marked(detail.row, 40, self.look) if detail else self.account_id or "all accounts"
        problem = self.desk.audit_problem()
        sentence = self.query_one(ChainProblem)
        sentence.display = bool(problem)
        sentence.show(problem or "")
        state = "needs a look" if problem else self.desk.audit_state()
        self.query_one(TitleTabs).show("Audit", [whose, state], band=band(header, self.now))
        place, total = listed.positions
        position = f"{count(place)} of {count(total)}{'+' if self._more else ''}" if total else ""
        calm = "One entry for each change. Nothing is ever removed."
        self.say([(self.told or calm, "text" if self.told else "muted")], [(position, "muted")] if position else [])

    # --- pages ---

    def _read_newer(self) -> None:
        page = self.desk.audit(self.account_id, None, PAGE)
        listed = self.query_one(OpenList)
        if not page:
            self._newest, self._more = None, False
            none = (
                "No change to this account yet."
                if self.account_id
                else "No entries yet. A sync brings the trail along."
            )
            listed.show([ListItem(None, NONE_YET if self.desk.audit_state() == OWN_CHAIN else none)])
        elif page[0].hash != self._newest:  # the hash stands for all before it: a restored server has other entries
            self._newest, self._oldest, self._more = page[0].hash, page[-1].seq, len(page) == PAGE
            listed.show(_items(page))

    def _read_older(self) -> None:
        if not self._more or self._oldest is None:
            return
        page = self.desk.audit(self.account_id, self._oldest, PAGE)
        self._more = len(page) == PAGE
        if page:
            self._oldest = page[-1].seq
            self.query_one(OpenList).extend(_items(page))

    def on_open_list_moved(self, event: OpenList.Moved) -> None:
        """Near the end the next page is read."""
        if event.last:
            self._read_older()
        self.refresh_frame()

    # --- lines ---

    def _draw_row(self, item: ListItem, width: int, look: Look, here: bool) -> Strip:
        entry = item.value
        if not isinstance(entry, Entry):
            return strip([("  ", "text"), (str(entry), "muted")], width, look)
        detail = self._detail(entry.account_id) if not self.account_id else None
        one = self.account_id is not None
        room = max(0, Shape.of(width, one).account - 1)
        name = marked(detail.row, room, look) if detail else entry.account_id or ""
        return row_strip(entry, name, width, look, here, self.now, self.account_id is not None)

    def _open_row(self, item: ListItem, width: int, look: Look) -> Sequence[Strip]:
        entry = item.value
        if not isinstance(entry, Entry):
            return ()
        detail = self._detail(entry.account_id)
        return details(entry, width, look, self.now, detail.account.currency if detail else None)

    def _detail(self, account_id: str | None) -> Detail | None:
        if account_id is None:
            return None
        if account_id not in self._details:
            self._details[account_id] = self.desk.detail(account_id)
        return self._details[account_id]

    # --- keys ---

    def action_copy_id(self) -> None:
        """y: the change's id, or the entry's number where the server made the change itself."""
        entry = self.current
        if entry is not None:
            copied = entry.change_id or f"audit {entry.seq}"
            self.copy(copied, copied)

    def action_everything(self) -> None:
        """a: the trail of all accounts; esc comes back."""
        if self.account_id is not None:
            self.app.push_screen(AuditScreen(self.desk, None))

    def on_open_list_chosen(self, event: OpenList.Chosen) -> None:
        """enter: the account of the entry."""
        from screens.account import AccountScreen

        entry = self.current
        if self.account_id is None and entry is not None and self._detail(entry.account_id) and entry.account_id:
            self.app.push_screen(AccountScreen(self.desk, entry.account_id))

    def action_back(self) -> None:
        """esc: back to where it was opened."""
        self.app.pop_screen()


def _items(page: Sequence[Entry]) -> list[ListItem]:
    return [ListItem(str(entry.seq), entry) for entry in page]
