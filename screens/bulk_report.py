"""What came of a bulk run where not everything was queued: who was left out, and why, in full."""

from collections.abc import Iterable
from typing import ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from data.ports import Desk
from screens.bulk_form import BulkDone
from screens.form_modal import FormModal
from widgets.block import Sentence
from widgets.bulk_table import BulkTable, TableLine
from widgets.bulk_words import MANY_TITLES, accounts


class BulkReport(FormModal[None]):
    """Nothing is asked: it is left by esc or Enter, and its text may be copied."""

    LEAVE: ClassVar[str] = "Close"

    def __init__(self, desk: Desk, done: BulkDone) -> None:
        many = len(done.queued) + len(done.refused)
        super().__init__(desk, f"{MANY_TITLES[done.kind]}: {len(done.queued)} of {many} queued", "Copy the list")
        self._finished = done

    def parts(self) -> Iterable[Widget]:
        """How many went, then those that did not."""
        left = len(self._finished.refused)
        yield Sentence(f"{accounts(left)} {'was' if left == 1 else 'were'} left out and {_stay(left)}.", id="what")
        with Vertical(classes="section"):
            yield BulkTable(id="table", unmarks=False)

    def on_mount(self) -> None:
        """The table has its lines."""
        lines = [TableLine(one, name, "", "", why, f"{name}: {why}") for one, name, why in self._finished.refused]
        self.query_one(BulkTable).show(lines, max(4, min(16, self.app.size.height - 14)))

    def notice(self) -> str:
        """Where the others are."""
        return "What was queued is in the outbox." if self._finished.queued else "Nothing was queued."

    def send(self) -> None:
        """Copy the list, and stay."""
        lines = [f"{name} ({one}): {why}" for one, name, why in self._finished.refused]
        self.app.copy_to_clipboard("; ".join(lines))
        self.complain("Copied.")

    def give_up(self) -> None:
        """Leave."""
        self.leave(None)


def _stay(number: int) -> str:
    return "stays marked" if number == 1 else "stay marked"
