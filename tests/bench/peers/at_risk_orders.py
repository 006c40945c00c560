"""What the helpers of at_risk_sync.py are told: to judge by A1-A17 alone. Apart, for they import it by its name."""

from datetime import date, datetime

from data.bulk import Chunk, Done, judge_chunk
from triage.desk.crew import Orders
from triage.rules.assess import assess


class AtRiskOrders(Orders):
    """No past is kept, for nobody asks about drift."""

    def judge(self, chunk: Chunk, now: datetime, through: date | None) -> Done:
        """Decode a chunk and judge it by the at-risk rules."""
        return judge_chunk(
            chunk,
            lambda some: [
                (assess(account, touches, self.policy, now, through), past) for account, touches, past in some
            ],
        )
