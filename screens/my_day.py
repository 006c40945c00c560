"""My day: everything that is due today or late, mine first; derived when it opens, never stored."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from data.ports import Desk
from data.ports_cases import Due, DueKind, MyDay
from data.ports_list import Header
from screens.base import TriageScreen
from screens.inbox_words import band
from widgets import numbers
from widgets.key_line import Hint
from widgets.line import Piece, cells, strip
from widgets.look import Look
from widgets.open_list import ListItem, OpenList
from widgets.severity_badge import doubtful
from widgets.sla_clock import left_words
from widgets.view_tabs import TitleTabs

WHEN, NAME, NAME_WIDE, OWNER = 13, 20, 28, 14
WIDE = 100
NO_DATA = "No data yet. What is due comes with the first complete sync."
HELD = (DueKind.MESSAGE, DueKind.FOLLOW_UP)


class MyDayScreen(TriageScreen):
    """The list of what is due; `everyone` shows the whole book's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "everyone", "everyone", id="view.everyone", tooltip="mine, or everyone's"),
        Binding("c", "case", "case", id="see.case", tooltip="open the case"),
        Binding("w", "why", "why", id="see.why", tooltip="why, with rules and inputs"),
        Binding("b", "outbox", "outbox", id="go.outbox", tooltip="outbox"),
        Binding("r", "sync", "sync now", id="go.sync", tooltip="sync now"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "back", id="go.back", tooltip="back"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.everyone = False
        self._day: MyDay | None = None

    def body(self) -> Iterable[Widget]:
        """One list."""
        yield OpenList(self._draw_row, lambda item, width, look: (), id="due")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.set_focus(self.due)

    @property
    def due(self) -> OpenList:
        """The list widget."""
        return self.query_one(OpenList)

    @property
    def current(self) -> Due | None:
        """What stands under the cursor."""
        item = self.due.current
        return item.value if item is not None and isinstance(item.value, Due) else None

    def reload(self) -> None:
        """Derive the day again."""
        self._day = None
        self.refresh_frame()

    def draw(self, header: Header) -> None:
        """Title and list; the day is derived again only when something may have changed."""
        if self._day is None and not self.due.busy:
            self._day = self.desk.my_day(self.everyone)
            self.due.show(self._items(self._day) if header.synced_at else [ListItem(None, NO_DATA)])
        elif self._day is not None:
            self.due.redraw()
        due = self._day.due if self._day is not None else ()
        late = sum(one.late for one in due)
        facts = [f"{numbers.count(len(due))} due", f"{numbers.count(late)} late"] if header.synced_at else []
        title = "The team's day" if self.everyone else "My day"
        self.query_one(TitleTabs).show(title, facts, (), band(header, self.now))
        left = self._day.left_out if self._day is not None else 0
        calm = f"{numbers.count(left)} Red accounts with later clocks are not looked at." if left else ""
        place, total = self.due.positions
        position = f"{numbers.count(place)} of {numbers.count(total)}" if total else ""
        self.say([(self.told or calm, "text" if self.told else "muted")], [(position, "muted")] if position else [])

    def _items(self, day: MyDay) -> list[ListItem]:
        if not day.due:
            words = "Nothing is due today." if self.everyone else "Nothing of yours is due today."
            return [ListItem(None, words)]
        items: list[ListItem] = []
        groups = (
            ("Mine, late", [one for one in day.due if one.mine and one.late]),
            ("Mine, today", [one for one in day.due if one.mine and not one.late]),
            ("Others, late", [one for one in day.due if not one.mine and one.late]),
            ("Others, today", [one for one in day.due if not one.mine and not one.late]),
        )
        for words, group in groups:
            if group:
                items += [ListItem(None, "")] if items else []
                items += [ListItem(None, f"{words}   {len(group)}"), *(ListItem(one.key, one) for one in group)]
        return items

    def _draw_row(self, item: ListItem, width: int, look: Look, here: bool) -> Strip:
        due = item.value
        if not isinstance(due, Due):
            return strip([("  ", "text"), (str(due), "muted" if due == NO_DATA else "strong bold")], width, look)
        strong = "strong bold" if here else "text"
        words, ink = self._when(due, look)
        name = NAME_WIDE if width >= WIDE else NAME
        room = width - 3 - WHEN - name - (OWNER + 1 if width >= WIDE else 0)
        pieces: list[Piece] = [
            (f"{look.glyphs.cursor if here else ' '} ", "accent"),
            (numbers.fit(words, WHEN - 1, look.glyphs) + " ", ink),
            *_named(due, name - 2, strong, look),
            (numbers.fit(due.what, max(8, room), look.glyphs), strong),
        ]
        who = str(due.who) if due.who and due.who != "csm" else str(due.owner or "")
        right: list[Piece] = [(numbers.fit(who, OWNER, look.glyphs), "muted")] if width >= WIDE else []
        return strip(pieces, width, look, "cursor" if here else "bg", right)

    def _when(self, due: Due, look: Look) -> tuple[str, str]:
        if due.late:
            words, ink = left_words(due.due_at, self.now)
            return (f"{look.glyphs.needs} {words}", ink)
        left = (due.due_at - self.now).total_seconds()
        return (f"  in {numbers.ago(left)}" if left > 0 else "  now", "muted")

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        key = self.look.key
        some = (
            [
                Hint(key("list.choose", "enter"), "open"),
                Hint(key("see.case", "c"), "case"),
                Hint(key("see.why", "w"), "why"),
            ]
            if self.current
            else []
        )
        return [
            *some,
            Hint(key("view.everyone", "e"), "only mine" if self.everyone else "everyone"),
            Hint(key("go.back", "esc"), "back"),
        ]

    def on_open_list_moved(self) -> None:
        """Position and keys follow the cursor."""
        self.refresh_frame()

    # --- keys ---

    def on_open_list_chosen(self) -> None:
        """enter: the case of what is due there, the account of a message."""
        due = self.current
        if due is not None and due.kind in HELD:
            from screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, due.account_id))
        else:
            self.action_case()

    def action_case(self) -> None:
        """c: the case."""
        if self.current is not None:
            from screens.case import CaseScreen

            self.app.push_screen(CaseScreen(self.desk, self.current.account_id))

    def action_why(self) -> None:
        """w: why the rules say what they say."""
        if self.current is not None:
            from screens.why import WhyScreen

            self.app.push_screen(WhyScreen(self.desk, self.current.account_id))

    def action_everyone(self) -> None:
        """e: mine, or everyone's."""
        self.everyone = not self.everyone
        self.reload()

    def action_outbox(self) -> None:
        """b: the outbox."""
        from screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk))

    def action_back(self) -> None:
        """esc: back to the inbox."""
        self.dismiss()


def _named(due: Due, room: int, ink: str, look: Look) -> list[Piece]:
    """The account in `room` cells and two blanks: its id where the name is blank, the mark of a doubtful one behind."""
    doubt = doubtful(due.account_name.suspicious, look)
    words = due.account_name if due.account_name.strip() else due.account_id
    name = numbers.fit(words, room - cells(doubt), look.glyphs)
    shown = name.rstrip() if doubt else name
    return [(shown, ink), *doubt, (" " * (room - cells(doubt) - cells([(shown, ink)]) + 2), "text")]
