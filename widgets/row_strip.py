"""One row of the list as a strip, exactly as wide as its layout, and how long it stays true."""

from dataclasses import dataclass
from datetime import datetime

from textual.strip import Strip

from data.assessment import Category, Row
from data.ports_list import ListLine, View
from widgets import numbers, severity_badge
from widgets.chosen_columns import SYSTEM, Chosen, gap_before, heads_of
from widgets.columns import SYSTEMS, Layout
from widgets.health_cells import system_cell
from widgets.line import Line, Piece, cells, strip
from widgets.login_sparkline import days_to, spark
from widgets.look import Look
from widgets.usage_bar import bar
from widgets.why_now import tier_word, why_now

OWN_CLAIM, OTHER_CLAIM, SNOOZED = "@", "&", "z"
NEWS = {"unicode": "Δ"}  # changed since one last opened the account
NEWS_ELSE = "%"


@dataclass(frozen=True)
class RowState:
    """What surrounds a row: cursor or mark on it, left the list, figures old, their age, who looks at what."""

    cursor: bool = False
    marked: bool = False
    gone: bool = False
    stale: bool = False
    synced_at: datetime | None = None
    me: str | None = None
    view: View = View.AT_RISK


class RowPainter:
    """Paints rows in one layout and look. `now` is given with every row: ages are worked out when drawn."""

    def __init__(self, layout: Layout, look: Look) -> None:
        self.layout = layout
        self.look = look

    def paint(self, line: ListLine, state: RowState, now: datetime) -> tuple[Strip, float]:
        """Return the strip and the seconds after which it would read differently."""
        pieces, holds = self.pieces(line, state, now)
        grave = line.row.category is Category.PILOT_HARD_BLOCK and not state.gone
        ground = "cursor" if state.cursor else "tint" if grave and not state.stale else "bg"
        return strip(pieces, self.layout.width, self.look, ground), holds

    def pieces(self, line: ListLine, state: RowState, now: datetime) -> tuple[list[Piece], float]:
        """Return the cells of a row, which add up to the layout's width, and the seconds they hold."""
        if isinstance(self.layout, Chosen):
            return self._chosen(self.layout, line, state, now)
        row, layout = line.row, self.layout
        dim = state.gone
        ink = "muted" if dim or (state.stale and not state.cursor) else "strong" if state.cursor else "text"
        grave = row.category is Category.PILOT_HARD_BLOCK and not dim
        reason, holds = why_now(row, now, self.look, state.view)
        logins, login_holds = self._logins(row, ink, now, state)
        pieces: list[Piece] = [*self._gutter(state)]
        pieces += severity_badge.cell(row, self.look, dim=dim, view=state.view)
        pieces += [("  ", "text"), *self._name(row, "strong bold" if grave else ink)]
        if layout.tier:
            word = tier_word(row.tier) if layout.tier <= 5 else row.tier
            pieces += [(" ", "text"), (self._fit(word, layout.tier), self._second(state))]
        if layout.hours:
            pieces += self._hours(row, ink, state)
        pieces += [("  ", "text"), (self._fit(reason, 16), "strong bold" if grave else ink)]
        if layout.money:
            clock, clock_holds = self._sla(row, ink, now)
            pieces += [*logins, *self._money(row, ink, state), (" ", "text"), clock]
            holds = min(holds, login_holds, clock_holds)
        if layout.owner:
            pieces += [(" ", "text"), self._owner(row, state, layout.owner, now)]
        if layout.age:
            age, age_holds = self._age(state, now)
            pieces += [(" ", "text"), (f"{age:>4}", self._second(state))]
            holds = min(holds, age_holds)
        for name, width in SYSTEMS[: layout.systems]:
            pieces += [("  ", "text"), *system_cell(name, row, width, ink, self.look)]
        if row.claim is not None and row.claim.until > now:
            holds = min(holds, (row.claim.until - now).total_seconds())
        return [*pieces, (" ", "text"), self._state(line, state, now), *self._news(line, state)], holds

    def heads(self, currency: str) -> Strip:
        """Return the row of column heads; without currency symbols the money column is named by its currency."""
        layout = self.layout
        if isinstance(layout, Chosen):
            money = "MRR" if self.look.glyphs.symbols or not currency else currency
            return strip([(heads_of(layout, money), "head")], layout.width, self.look)
        text = f"  {'Category':<12}  {'Account':<{layout.account}}"
        text += f" {'Tier':<{layout.tier}}" if layout.tier else ""
        if layout.hours:
            text += f" {'Hours used' if layout.bar else 'Hours':<{7 + (layout.bar + 1 if layout.bar else 0)}}"
        text += f"  {'Why now':<16}"
        if layout.money:
            words = "Admin logins 30 d" if layout.spark >= 10 else "Admin logins" if layout.spark else "Logins"
            text += f" {words:<{7 + (layout.spark + 1 if layout.spark else 0)}}"
            money = "MRR" if self.look.glyphs.symbols or not currency else currency
            text += f" {money:>6} {'SLA':>3}"
        text += f" {'Owner':<{layout.owner}}" if layout.owner else ""
        text += f" {'Data':>4}" if layout.age else ""
        text += "".join(f"  {name:<{width}}" for name, width in SYSTEMS[: layout.systems])
        return strip([(text, "head")], layout.width, self.look)

    # --- columns that a person chose ---

    def _chosen(self, layout: Chosen, line: ListLine, state: RowState, now: datetime) -> tuple[list[Piece], float]:
        row = line.row
        dim = state.gone
        ink = "muted" if dim or (state.stale and not state.cursor) else "strong" if state.cursor else "text"
        pieces: list[Piece] = [*self._gutter(state)]
        holds: float = numbers.DAY
        for place, (name, width) in enumerate(layout.order):
            cell, lasts = self._cell(name, width, row, ink, state, now)
            holds = min(holds, lasts)
            pieces += [(" " * gap_before(name), "text")] if place else []
            pieces += cell
        if row.claim is not None and row.claim.until > now:
            holds = min(holds, (row.claim.until - now).total_seconds())
        return [*pieces, (" ", "text"), self._state(line, state, now), *self._news(line, state)], holds

    def _cell(self, name: str, width: int, row: Row, ink: str, state: RowState, now: datetime) -> tuple[Line, float]:
        """Return one cell, exactly `width` wide, and the seconds it holds."""
        grave = row.category is Category.PILOT_HARD_BLOCK and not state.gone
        if name == "category":
            return severity_badge.cell(row, self.look, dim=state.gone, view=state.view), numbers.DAY
        if name == "account":
            return self._name(row, "strong bold" if grave else ink), numbers.DAY
        if name in ("hours", "logins", "mrr"):
            figures: tuple[Line, float] = self._figures(name, row, ink, state), numbers.DAY
            whole, holds = self._logins(row, ink, now, state) if name == "logins" else figures
            return whole[1:], holds  # their gap is ours already
        if name in SYSTEM:
            return system_cell(SYSTEM[name], row, width, ink, self.look), numbers.DAY
        if name == "owner":
            return [self._owner(row, state, width, now)], numbers.DAY
        text, holds = self._words(name, row, ink, state, now)
        bold = "strong bold" if name == "why" and grave else ink if name != "id" else self._second(state)
        return [(f"{text:>{width}}" if name in ("sla", "age") else self._fit(text, width), bold)], holds

    def _figures(self, name: str, row: Row, ink: str, state: RowState) -> Line:
        return self._hours(row, ink, state) if name == "hours" else self._money(row, ink, state)

    def _words(self, name: str, row: Row, ink: str, state: RowState, now: datetime) -> tuple[str, float]:
        if name == "why":
            return why_now(row, now, self.look, state.view)
        if name == "sla":
            clock, holds = self._sla(row, ink, now)
            return clock[0].strip(), holds
        if name == "age":
            return self._age(state, now)
        if name == "projected":
            at = row.workspaces[0].projected_at if row.workspaces else None
            return (numbers.day(at, now) if at is not None else ""), numbers.DAY
        return (row.tier if name == "tier" else row.id), numbers.DAY

    # --- cells ---

    def _fit(self, text: str, width: int) -> str:
        return numbers.fit(text, width, self.look.glyphs)

    def _second(self, state: RowState) -> str:
        return "text" if self.look.styles.plain and not state.stale else "muted"

    def _gutter(self, state: RowState) -> Line:
        """Cursor or mark, then a blank; the mark stands in the blank's place where the row has both."""
        mark: Piece = (self.look.glyphs.marked, "accent") if state.marked else (" ", "text")
        return [(self.look.glyphs.cursor, "accent"), mark] if state.cursor else [mark, (" ", "text")]

    def _name(self, row: Row, ink: str) -> Line:
        """The name, the id where it is blank; one that had to be cleaned carries its mark at the column's end."""
        mark = severity_badge.doubt(row, self.look)
        return [(self._fit(row.name if row.name.strip() else row.id, self.layout.account - cells(mark)), ink), *mark]

    def _hours(self, row: Row, ink: str, state: RowState) -> Line:
        first = row.workspaces[0] if row.workspaces else None
        used, included = (first.used, first.included) if first else (None, None)
        glyphs = self.look.glyphs
        text = numbers.hours_cell(used, included, used is not None, glyphs)
        pieces: list[Piece] = [(" ", "text")]
        if self.layout.bar:
            bar_ink = "muted" if ink == "muted" else ""
            pieces += [*bar(used, included, self.layout.bar, self.look, bar_ink), (" ", "text")]
        return [*pieces, (self._fit(text, 7), ink)]

    def _logins(self, row: Row, ink: str, now: datetime, state: RowState) -> tuple[Line, float]:
        logins, layout = row.logins, self.layout
        pieces: list[Piece] = [(" ", "text")]
        known = logins.klass != "unknown"
        if layout.spark:
            ink_of_marks = "muted" if state.cursor and not state.gone else "faint"
            daily = days_to(logins, row.day) if known else ()
            pieces += [*spark(daily, layout.spark, self.look, ink_of_marks), (" ", "text")]
        if not known:
            return [*pieces, ("no data", "muted")], numbers.DAY
        if logins.last_at is None:
            return [*pieces, ("never  ", ink)], numbers.DAY
        age, holds = numbers.age_until(numbers.since(logins.last_at, now))
        count = self.look.glyphs.unknown if logins.count_30d is None else str(min(999, logins.count_30d))
        return [*pieces, (f"{age:>3} {count:>3}", ink)], holds

    def _money(self, row: Row, ink: str, state: RowState) -> Line:
        """MRR, muted where there is none."""
        text = numbers.money(row.mrr, row.currency, self.look.glyphs)
        quiet = self._second(state) if not row.mrr else ink
        return [(" ", "text"), (self._fit(f"{text:>6}", 6), quiet)]

    def _sla(self, row: Row, ink: str, now: datetime) -> tuple[Piece, float]:
        """Time left on the next clock of a Red account (R11), bold from 24 h; empty for all others."""
        due = row.red.sla_due_at if row.red is not None and row.red.is_red else None
        if due is None:
            return ("   ", "text"), numbers.DAY
        left = (due - now).total_seconds()
        text, holds = numbers.left_until(left, self.look.glyphs)
        near = left <= numbers.DAY and ink != "muted"
        return (f"{text:>3}", "strong bold" if near else ink), holds

    def _owner(self, row: Row, state: RowState, width: int, now: datetime) -> Piece:
        """Who works on it: a running claim first, else the account's manager; `you` stands out."""
        claim = row.claim if row.claim and row.claim.until > now else None
        holder = claim or row.owner
        if holder is None:
            return (" " * width, "text")
        if holder.staff_id == state.me:
            return (self._fit("you", width), "muted" if state.gone else "strong bold")
        return (self._fit(holder.name.split(" ")[0], width), "text" if claim and not state.gone else "muted")

    def _news(self, line: ListLine, state: RowState) -> Line:
        """The mark of what changed since one looked, in the right margin."""
        shown = line.changed and not state.gone
        return [
            (NEWS.get(self.look.glyphs.name, NEWS_ELSE) if shown else " ", "accent bold"),
            (" " * self.layout.rest, "text"),
        ]

    def _claim(self, row: Row, state: RowState, now: datetime) -> Piece:
        """Whose claim runs: `@` one's own, the first letter of another's name; empty where none does."""
        claim = row.claim
        if claim is None or claim.until <= now or state.gone:
            return ("", "muted")
        if claim.staff_id == state.me:
            return (OWN_CLAIM, "accent bold")
        letter = self.look.glyphs.show(claim.name[:1]).upper()
        return (letter if len(letter) == 1 and cells([(letter, "text")]) == 1 else OTHER_CLAIM, "text bold")

    def _age(self, state: RowState, now: datetime) -> tuple[str, float]:
        if state.synced_at is None:
            return self.look.glyphs.unknown, numbers.DAY
        seconds = numbers.since(state.synced_at, now)
        if seconds < numbers.MINUTE and not self.look.motion:  # no line that is sent again each second
            return "<1m", numbers.MINUTE - seconds
        return numbers.age_until(seconds)

    def _state(self, line: ListLine, state: RowState, now: datetime) -> Piece:
        """The gravest of needs you, sending, held; then claimed, snoozed, handled."""
        glyphs = self.look.glyphs
        marks = {"!": (glyphs.needs, "strong bold"), "…": (glyphs.sending, "muted"), "⇡": (glyphs.held, "accent")}
        if line.mark in marks and not state.gone:
            return marks[line.mark]
        claim = self._claim(line.row, state, now)
        if claim[0]:
            return claim
        if line.row.snoozed:
            return (SNOOZED, "muted")
        return (glyphs.done, "muted") if line.row.handled else (" ", "text")
