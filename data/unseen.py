"""What changed since a person last looked: which facts count, and the SQL that keeps how they stood then."""

from typing import NamedTuple

# What is said to have changed, by the columns of `listing` that make it; a rank of -1 stands for "new".
FACTS = {
    "category": ("rank",),
    "usage": ("used",),
    "plan": ("tier",),
    "money": ("mrr", "no_mrr"),
    "claim": ("claimant",),
}


class Stood(NamedTuple):
    """The facts of an account when it was last looked at, as `listing` has them: `mrr` negated, `used` in tenths."""

    rank: int
    used: int
    tier: str
    mrr: int
    no_mrr: int
    claimant: str


COLUMNS = tuple(column for columns in FACTS.values() for column in columns)
NEW = -1
_NAMES = ", ".join(("number", *COLUMNS, "at"))


def differs(one: str, other: str, columns: tuple[str, ...] = COLUMNS) -> str:
    """The condition that two tables, by their names, differ in a fact."""
    left, right = (", ".join(f"{table}.{column}" for column in columns) for table in (one, other))
    return f"({left}) <>\n({right})"


def _stood(table: str, accounts: str = "account") -> str:
    columns = ", ".join(f"{table}.{column}" for column in ("number", *COLUMNS))
    return f"{columns},\n{_seq(table, accounts)}"


def _came(table: str, accounts: str = "account") -> str:
    columns = ", ".join((f"{table}.number", str(NEW), *(f"{table}.{column}" for column in COLUMNS[1:])))
    return f"{columns},\n{_seq(table, accounts)}"


def _seq(table: str, accounts: str) -> str:
    return f"coalesce((SELECT seq FROM {accounts} WHERE {accounts}.number = {table}.number), 0)"


_INTO = f"INSERT INTO unseen ({_NAMES})\n"
_UNKNOWN = "NOT EXISTS (SELECT 1 FROM unseen WHERE number = "
_BACK = f"DELETE FROM unseen\nWHERE number = new.number AND NOT {differs('unseen', 'new')}"
# a first sync shows everything for the first time: what comes afterwards, and at risk, is news
UNSEEN_STATEMENTS = (
    f"CREATE TRIGGER unseen_changed AFTER UPDATE OF {', '.join(COLUMNS)} ON listing\n"
    f"WHEN {differs('old', 'new')} BEGIN\n{_INTO}SELECT {_stood('old')}\nWHERE {_UNKNOWN}old.number); {_BACK}; END",
    "CREATE TRIGGER unseen_came AFTER INSERT ON listing\n"
    "WHEN new.rank < 4 AND EXISTS (SELECT 1 FROM meta WHERE key = 'synced_at') BEGIN\n"
    f"{_INTO}SELECT {_came('new')}\nWHERE {_UNKNOWN}new.number); END",
    "CREATE TRIGGER unseen_gone AFTER DELETE ON listing BEGIN\nDELETE FROM unseen WHERE number = old.number; END",
)


def carried_over(shadow: str) -> tuple[str, ...]:
    """The SQL, inside the swap's transaction, by which a book that was fetched anew is held against the one before."""
    new, accounts = f"{shadow}listing", f"{shadow}account"
    return (
        f"{_INTO}SELECT {_stood('listing', accounts)} FROM {new} JOIN listing USING (number) "
        f"WHERE {differs('listing', new)} AND {_UNKNOWN}listing.number)",
        f"{_INTO}SELECT {_came(new, accounts)} FROM {new} WHERE {new}.rank < 4 "
        f"AND NOT EXISTS (SELECT 1 FROM listing WHERE listing.number = {new}.number) AND {_UNKNOWN}{new}.number)",
        f"DELETE FROM unseen WHERE NOT EXISTS (SELECT 1 FROM {new} WHERE {new}.number = unseen.number "
        f"AND {differs('unseen', new)})",
    )
