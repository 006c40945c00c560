"""A server restored from a backup of the same epoch that lost only what was pushed last: noticed and healed."""

import shutil
import socket
from contextlib import closing
from pathlib import Path

from data.audit_proof import sentences
from data.ports_list import Sort, View
from data.receipts import Seen
from data.remedy import Change, Order
from triage.desk import Desk, Session, sync_once
from triage.desk.sync import push_round, recognise
from triage.sandbox.process import start

REASON = "Stopped in a live session, talked to Ana"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_what_only_a_push_had_brought_goes_with_the_server_that_lost_it(tmp_path: Path, session_at) -> None:
    port, db = free_port(), tmp_path / "server.db"
    with start(accounts=60, seed=3, db=db, port=port) as server:
        session = session_at(tmp_path / "home", server.url, server.token)
        assert sync_once(session).error is None
    old = shutil.copy(db, tmp_path / "old.db")
    with start(accounts=60, seed=3, db=db, port=port), closing(Desk.open(session)) as desk:
        account = desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1)[0].row.id
        change = desk.submit(Order("note", account, None, {"text": "Lost later"}, REASON), hold=False)
        with closing(session.backend()) as backend:
            push_round(session, backend, desk.cache, desk.box, recognise(session, desk.cache, backend))
        assert desk.box.get(change.change_id).receipt is not None
        before = desk.cache.account(account).seq
    with start(accounts=60, seed=3, db=Path(old), port=port), closing(Desk.open(session)) as desk:
        said = " ".join(sync_once(session).notes)  # the cursor had not passed it: only the head gives it away
        assert "was seen before" in said and "triage doctor --accept-keys" in said
        assert desk.cache.account(account).seq < before and desk.detail(account).pending == ()
        assert not sync_once(session).summary.full, "fetched anew once, not at every sync"
        report = desk.verify_audit().report
        assert not report.ok and report.first_bad == desk.box.get(change.change_id).receipt.audit_seq
        with closing(session.backend()) as backend:  # what triage doctor --accept-keys does
            head = backend.head()
            desk.box.accept_keys(session.place.base_url, backend.keys(), session.clock(), Seen(head.seq, head.hash))
        desk.cache.restart_trail()
        assert sync_once(session).notes == []
        proof = desk.verify_audit()
        assert proof.ok and proof.missing == (desk.box.get(change.change_id).receipt.audit_seq,)
        assert any("this server no longer has" in sentence for sentence in sentences(proof))


def test_a_loss_that_later_changes_of_mine_have_passed_is_said_by_the_receipts(tmp_path: Path, session_at) -> None:
    port, db = free_port(), tmp_path / "server.db"
    with start(accounts=60, seed=3, db=db, port=port) as server:
        session = session_at(tmp_path / "home", server.url, server.token)
        rival = session_at(tmp_path / "rival", server.url, server.tokens["agent"])
        assert sync_once(session).error is None and sync_once(rival).error is None
    old = shutil.copy(db, tmp_path / "old.db")

    def note(desk: Desk, text: str, who: Session) -> Change:
        account = desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1)[0].row.id
        change = desk.submit(Order("note", account, None, {"text": text}, REASON), hold=False)
        with closing(who.backend()) as backend:
            push_round(who, backend, desk.cache, desk.box, recognise(who, desk.cache, backend))
        return desk.box.get(change.change_id)

    with start(accounts=60, seed=3, db=db, port=port), closing(Desk.open(session)) as desk:
        lost = note(desk, "Lost later", session)
    with start(accounts=60, seed=3, db=Path(old), port=port):
        with closing(Desk.open(rival)) as other:
            note(other, "In its place", rival)
        with closing(Desk.open(session)) as desk:
            later = note(desk, "Its head lies behind the loss", session)
            assert later.receipt.head_seq > lost.receipt.audit_seq
            said = " ".join(sync_once(session).notes)
            assert f"Entry {lost.receipt.audit_seq} of the audit trail" in said and "--accept-keys" in said
            assert f"Entry {lost.receipt.audit_seq}" in " ".join(sync_once(session).notes), "as long as it stands"
            with closing(session.backend()) as backend:
                head = backend.head()
                desk.box.accept_keys(session.place.base_url, backend.keys(), session.clock(), Seen(head.seq, head.hash))
            desk.cache.restart_trail()
            assert sync_once(session).notes == []
            assert desk.cache.receipts_checked == desk.cache.audit_after > 0
