"""Views by name: triage's own and those that a person keeps in the config, each with filter, order and columns."""

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


class SavedView(Value, frozen=True):
    """One saved view; without `columns` those that the place has anyway. `filter` is what one types after `/`."""

    name: str
    view: View = View.AT_RISK
    filter: str = ""
    sort: Sort = Sort.SEVERITY
    columns: tuple[str, ...] = ()
