"""Wrong answers through the command line: one sentence on stderr, the right exit code, the lists as they were."""

import json

import pytest
from kit import bad_answers as bad
from kit.bad_answers import JSON, NDJSON, Liar
from kit.honest_answers import ACCOUNT, Server


def stream(*lines):
    return bad.answer(200, Server.stream(*lines), NDJSON)


NEW = {**ACCOUNT, "seq": 12, "name": "Somebody Else"}
ACCOUNTS = ("/v1/accounts", "after=")
LIES = {
    "a name that is a number": (ACCOUNTS, stream({**NEW, "name": 5}), 3),
    "a time without zone": (ACCOUNTS, stream({**NEW, "updated_at": "2026-11-21T07:40:00"}), 3),
    "NaN": (ACCOUNTS, stream(NEW).replace(b"34900", b"NaN  "), 3),
    "a portal": (ACCOUNTS, bad.answer(200, bad.HTML, "text/html"), 3),
    "a broken gzip": (ACCOUNTS, bad.answer(200, b"no gzip", NDJSON, "content-encoding: gzip"), 3),
    "a redirect to what is no URL": (("/v1/me", ""), bad.answer(302, b"", JSON, "location: javascript:alert(1)"), 3),
    "somebody who is nobody": (("/v1/me", ""), bad.answer(200, b'{"staff_id": null}', JSON), 3),
    "cut": (("/v1/me", ""), bad.answer(200, b'{"staff_id"', JSON, length="900"), 3),
}


@pytest.fixture(scope="module")
def told(program, tmp_path_factory):
    """A home synced once from a server that lies later."""
    server = Server()
    liar = Liar(server.answer)
    cli = program(tmp_path_factory.mktemp("lied") / "home", liar.url, "tok_secret")
    ran = cli("sync", "--json")
    assert ran.code == 0, ran
    server.news = True
    yield cli, liar
    liar.close()


@pytest.mark.parametrize("name", LIES)
def test_a_wrong_answer_is_one_sentence_and_changes_no_list(told, name, tally):
    cli, liar = told
    (where, query), lie, code = LIES[name]
    liar.to, liar.lie, liar.told = (
        (lambda method, path: path.startswith(where) and query in path and "limit=" not in path),
        lie,
        0,
    )
    before = cli("list", "--all", "--json").out
    ran = cli("sync", "--json")
    assert (ran.code, liar.told) == (code, 1), ran
    said = ran.err.strip()
    assert said and "\n" not in said and "Traceback" not in said and "None" not in said, ran
    assert said.endswith((".", "?")) and len(said) < 500
    if ran.out.strip():
        assert isinstance(json.loads(ran.out), dict)
    assert cli("list", "--all", "--json").out == before != "[]\n"
    tally("bad answers")
