"""The schema of both files: SQLModel tables of cache.db (a copy) and outbox.db (precious). Times are epoch seconds."""

from sqlalchemy import DDL, Index, MetaData, event, text
from sqlmodel import Field, SQLModel

from data.tables_outbox import OutboxTable
from data.unseen import UNSEEN_STATEMENTS

CACHE_SCHEMA = 2
OUTBOX_SCHEMA = 2
CACHE_APPLICATION_ID = 0x74726361  # "trca"
OUTBOX_APPLICATION_ID = 0x74726F75  # "trou"


class CacheTable(SQLModel):
    """Base of the tables of cache.db."""

    metadata = MetaData()


class Meta(CacheTable, table=True):
    """Single facts: base_url, epoch, cursor, complete_through, synced_at, audit_after, identity …"""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class AccountRow(CacheTable, table=True):
    """An account as the server sent it; overwritten only by a higher seq."""

    __tablename__ = "account"
    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    seq: int
    version: int
    payload: bytes


# Orders by their columns of `listing`; each has an index of its own in every view.
ORDERS = {
    "severity": ("rank", "order1", "order2"),
    "mrr": ("mrr",),
    "health": ("health",),
    "priority": ("priority",),
    "renewal": ("renewal",),
    "sla": ("sla",),
    "last_login": ("last_login",),
    "name": ("sort_name",),
}
# Views beside the ranks, by the condition that makes them: partial indexes, which the rest of the book never touches.
PARTIAL = {"signal": "has_signal = 1", "drift": "drift > 0", "red": "red = 1"}
# What severity means in those views, where it is not the category's: severe before moderate, then the lowest ratio; and
# the clock that runs out first.
OWN_ORDER = {"drift": ("drift DESC", "ratio"), "red": ("sla",)}


def _listing_indexes() -> list[Index]:
    """Every offered order of every view; all but those of `PARTIAL` start with `rank`, so that one index serves a
    category, all categories (merged) and the book.
    """
    found = []
    for order, columns in ORDERS.items():
        front = columns if columns[0] == "rank" else ("rank", *columns)
        found.append(Index(f"listing_{order}", *front, "id", "snoozed", "handled"))
        for view, where in PARTIAL.items():
            own = OWN_ORDER.get(view, columns) if order == "severity" else columns
            if own != ORDERS.get("sla") or order == "sla":  # the clocks need no second index
                keys = (text(key) if " " in key else key for key in own)
                found.append(Index(f"{view}_{order}", *keys, "id", "handled", sqlite_where=text(where)))
    return [
        *found,
        Index("listing_good_until", "good_until", sqlite_where=text("good_until IS NOT NULL")),
        Index("listing_assessed", "policy", "rank", "day"),
        Index("listing_step", "step", sqlite_where=text("step <> ''")),
    ]


class ListingRow(CacheTable, table=True):
    """The columns by which accounts are ordered, filtered and found to have lapsed; `number` as in `account`."""

    __tablename__ = "listing"
    __table_args__ = tuple(_listing_indexes())
    number: int | None = Field(default=None, primary_key=True)
    id: str
    rank: int
    order1: float
    order2: float
    mrr: int = Field(description="minor units, negated so that an ascending index gives the highest first")
    renewal: float = Field(description="epoch seconds; unknown sorts last")
    last_login: float = Field(description="epoch seconds, negated; never and unknown sort last")
    sort_name: str
    search: str = Field(description="name, organisation, id and e-mails, case folded, one blank between")
    snoozed: int
    has_signal: int
    handled: int
    good_until: float | None
    day: str = Field(description="the assessment day, ISO; empty when nobody knows one, which sorts before all days")
    policy: str
    health: float = Field(description="the score, 0-100, worst first (H11); without a score last")
    priority: float = Field(description="minor units a month, negated (H12); unknown last")
    sla: float = Field(description="epoch seconds of the next clock of a Red account (R11); others last")
    drift: int = Field(description="the monitor's state: 2 severe, 1 moderate, 0 ok, -1 new, -2 dormant, -3 data gap")
    ratio: float = Field(description="R of an open alert of the monitor (M7), lowest first; others last")
    red: int
    band: str = Field(description="the class of H7, empty without a score")
    leaf: str = Field(description="the tree's leaf or UNDETERMINED")
    industry: str
    owner: str = Field(description="staff id and name of the CSM, case folded; empty where nobody is")
    step: str = Field(description="what the case still needs (case_steps), mostly empty")
    no_mrr: int = Field(description="1 where nobody knows the MRR, which `mrr` counts as 0")
    fell: str = Field(description="the day on which the open alert of the monitor opened, ISO, mostly empty")
    alerted: int = Field(description="1 where an alert is open or one that closed is remembered (M21)")
    designated: float = Field(description="epoch seconds of the last Red episode (R15-R19); without one last")
    unanswered: int = Field(description="1 where nobody has answered that episode yet")
    tier: str
    used: int = Field(description="tenths of the first workspace's cap that are used, 20 at most; unknown -1")
    claimant: str = Field(description="staff id and name of who has claimed it, case folded; empty where nobody has")
    hands: str = Field(description="!id of that one, id of the CSM, =name of the open case's owner, each on a line")


class UnseenRow(CacheTable, table=True):
    """How an account stood when it was last looked at, of those that stand otherwise now; triggers keep it in step.

    A rank of -1: it was not in the book, and came at risk. Lost with the file; then everything counts as seen.
    """

    __tablename__ = "unseen"
    number: int | None = Field(default=None, primary_key=True)
    rank: int
    used: int
    tier: str
    mrr: int
    no_mrr: int
    claimant: str
    at: int = Field(description="the account's seq when it first stood otherwise")


class VerdictRow(CacheTable, table=True):
    """The stored Row of an account, apart from `listing` so that a text filter reads few pages."""

    __tablename__ = "verdict"
    number: int | None = Field(default=None, primary_key=True)
    row: bytes


class HistoryRow(CacheTable, table=True):
    """What only this cache knows of an account (health_book.Past): alert, episode, snapshots; lost with the file."""

    __tablename__ = "history"
    number: int | None = Field(default=None, primary_key=True)
    past: bytes


class TallyRow(CacheTable, table=True):
    """How many accounts there are of each rank, snoozed or not, with a signal or an alert or not, Red or not; kept in
    step by every write.
    """

    __tablename__ = "tally"
    rank: int = Field(primary_key=True)
    snoozed: int = Field(primary_key=True)
    has_signal: int = Field(primary_key=True)
    drift: int = Field(primary_key=True)
    red: int = Field(primary_key=True)
    accounts: int


class ImportedRow(CacheTable, table=True):
    """Daily active users that a person imported (M2), for accounts of which the source has none; lost with the file."""

    __tablename__ = "imported"
    account_id: str = Field(primary_key=True)
    usage: bytes


class TombstoneRow(CacheTable, table=True):
    """Accounts that a running delta removes; applied in one transaction with its last page."""

    __tablename__ = "tombstone"
    id: str = Field(primary_key=True)
    seq: int


class MemberRow(CacheTable, table=True):
    """The members of a workspace, prefetched for change-admin offline; the workspaces of at-risk accounts stand here
    before they were fetched, with a negative `fetched_at`: the graver the account, the lower."""

    __tablename__ = "member"
    __table_args__ = (Index("member_due", "fetched_at"), Index("member_account", "account_id"))
    workspace_id: str = Field(primary_key=True)
    account_id: str
    payload: bytes | None
    fetched_at: float


class AuditRow(CacheTable, table=True):
    """The server's audit trail, entry by entry."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_account", "account_id", "seq"),
        Index("audit_action", "action", "seq"),
        Index("audit_change", "change_id"),
    )
    seq: int = Field(primary_key=True)
    change_id: str | None
    account_id: str | None
    action: str
    actor_id: str
    outcome: str
    applied_at: float
    payload: bytes
    raw: str
    prev_hash: str
    hash: str


# What a filter's words are looked up in: the three-letter pieces of `listing.search`, contentless, so that the text is
# not kept twice. Two line breaks close each text (none has one inside), so that even its last letter begins a piece.
# New rows are added by who writes them, many at once: a trigger would have SQLite close a piece of the index for each.
_PIECES = "search || char(10, 10)"
_ADD = f"INSERT INTO finder (rowid, text)\nVALUES (new.number, new.{_PIECES});"
_DROP = f"INSERT INTO finder (finder, rowid, text)\nVALUES ('delete', old.number, old.{_PIECES});"
FINDER_STATEMENTS = (
    "CREATE VIRTUAL TABLE finder USING fts5(\n"
    "text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE finder_pieces USING fts5vocab(finder, instance)",
    f"CREATE TRIGGER finder_removed AFTER DELETE ON listing BEGIN\n{_DROP} END",
    "CREATE TRIGGER finder_changed AFTER UPDATE OF search ON listing WHEN old.search <> new.search BEGIN\n"
    f"{_DROP} {_ADD} END",
)
for _statement in (*FINDER_STATEMENTS, *UNSEEN_STATEMENTS):
    event.listen(CacheTable.metadata, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]


def schema_source() -> str:
    """Return the text of data/schema.py: the same schema as plain SQL, for the path that must not import SQLModel."""
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    def statements(metadata: MetaData, *more: str) -> str:
        made = []
        for table in metadata.sorted_tables:
            made.append(str(CreateTable(table).compile(dialect=sqlite.dialect())))
            made += [
                str(CreateIndex(index).compile(dialect=sqlite.dialect()))
                for index in sorted(table.indexes, key=lambda index: str(index.name))
            ]
        return (
            ";\n".join("\n".join(line.rstrip() for line in one.strip().splitlines()) for one in (*made, *more)) + ";\n"
        )

    return (
        '"""The schema as plain SQL, written by `make schema` from data/tables.py; a test holds them together."""\n\n'
        f"CACHE_SCHEMA = {CACHE_SCHEMA}\nOUTBOX_SCHEMA = {OUTBOX_SCHEMA}\n"
        f"CACHE_APPLICATION_ID = {CACHE_APPLICATION_ID}\nOUTBOX_APPLICATION_ID = {OUTBOX_APPLICATION_ID}\n\n"
        f'CACHE_SQL = """\n{statements(CacheTable.metadata, *FINDER_STATEMENTS, *UNSEEN_STATEMENTS)}"""\n\n'
        f'OUTBOX_SQL = """\n{statements(OutboxTable.metadata)}"""\n'
    )


if __name__ == "__main__":
    print(schema_source(), end="")
