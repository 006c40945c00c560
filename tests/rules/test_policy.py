"""The policy file: shipped values, overrides by key, and refusals that name file, key and nearest name."""

import math

import msgspec
import pytest

from data.assessment import Category
from data.errors import ConfigError
from triage.policy import load_policy
from triage.rules.assess import assess


@pytest.fixture
def own(tmp_path):
    """Write an overriding file and load it."""

    def load(text):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return load_policy(file)

    return load


def test_A4_A5_A8_the_shipped_thresholds(kit):
    policy = kit.policy
    assert (policy.at_risk.near_ratio, policy.at_risk.horizon_days, policy.at_risk.downgrade_days) == (0.80, 7, 14)
    assert (policy.at_risk.projection_days, policy.at_risk.projection_min_days) == (7, 3)
    assert (policy.logins.frequent_count, policy.logins.frequent_days, policy.logins.recent_days) == (8, 7, 14)
    assert (policy.reset.repeat_days, policy.reason.min_chars, policy.reason.max_chars) == (30, 10, 500)


def test_A11_the_shipped_tiers(kit):
    tiers = kit.policy.tiers
    assert sorted(tiers, key=kit.policy.rank) == ["free", "pilot", "innovator", "changemaker", "guardian"]
    assert [tiers[name].price for name in ("innovator", "changemaker", "guardian")] == [2000, 7500, 15000]
    assert (tiers["free"].included, tiers["pilot"].included, tiers["guardian"].included) == (1.0, 10.0, None)
    assert [name for name, tier in tiers.items() if tier.hard_blocks] == ["pilot"]
    assert [name for name, tier in tiers.items() if tier.legacy] == ["pilot"]
    assert kit.policy.rank("of_tomorrow") == -1


def test_overrides_merge_deeply_and_change_the_version(own, kit):
    policy = own('[at_risk]\nnear_ratio = 0.9\n[tiers.pilot]\nprice = 900\n[matrix.at_cap."some"]\nreading = "Ask."\n')
    assert policy.at_risk.near_ratio == 0.9
    assert policy.at_risk.horizon_days == kit.policy.at_risk.horizon_days
    assert (policy.tiers["pilot"].price, policy.tiers["pilot"].hours) == (900, 10.0)
    assert policy.play("at_cap", "some").reading == "Ask."
    assert policy.play("at_cap", "some").suggested == kit.policy.play("at_cap", "some").suggested
    shipped, _, mark = policy.version.partition("+")
    assert shipped == kit.policy.version and len(mark) == 8


def test_the_version_follows_the_content_not_the_file(own, kit):
    assert own("# nothing\n").version == kit.policy.version
    assert own("[at_risk]\nnear_ratio = 0.8\n").version == kit.policy.version
    one = own("[at_risk]\nnear_ratio = 0.9\nhorizon_days = 5.0\n").version
    assert own("# the same\n[at_risk]\nhorizon_days = 5.0\nnear_ratio = 0.9\n").version == one
    assert own("[at_risk]\nnear_ratio = 0.9\nhorizon_days = 6.0\n").version != one


def test_an_override_reaches_the_verdict(own, kit):
    policy = own("[at_risk]\nnear_ratio = 0.5\n")
    account = kit.account(workspaces=[{"hours_used": 5.5}])
    assert assess(account, (), kit.policy, kit.now, kit.day).category is None
    row = assess(account, (), policy, kit.now, kit.day)
    assert (row.category, row.policy) == (Category.APPROACHING_CAP, policy.version)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[at_risk]\nnear_ration = 0.9\n", ["'at_risk.near_ration'", "'at_risk.near_ratio'"]),
        ("[at_rsk]\nnear_ratio = 0.9\n", ["'at_rsk'", "'at_risk'"]),
        ("[tiers.gardian]\nprice = 1\n", ["'tiers.gardian'", "'tiers.guardian'"]),
        ("[tiers.free]\nprize = 1\n", ["'tiers.free.prize'", "'tiers.free.price'"]),
        ('[matrix.at_cap."often"]\nreading = "x"\n', ["'matrix.at_cap.often'", "'matrix.at_cap."]),
        ('version = "mine"\n', ["'version'"]),
        ("at_risk = 3\n", ["'at_risk' is a table"]),
        ("[at_risk.near_ratio]\nx = 1\n", ["at_risk.near_ratio"]),
        ("[at_risk]\nnear_ratio = 0\n", ["at_risk.near_ratio"]),
        ('[at_risk]\nnear_ratio = "high"\n', ["at_risk.near_ratio"]),
        ("[logins]\nfrequent_days = 20.0\n", ["logins.frequent_days"]),
        ("[reason]\nmin_chars = 501\n", ["reason.min_chars"]),
        ('[trial]\ndefault_tier = "free"\n', ["trial.default_tier"]),
        ("[trial]\ndefault_months = 13\n", ["trial.default_months"]),
        ("[at_risk]\nprojection_min_days = 8\n", ["at_risk.projection_min_days"]),
        ("[tiers.free]\norder = 4\n", ["'order'"]),
        ("[discount]\nkinds = []\n", ["discount.kinds"]),
        ('[matrix.at_cap."some"]\nsuggested = ["pray"]\n', ["pray"]),
        ("[at_risk\n", ["not valid TOML"]),
    ],
)
def test_what_cannot_be_used_is_named(own, text, named):
    with pytest.raises(ConfigError) as refused:
        own(text)
    for word in ["mine.toml", *named]:
        assert word in str(refused.value)


def test_a_missing_or_undecodable_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_policy(tmp_path / "none.toml")
    odd = tmp_path / "odd.toml"
    odd.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"odd\.toml: not valid TOML"):
        load_policy(odd)


def test_the_policy_is_frozen(kit):
    with pytest.raises(AttributeError):
        kit.policy.version = "mine"
    assert math.isinf(kit.policy.tiers["guardian"].hours)
    assert msgspec.structs.replace(kit.policy, version="x") != kit.policy
