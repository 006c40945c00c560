"""The day's work without a terminal: inbox, remedies, outbox, audit, sync."""

from triage.desk.desk import Desk
from triage.desk.session import Place, Session, TokenBox
from triage.desk.sync import Summary, sync_once

__all__ = ["Desk", "Place", "Session", "Summary", "TokenBox", "sync_once"]
