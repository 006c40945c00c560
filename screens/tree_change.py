"""Another decision tree: what it would change over the book, and whether it may take effect (D18)."""

import threading
from collections.abc import Callable, Iterable
from time import monotonic

from textual.widget import Widget

from data.errors import TriageError
from data.health_tree import Tree
from data.interview_view import TreeChange
from data.ports import Desk
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.line import Line, Piece
from widgets.numbers import count, fit

PAIRS, MOVERS = 8, 6  # lines of each at most
SAYS_A_SECOND = 4


class TreeChangeForm(FormModal[bool]):
    """True when the tree was accepted. The book is walked in a thread of our own; typing never waits for it."""

    def __init__(self, desk: Desk, new: Tree) -> None:
        super().__init__(desk, "Another decision tree", "Use this tree")
        self._new = new
        self._found: TreeChange | None = None
        self._count = 0
        self._said_at = 0.0

    def parts(self) -> Iterable[Widget]:
        """Which tree, what it changes."""
        yield Lines([([(f"Version {self._new.version}, {self._new.mark}", "strong bold")], [])], id="who")
        yield Sentence("The config names a tree that is not in effect. Until you accept it, the one before goes on.")
        yield Sentence("", id="what")
        yield Lines(id="change", classes="section")

    def on_mount(self) -> None:
        """Begin to compare."""
        self._tell_progress()
        threading.Thread(target=self._compare, name="tree-change", daemon=True).start()

    def on_unmount(self) -> None:
        """A comparison still running ends at its next account."""
        self._over = True

    def missing(self) -> str:
        """Return that the comparison is not over."""
        return "" if self._found is not None else "still comparing"

    def notice(self) -> str:
        """What accepting does."""
        return "Recorded assessments keep the tree they were made by. The book is judged anew."

    def send(self) -> None:
        """Let it take effect."""
        if self._found is None:
            return
        try:
            self.desk.accept_tree(self._found)
        except (TriageError, OSError) as error:
            self.complain(str(error))
            return
        self.tell_below("The tree is in effect. The book is judged by it now.")
        self.leave(True)

    def give_up(self) -> None:
        """The tree before goes on; it is asked again at the next start."""
        self.tell_below("The tree before goes on.")
        self.leave(False)

    # --- comparing ---

    def _compare(self) -> None:
        """Walk the book; runs in a thread of its own, which quitting does not wait for."""
        found: TreeChange | None = None
        sentence = ""
        try:
            found = self.desk.compare_trees(self._new, self._heard)
        except TriageError as error:
            sentence = str(error)
        self._call(lambda: self._compared(found, sentence))

    def _heard(self, number: int) -> bool:
        self._count = number
        if monotonic() - self._said_at > 1 / SAYS_A_SECOND:
            self._said_at = monotonic()
            self._call(self._tell_progress)
        return not self._over

    def _call(self, act: Callable[[], None]) -> None:
        try:
            self.app.call_from_thread(act)
        except RuntimeError:
            return  # the app has gone meanwhile: there is nobody to tell

    def _tell_progress(self) -> None:
        if self._found is None and not self._over:
            total = self.desk.header().counts.book
            self.query_one("#what", Sentence).show(f"Comparing, {count(self._count)} of {count(total)} accounts.")

    def _compared(self, found: TreeChange | None, sentence: str) -> None:
        if self._over:
            return
        if found is None:
            self.complain(sentence)
            return
        self._found = found
        moved, total = len(found.diff.moved), len(found.diff.moved) + found.diff.unchanged
        words = f"{count(moved)} of {count(total)} accounts come out differently."
        self.query_one("#what", Sentence).show(words, "strong bold")
        self.query_one("#change", Lines).show(self._lines(found))
        self.renew()

    def _lines(self, found: TreeChange) -> list[tuple[Line, Line]]:
        arrow = self.look.glyphs.becomes
        pairs = sorted((one for one in found.diff.counts if one[0] != one[1]), key=lambda one: -one[2])
        lines: list[tuple[Line, Line]] = []
        for old, new, number in pairs[:PAIRS]:
            pieces: list[Piece] = [(f"{count(number):>7}  ", "strong bold"), (f"{old} {arrow} {new}", "text")]
            lines.append((pieces, []))
        lines += [((), ())] if found.diff.moved else []
        for one in found.diff.moved[:MOVERS]:
            name = fit(found.names[one.account_id], 26, self.look.glyphs)
            lines.append(([(f"{name}  ", "text"), (f"{one.old} {arrow} {one.new}", "muted")], []))
        rest = len(found.diff.moved) - MOVERS
        more: Line = [(f"and {count(rest)} more: triage assess --diff FILE --json", "muted")]
        return [*lines, (more, [])] if rest > 0 else lines
