"""The health of one account without a terminal: the four readings with their inputs, replayed at the stored verdict."""

from data.account import Account, Entry
from data.assessment import Row, Verdict
from data.cache import Cache
from data.health_view import Chart, HealthView
from triage.desk.case_trail import recorded
from triage.desk.session import Session
from triage.rules.assess import explain
from triage.rules.health import Health, health_verdicts, read_health
from triage.rules.monitor_series import read_series

ASSESSMENT = "record_assessment"
TRAIL_LOOKED_AT = 200


class HealthDesk:
    """Reads the cache and replays the rules for one account."""

    def __init__(self, session: Session, cache: Cache) -> None:
        self._session = session
        self._cache = cache

    def view(self, account_id: str) -> HealthView | None:
        """One account's health, None when it is not in the cache."""
        row, account = self._cache.row(account_id), self._cache.account(account_id)
        if row is None or account is None:
            return None
        found = self.readings(row, account)
        return HealthView(
            row=row,
            account=account,
            monitor=found.monitor,
            chart=self._chart(account),
            tree=found.tree,
            questions=self._session.tree,
            index=found.index,
            red=found.red,
            days=found.past.days,
            book=self._cache.book_context,
            verdicts=self.verdicts(row, account, found),
            assessed=self._assessed(account_id),
            at=row.assessed_at,
        )

    def readings(self, row: Row, account: Account) -> Health:
        """The four readings at the instant of the stored verdict."""
        past = self._cache.pasts_of([account.id]).get(account.id)
        rules, through = self._session.rulebook(self._cache), self._cache.complete_through
        stand = recorded(account, self._cache.case_entries(account.id)) if account.case is not None else ()
        return read_health(account, past, rules, row.assessed_at, through, stand)

    def verdicts(self, row: Row, account: Account, found: Health | None = None) -> tuple[Verdict, ...]:
        """Every verdict of A, M, D, H and R with the inputs that produced it."""
        found = found or self.readings(row, account)
        cache, policy = self._cache, self._session.policy
        now, through = row.assessed_at, cache.complete_through
        touches = cache.touches(account.id)
        rules = self._session.rulebook(cache)
        return (
            *explain(account, touches, policy, now, through),
            *health_verdicts(account, found, rules, now, through),
        )

    def _chart(self, account: Account) -> Chart | None:
        rules = self._session.policy.monitor
        series = read_series(account, rules, self._cache.complete_through)
        if series is None:
            return None
        last = len(series.counts)
        begin = max(last - rules.window_days, 0)
        end = last if rules.baseline_overlap else begin
        return Chart(series.day, series.counts, series.seats, (begin, last), (max(end - rules.baseline_days, 0), end))

    def _assessed(self, account_id: str) -> Entry | None:
        trail = self._cache.audit(account_id, None, TRAIL_LOOKED_AT)
        return next((one for one in trail if one.action == ASSESSMENT and one.outcome == "applied"), None)
