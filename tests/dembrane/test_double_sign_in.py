"""The double keeps the facts on tokens, sign-in, identity and who may ask."""

import base64
import json
from typing import Any

import httpx
import pytest
from dembrane.double import Double

Json = dict[str, Any]


def login(anybody: httpx.Client, double: Double, email: str = "maya@vendor.example", **over: str) -> httpx.Response:
    """Sign in at Directus."""
    body = {"email": email, "password": f"pass-{email.partition('@')[0]}", **over}
    return anybody.post(f"{double.directus_url}/auth/login", json=body)


def refresh(anybody: httpx.Client, double: Double, token: str) -> httpx.Response:
    """Ask for a new pair."""
    return anybody.post(f"{double.directus_url}/auth/refresh", json={"refresh_token": token})


def me(anybody: httpx.Client, double: Double, authorization: str | None, **headers: str) -> httpx.Response:
    """Who am I, with a header as it stands."""
    sent = {**headers, **({} if authorization is None else {"Authorization": authorization})}
    return anybody.get(f"{double.url}/api/v2/me", headers=sent)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error of Directus."""
    (error,) = answer.json()["errors"]
    assert isinstance(error["message"], str)
    return answer.status_code, error["extensions"]["code"]


def test_login_gives_an_access_and_a_refresh_token_for_15_minutes(anybody: httpx.Client, double: Double) -> None:
    data = login(anybody, double).json()["data"]
    assert set(data) == {"access_token", "refresh_token", "expires"} and data["expires"] == 900_000


def test_the_token_is_hs256_with_the_claims_of_directus(anybody: httpx.Client, double: Double) -> None:
    head, claims, _ = login(anybody, double).json()["data"]["access_token"].split(".")
    decoded = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, claims)]
    assert decoded[0]["alg"] == "HS256"
    assert decoded[1]["iss"] == "directus"
    assert {"id", "role", "app_access", "admin_access", "iss"} <= set(decoded[1])


def test_a_wrong_password_is_refused_in_the_form_of_directus(anybody: httpx.Client, double: Double) -> None:
    assert problem(login(anybody, double, password="wrong")) == (401, "INVALID_CREDENTIALS")


def test_a_second_factor_is_asked_for_and_taken(anybody: httpx.Client, double: Double) -> None:
    assert problem(login(anybody, double, "tom@vendor.example")) == (401, "INVALID_OTP")
    assert login(anybody, double, "tom@vendor.example", otp="123456").status_code == 200


def test_the_access_token_lasts_15_minutes(anybody: httpx.Client, double: Double) -> None:
    bearer = f"Bearer {login(anybody, double).json()['data']['access_token']}"
    double.clock.move(minutes=14, seconds=59)
    assert me(anybody, double, bearer).status_code == 200
    double.clock.move(seconds=1)
    assert me(anybody, double, bearer).status_code == 401


def test_a_refresh_token_is_good_once(anybody: httpx.Client, double: Double) -> None:
    first = login(anybody, double).json()["data"]["refresh_token"]
    second = refresh(anybody, double, first).json()["data"]
    assert problem(refresh(anybody, double, first)) == (401, "INVALID_CREDENTIALS")
    assert me(anybody, double, f"Bearer {second['access_token']}").status_code == 200
    assert refresh(anybody, double, second["refresh_token"]).status_code == 200


def test_me_says_who_i_am(anybody: httpx.Client, double: Double) -> None:
    staff = double.book.staff["maya@vendor.example"]
    assert me(anybody, double, f"Bearer {double.token()}").json() == {
        "id": staff.id,
        "directus_user_id": staff.directus_id,
        "email": staff.email,
        "is_staff": True,
    }


def test_401_does_not_tell_expired_from_wrong(anybody: httpx.Client, double: Double) -> None:
    expired = double.token(minutes=-1)
    unsigned = double.token().rpartition(".")[0] + "."
    for authorization in (f"Bearer {expired}", "Bearer nonsense", f"Bearer {unsigned}", "Bearer", None):
        answer = me(anybody, double, authorization)
        assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid session"})


def test_bearer_in_lower_case_is_401(anybody: httpx.Client, double: Double) -> None:
    assert me(anybody, double, f"bearer {double.token()}").status_code == 401


def test_a_cookie_beats_the_bearer(anybody: httpx.Client, double: Double) -> None:
    good = f"Bearer {double.token()}"
    assert me(anybody, double, good, Cookie="directus_session_token=stale").status_code == 401
    nils = double.token("nils@customer.example")
    assert me(anybody, double, good, Cookie=f"directus_session_token={nils}").json()["email"] == "nils@customer.example"


def test_the_only_gate_is_the_claim_of_admin_access(anybody: httpx.Client, double: Double) -> None:
    nils = f"Bearer {double.token('nils@customer.example')}"
    assert me(anybody, double, nils).json()["is_staff"] is False
    for path in ("billing-rollup", "at-risk", "workspaces/x/members"):
        answer = anybody.get(f"{double.url}/api/v2/admin/{path}", headers={"Authorization": nils})
        assert (answer.status_code, answer.json()) == (403, {"detail": "Staff-only"})
    double.book.staff["nils@customer.example"].admin_access = True
    assert me(anybody, double, f"Bearer {double.token('nils@customer.example')}").json()["is_staff"] is True


WRITES = [
    ("PATCH", "workspaces/{workspace}/tier", {"tier": "guardian", "reason": "x"}),
    ("PATCH", "admin/billing-accounts/{account}/discount", {"percent_discount": 5}),
    ("POST", "admin/billing-accounts/{account}/grant-trial", {}),
    ("POST", "admin/workspaces/{workspace}/reset-usage", {"reason": "x"}),
    ("POST", "admin/workspaces/{workspace}/change-admin", {"membership_id": "x"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: str(value).rpartition("/")[2])
def test_writes_are_401_without_a_session_and_403_for_customers(
    anybody: httpx.Client, double: Double, method: str, path: str, body: Json
) -> None:
    case = double.book.cases["quiet"]
    url = f"{double.url}/api/v2/" + path.format(workspace=case.id, account=case.account.id)
    assert anybody.request(method, url, json=body).json() == {"detail": "Invalid session"}
    nils = {"Authorization": f"Bearer {double.token('nils@customer.example')}"}
    assert anybody.request(method, url, json=body, headers=nils).json() == {"detail": "Staff-only"}
    assert case.account.tier == "free" and case.resets == 0


# --- last access ---
def users(
    anybody: httpx.Client, double: Double, email: str = "maya@vendor.example", **query: str | int
) -> httpx.Response:
    """Users as Directus lists them."""
    headers = {"Authorization": f"Bearer {double.token(email)}"}
    return anybody.get(f"{double.directus_url}/users", params=query, headers=headers)


def test_directus_tells_each_users_last_access(anybody: httpx.Client, double: Double) -> None:
    person = double.book.cases["pooled_1"].members[0].person
    query = {"filter[email][_in]": f"{person.email},nobody@example.org", "fields": "id,email,last_access"}
    found = users(anybody, double, **query).json()["data"]
    assert found == [{"id": person.directus_id, "email": person.email, "last_access": "2026-11-20T12:34:56.123Z"}]
    as_json = {"filter": json.dumps({"email": {"_in": [person.email]}})}
    assert users(anybody, double, **as_json).json()["data"][0]["id"] == person.directus_id


def test_a_user_who_never_signed_in_has_no_last_access(anybody: httpx.Client, double: Double) -> None:
    person = double.book.cases["admin_never_seen"].members[0].person
    (found,) = users(anybody, double, **{"filter[id][_eq]": person.directus_id}).json()["data"]
    assert found["last_access"] is None


def test_user_ids_of_the_api_are_not_those_of_directus(anybody: httpx.Client, double: Double) -> None:
    person = double.book.cases["pooled_1"].members[0].person
    assert users(anybody, double, **{"filter[id][_eq]": person.user_id}).json()["data"] == []


def test_directus_gives_100_users_unless_told(anybody: httpx.Client, double: Double) -> None:
    many = len(double.book.people)
    assert many > 200
    assert len(users(anybody, double).json()["data"]) == 100
    assert len(users(anybody, double, page=3).json()["data"]) == many - 200 < 100
    assert len(users(anybody, double, limit=-1).json()["data"]) == many


def test_a_token_that_may_not_read_users_is_forbidden(anybody: httpx.Client, double: Double) -> None:
    assert problem(users(anybody, double, "vera@vendor.example")) == (403, "FORBIDDEN")


def test_directus_tells_an_expired_token(anybody: httpx.Client, double: Double) -> None:
    headers = {"Authorization": f"Bearer {double.token(minutes=-1)}"}
    assert problem(anybody.get(f"{double.directus_url}/users", headers=headers)) == (401, "TOKEN_EXPIRED")
