"""An answer that was lost while the link is fine: the change is tried again by itself, with nobody pressing a key."""

import time
from contextlib import closing
from pathlib import Path

from kit.proxy import Proxy

from data.ports_list import Sort, View
from data.remedy import Order, State
from triage.desk import Desk, sync_once
from triage.sandbox.process import start

REASON = "Board meeting tonight, agreed with their admin"


def test_a_lost_answer_is_tried_again_with_nobody_pressing_a_key(tmp_path: Path, session_at, audit_of) -> None:
    """The puller has nothing to do for an hour, so only the row's own time can bring it back."""
    with start(accounts=60, seed=3) as server, closing(Proxy(server.url)) as proxy:
        session = session_at(tmp_path / "home", proxy.url, server.token, sync_every=3600.0)
        assert sync_once(session).error is None
        with closing(Desk.open(session)) as desk:
            lines = desk.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 200)
            account = next(line.row for line in lines if line.row.workspaces and (line.row.workspaces[0].used or 0) > 0)
            proxy.set("drop after commit", "drop before", "429 seconds")  # the last is longer than a watcher's look
            desk.start(lambda: None)
            order = Order("reset_usage", account.id, account.workspaces[0].id, {}, REASON)
            change = desk.submit(order, hold=False)
            ends = time.monotonic() + 20  # tries whose pause is at most 1 s, 2 s and 2 s
            while desk.box.get(change.change_id).state is not State.APPLIED and time.monotonic() < ends:
                time.sleep(0.05)
            assert desk.box.get(change.change_id).state is State.APPLIED
            assert (proxy.hits["drop after commit"], proxy.hits["drop before"], proxy.hits["429 seconds"]) == (1, 1, 1)
            desk.stop()
        assert [entry["reason"] for entry in audit_of(server, account.id)].count(REASON) == 1
