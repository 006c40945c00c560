"""The SQL of a list: a view in an order through a filter, along an index or by looking up what may match."""

from data.assessment import NO_RANK
from data.list_filter import filter_tests, names_snoozed
from data.ports_list import Sort, View

PIECE = 3  # letters of a piece of `finder`
PIECES = 12  # of a longer text so many narrow enough
FEW = 2_000  # accounts that are looked up one by one and sorted
SOME = {1: 10_000, 2: 10_000, 3: 50_000}  # by letters: accounts to look for on a walk; more are met soon without
LAST_LETTER = "\U0010ffff"
Query = tuple[str, list[object]]
RANKS_OF = {
    View.AT_RISK: tuple(range(NO_RANK)),
    View.BLOCKED: (0,),
    View.AT_CAP: (1,),
    View.NEAR_CAP: (2,),
    View.DOWNGRADED: (3,),
    View.BOOK: tuple(range(NO_RANK + 1)),
}
LEAVES_SNOOZED_OUT = (View.AT_RISK, View.BLOCKED, View.AT_CAP, View.NEAR_CAP, View.DOWNGRADED)
PARTIAL = {View.SIGNALS: "has_signal = 1", View.DRIFT: "drift > 0", View.RED: "red = 1"}
_COLUMNS = {
    Sort.SEVERITY: "rank, order1, order2, id",
    Sort.MRR: "mrr, id",
    Sort.HEALTH: "health, id",
    Sort.PRIORITY: "priority, id",
    Sort.RENEWAL: "renewal, id",
    Sort.SLA: "sla, id",
    Sort.LAST_LOGIN: "last_login, id",
    Sort.NAME: "sort_name, id",
}
# what severity means where it is not the category's: an index of its own each
_OWN_ORDER = {(View.DRIFT, Sort.SEVERITY): "drift DESC, ratio, id", (View.RED, Sort.SEVERITY): "sla, id"}


def list_query(view: View, sort: Sort, text: str, untouched: bool, snoozed: bool) -> Query:
    """Return the SQL and its values that give the account numbers of a list, in order (first column).

    Orders other than severity are merged from one index scan per rank, so that no plan sorts or walks more than it
    answers. `snoozed` True leaves running snoozes in their place (A17).
    """
    return _walk(view, sort, text, untouched, snoozed, among=False)


def among_query(view: View, sort: Sort, text: str, untouched: bool, snoozed: bool) -> Query:
    """As `list_query`, of a text with words that some accounts have: only their texts are read on the walk."""
    return _walk(view, sort, text, untouched, snoozed, among=True)


def _walk(view: View, sort: Sort, text: str, untouched: bool, snoozed: bool, *, among: bool) -> Query:
    columns = _OWN_ORDER.get((view, sort), _COLUMNS[sort])
    tests, filtered, words = _tests(view, text, untouched, snoozed)
    if words and among:
        found, values = words_query(words)
        tests.insert(0, f"+number IN ({found})")  # the plus keeps the order's index
        filtered = [*values, *filtered]
    if words:
        tests.append("instr(search, ?) > 0")
        filtered.append(words)
    parts = [[place, *tests] for place in _places(view, sort)]
    wanted = "number" if len(parts) == 1 else f"number, {columns}"  # a merge has to see what it orders by
    selects = [f"SELECT {wanted} FROM listing WHERE {' AND '.join(part)}" for part in parts]
    values = filtered * len(parts)
    return f"{' UNION ALL '.join(selects)} ORDER BY {columns}", values


def found_query(view: View, sort: Sort, text: str, untouched: bool, snoozed: bool) -> Query:
    """As `list_query`, of a text with words that few accounts have: looks them up one by one and sorts those."""
    columns = _OWN_ORDER.get((view, sort), _COLUMNS[sort])
    tests, filtered, words = _tests(view, text, untouched, snoozed)
    found, values = words_query(words)
    part = " AND ".join([_apart(view), *tests, "instr(search, ?) > 0"])
    found = f"(SELECT DISTINCT at FROM ({found})) CROSS JOIN listing ON number = at"
    sql = f"SELECT number FROM {found} WHERE {part} ORDER BY {columns}"
    return sql, [*values, *filtered, words]


def words_query(words: str) -> Query:
    """Return what gives the numbers (`at`) of the accounts that may have these words: all that have, and few others.

    Each three letters of them are in `finder`; of fewer letters, what begins with them.
    """
    if len(words) < PIECE:
        sql = "SELECT doc AS at FROM finder_pieces WHERE term >= ? AND term < ?"
        return sql, [words, words + LAST_LETTER]
    starts = [*range(0, len(words) - PIECE, PIECE), len(words) - PIECE]
    pieces = dict.fromkeys(words[at : at + PIECE] for at in starts)
    wanted = " ".join('"' + piece.replace('"', '""') + '"' for piece in list(pieces)[:PIECES])
    return "SELECT rowid AS at FROM finder WHERE finder MATCH ?", [wanted]


def _tests(view: View, text: str, untouched: bool, snoozed: bool) -> tuple[list[str], list[object], str]:
    left_out = view in LEAVES_SNOOZED_OUT and not snoozed and not names_snoozed(text)
    tests = ["snoozed = 0"] if left_out else []
    tests += ["handled = 0"] if untouched else []
    found, filtered, words = filter_tests(text)
    return [*tests, *found], filtered, words


def _places(view: View, sort: Sort) -> list[str]:
    """Return the parts of a view that an order's index has one after the other."""
    if view in PARTIAL:
        return [PARTIAL[view]]
    ranks = RANKS_OF[view]
    if sort is Sort.SEVERITY:
        return [f"rank BETWEEN {ranks[0]} AND {ranks[-1]}"]
    return [f"rank = {rank}" for rank in ranks]


def _apart(view: View) -> str:
    """Return what makes a view, to be tested on a row that was found otherwise."""
    return f"+rank BETWEEN {RANKS_OF[view][0]} AND {RANKS_OF[view][-1]}" if view in RANKS_OF else f"+{PARTIAL[view]}"


def one_query(number: int, view: View, text: str, untouched: bool, snoozed: bool) -> Query:
    """Return what finds an account where a list holds it."""
    tests, values, words = _tests(view, text, untouched, snoozed)
    tests = ["number = ?", _apart(view), *tests, *(["instr(search, ?) > 0"] if words else [])]
    return f"SELECT 1 FROM listing WHERE {' AND '.join(tests)}", [number, *values, *([words] if words else [])]
