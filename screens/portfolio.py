"""The portfolio: the book in figures, ranked weakest first; enter on a number opens the list behind it."""

import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk
from data.ports_list import Header
from data.ports_portfolio import Behind, BookReport
from screens.base import TriageScreen
from screens.inbox_words import band
from widgets.key_line import Hint
from widgets.line import Line
from widgets.numbers import count, day
from widgets.portfolio_page import PortfolioPage
from widgets.portfolio_parts import sums
from widgets.spots import Spot
from widgets.view_tabs import TitleTabs

AT_ONCE = 2000  # accounts that are added up without a thread: some hundredths of a second
WIDE = 100
TOLD_EVERY = 0.25  # seconds
SHARE = 8  # reading again takes at most about a ninth of the time
RANKS = ((136, "The index ranks; it does not predict. "), (116, "The index ranks; "))  # from so many columns


class PortfolioScreen(TriageScreen):
    """`open_list` opens a list in the inbox; `here` is the number to begin at."""

    CSS_PATH = "portfolio.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "part", "next part", id="see.part", tooltip="the next part of the page"),
        Binding("r", "sync", "sync now", id="go.sync", tooltip="sync now"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "inbox", id="go.back", tooltip="back to the inbox"),
    ]

    def __init__(self, desk: Desk, open_list: Callable[[Behind, str], None], here: str = "") -> None:
        super().__init__(desk)
        self._open_list = open_list
        self._here = here
        self._report: BookReport | None = None
        self._reading = False
        self._read = 0
        self._told_read = 0.0
        self._problem = ""
        self._stale = True
        self._not_before = 0.0

    def body(self) -> Iterable[Widget]:
        """The page."""
        yield PortfolioPage(id="page")

    def on_mount(self) -> None:
        """The page has the keys."""
        self.page.show(None, "", self._here)
        self.page.focus()

    @property
    def page(self) -> PortfolioPage:
        """The page widget."""
        return self.query_one(PortfolioPage)

    def on_desk_changed(self) -> None:
        """A pull may have brought other figures."""
        self._stale = True

    # --- reading the book ---

    def _read_book(self, header: Header) -> None:
        if not self._stale or self._reading or monotonic() < self._not_before or header.synced_at is None:
            return
        self._stale, self._reading, self._read = False, True, 0
        if header.counts.book <= AT_ONCE:
            self._took(*self._added_up(lambda read: None))
        else:
            threading.Thread(target=self._beside, name="portfolio", daemon=True).start()

    def _added_up(self, progress: Callable[[int], None]) -> tuple[BookReport | None, str, float]:
        began = monotonic()
        try:
            return self.desk.portfolio(progress), "", monotonic() - began
        except TriageError as error:
            return None, str(error), monotonic() - began

    def _beside(self) -> None:
        """Runs in a thread of its own, which quitting does not wait for."""
        try:
            found = self._added_up(self._progress)
            self.app.call_from_thread(self._took_beside, *found)
        except RuntimeError:
            return  # the app has gone meanwhile: there is nobody to tell

    def _progress(self, read: int) -> None:
        if monotonic() - self._told_read >= TOLD_EVERY:
            self._told_read = monotonic()
            self.app.call_from_thread(self._count, read)

    def _count(self, read: int) -> None:
        self._read = read
        if self._report is None:
            self.refresh_frame()

    def _took_beside(self, report: BookReport | None, problem: str, took: float) -> None:
        self._took(report, problem, took)
        self.refresh_frame()

    def _took(self, report: BookReport | None, problem: str, took: float) -> None:
        self._reading, self._problem = False, problem
        self._report = report or self._report
        self._not_before = monotonic() + SHARE * took

    # --- drawing ---

    def draw(self, header: Header) -> None:
        """Title, page, status; the book is read again when a pull may have changed it."""
        self._read_book(header)
        report, title = self._report, self.query_one(TitleTabs)
        facts, right = self._facts(report, header)
        title.show("Portfolio", facts, [(right, "muted")] if right else [], band(header, self.now))
        self.page.show(report, self._waiting(header))
        self.say(self._left(), self._right(report))

    def _facts(self, report: BookReport | None, header: Header) -> tuple[list[str], str]:
        if report is None:
            return ([f"{count(header.counts.book)} accounts"] if header.synced_at else []), ""
        mrr = sums(report.whole.money, report.currency, 20, self.look)
        if not self.look.glyphs.symbols and report.currency in report.whole.money:
            mrr = f"{report.currency} {mrr}"  # a set without symbols: the title names it
        facts = [f"{count(report.whole.accounts)} accounts, {mrr} a month"]
        scored = report.scored
        return facts, f"{count(scored.scored.accounts)} scored, {count(scored.unscored.accounts)} not"

    def _waiting(self, header: Header) -> str:
        if header.synced_at is None:
            return "No data yet. The figures come with the first complete sync."
        if self._problem:
            return self._problem
        return f"Reading the book, {count(self._read)} of {count(header.counts.book)}."

    def _left(self) -> Line:
        if self.told:
            return [(self.told, "text")]
        if self._problem:
            return [(self._problem, "text")]
        spot = self.page.current
        if spot is None or self._report is None:
            return []
        behind = f"{count(spot.behind.accounts)} accounts" if spot.behind else "the account"
        line: Line = [(f"enter opens {behind}", "muted")]
        ranks = next((words for least, words in RANKS if self.app.size.width >= least), "")
        if ranks:
            line = [*line, (f"   {ranks}", "muted"), ("triage backtest", "text"), (" says how well.", "muted")]
        return line

    def _right(self, report: BookReport | None) -> Line:
        if report is None:
            return []
        cut = f"tiers of {day(report.book.day, self.now)}" if report.book.day else "no tiers yet"
        wide = self.app.size.width >= WIDE
        return [(f"{cut}   policy {report.policy}" if wide else cut, "muted")]

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        key = self.look.key
        some = (
            [Hint(key("list.choose", "enter"), "open list", "open"), Hint(key("see.part", "tab"), "next part")]
            if self.page.current
            else []
        )
        return [*some, Hint(key("go.sync", "r"), "sync now"), Hint(key("go.back", "esc"), "inbox")]

    # --- keys ---

    def on_portfolio_page_moved(self) -> None:
        """Another number: what enter would open."""
        self.refresh_frame()

    def on_portfolio_page_chosen(self, event: PortfolioPage.Chosen) -> None:
        """enter: the list behind the number, or the account."""
        self._open(event.spot)

    def _open(self, spot: Spot) -> None:
        if spot.account_id is not None:
            from screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, spot.account_id))
        elif spot.behind is not None:
            self.dismiss()
            self._open_list(spot.behind, spot.name)

    def action_part(self) -> None:
        """tab: the next part."""
        self.page.next_part()

    def action_back(self) -> None:
        """esc: back to the inbox."""
        self.dismiss()
