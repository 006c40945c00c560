"""The account screen: all that is known of one account, and why the rules say what they say."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from data.ports import Desk, Detail, Header
from screens.acting import ActingScreen
from screens.inbox_words import band
from screens.keymap import keys_now
from widgets import severity_badge
from widgets.account_facts import Lines, left_sections, right_sections
from widgets.detail_facts import facts_of
from widgets.detail_pane import fit_sections
from widgets.key_line import Hint
from widgets.line import Line, Painted, strip
from widgets.look import Look
from widgets.numbers import utc
from widgets.verdict_lines import why_sections
from widgets.view_tabs import TitleTabs

TWO_COLUMNS = 120
WIDE = 100
GAP = 4


class AccountPage(Painted, can_focus=True):
    """The sections in one or two columns, scrolled by lines."""

    DEFAULT_CSS = "AccountPage { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.why = False
        self.top = 0
        self.length = 0
        self._detail: Detail | None = None
        self._screen: AccountScreen | None = None

    def show(self, detail: Detail | None, screen: "AccountScreen") -> None:
        """Show an account."""
        self._detail, self._screen = detail, screen
        self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the visible strips."""
        if self._detail is None or self._screen is None:
            return [strip([(" This account is no longer in the book.", "muted")], width, look)]
        two = width >= TWO_COLUMNS
        column = (width - 2 - GAP) // 2 if two else width - 2
        columns = self._columns(column, two, look)
        self.length = max(len(lines) for lines in columns)
        self.top = max(0, min(self.top, self.length - height))
        return [self._row(columns, at, column, width, look) for at in range(self.top, self.top + height)]

    def _columns(self, column: int, two: bool, look: Look) -> list[list[tuple[Line, Line]]]:
        assert self._detail is not None and self._screen is not None
        now = self._screen.now
        if self.why:
            sections = why_sections(self._detail, now, column, look)
            first, second = _halves(sections) if two else (sections, [])
        else:
            first = left_sections(self._detail, now, column, look)
            second = right_sections(self._detail, now, column, look)
        if not two:
            first, second = [*first, *second], []
        return [fit_sections(half, 10_000) for half in (first, second) if half or half is first]

    @staticmethod
    def _row(columns: list[list[tuple[Line, Line]]], at: int, column: int, width: int, look: Look) -> Strip:
        parts = [strip([], 1, look)]
        for number, lines in enumerate(columns):
            left, right = lines[at] if at < len(lines) else ((), ())
            parts += [strip([], GAP, look)] if number else []
            parts.append(strip(left, column, look, "bg", right))
        return Strip.join(parts).adjust_cell_length(width, look.styles("text"))

    def scroll_lines(self, lines: int) -> None:
        """Move by lines; the end stays at the bottom."""
        self.top = max(0, min(self.top + lines, self.length - self.size.height))
        self.repaint()

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self.scroll_lines(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self.scroll_lines(-3)


def _halves(sections: list[Lines]) -> tuple[list[Lines], list[Lines]]:
    """Return the sections in two columns of about equal height, in their order."""
    half = sum(len(section) + 1 for section in sections) / 2
    first: list[Lines] = []
    for at, section in enumerate(sections):
        if sum(len(one) + 1 for one in first) + len(section) / 2 > half:
            return first, sections[at:]
        first.append(section)
    return first, []


class AccountScreen(ActingScreen):
    """One account; `why` opens it at its Why part, tab changes between the two."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "part", "next part", id="see.part", tooltip="account, why"),
        Binding("w", "why", "why", id="see.why", tooltip="why it is where it is, with rules and inputs"),
        Binding("j,down", "scroll(1)", "down", id="list.down", show=False),
        Binding("k,up", "scroll(-1)", "up", id="list.up", show=False),
        Binding("ctrl+d,pagedown", "page(1)", "a page down", id="list.page_down", show=False),
        Binding("ctrl+u,pageup", "page(-1)", "a page up", id="list.page_up", show=False),
        Binding("g,home", "scroll(-100000)", "to the top", id="list.first", show=False),
        Binding("G,end", "scroll(100000)", "to the end", id="list.last", show=False),
        Binding("escape", "back", "inbox", id="go.back", tooltip="back to the inbox"),
    ]

    def __init__(self, desk: Desk, account_id: str, *, why: bool = False) -> None:
        super().__init__(desk)
        self._account_id = account_id
        self._why = why

    def body(self) -> Iterable[Widget]:
        """The page."""
        yield AccountPage(id="page")

    def on_mount(self) -> None:
        """The page has the focus: its keys scroll."""
        self.page.why = self._why
        self.page.focus()

    @property
    def page(self) -> AccountPage:
        """The page widget."""
        return self.query_one(AccountPage)

    def target(self) -> str | None:
        """The account of this screen."""
        return self._account_id

    def draw(self, header: Header) -> None:
        """Title, page, status."""
        detail = self.desk.detail(self._account_id)
        self.page.show(detail, self)
        title = self.query_one(TitleTabs)
        if detail is None:
            title.show("Account")
            return
        row, glyphs = detail.row, self.look.glyphs
        facts = [severity_badge.named(row, 40, self.look), ", ".join([row.tier, facts_of(row, glyphs)[-1]])]
        badge = [*severity_badge.badge(row, self.look), *severity_badge.doubt(row, self.look)]
        title.show("Why" if self.page.why else "Account", facts, badge, band(header, self.now))
        held = self.held_words()
        left: Line = [(self.told, "text")] if self.told else held
        if not left and self.page.why:
            lead = "Every figure can be replayed: " if self.app.size.width >= WIDE else "Replay: "
            left = [(lead, "muted"), (f"triage show {row.id} --json", "text")]
        synced = f"synced {utc(detail.synced_at)}" if detail.synced_at else ""
        self.say(left, [(synced, "muted")])

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        allowed = self.allowed_keys()
        some = [("part", "next part", ""), ("remedy('reset_usage')", "reset usage", "reset")]
        some += [("remedy('grant_trial')", "trial", ""), ("remedy('apply_discount')", "discount", "")]
        some = [one for one in some if not one[0].startswith("remedy") or one[0][8:-2] in allowed]
        some += [("menu", "all actions", "actions"), *((("contact", "log talk", ""),) if self.may_record() else ())]
        some += [("copy_contact", "copy", ""), ("audit", "audit", ""), ("back", "inbox", "")]
        keys = keys_now(self)
        return [Hint(keys[action], label, short) for action, label, short in some if action in keys]

    def action_part(self) -> None:
        """tab: account or why."""
        self.page.why = not self.page.why
        self.page.top = 0
        self.refresh_frame()

    def action_why(self) -> None:
        """w: the Why part."""
        if not self.page.why:
            self.action_part()

    def action_scroll(self, lines: int) -> None:
        """j, k, g, G."""
        self.page.scroll_lines(lines)

    def action_page(self, pages: int) -> None:
        """Pages."""
        self.page.scroll_lines(pages * max(1, self.page.size.height - 2))

    def action_back(self) -> None:
        """esc: back to the inbox."""
        self.dismiss()
