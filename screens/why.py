"""The Why screen: all that the rules say of one account, system by system, each ending in its arithmetic."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from data.health_view import HealthView
from data.ports import Desk
from data.ports_list import Header
from screens.account import GONE
from screens.inbox_words import band
from screens.keymap import keys_now
from screens.page_screen import PageScreen
from widgets import numbers, severity_badge
from widgets.column_page import ColumnPage, Lines, halves
from widgets.detail_facts import facts_of
from widgets.health_lines import red_piece
from widgets.key_line import Hint
from widgets.line import Line, Piece
from widgets.look import Look
from widgets.score_breakdown import breakdown_part
from widgets.score_follows import follows_part
from widgets.verdict_lines import input_sections
from widgets.view_tabs import TitleTabs
from widgets.why_at_risk import at_risk_part
from widgets.why_monitor import monitor_part
from widgets.why_red import red_part
from widgets.why_tree import tree_part
from widgets.why_trend import trend_part

WIDE = 100


class WhyPage(ColumnPage):
    """The parts; with `inputs` every verdict with what went into it instead."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.inputs = False
        self._view: HealthView | None = None
        self._now: datetime | None = None

    def show(self, view: HealthView | None, now: datetime) -> None:
        """Show an account's health as of `now`."""
        self._view, self._now = view, now
        self.repaint()

    def columns(self, column: int, two: bool, look: Look) -> list[list[Lines]]:
        """Return inbox, monitor and tree left; index, Red, trend and what follows right."""
        view, now = self._view, self._now
        if view is None or now is None:
            return [[[([(GONE, "muted")], ())]]]
        if self.inputs:
            sections = input_sections(view.row, view.verdicts, now, column, look)
            return halves(sections) if two else [sections]
        left = [part(view, now, column, look) for part in (at_risk_part, monitor_part, tree_part)]
        right = [part(view, now, column, look) for part in (breakdown_part, red_part, trend_part, follows_part)]
        return [[part for part in parts if part] for parts in (left, right)]


class WhyScreen(PageScreen):
    """One account's explanation; enter turns the parts into the bare inputs of every verdict, and back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "part", "next part", id="see.part", tooltip="next part"),
        Binding("enter", "inputs", "inputs", id="see.inputs", tooltip="every verdict with its inputs, and back"),
    ]

    def __init__(self, desk: Desk, account_id: str) -> None:
        super().__init__(desk, account_id)
        self._view: HealthView | None = None

    def body(self) -> Iterable[Widget]:
        """The page."""
        yield WhyPage(id="page")

    @property
    def sheet(self) -> WhyPage:
        """The page widget."""
        return self.query_one(WhyPage)

    def on_mount(self) -> None:
        """Read before the first frame is drawn."""
        self._view = self.desk.health(self._account_id)

    def reload(self) -> None:
        """Something changed: read the account's health again."""
        self._view = self.desk.health(self._account_id)
        self.refresh_frame()

    def draw(self, header: Header) -> None:
        """Title, page, status; only the clocks move between two readings."""
        view, title = self._view, self.query_one(TitleTabs)
        self.sheet.show(view, self.now)
        if view is None:
            title.show("Why")
            return
        row, glyphs = view.row, self.look.glyphs
        facts = [severity_badge.named(row, 40, self.look), ", ".join([row.tier, facts_of(row, glyphs)[-1]])]
        red = red_piece(row, self.now, self.look)
        badge: list[Piece] = [] if red and row.category is None else severity_badge.badge(row, self.look)
        badge = [*badge, *severity_badge.doubt(row, self.look)]
        badge += [("   ", "text"), *red] if red else []
        title.show("Why", facts, badge, band(header, self.now))
        self.say(self._left(row.id), [(self._age(view, header), "muted")])

    def _left(self, account_id: str) -> Line:
        held = self.held_words()
        if self.told or held:
            return [(self.told, "text")] if self.told else held
        lead = "Every figure can be replayed: " if self.app.size.width >= WIDE else "Replay: "
        return [(lead, "muted"), (f"triage show {account_id} --json", "text")]

    def _age(self, view: HealthView, header: Header) -> str:
        day = view.index.day or view.monitor.day
        parts = [f"inputs of {numbers.day(day, self.now)}"] if day is not None else []
        if header.synced_at is not None and self.app.size.width >= WIDE:
            parts.append(f"synced {numbers.ago(numbers.since(header.synced_at, self.now))} ago")
        return ", ".join(parts)

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        allowed, page = self.allowed_keys(), self.sheet
        some = [("part", "next part", "next")] if page.scrolls else []
        some += [("inputs", "parts" if page.inputs else "inputs", "")]
        some += [("interview", "interview", ""), *((("outreach", "outreach", ""),) if self.may_record() else ())]
        some += [("case", "case", "")]
        some += [("remedy('reset_usage')", "reset usage", "reset"), ("remedy('grant_trial')", "trial", "")]
        some = [one for one in some if not one[0].startswith("remedy") or one[0][8:-2] in allowed]
        some += [("menu", "all actions", "actions"), *((("contact", "log talk", ""),) if self.may_record() else ())]
        some += [("audit", "history", ""), ("copy_contact", "copy", ""), ("back", "back", "")]
        keys = keys_now(self)
        return [Hint(keys[action], label, short) for action, label, short in some if action in keys]

    def action_part(self) -> None:
        """tab: the next part to the top."""
        self.sheet.next_part()

    def action_inputs(self) -> None:
        """enter: the inputs of every verdict, and back to the parts."""
        page = self.sheet
        page.inputs, page.top = not page.inputs, 0
        self.refresh_frame()
