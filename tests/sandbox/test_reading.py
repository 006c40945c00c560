"""Reading: every GET route, delta pages, the NDJSON stream with its trailer, compression."""

import json
from typing import Any

import pytest


def test_health_needs_no_token(world: Any) -> None:
    answer = world.client("nobody").get("/v1/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json().keys() == {"status", "version"}


@pytest.mark.parametrize(("role", "limit", "can"), [("viewer", 0, 0), ("agent", 20, 4), ("lead", 100, 7)])
def test_me_names_the_permissions(world: Any, role: str, limit: int, can: int) -> None:
    me = world.client(role).get("/v1/me").json()
    keys = {"staff_id", "name", "email", "role", "permissions", "discount_limit", "server_time"}
    assert me.keys() == keys
    assert (me["role"], me["discount_limit"], len(me["permissions"])) == (role, limit, can)


def test_account_has_the_control_version_as_etag(world: Any) -> None:
    made = world.add()
    answer = world.client().get(f"/v1/accounts/{made['id']}")
    assert answer.headers["ETag"] == '"cv-1"'
    assert answer.json() == made


@pytest.mark.parametrize("path", ["/v1/accounts/acc_none", "/v1/workspaces/ws_none/members", "/v1/changes/none"])
def test_unknown_ids_are_404(world: Any, path: str) -> None:
    answer = world.client().get(path)
    assert answer.status_code == 404
    assert answer.json()["type"] == "not-found"


def test_members_come_promotable_first(world: Any) -> None:
    made = world.add()
    listed = world.client().get(f"/v1/workspaces/{made['workspaces'][0]['id']}/members").json()["members"]
    assert [one["role"] for one in listed] == ["member", "admin", "external", "observer", "owner"]


def test_pages_go_by_seq_and_end(world: Any) -> None:
    for _ in range(3):
        world.add()
    after, seqs, more = 0, [], True
    while more:
        page = world.client().get("/v1/accounts", params={"after": after, "limit": 2}).json()
        assert page.keys() == {"epoch", "accounts", "next_after", "more", "complete_through"}
        assert len(page["accounts"]) <= 2
        seqs += [one["seq"] for one in page["accounts"]]
        after, more = page["next_after"], page["more"]
    assert seqs == sorted(set(seqs))
    assert after == seqs[-1]
    empty = world.client().get("/v1/accounts", params={"after": after}).json()
    assert (empty["accounts"], empty["more"], empty["next_after"]) == ([], False, after)


def test_the_stream_is_the_pages_with_a_trailer(world: Any) -> None:
    page = world.client().get("/v1/accounts", params={"limit": 1000}).json()
    text = world.client().get("/v1/accounts", headers={"Accept": "application/x-ndjson"})
    assert text.headers["content-type"].startswith("application/x-ndjson")
    *lines, trailer = [json.loads(line) for line in text.text.splitlines()]
    assert lines == page["accounts"]
    wanted = {key: page[key] for key in ("epoch", "next_after", "complete_through")}
    assert trailer == {**wanted, "count": len(lines)}


def test_the_stream_of_an_empty_delta_is_the_trailer_alone(world: Any) -> None:
    last = world.client().get("/v1/accounts", params={"limit": 1000}).json()["next_after"]
    answer = world.client().get("/v1/accounts", params={"after": last}, headers={"Accept": "application/x-ndjson"})
    assert json.loads(answer.text)["count"] == 0


def test_a_change_moves_the_account_to_the_end_of_the_delta(world: Any) -> None:
    made, other = world.add(), world.add()
    assert world.change("note", made, version=None, params={"text": "hello"}).status_code == 201
    page = world.client().get("/v1/accounts", params={"after": other["seq"]}).json()
    assert [one["id"] for one in page["accounts"]] == [made["id"]]


def test_removed_accounts_are_tombstones(world: Any) -> None:
    from triage.sandbox import store

    made = world.add()
    with world.database.writing() as connection:
        store.remove(connection, [made["id"]])
    page = world.client().get("/v1/accounts", params={"after": made["seq"]}).json()
    assert page["accounts"] == [{"id": made["id"], "deleted": True, "seq": made["seq"] + 1}]
    assert world.client().get(f"/v1/accounts/{made['id']}").status_code == 404
    assert world.change("reset_usage", made).status_code == 404


def test_a_new_epoch_is_said_on_the_next_page(launch: Any) -> None:
    from triage.sandbox import store

    own = launch()
    before = own.client().get("/v1/accounts").json()["epoch"]
    with own.database.writing() as connection:
        name = store.new_epoch(connection)
    assert own.client().get("/v1/accounts").json()["epoch"] == name != before


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("gzip", "gzip"), ("zstd", "zstd"), ("gzip, zstd", "zstd"), ("identity", None), ("zstd;q=0, gzip;q=0.5", "gzip")],
)
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_answers_are_compressed_as_offered(world: Any, offered: str, chosen: str | None, accept: str) -> None:
    plain = world.client().get("/v1/accounts", headers={"Accept": accept, "Accept-Encoding": "identity"})
    answer = world.client().get("/v1/accounts", headers={"Accept": accept, "Accept-Encoding": offered})
    assert answer.headers.get("content-encoding") == chosen
    assert answer.text == plain.text


def test_complete_through_is_yesterday_in_a_new_book(world: Any) -> None:
    from datetime import UTC, datetime, timedelta

    through = world.client().get("/v1/accounts").json()["complete_through"]
    assert through in {str(datetime.now(UTC).date() - timedelta(days=days)) for days in (1, 2)}
