"""The account screen: all that is known of one account."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk, Detail
from data.ports_list import Header
from data.unseen import Stood
from screens.inbox_words import band
from screens.keymap import keys_now
from screens.page_screen import PageScreen
from widgets import severity_badge
from widgets.account_facts import left_sections, right_sections, strong_heading
from widgets.column_page import ColumnPage, Lines
from widgets.detail_facts import facts_of
from widgets.key_line import Hint
from widgets.line import Line
from widgets.look import Look
from widgets.numbers import utc
from widgets.outreach_words import message_lines
from widgets.view_tabs import TitleTabs

RECORDS = (("outreach", "outreach", ""), ("contact", "log talk", ""))
GONE = "This account is no longer in the book."


class AccountPage(ColumnPage):
    """The sections in one or two columns."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detail: Detail | None = None
        self._screen: AccountScreen | None = None

    def show(self, detail: Detail | None, screen: "AccountScreen") -> None:
        """Show an account."""
        self._detail, self._screen = detail, screen
        self.repaint()

    def columns(self, column: int, two: bool, look: Look) -> list[list[Lines]]:
        """Return what is used left, what is paid and done right."""
        if self._detail is None or self._screen is None:
            return [[[([(GONE, "muted")], ())]]]
        now = self._screen.now
        left = left_sections(self._detail, now, column, look)
        right = right_sections(self._detail, now, column, look)
        messages = self._screen.desk.outreach(self._detail.row.id)
        if messages:
            right.insert(-1, [strong_heading("Outreach", "M14 M22"), *message_lines(messages, now, column, look)])
        return [left, right]


class AccountScreen(PageScreen):
    """One account."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "why", "why", id="see.why", tooltip="why, with rules and inputs"),
    ]

    def __init__(self, desk: Desk, account_id: str) -> None:
        super().__init__(desk, account_id)
        self._news: Stood | None = None

    def on_mount(self) -> None:
        """It is looked at now: what changed stays in sight on this screen, and is no news afterwards."""
        self._news = detail.before if (detail := self.target_detail()) is not None else None
        if self._news is not None:
            self.run_worker(self._look_at, thread=True, exit_on_error=False)

    def _look_at(self) -> None:
        with suppress(TriageError):  # a cache that cannot be written now: then it is news once more
            self.desk.look_at([self._account_id])

    def body(self) -> Iterable[Widget]:
        """The page."""
        yield AccountPage(id="page")

    @property
    def sheet(self) -> AccountPage:
        """The page widget."""
        return self.query_one(AccountPage)

    @property
    def crumb(self) -> str:
        """The account's name."""
        detail = self.desk.detail(self._account_id)
        return severity_badge.named(detail.row, 40, self.look) if detail else super().crumb

    def draw(self, header: Header) -> None:
        """Title, page, status."""
        detail = self.desk.detail(self._account_id)
        if detail is not None and detail.before is None and self._news is not None:
            detail = msgspec.structs.replace(detail, before=self._news)
        self.sheet.show(detail, self)
        title = self.query_one(TitleTabs)
        if detail is None:
            title.show("Account")
            return
        row, glyphs = detail.row, self.look.glyphs
        facts = [severity_badge.named(row, 40, self.look), ", ".join([row.tier, facts_of(row, glyphs)[-1]])]
        badge = [*severity_badge.badge(row, self.look), *severity_badge.doubt(row, self.look)]
        title.show("Account", facts, badge, band(header, self.now))
        held = self.held_words()
        left: Line = [(self.told, "text")] if self.told else held
        synced = f"synced {utc(detail.synced_at)}" if detail.synced_at else ""
        self.say(left, [(synced, "muted")])

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        allowed = self.allowed_keys()
        some = [("why", "why", ""), ("remedy('reset_usage')", "reset usage", "reset")]
        some += [("remedy('grant_trial')", "trial", ""), ("remedy('apply_discount')", "discount", "")]
        some = [one for one in some if not one[0].startswith("remedy") or one[0][8:-2] in allowed]
        some += [("menu", "all actions", "actions"), *(RECORDS if self.may_record() else ())]
        some += [("copy_contact", "copy", ""), ("audit", "audit", ""), ("back", "back", "")]
        keys = keys_now(self)
        return [Hint(keys[action], label, short) for action, label, short in some if action in keys]
