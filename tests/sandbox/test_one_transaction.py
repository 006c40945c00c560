"""Effect, audit entry and key are one transaction: where one of them cannot be written, none of them is."""

from typing import Any

import pytest

STEPS = {
    "accounts": "BEFORE UPDATE ON accounts WHEN NEW.id = '{account}'",
    "audit": "BEFORE INSERT ON audit WHEN NEW.account_id = '{account}'",
    "changes": "BEFORE INSERT ON changes WHEN NEW.change_id = '{change}'",
}


def left_by(world: Any, account: str, change: str) -> tuple[Any, ...]:
    """What of a change is in the file: the account's body, its entries and the stored answers."""
    with world.database.reading() as connection:
        body = connection.execute("SELECT body FROM accounts WHERE id = ?", (account,)).fetchone()[0]
        entries = connection.execute("SELECT count(*) FROM audit WHERE account_id = ?", (account,)).fetchone()[0]
        stored = connection.execute("SELECT count(*) FROM changes WHERE change_id = ?", (change,)).fetchone()[0]
    return body, entries, stored


@pytest.mark.parametrize("step", STEPS)
def test_a_change_is_applied_whole_or_not_at_all(world: Any, step: str) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    before = left_by(world, made["id"], body["change_id"])
    when = STEPS[step].format(account=made["id"], change=body["change_id"])
    with world.database.writing() as connection:
        connection.execute(f"CREATE TRIGGER refuse {when} BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END")
    try:
        answer = world.post(body)
        assert answer.status_code == 500 and "disk is gone" not in answer.text
        assert left_by(world, made["id"], body["change_id"]) == before
    finally:
        with world.database.writing() as connection:
            connection.execute("DROP TRIGGER refuse")
    assert world.post(body).status_code == 201  # the same change, once the disk is back
    assert len(world.audit(account_id=made["id"])) == 1
