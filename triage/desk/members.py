"""Members of a workspace that no sync has brought: fetched for the form that asks for them, beside everything else."""

import threading
from collections.abc import Callable
from contextlib import closing

from data.errors import TriageError
from triage.desk.session import Session


def fetch_members(session: Session, account_id: str, workspace_id: str, tell: Callable[[], None]) -> None:
    """Fetch them in a daemon thread and keep them in the cache; `tell` is called once they are there.

    What fails is not said: the form says that they are not known yet, and the header how the link is.
    """

    def fetch() -> None:
        try:
            with closing(session.backend()) as backend:
                members = backend.members(workspace_id)
            with closing(session.open_cache()) as cache:
                cache.store_members(workspace_id, account_id, members, session.clock())
        except TriageError:
            return
        tell()

    threading.Thread(name="triage-members", target=fetch, daemon=True).start()
