"""Everything that the Why screen, the interview and `show` say of one account: four readings and their inputs."""

from datetime import date, datetime

from data.account import Account, Entry, Value
from data.assessment import Row, Verdict
from data.health_book import BookContext, Days
from data.health_index import IndexReading
from data.health_monitor import MonitorReading
from data.health_tree import Tree, TreeReading
from data.red_account import RedReading


class Chart(Value, frozen=True):
    """Distinct active users on complete UTC days up to `day`, oldest first (None: unknown), and where M4 and M7 look.

    `window` and `baseline` are the places [from, to) in `counts` of the 14 and the 90 days.
    """

    day: date
    counts: tuple[int | None, ...]
    seats: int
    window: tuple[int, int]
    baseline: tuple[int, int]


class HealthView(Value, frozen=True):
    """One account's health as its stored verdict has it; `days` are those kept of it, today among them.

    `assessed` is the last recorded interview (`record_assessment`) in the trail.
    """

    row: Row
    account: Account
    monitor: MonitorReading
    chart: Chart | None
    tree: TreeReading
    questions: Tree
    index: IndexReading
    red: RedReading
    days: Days
    book: BookContext
    verdicts: tuple[Verdict, ...]
    assessed: Entry | None
    at: datetime
