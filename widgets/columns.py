"""The columns of the list for every width (look.md §5)."""

from dataclasses import dataclass
from functools import lru_cache

SPARE_MOST = 12


@dataclass(frozen=True)
class Layout:
    """Cells of one row; a width of 0 leaves the column out. `rest` stays empty at the right.

    `systems` says how many of SYSTEMS stand before the state: only what no layout needs goes to them.
    """

    name: str
    width: int
    account: int
    tier: int = 0
    bar: int = 0
    hours: bool = True
    spark: int = 0
    money: bool = True
    owner: int = 0
    age: bool = False
    rest: int = 0
    systems: int = 0


# what stands in spare columns, first to last: a head and its cells, two columns before each
SYSTEMS = (("Health", 16), ("Usage monitor", 16), ("Decision tree", 17))
_FULL = (
    Layout("L140", 140, account=26, tier=11, bar=10, spark=10, owner=10, age=True),
    Layout("L120", 120, account=25, tier=5, bar=8, spark=6, owner=8),
    Layout("L100", 100, account=17, tier=5, bar=5, spark=6),
    Layout("L80", 80, account=16),
)


@lru_cache(64)
def layout_for(width: int) -> Layout:
    """Return the layout of a list `width` columns wide; spare ones go to the account, at most 12, then to SYSTEMS."""
    for layout in _FULL:
        if width >= layout.width:
            spare = width - layout.width
            taken = min(spare, SPARE_MOST)
            rest, systems = spare - taken, 0
            for _, cells in SYSTEMS:
                if rest < cells + 2:
                    break
                rest, systems = rest - cells - 2, systems + 1
            values = {**layout.__dict__, "width": width, "account": layout.account + taken}
            return Layout(**{**values, "rest": rest, "systems": systems})
    return Layout("reduced", width, account=max(1, width - 37), hours=False, money=False)
