"""The decision tree as an interview: a person answers before the signals, and the outcome is recorded when asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from data.errors import TriageError
from data.health_tree import Answer
from data.interview_view import InterviewView
from data.ports import Desk
from data.ports_list import Header
from data.remedy import Change
from screens.base import TriageScreen
from screens.inbox_words import band
from screens.keymap import keys_now
from widgets import severity_badge
from widgets.interview_lines import Shown
from widgets.interview_page import InterviewPage
from widgets.key_line import Hint
from widgets.line import Piece
from widgets.view_tabs import TitleTabs

LAST_PAGE = "Going back re-asks what follows. Nothing is recorded before the last page."
AT_THE_END = "Nothing is recorded before you ask for it."
ANEW = "The tree has changed: the interview begins anew."


class InterviewScreen(TriageScreen):
    """One account, question by question. Answers are kept in the order in which they were given."""

    CSS_PATH = "interview.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take it", id="do.take", tooltip="take what the signals say"),
        Binding("y", "answer('yes')", "yes", id="do.yes", tooltip="yes"),
        Binding("n", "answer('no')", "no", id="do.no", tooltip="no"),
        Binding("x", "answer('unknown')", "unknown", id="do.unknown", tooltip="unknown"),
        Binding("ctrl+s", "record", "record", id="do.record", tooltip="record the outcome", priority=True),
        Binding("backspace", "step_back", "back", id="do.step_back", tooltip="back to the question before"),
        Binding("h", "hint", "whole hint", id="see.hint", tooltip="the hint in full, or short again"),
        Binding("w", "why", "why", id="see.why", tooltip="why, with rules and inputs"),
        Binding("d", "other_tree", "other tree", id="see.other_tree", tooltip="the tree that waits to be accepted"),
        Binding("j,down", "scroll(1)", "down", id="list.down", show=False),
        Binding("k,up", "scroll(-1)", "up", id="list.up", show=False),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "leave", "leave", id="go.leave", tooltip="leave; what is not recorded is forgotten"),
    ]

    def __init__(self, desk: Desk, account_id: str) -> None:
        super().__init__(desk)
        self._account_id = account_id
        self._said: dict[str, Answer | None] = {}
        self._at: dict[str, datetime] = {}
        self._recorded_at: datetime | None = None
        self._tree = ""
        self._view: InterviewView | None = None

    def body(self) -> Iterable[Widget]:
        """The page."""
        yield InterviewPage(id="page")

    def on_mount(self) -> None:
        """The page has the focus."""
        self.page.focus()

    @property
    def page(self) -> InterviewPage:
        """The page widget."""
        return self.query_one(InterviewPage)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done on this page of the interview."""
        asks = self._view is not None and self._view.question is not None
        if action in ("take", "answer", "hint"):
            return asks
        if action == "record":
            return self._recordable()
        if action == "step_back":
            return bool(self._said)
        return True

    def _recordable(self) -> bool:
        view = self._view
        return view is not None and view.question is None and self._recorded_at is None and not view.problem

    # --- what is shown ---

    def draw(self, header: Header) -> None:
        """Title, page, status."""
        view = self._read()
        title = self.query_one(TitleTabs)
        if view is None:
            self.page.show(None)
            title.show("Interview", band=band(header, self.now))
            return
        self.page.show(Shown(view, self._at, self._recorded_at, self.now))
        count = len(view.answered)
        place = f"question {count + 1} of {count + 1 + len(view.next)}" if view.question else f"{count} answered"
        facts = [severity_badge.marked(view.row, 40, self.look), f"tree {view.tree.version}, {place}"]
        title.show("Interview", facts, band=band(header, self.now))
        calm = LAST_PAGE if view.question else AT_THE_END if self._recordable() else ""
        more: list[Piece] = [("j k", "key"), (" more", "muted")] if self.page.cut else []
        self.say([(self.told or calm, "text" if self.told else "muted")], more)

    def _read(self) -> InterviewView | None:
        """The interview as of now; another tree begins it anew, for its questions are others."""
        try:
            view = self.desk.interview(self._account_id, self._said)
        except TriageError as error:
            self._begin_anew(str(error))
            view = self.desk.interview(self._account_id, {})
        if view is not None and self._tree not in ("", view.tree.sha256) and self._said:
            self._begin_anew(ANEW)
            view = self.desk.interview(self._account_id, {})
        self._tree = "" if view is None else view.tree.sha256
        self._view = view
        return view

    def _begin_anew(self, why: str) -> None:
        self._said, self._at, self._recorded_at = {}, {}, None
        self.remember(why)

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        some = [("take", "take it"), ("answer('yes')", "yes"), ("answer('no')", "no"), ("answer('unknown')", "unknown")]
        some += [("record", "record"), ("step_back", "back"), ("hint", "hint"), ("why", "why"), ("leave", "leave")]
        keys = keys_now(self)
        return [Hint(keys[action], label) for action, label in some if action in keys]

    # --- answers ---

    def action_take(self) -> None:
        """enter: what the signals say."""
        self._answer(None)

    def action_answer(self, answer: str) -> None:
        """y, n, x: what the person says."""
        self._answer(Answer(answer))

    def _answer(self, answer: Answer | None) -> None:
        question = self._view.question if self._view else None
        if question is None:
            return
        self._said[question] = answer
        if answer is not None:
            self._at[question] = self.now
        self.page.top = 0
        self.refresh_frame()

    def action_step_back(self) -> None:
        """backspace: the last answer is taken back, and its question asked again."""
        if self._said:
            question, _ = self._said.popitem()
            self._at.pop(question, None)
            self._recorded_at = None
            self.refresh_frame()

    # --- recording ---

    def action_record(self) -> None:
        """ctrl+s: ask for a reason, which may stay empty, and record the outcome that stands here."""
        if self._view is not None and self._recordable():
            from screens.record_form import RecordForm

            self.app.push_screen(RecordForm(self.desk, self._view), self._recorded)

    def _recorded(self, change: Change | None) -> None:
        if change is not None:
            self._recorded_at = change.authored_at
            self.tell("Recorded in the outbox. It leaves by itself.")

    # --- looking closer ---

    def action_hint(self) -> None:
        """h: the hint in full, or as much as fits."""
        self.page.whole_hint = not self.page.whole_hint
        self.page.top = 0
        self.page.repaint()
        self.refresh_frame()

    def action_scroll(self, lines: int) -> None:
        """j, k."""
        self.page.scroll_lines(lines)

    def action_why(self) -> None:
        """w: the account with every rule and input."""
        from screens.why import WhyScreen

        self.app.push_screen(WhyScreen(self.desk, self._account_id))

    def action_other_tree(self) -> None:
        """d: what another tree would change, where one waits to be accepted."""
        from screens.tree_change import TreeChangeForm

        try:
            waiting = self.desk.tree_waiting()
        except TriageError as error:
            self.tell(str(error))
            return
        if waiting is None:
            self.tell("No other tree waits to be accepted.")
        else:
            self.app.push_screen(TreeChangeForm(self.desk, waiting))

    def action_leave(self) -> None:
        """esc: back to where it was opened."""
        self.dismiss()
