"""The example of docs/writing-a-backend.md, run as it stands there: a sync, a remedy, a conflict, a lost answer."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from data.backends.port import NeverSent, NotYet, NoVerdict, TokenRefused
from data.ports_list import Sort, View
from data.remedy import Order, State
from data.safe_text import safe_text
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-backend.md"
BOOK = "id,name,tier,hours_used,hours_included\na,Acme,free,1.2,1\nb,Birch,free,0.1,1\n"
REASON = "Agreed with Iris on the phone"


@pytest.fixture(scope="module")
def example() -> Any:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(re.findall(r"(?m)^\s*\S", code)) <= 70
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names["CsvBackend"]


def session_over(backend: Any, root: Path) -> Session:
    return Session(
        place=Place(backend.base_url, "csv", root / "state", root / "cache", "triage/test"),
        policies=Policies(),
        clock=lambda: datetime.now(UTC),
        connect=lambda url, token: backend,
        token=TokenBox(lambda: "a-token", lambda kept: ""),
    )


def test_the_example_syncs_lists_and_changes_a_tier_once(example: Any, tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text(BOOK)
    session = session_over(example(file, "ann"), tmp_path)
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        rows = desk.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 10)
        assert [(line.row.id, line.row.category) for line in rows] == [("a", "at_cap")]
        change = desk.submit(Order("change_tier", "a", None, {"tier": "innovator"}, REASON), hold=False)
        assert sync_once(session).summary.pushed == 1
        assert desk.box.get(change.change_id).state is State.APPLIED and "a,Acme,innovator" in file.read_text()
        assert desk.verify_audit().ok and len(desk.audit(None, None, 10)) == 1
        late = desk.submit(Order("change_tier", "b", None, {"tier": "innovator"}, REASON), hold=False)
        file.write_text(file.read_text().replace("b,Birch,free", "b,Birch,guardian"))
        sync_once(session)
        assert desk.box.get(late.change_id).state is State.CONFLICT and "b,Birch,guardian" in file.read_text()


def test_an_answer_that_is_lost_is_read_back_and_never_sent_twice(example: Any, tmp_path: Path) -> None:
    class Lossy(example):  # type: ignore[misc]
        sent = 0

        def submit(self, submission: Any) -> Any:
            self.sent += 1
            super().submit(submission)
            return NoVerdict("The answer was lost.")

    file = tmp_path / "book.csv"
    file.write_text(BOOK)
    backend = Lossy(file, "ann")
    session = session_over(backend, tmp_path)
    sync_once(session)
    with closing(Desk.open(session)) as desk:
        change = desk.submit(Order("change_tier", "a", None, {"tier": "innovator"}, REASON), hold=False)
        sync_once(session)
        assert desk.box.get(change.change_id).unknown
        sync_once(session)
        assert desk.box.get(change.change_id).state is State.APPLIED and backend.sent == 1


@pytest.mark.parametrize("refusal", [TokenRefused(safe_text("no")), NotYet("later", 1.0), NeverSent("nobody")])
def test_what_never_reached_it_leaves_no_doubt_and_goes_later(example: Any, tmp_path: Path, refusal: Any) -> None:
    class Refusing(example):  # type: ignore[misc]
        refuses = True

        def submit(self, submission: Any) -> Any:
            return refusal if self.refuses else super().submit(submission)

    file = tmp_path / "book.csv"
    file.write_text(BOOK)
    backend = Refusing(file, "ann")
    session = session_over(backend, tmp_path)
    sync_once(session)
    with closing(Desk.open(session)) as desk:
        change = desk.submit(Order("change_tier", "a", None, {"tier": "innovator"}, REASON), hold=False)
        sync_once(session)
        row = desk.box.get(change.change_id)
        assert row.state is State.QUEUED and not row.unknown and not row.sent_once
        backend.refuses = False
        late = msgspec.structs.replace(session, clock=lambda: datetime.now(UTC) + timedelta(seconds=5))
        assert sync_once(late).summary.pushed == 1
        assert desk.box.get(change.change_id).state is State.APPLIED


def test_a_row_without_a_known_outcome_never_starts_again(example: Any, tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text(BOOK)
    session = session_over(example(file, "ann"), tmp_path)
    sync_once(session)
    with closing(Desk.open(session)) as desk:
        change = desk.submit(Order("change_tier", "a", None, {"tier": "innovator"}, REASON), hold=False)
        now = datetime.now(UTC)
        assert desk.box.start(change.change_id, now, once=True) is not None  # and then the process was killed
        assert desk.box.start(change.change_id, now, once=True) is None
        assert desk.box.get(change.change_id).sent_once
