"""Row 1: name, profile; right: outbox counts, data age, who I am (look.md §4)."""

from datetime import datetime

from textual.strip import Strip

from data.ports_list import Header, Link, OutboxCounts
from widgets import numbers
from widgets.line import Line, Painted, Piece, cells, strip
from widgets.look import Look

NARROW = 100


class HeaderLine(Painted):
    """The header of every screen; its age ticks with `show(header, now)`."""

    GROUND = "panel"
    DEFAULT_CSS = "HeaderLine { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._header: Header | None = None
        self._now: datetime | None = None

    def show(self, header: Header, now: datetime) -> None:
        """Show a header as of `now`."""
        self._header, self._now = header, now
        self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the one line."""
        if self._header is None or self._now is None:
            return []
        header, narrow = self._header, width < NARROW
        left: list[Piece] = [(" ", "text"), ("triage", "strong bold"), ("  ", "text")]
        profile = look.glyphs.show(header.profile)
        if look.styles.plain:
            left.append((f"[{profile}]", "strong bold"))
        else:
            left.append((f" {profile} ", "strong bold", "profile"))
        blocks = [outbox_pieces(header.outbox, header.status.link, look, narrow)]
        if header.counts.late:
            blocks.append([(clocks_late(header.counts.late, narrow), "strong bold")])
        blocks.append(self._age(header, self._now, look, narrow))
        if header.live and not narrow:
            blocks[-1] = [("live, ", "muted"), *blocks[-1]]
        if header.who is not None:
            name = header.who.name.split(" ")[0] if narrow and header.who.name else header.who.name
            blocks.append([(numbers.fit(name, 24, look.glyphs).rstrip(), "muted")])
        while len(blocks) > 1 and cells(left) + sum(cells(block) + 3 for block in blocks) > width:
            blocks.pop()
        right: list[Piece] = []
        for block in blocks:
            right += [("   ", "text"), *block] if right and block else block
        return [strip(left, width, look, self.GROUND, [*right, (" ", "text")])]

    @staticmethod
    def _age(header: Header, now: datetime, look: Look, narrow: bool) -> Line:
        if header.status.link is Link.SYNCING and (header.status.fetched or header.synced_at is None):
            return [(syncing(header, narrow), "muted")]
        if header.synced_at is None:
            return [("no data yet", "muted")]
        age = numbers.ago(numbers.since(header.synced_at, now), still=not look.motion)
        if header.stale:
            return [(f"data of {numbers.moment(header.synced_at, now)}, {age} old", "strong bold")]
        return [(f"synced {age} ago", "muted")]


def clocks_late(late: int, narrow: bool = False) -> str:
    """Return how many Red accounts have missed their next clock (R11): `2 clocks late`, `2 late`."""
    return f"{numbers.count(late)} late" if narrow else f"{numbers.count(late)} clock{'' if late == 1 else 's'} late"


def syncing(header: Header, narrow: bool = False) -> str:
    """Return `syncing, 1,200 of 4,100`."""
    fetched, expected = numbers.count(header.status.fetched), header.status.expected
    of = f" of {numbers.count(expected)}" if expected and not narrow else ""
    return f"syncing, {fetched}{of}"


def outbox_pieces(outbox: OutboxCounts, link: Link, look: Look, narrow: bool) -> Line:
    """Return the outbox counts: held or waiting, sending, needs you; `outbox empty` when there are none."""
    glyphs = look.glyphs
    waits = outbox.held + outbox.queued
    word = "held" if outbox.queued == 0 and link not in (Link.OFFLINE, Link.FAILING, Link.SIGNED_OUT) else "wait"
    pieces: list[Piece] = []
    if waits:
        pieces += [(glyphs.held, "accent"), (f" {waits}" if narrow else f" {waits} {word}", "text")]
    if outbox.sending:
        pieces += [("  ", "text")] if pieces else []
        pieces += [(f"{glyphs.sending} ", "muted"), (f"{outbox.sending}" + ("" if narrow else " sending"), "text")]
    if outbox.needs_you:
        pieces += [("  ", "text")] if pieces else []
        verb = "needs" if outbox.needs_you == 1 else "need"
        pieces.append((f"{glyphs.needs} {outbox.needs_you} {verb} you", "strong bold"))
    return pieces or [("outbox empty", "muted")]
