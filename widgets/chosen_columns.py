"""The columns that a person chose: how wide each may be, what gives way where they do not all fit, their cells."""

from dataclasses import dataclass
from functools import lru_cache

from data.kept import Column
from widgets.columns import SPARE_MOST, Layout

GUTTER, STATE, MARGIN, GAP = 2, 2, 1, 2
LEAST_ACCOUNT, MOST_CELLS = 8, 60
# head, usual cells; `FREE` may be given other ones, and stay legible down to LEAST
HEADS = {
    "category": ("Category", 12),
    "account": ("Account", 20),
    "id": ("Id", 12),
    "tier": ("Tier", 5),
    "hours": ("Hours", 7),
    "projected": ("Cap on", 6),
    "logins": ("Logins", 7),
    "mrr": ("MRR", 6),
    "owner": ("Owner", 10),
    "sla": ("SLA", 3),
    "health": ("Health", 16),
    "monitor": ("Usage monitor", 16),
    "tree": ("Decision tree", 17),
    "age": ("Data", 4),
    "why": ("Why now", 16),
}
SYSTEM = {name: HEADS[name][0] for name in ("health", "monitor", "tree")}
FREE, LEAST = ("account", "id", "tier", "owner"), 3
RIGHT = ("mrr", "sla", "age")
ALWAYS = "account"  # without it nobody knows what a row is about


@dataclass(frozen=True)
class Chosen(Layout):
    """A layout of chosen columns: each with its cells, in order."""

    order: tuple[tuple[str, int], ...] = ()


@lru_cache(64)
def chosen_layout(width: int, columns: tuple[Column, ...]) -> Chosen:
    """Return the layout of these columns in a list `width` columns wide.

    Where they do not fit, the account narrows down to 8, then columns are left out from the last one back; what is
    spare goes to an account of no fixed width, 12 at most. Names that nobody knows are left out.
    """
    wanted = [one for one in dict.fromkeys(columns) if one.name in HEADS]
    if all(one.name != ALWAYS for one in wanted):
        wanted.insert(0, Column(ALWAYS))
    cells = {one.name: cells_of(one) for one in wanted}
    room = width - GUTTER - STATE - MARGIN

    def needed() -> int:
        return sum(cells.values()) + sum(gap_before(name) for name in [*cells][1:])

    cells[ALWAYS] = max(LEAST_ACCOUNT, min(cells[ALWAYS], cells[ALWAYS] + room - needed()))
    for name in [*cells][::-1]:
        if needed() <= room:
            break
        if name != ALWAYS:
            del cells[name]
    fixed = any(one.name == ALWAYS and one.cells for one in wanted)
    cells[ALWAYS] += 0 if fixed else max(0, min(SPARE_MOST, room - needed()))
    cells[ALWAYS] = max(1, min(cells[ALWAYS], room))
    return Chosen("chosen", width, account=cells[ALWAYS], rest=max(0, room - needed()), order=tuple(cells.items()))


def gap_before(name: str) -> int:
    """Return the blanks before a column that is not the first; figures that stand right have blanks of their own."""
    return 1 if name in RIGHT or name == "logins" else GAP


def cells_of(column: Column) -> int:
    """Return how wide a column is where there is room."""
    usual = HEADS[column.name][1]
    if column.name not in FREE or not column.cells:
        return usual
    return max(LEAST_ACCOUNT if column.name == ALWAYS else LEAST, min(column.cells, MOST_CELLS))


def heads_of(layout: Chosen, money: str) -> str:
    """Return the row of heads; `money` names the money column."""
    text = " "
    for place, (name, cells) in enumerate(layout.order):
        head = money if name == "mrr" else HEADS[name][0]
        text += " " * (gap_before(name) if place else 1)
        text += f"{head:>{cells}}"[:cells] if name in RIGHT else f"{head:<{cells}}"[:cells]
    return text
