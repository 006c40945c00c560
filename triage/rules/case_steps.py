"""What an account's case still needs of what the rules found: H13, R14, R19b."""

from datetime import date, datetime

from data.account import Account
from data.health_index import IndexReading
from data.red_account import RedReading
from triage.rules import index_trend
from triage.rules.red_episode import own_case

REOPEN, RECOVERED, CLOSE, LOST = "reopen", "recovered", "close", "lost"


def case_step(account: Account, index: IndexReading, red: RedReading, now: datetime) -> str | None:
    """The next record that would bring the case in line: `open_recovery`, `open_red`, `upgrade_to_red`, `reopen`,
    `recovered` (the stamp of R16), `close`, `lost` (closed as churned); None where nothing is missing.
    """
    day: date = index.day or now.date()
    episode, case = red.episode, account.case
    own = None if episode is None else own_case(account, episode)
    if episode is not None and own is not None:
        if episode.churned is not None:
            return LOST if own.closed_at is None else None
        if red.is_red and own.closed_at is not None:
            return REOPEN
        if episode.recovered is not None and own.recovered_at is None:  # R16 counts it after the closing too
            return RECOVERED
        if episode.left is not None and own.closed_at is None:
            return CLOSE
        return None
    return index_trend.case_step(index.drop, red.is_red, case, day)
