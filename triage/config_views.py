"""The [views.NAME] tables of the config file: lists that a person keeps under a name of their own."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from data.ports_list import Sort, View
from data.saved_view import SORTS, VIEWS, SavedView

UNSET = msgspec.UNSET
MOST_COLUMNS = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


ViewName = Literal["at-risk", "blocked", "at-cap", "near-cap", "downgraded", "signals", "drift", "red", "book", "all"]
SortName = Literal["severity", "mrr", "health", "priority", "renewal", "sla", "last-login", "name"]
ColumnName = Literal[
    "category",
    "account",
    "id",
    "tier",
    "hours",
    "projected",
    "logins",
    "mrr",
    "owner",
    "sla",
    "health",
    "monitor",
    "tree",
    "state",
    "age",
    "why",
]


class ViewKeys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The keys of one [views.NAME]; UNSET where the file doesn't say."""

    view: ViewName | msgspec.UnsetType = UNSET
    filter: Annotated[str, msgspec.Meta(max_length=400, description="as after /")] | msgspec.UnsetType = UNSET
    sort: SortName | msgspec.UnsetType = UNSET
    columns: (
        Annotated[list[ColumnName], msgspec.Meta(max_length=MOST_COLUMNS, description="which columns, left to right")]
        | msgspec.UnsetType
    ) = UNSET


def name_problem(name: str) -> str:
    """Say what is wrong with a view's name, or nothing."""
    if name in VIEWS:
        return "is a view of triage's own. Choose another name."
    return "" if _NAME.fullmatch(name) else "is no name for a view: letters, digits, - and _, 40 at most."


def saved_views(tables: Mapping[str, Mapping[str, Any]]) -> tuple[SavedView, ...]:
    """The saved views in the order of the file, their defaults filled in."""
    return tuple(
        SavedView(
            name=name,
            view=VIEWS[keys["view"]] if "view" in keys else View.AT_RISK,
            filter=keys.get("filter", ""),
            sort=SORTS[keys["sort"]] if "sort" in keys else Sort.SEVERITY,
            columns=tuple(keys.get("columns", ())),
        )
        for name, keys in tables.items()
    )


def as_keys(view: SavedView) -> dict[str, Any]:
    """A saved view as the file has it, every key."""
    return {
        "view": next(name for name, one in VIEWS.items() if one is view.view),
        "filter": view.filter,
        "sort": view.sort.value.replace("_", "-"),
        "columns": list(view.columns),
    }
