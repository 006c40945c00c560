"""A list whose marked rows are acted on together: the bulk form, taking a whole run back, and what became of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from data.errors import TriageError
from data.ports import Desk
from data.remedy import Change
from screens.keymap import key_of
from screens.marking import MarkingScreen
from screens.slices import Slices
from widgets.bulk_words import accounts, held_title, queued_words, standing_words
from widgets.line import Line


class BulkScreen(MarkingScreen):
    """With marks, R T D C and m mean the marked accounts; without, the one under the cursor."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._runs: list[tuple[str, ...]] = []  # the changes of each bulk run of this session
        self._standing = ""
        self.run_needs_you = False
        self._alone = False

    @property
    def in_bulk(self) -> bool:
        """True when the next remedy means the marked accounts."""
        return bool(self.marks) and not self._alone

    def _may(self, kind: str) -> bool:
        """Marked accounts may be acted on also where the cursor stands on none."""
        return super()._may(kind) or (self.in_bulk and not self.desk.read_only)

    # --- the form ---

    def action_remedy(self, kind: str) -> None:
        """R T D C A: for the marked accounts where there are some."""
        if self.in_bulk:
            self.open_bulk(kind)
        else:
            super().action_remedy(kind)

    def action_claim(self) -> None:
        """m: claim the marked accounts, where there are some."""
        if self.in_bulk:
            self.open_bulk("claim")
        else:
            super().action_claim()

    def open_bulk(self, kind: str) -> None:
        """Open the bulk form of a kind on the marked accounts; also for kinds that other screens add."""
        self.marks.settle()
        self.look_at_marks()
        marked = self.marks.seqs()
        if not marked:
            self.show_marks()
            return
        bulk = self.attempt(lambda: self.desk.open_bulk(kind))
        if bulk is not None:
            from screens.bulk_form import BulkDone, BulkForm

            def done(result: BulkDone | None) -> None:
                if result is not None:
                    self._after_run(result.kind, result.queued, len(result.refused), bulk.hold_seconds)
                    if result.refused:
                        from screens.bulk_report import BulkReport

                        self.app.push_screen(BulkReport(self.desk, result))

            self.app.push_screen(BulkForm(self.desk, bulk, marked), done)

    def _after_run(self, kind: str, queued: Sequence[Change], refused: int, hold_seconds: float) -> None:
        self.marks.drop([change.account_id for change in queued])
        if queued:
            self._runs.append(tuple(change.change_id for change in queued))
        self.reload()
        self.show_marks()
        self.tell(queued_words(kind, len(queued), refused, hold_seconds, key_of(self, "take_back")))

    async def _chosen(self, action: str | None) -> None:
        """The row menu speaks of one account, whatever is marked."""
        with self._one():
            await super()._chosen(action)

    @contextmanager
    def _one(self) -> Iterator[None]:
        self._alone = True
        try:
            yield
        finally:
            self._alone = False

    # --- taking back ---

    def action_take_back(self) -> None:
        """u: the latest held change; where it is of a bulk run, all of the run that is still held."""
        change = self.desk.last_held()
        run = next((run for run in reversed(self._runs) if change and change.change_id in run), ())
        held = self.desk.held_among(run) if run else ()
        if len(held) < 2:
            super().action_take_back()
            return
        taken: list[str] = []

        def take(change_id: str) -> None:
            try:
                taken.append(self.desk.take_back(change_id).change_id)
            except TriageError:
                return  # it has just left: the sentence below counts it

        def done() -> None:
            gone = len(run) - len(taken)
            rest = f" {gone} had left already." if gone else " Nothing was sent."
            self.reload()
            self.tell(f"{accounts(len(taken))} taken back.{rest}")

        Slices(self, held, take, done).start()

    def held_words(self) -> Line:
        """The countdown of the latest held change; of a bulk run as one."""
        words = super().held_words()
        change = self.desk.last_held() if words and self._runs else None
        run = next((run for run in reversed(self._runs) if change and change.change_id in run), ())
        if change is None or len(run) < 2:
            return words
        return [words[0], (held_title(change, len(run)), "text"), *words[2:-1], (" takes them back", "muted")]

    # --- what became of it ---

    def look_at_runs(self) -> None:
        """How the runs of this session stand: the latest that needs a person, else the latest."""
        self._standing, self.run_needs_you = "", False
        for run in reversed(self._runs):
            standing = self.desk.standing(run)
            if standing.needs_you or not self._standing:
                self._standing, self.run_needs_you = standing_words(standing), bool(standing.needs_you)
            if self.run_needs_you:
                break

    def run_words(self) -> Line:
        """`2 of 9 need you   b outbox`; muted where nobody is needed."""
        if not self._standing:
            return ()
        if not self.run_needs_you:
            return [(self._standing, "muted")]
        return [
            (self._standing, "strong bold"),
            ("   ", "text"),
            (self.look.key("go.outbox", "b"), "key"),
            (" outbox", "muted"),
        ]
