"""The [views.NAME] tables of the config file: lists that a person keeps under a name of their own."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from data.kept import Column
from data.ports_list import Sort, View
from data.saved_view import SORTS, VIEWS, SavedView, view_name

UNSET = msgspec.UNSET
MOST_COLUMNS = 32


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


class ListKeys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The keys of [columns]: those of the app's list; UNSET where the file doesn't say."""

    shown: (
        Annotated[
            list[ColumnName], msgspec.Meta(max_length=MOST_COLUMNS, description="left to right; empty: the usual")
        ]
        | msgspec.UnsetType
    ) = UNSET
    widths: (
        Annotated[
            dict[Literal["account", "id", "tier", "owner"], Annotated[int, msgspec.Meta(ge=3, le=60)]],
            msgspec.Meta(description="cells of a column, where another width is wanted"),
        ]
        | msgspec.UnsetType
    ) = UNSET


def list_columns(keys: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of [columns] with their widths; none where it names none."""
    widths = keys.get("widths", {})
    return tuple(Column(name, widths.get(name, 0)) for name in dict.fromkeys(keys.get("shown", ())))


def as_list_keys(columns: tuple[Column, ...]) -> dict[str, Any]:
    """The same as the file has it."""
    return {
        "shown": [one.name for one in columns],
        "widths": {one.name: one.cells for one in columns if one.cells},
    }


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
        "view": view_name(view.view),
        "filter": view.filter,
        "sort": view.sort.value.replace("_", "-"),
        "columns": list(view.columns),
    }
