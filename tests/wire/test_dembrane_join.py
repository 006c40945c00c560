"""From rows as dembrane sends them to accounts: what the double's tidy book does not hold."""

from datetime import UTC, date, datetime
from typing import Any

from data.account import Account
from data.backends.dembrane_join import Beyond, join, month_of
from data.backends.dembrane_shapes import rollup_decoder
from data.wire import decode, encode

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def row(workspace: str, account: str | None, **over: Any) -> dict[str, Any]:
    plain = {"workspace_id": workspace, "workspace_name": workspace.upper(), "billing_account_id": account}
    return {**plain, "tier": "free", "audio_hours": 0.5, "audio_hours_included": 1, "is_partner_owned": False, **over}


def joined(rows: list[dict[str, Any]], accounts: list[dict[str, Any]], beyond: Beyond | None = None) -> list[Account]:
    rollup = decode(encode({"accounts": accounts, "rows": rows, "logins_last_30d": 3}), rollup_decoder)
    return join(rollup, (), beyond or Beyond(), NOW)


def test_hours_are_rounded_as_the_server_rounds_them_before_it_compares() -> None:
    (account,) = joined([row("w", "a", audio_hours=0.9951)], [{"billing_account_id": "a", "label": "A"}])
    assert account.workspaces[0].hours_used == 1.0


def test_a_workspace_that_stands_there_twice_is_one_with_its_higher_hours() -> None:
    rows = [row("w", "a", audio_hours=0.4), row("w", "a", audio_hours=0.9), row("v", "a")]
    (account,) = joined(rows, [{"billing_account_id": "a", "label": "A"}])
    assert {one.id: one.hours_used for one in account.workspaces} == {"w": 0.9, "v": 0.5}


def test_a_row_without_an_account_and_an_account_without_rows_are_not_lost() -> None:
    found = {one.id: one for one in joined([row("w", None), row("v", "b")], [{"billing_account_id": "a"}])}
    assert set(found) == {"a", "w", "b"}
    assert found["w"].name == "W" and found["w"].mrr is None and len(found["w"].workspaces) == 1
    assert found["a"].workspaces == () and found["a"].name == "(no name)"


def test_both_spellings_of_one_instant_and_the_latest_downgrade_that_has_happened() -> None:
    for spelling in ("2026-11-18T20:26:32.792Z", "2026-11-18T20:26:32.792701+00:00", "2026-11-18T21:26:32.792+01:00"):
        rows = [
            row("w", "a", downgraded_at="2026-11-11T00:00:00Z", downgraded_from_tier="guardian"),
            row("v", "a", downgraded_at=spelling, downgraded_from_tier="changemaker"),
            row("u", "a", downgraded_at="2027-01-01T00:00:00Z", downgraded_from_tier="innovator"),
        ]
        (account,) = joined(rows, [{"billing_account_id": "a"}])
        assert account.downgraded_from == "changemaker" and account.downgraded_at is not None
        assert account.downgraded_at.replace(microsecond=0) == datetime(2026, 11, 18, 20, 26, 32, tzinfo=UTC)


def test_money_in_cents_half_up_and_contacts_once() -> None:
    admin = {"user_id": "u", "display_name": "Ada", "email": "Ada@example.org"}
    rows = [row("w", "a", workspace_admins=[admin]), row("v", "a", workspace_admins=[admin, {"user_id": "x"}])]
    seen = datetime(2026, 11, 20, tzinfo=UTC)
    beyond = Beyond({"ada@example.org": seen}, {date(2026, 9, 1): {"a": 2.0}, date(2026, 8, 1): {}})
    (account,) = joined(rows, [{"billing_account_id": "a", "total_forecast_eur": 0.125}], beyond)
    assert account.mrr == 13
    assert [(one.name, one.reachable) for one in account.contacts] == [("Ada", True), ("x", False)]
    assert account.admin_logins is not None and account.admin_logins.last_at == seen
    assert account.beside is not None
    assert [(one.month.month, one.hours) for one in account.beside.months] == [(8, None), (9, 2.0)]


def test_months_over_the_turn_of_a_year() -> None:
    assert [month_of(NOW, offset) for offset in (0, 1, 2, -10, -11)] == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2026, 1, 1),
        date(2025, 12, 1),
    ]
