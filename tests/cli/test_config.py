"""Settings: order of precedence, errors that name file, line and key, and the example file."""

import tomllib
from pathlib import Path

import pytest

from data.errors import ConfigError
from data.ports_list import Sort, View
from data.saved_view import COLUMNS, SORTS, VIEWS, SavedView
from triage.config import DEFAULTS, Flags, load_settings
from triage.config_file import Keys, schema

ROOT = Path(__file__).parents[2]


def settings(tmp_path, text="", environ=None, **flags):
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load_settings(Flags(config=str(path), **flags), {"HOME": str(tmp_path), **(environ or {})})


def problem(tmp_path, text, environ=None, **flags):
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text, environ, **flags)
    return str(caught.value)


def test_example_holds_every_key_with_its_default():
    example = tomllib.loads((ROOT / "config.example.toml").read_text())
    assert example == {"profile": "default", **DEFAULTS}
    assert set(DEFAULTS) == set(Keys.__struct_fields__)


def test_example_comments_every_key():
    lines = (ROOT / "config.example.toml").read_text().splitlines()
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            assert lines[number - 1].startswith("#"), line


def test_example_loads_as_the_defaults(tmp_path):
    text = (ROOT / "config.example.toml").read_text()
    with_example = settings(tmp_path, text)
    bare = settings(tmp_path)
    for name in ("base_url", "token_command", "hold_seconds", "stale_after", "sync_every", "theme", "policy_file"):
        assert getattr(with_example, name) == getattr(bare, name)


def test_flags_win_over_environment_over_profile_over_file(tmp_path):
    text = (
        'base_url = "https://file.example"\nhold_seconds = 3\n'
        '[profiles.p]\nbase_url = "https://profile.example"\n[profiles.q]\nhold_seconds = 4\n'
    )
    assert settings(tmp_path, text).base_url == "https://file.example"
    assert settings(tmp_path, text, profile="p").base_url == "https://profile.example"
    assert settings(tmp_path, text, profile="q").hold_seconds == 4
    environ = {"TRIAGE_BASE_URL": "https://environment.example", "TRIAGE_PROFILE": "q"}
    joined = settings(tmp_path, text, environ, profile="p")
    assert (joined.base_url, joined.profile) == ("https://environment.example", "p")
    assert joined.hold_seconds == 3
    assert joined.sources["base_url"] == "environment" and joined.sources["hold_seconds"] == "file"
    assert settings(tmp_path, text, environ).profile == "q"
    assert settings(tmp_path, "read_only = false", read_only=True).read_only


def test_unknown_key_names_file_line_and_nearest(tmp_path):
    said = problem(tmp_path, '# note\nbase_url = ""\nhold_second = 4\n')
    assert "config.toml, line 3: hold_second is no setting. Did you mean hold_seconds?" in said
    said = problem(tmp_path, '[profiles.prod]\n\nbas_url = "x"\n')
    assert "line 3: profiles.prod.bas_url is no setting. Did you mean base_url?" in said


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("hold_seconds = -1", 1, "hold_seconds"),
        ("\nhold_seconds = 601", 2, "hold_seconds"),
        ('stale_after = "an hour"', 1, "stale_after"),
        ('glyphs = "emoji"', 1, "glyphs"),
        ("read_only = 1", 1, "read_only"),
        ('colour = "\\u001b[31m"', 1, "colour"),
        ("token_command = [1]", 1, "token_command"),
        ('\n\n[profiles.x]\nsync_every = "60"', 4, "profiles.x.sync_every"),
    ],
)
def test_a_wrong_value_names_line_and_key(tmp_path, text, line, key):
    assert f"line {line}: {key} has a value that does not fit" in problem(tmp_path, text)


def test_broken_toml_names_the_line(tmp_path):
    assert "line 2" in problem(tmp_path, 'theme = "auto"\nbase_url = \n')


@pytest.mark.parametrize("url", ["http://billing.example", "http://10.0.0.1", "http://127.0.0.1.example.com"])
def test_plain_http_to_another_machine_is_refused(tmp_path, url):
    assert "plain http" in problem(tmp_path, f'base_url = "{url}"')
    assert "TRIAGE_BASE_URL is plain http" in problem(tmp_path, "", {"TRIAGE_BASE_URL": url})


@pytest.mark.parametrize(
    "url", ["canary", "https://a/?token=canary", "https://canary@a", "https://a:canary", "https://[canary"]
)
def test_a_token_pasted_into_the_url_is_not_repeated(tmp_path, url):
    assert "canary" not in problem(tmp_path, f'base_url = "{url}"')
    assert "canary" not in problem(tmp_path, "", {"TRIAGE_BASE_URL": url})


@pytest.mark.parametrize(
    "url", ["ftp://a", "billing.example", "https://", "https://a/?q=1", "https://a:b", "https://u:p@a"]
)
def test_what_is_no_base_url_is_refused(tmp_path, url):
    problem(tmp_path, f'base_url = "{url}"')


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8787", "http://localhost:1", "http://[::1]:2", "https://b.example/x/"]
)
def test_https_and_loopback_are_fine(tmp_path, url):
    assert settings(tmp_path, f'base_url = "{url}"').base_url == url.rstrip("/")


def test_paths_follow_xdg_and_home(tmp_path):
    environ = {"XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": "relative", "HOME": "/h"}
    made = load_settings(Flags(), environ)
    assert (str(made.outbox_file), str(made.cache_file)) == (
        "/s/triage/default/outbox.db",
        "/c/triage/default/cache.db",
    )
    assert (str(made.log_file), str(made.config_file)) == ("/s/triage/triage.log", "/h/.config/triage/config.toml")
    below = load_settings(Flags(home=str(tmp_path), profile="p"), environ)
    for path in (below.outbox_file, below.cache_file, below.log_file, below.config_file):
        assert path.is_relative_to(tmp_path)
    assert below.state_dir.name == "p"


def test_profile_names_cannot_leave_the_directory(tmp_path):
    for name in ("../x", "a/b", ".hidden", "x\n"):
        assert "profile" in problem(tmp_path, "", profile=name)


def test_unknown_profile_lists_those_there_are(tmp_path):
    assert "It has: production" in problem(tmp_path, "[profiles.production]\n", profile="prodution")


def test_a_named_config_must_exist(tmp_path):
    with pytest.raises(ConfigError, match="no config file"):
        load_settings(Flags(config=str(tmp_path / "none.toml")), {})


def test_policy_is_relative_to_the_config_file(tmp_path):
    assert settings(tmp_path, 'policy = "mine.toml"').policy_file == tmp_path / "mine.toml"


def test_schema_has_every_key():
    assert set(schema()["properties"]) == {"profile", "profiles", *DEFAULTS}


def test_the_words_of_a_view_in_the_schema_are_those_that_the_list_knows():
    keys = schema()["properties"]["views"]["additionalProperties"]["properties"]
    assert keys["view"]["enum"] == sorted(VIEWS) and keys["sort"]["enum"] == sorted(SORTS)
    assert keys["columns"]["items"]["enum"] == sorted(COLUMNS)


def test_saved_views_come_from_the_file_and_the_profile_adds_its_own(tmp_path):
    text = (
        '[views.renewals]\nview = "book"\nfilter = "health:critical"\nsort = "renewal"\ncolumns = ["account", "mrr"]\n'
        '[views.mine]\nfilter = "owner:ada"\n[profiles.p.views.mine]\nfilter = "owner:bob"\n[profiles.p.views.more]\n'
    )
    renewals = SavedView("renewals", View.BOOK, "health:critical", Sort.RENEWAL, ("account", "mrr"))
    plain, other = settings(tmp_path, text), settings(tmp_path, text, profile="p")
    assert plain.views == (renewals, SavedView("mine", filter="owner:ada"))
    assert other.views == (renewals, SavedView("mine", filter="owner:bob"), SavedView("more"))
    assert (plain.sources["views"], other.sources["views"]) == ("file", "profile")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[views.a]\n\nsrt = "mrr"', "line 3: views.a.srt is no setting. Did you mean sort?"),
        ('[views.a]\nsort = "heath"', "line 2: views.a.sort has a value that does not fit: "),
        ('[views.a]\nsort = "heath"', "Did you mean health?"),
        ('[views.a]\nview = "zzz"', "It is one of all, at-cap, at-risk, "),
        ('[views.a]\ncolumns = ["acount"]', "line 2: views.a.columns has a value that does not fit: "),
        ('[views.a]\ncolumns = ["acount"]', "Did you mean account?"),
        ("\n[views.red]", "line 2: views.red is a view of triage's own"),
        ('\n[views."a b"]', "views.a b is no name for a view"),
        ("[views]\na = 1", "line 2: views.a must be a table such as [views.renewals]"),
        ("views = 1", "line 1: views has a value that does not fit"),
        ('[outreach]\n\nsmpt_host = "x"', "line 3: outreach.smpt_host is no setting. Did you mean smtp_host?"),
        ('[outreach]\ntls = "implict"', "line 2: outreach.tls has a value that does not fit: "),
        ("\noutreach = { slak = true }", "line 2: outreach.slak is no setting. Did you mean slack?"),
        ('glyphs = "unicod"', "Did you mean unicode?"),
        ('profil = "x"', "Did you mean profile?"),
        ('[profiles.p.views.v]\nfiltre = ""', "line 2: profiles.p.views.v.filtre is no setting. Did you mean filter?"),
    ],
)
def test_errors_in_tables_name_line_key_and_the_nearest_word(tmp_path, text, said):
    assert said in problem(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('# note\nbase_url = "ftp://a"', "base_url in PATH, line 2 must look like"),
        ('[profiles.p]\nbase_url = "http://billing.example"', "base_url in PATH, line 2 is plain http"),
        ('\n\ntoken_command = "pass \'show"', "token_command in PATH, line 3 cannot be split"),
        ('[outreach]\nslack = true\nzone = "Mars/Base"', "PATH, line 3: outreach.zone 'Mars/Base'"),
        ('\npolicy = "~nobody-here/x"', "policy in PATH, line 2 "),
    ],
)
def test_what_only_a_look_at_the_value_finds_names_the_line_too(tmp_path, text, said):
    text += "" if "profiles" in text else "\n[profiles.p]"
    assert said.replace("PATH", str(tmp_path / "config.toml")) in problem(tmp_path, text, profile="p")


def test_a_misspelt_profile_has_a_nearest_name(tmp_path):
    assert "Did you mean production?" in problem(tmp_path, "[profiles.production]\n", profile="prodution")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('do.reset_usage = "T"', "line 2: keys.do.reset_usage (reset usage) and do.grant_trial (reverse trial)"),
        ('"do.claim" = "ctrl+m"', "line 2: keys.do.claim cannot be that key: ctrl+m is the same as enter"),
        ('do.claim = "ctrl+j"', "the same as a line feed"),
        ('do.claim = "ctrl+h"', "the same as backspace"),
        ('do.claim = "ctrl+i"', "the same as tab"),
        ('do.claim = "ctrl+c"', "never quits"),
        ('do.clam = "x"', "is no action. Did you mean do.claim?"),
        ('reset = "x"', "Did you mean do.reset_usage?"),
        ('do.claim = "ctlr+x"', "'ctlr+x' is no key. Did you mean ctrl+x?"),
        ('do.claim = "shift+x"', "written as the letter it types: X"),
        ("do.claim = 4", "must be a key"),
        ("do.claim = []", "must be a key"),
        ('form.submit = "x"', "works where a text is typed"),
    ],
)
def test_a_wrong_key_is_named_with_its_place_and_what_was_meant(tmp_path, text, said):
    assert said in problem(tmp_path, f"[keys]\n{text}\n")


def test_keys_may_be_swapped_written_as_people_do_and_set_per_profile(tmp_path):
    text = '[keys]\ndo.reset_usage = "T"\n"do.grant_trial" = ["R", "ctrl+g"]\nsee.why = "?"\ngo.help = "W"\n'
    assert settings(tmp_path, text).keys == {
        "do.reset_usage": "T",
        "do.grant_trial": "R,ctrl+g",
        "see.why": "question_mark",
        "go.help": "W",
    }
    more = text + '[profiles.p.keys]\ngo.sync = ","\n'
    assert settings(tmp_path, more, profile="p").keys["go.sync"] == "comma"
    assert "go.sync" not in settings(tmp_path, more).keys
    clashing = text + '[profiles.p.keys]\ngo.sync = "T"\n'
    assert "line 7: keys.go.sync (sync now) and do.reset_usage" in problem(tmp_path, clashing, profile="p")


def test_config_lists_every_action_with_its_keys(cli):
    found = {one["id"]: one for one in cli("config", "--keys", "--json").json}
    assert found["do.reset_usage"]["keys"] == ["R"] and "inbox" in found["do.reset_usage"]["screens"]
    assert found["go.help"]["keys"] == ["?"] and not found["go.help"]["remapped"]
    (cli.home / "config.toml").write_text('[keys]\ngo.help = "H"\n')
    assert "* go.help" in cli("config", "--keys").out
