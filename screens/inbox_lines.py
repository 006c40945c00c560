"""The inbox's two last lines: what the status line says left and right, and the keys that work now."""

from collections.abc import Sequence

from data.list_filter import doubt, names_snoozed
from data.ports_list import Header, Link, Sort
from screens import inbox_words as words
from screens.keymap import keys_now
from screens.narrowing import NarrowingScreen
from widgets import numbers
from widgets.filter_line import FilterLine
from widgets.key_line import Hint
from widgets.line import Line, Piece
from widgets.severity_badge import marked

WIDE = 100


class InboxWordsScreen(NarrowingScreen):
    """A list with its sentences; subclasses draw them."""

    def left_words(self, header: Header) -> Line:
        """Say what just happened, what is held, what the filter found, or what is the matter."""
        current = self.list.current
        if current is not None and self.list.gone:
            why = f" left the list: {self.desk.why_gone(current.row.id)}"
            room = max(12, min(40, self.app.size.width - len(why) - 15))  # who and when stay whole
            return [(marked(current.row, room, self.look) + why, "text")]
        if self.told:
            return [(self.told, "text")]
        if header.outbox.held and (held := self.held_words()):
            return held
        run = self.run_words()
        if run and (self.run_needs_you or not self.text):
            return run
        if self.text:
            unsure = doubt(self.text)
            count: Line = [
                (f"“{self.text}”", "strong bold"),
                (f"   {self.count_words(self.list.total)} match", "muted"),
            ]
            return [
                *([(unsure, "text")] if unsure else count),
                ("   ", "text"),
                (self.look.key("view.clear", "esc"), "key"),
                (" shows all", "muted"),
            ]
        if header.stale:
            return [(words.dimmed(header, self.now), "muted")]
        if header.status.link is Link.FINE and header.status.sentence:
            return [
                ("The audit trail needs a look   ", "text"),
                (self.look.key("see.audit", "a"), "key"),
                (" says why", "muted"),
            ]
        return [(header.notice, "muted")] if header.notice else ()

    def right_words(self, header: Header) -> Line:
        """Say where the cursor stands, in which order, and what is marked."""
        total = self._rows.total if self._rows else 0
        at = self.look.glyphs.unknown if self.list.gone else numbers.count(self.list.cursor + 1 if total else 0)
        parts = [f"{at} of {self.count_words(total)}"]
        if self.app.size.width >= WIDE or self.sort is not Sort.SEVERITY:
            parts.append(words.order(self.view, self.sort))
        if self.untouched:
            parts.insert(0, "untouched")
        if header.counts.snoozed and self.view not in words.NOT_RESTING and not names_snoozed(self.text):
            parts.insert(0, f"{header.counts.snoozed} snoozed")
        words_of: list[Piece] = [(f"{part}   " if part is not parts[-1] else part, "muted") for part in parts]
        return [*words_of, *self.marks_words()]

    def count_words(self, total: int) -> str:
        """A list's length; with a plus as long as its end is looked up."""
        return numbers.count(total) + ("+" if self._rows is not None and self._rows.at_least else "")

    def hints(self) -> Sequence[Hint]:
        """The keys that work now: open, the commonest remedies, other actions, views, filter."""
        if self.query_one(FilterLine).display:
            return ()
        stale = self.desk.header().stale
        some: list[tuple[str, str, str]] = [("open", "open", "")]
        if self.target():
            allowed = self.allowed_keys()
            remedies = (
                ("reset_usage", "reset usage", "reset"),
                ("grant_trial", "trial", ""),
                ("apply_discount", "discount", ""),
            )
            some += [(f"remedy('{kind}')", label, short) for kind, label, short in remedies if kind in allowed]
            some += [("menu", "all actions", "actions"), ("why", "why", "")]
            some += [*((("outreach", "outreach", ""),) if self.may_record() else ()), ("case", "case", "")]
        else:
            some = [("audit", "audit", "")]
        some += [("my_day", "my day", ""), ("portfolio", "portfolio", ""), ("filter", "filter", "")]
        some += [("outbox", "outbox", ""), ("follow_ups", "follow-ups", "")]
        some += [("contact", "log talk", "")] if self.target() and self.may_record() else []
        some = (
            [("sync", "sync now", ""), *some] if stale or not self.target() else [*some, ("sync", "sync now", "sync")]
        )
        some.append(("quit", "quit", ""))
        keys = keys_now(self)
        return [Hint(keys[action], label, short) for action, label, short in some if action in keys]
