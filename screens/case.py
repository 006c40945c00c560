"""The case of one account: clocks, steps, its playbook as a checklist, tasks; every move goes through the outbox."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk
from data.ports_cases import CaseMove, CaseView
from data.ports_list import Header
from data.remedy import PERMISSIONS, Change
from screens.base import TriageScreen
from screens.case_forms import ChooseCause, CloseCase, NameOwner, OpenCase, RecordStep
from screens.inbox_words import band
from screens.read_only import READ_ONLY
from widgets.case_lines import STEPS, CaseLine, case_lines, shown
from widgets.key_line import Hint
from widgets.line import cells, strip
from widgets.look import Look
from widgets.open_list import ListItem, OpenList
from widgets.severity_badge import marked
from widgets.view_tabs import TitleTabs

NEEDS = f"Needs {PERMISSIONS['update_case']}. You can read everything here."
DESIGNATED = {"task": "CSM task", "manager": "Manager told", "sales": "Sales told", "executive": "Executive flag"}


class CaseScreen(TriageScreen):
    """One account's case."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "tick", id="do.tick", tooltip="tick a step of the playbook, and untick it"),
        Binding("c", "open_close", "open, close", id="do.case", tooltip="open, close or re-open the case"),
        Binding("f", "cause", "root cause", id="do.cause", tooltip="choose the root cause"),
        Binding("w", "why", "why", id="see.why", tooltip="why, with rules and inputs"),
        Binding("b", "outbox", "outbox", id="go.outbox", tooltip="outbox"),
        Binding("r", "sync", "sync now", id="go.sync", tooltip="sync now"),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "back", id="go.back", tooltip="back"),
    ]

    def __init__(self, desk: Desk, account_id: str) -> None:
        super().__init__(desk)
        self._account_id = account_id
        self._view: CaseView | None = None

    def body(self) -> Iterable[Widget]:
        """One list: the cursor stands on what can be done."""
        yield OpenList(self._draw_row, lambda item, width, look: (), id="case")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.set_focus(self.lines)

    @property
    def lines(self) -> OpenList:
        """The list widget."""
        return self.query_one(OpenList)

    def reload(self) -> None:
        """Read the case again."""
        self._view = None
        self.refresh_frame()

    def draw(self, header: Header) -> None:
        """Title and lines; the case is read again only when something may have changed, clocks every second."""
        if self._view is None:
            self._view = self.desk.case(self._account_id)
        view, title = self._view, self.query_one(TitleTabs)
        if view is None:
            title.show("Case")
            self.lines.show([ListItem(None, CaseLine((("This account is no longer in the book.", "muted"),)))])
            return
        row = view.row
        title.show("Case", [marked(row, 40, self.look), str(row.tier)], (), band(header, self.now))
        items = []
        for number, line in enumerate(case_lines(view, self.now, self.look)):
            items.append(ListItem(line.does or (f"line:{number}" if line.left and not line.heading else None), line))
        if not self.lines.busy:
            self.lines.show(items)
        waiting = len(view.pending)
        left = self.told or (f"{waiting} of its records on their way." if waiting else "")
        self.say([(left, "text")], [(f"judged {view.at:%Y-%m-%d %H:%MZ}", "muted")])

    def hints(self) -> Sequence[Hint]:
        """The keys that work on the line under the cursor."""
        key = self.look.key
        view, does = self._view, self._does
        some = []
        if view is not None and view.may_write:
            some += (
                [Hint(key("do.tick", "space"), "untick" if self._ticked else "tick")]
                if does.startswith("tick:")
                else []
            )
            some += [Hint(key("list.choose", "enter"), "record")] if does.startswith("step:") else []
            some += [Hint(key("list.choose", "enter"), "change")] if does in ("owner", "cause") else []
            some += [Hint(key("do.case", "c"), self._case_verb)]
            some += [Hint(key("do.cause", "f"), "root cause")] if self._open else []
        return [
            *some,
            Hint(key("see.why", "w"), "why"),
            Hint(key("go.outbox", "b"), "outbox"),
            Hint(key("go.back", "esc"), "back"),
        ]

    # --- what stands under the cursor ---

    @property
    def _line(self) -> CaseLine | None:
        item = self.lines.current
        return item.value if item is not None and isinstance(item.value, CaseLine) else None

    @property
    def _does(self) -> str:
        line = self._line
        return line.does or "" if line is not None else ""

    @property
    def _ticked(self) -> bool:
        view, does = self._view, self._does.split(":")
        books = view.playbooks if view is not None else ()
        return any(
            step.done and [book.root_cause, str(step.number)] == does[1:] for book in books for step in book.steps
        )

    @property
    def _open(self) -> bool:
        return self._view is not None and self._view.case is not None and self._view.case.closed_at is None

    @property
    def _case_verb(self) -> str:
        view = self._view
        if view is not None and self._open and view.move != "upgrade_to_red":
            return "close case"
        return "re-open case" if view is not None and view.case is not None and not self._open else "open case"

    def _draw_row(self, item: ListItem, width: int, look: Look, here: bool) -> Strip:
        line = item.value
        right = (*line.right, (" ", "text")) if line.right else ()
        return strip(shown(line, here, look, width - cells(right) - 1), width, look, "cursor" if here else "bg", right)

    def on_open_list_moved(self) -> None:
        """The keys follow the cursor."""
        self.refresh_frame()

    # --- keys ---

    def on_open_list_chosen(self) -> None:
        """enter: what the line does."""
        does = self._does
        if does.startswith("tick:"):
            self.action_tick()
        elif does == "owner":
            self._ask(NameOwner)
        elif does in ("cause", "step:root_cause"):
            self._ask(ChooseCause)
        elif does.startswith("step:"):
            step = does.split(":")[1]
            words = STEPS.get(step) or DESIGNATED.get(step, step)
            self._ask(lambda desk, view: RecordStep(desk, view, step, words))

    def action_tick(self) -> None:
        """space: tick the step, or take the tick away; shared with everyone by the trail."""
        parts = self._does.split(":")
        if parts[0] == "tick":
            self._do(CaseMove(tick=(parts[1], int(parts[2]), not self._ticked)))

    def action_cause(self) -> None:
        """f: the root cause."""
        if self._open:
            self._ask(ChooseCause)

    def action_open_close(self) -> None:
        """c: open the case, close it, or open it again."""
        verb = self._case_verb
        if verb == "re-open case":
            self._do(CaseMove(closed=False))
        else:
            self._ask(CloseCase if verb == "close case" else OpenCase)

    def _ask(self, form: Callable[[Desk, CaseView], ModalScreen[Change | None]]) -> None:
        if self._view is None:
            return
        if not self._view.may_write:
            self.tell(READ_ONLY if self.desk.read_only else NEEDS)
            return
        self.app.push_screen(form(self.desk, self._view), self._after)

    def _do(self, move: CaseMove) -> None:
        try:
            change = self.desk.change_case(self._account_id, move)
        except TriageError as error:
            self.tell(str(error))
            return
        self._after(change)

    def _after(self, change: Change | None) -> None:
        self.reload()
        if change is not None:
            self.tell("Recorded. It leaves by itself.")

    def action_why(self) -> None:
        """w: why the rules say what they say."""
        from screens.why import WhyScreen

        self.app.push_screen(WhyScreen(self.desk, self._account_id))

    def action_outbox(self) -> None:
        """b: the outbox."""
        from screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk))

    def action_back(self) -> None:
        """esc: back to where it was opened."""
        self.dismiss()
