"""Views by name: triage's own and those that a person keeps in the config, each with filter, order and columns."""

import re

import msgspec

from data.account import Value
from data.ports_list import Sort, View

VIEWS = {
    "at-risk": View.AT_RISK,
    "blocked": View.BLOCKED,
    "at-cap": View.AT_CAP,
    "near-cap": View.NEAR_CAP,
    "downgraded": View.DOWNGRADED,
    "signals": View.SIGNALS,
    "drift": View.DRIFT,
    "red": View.RED,
    "book": View.BOOK,
    "all": View.BOOK,
}
SORTS = {sort.value.replace("_", "-"): sort for sort in Sort}
COLUMNS = (
    *("category", "account", "id", "tier", "hours", "projected", "logins", "mrr", "owner"),
    *("sla", "health", "monitor", "tree", "state", "age", "why"),
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class SavedView(Value, frozen=True):
    """One saved view; without `columns` those that the place has anyway. `filter` is what one types after `/`."""

    name: str
    view: View = View.AT_RISK
    filter: str = ""
    sort: Sort = Sort.SEVERITY
    columns: tuple[str, ...] = ()


def name_problem(name: str) -> str:
    """Say what is wrong with a view's name, or nothing."""
    if name in VIEWS:
        return "is a view of triage's own. Choose another name."
    return "" if _NAME.fullmatch(name) else "is no name for a view: letters, digits, - and _, 40 at most."


def view_name(view: View) -> str:
    """Return the first name of one of triage's own views."""
    return next(name for name, one in VIEWS.items() if one is view)


def toml_lines(saved: SavedView) -> list[str]:
    """Return the lines that make it a view of the config file."""
    lines = [f"[views.{saved.name}]", f"view = {_quoted(view_name(saved.view))}"]
    lines += [f"filter = {_quoted(saved.filter)}"] if saved.filter else []
    lines.append(f"sort = {_quoted(saved.sort.value.replace('_', '-'))}")
    lines += [f"columns = [{', '.join(map(_quoted, saved.columns))}]"] if saved.columns else []
    return lines


def _quoted(text: str) -> str:
    """A basic string of TOML, whose escapes are JSON's but for the one of DEL, which JSON leaves as it is."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
