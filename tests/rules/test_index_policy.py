"""The index's table in the policy file: overrides key by key, and contradictions refused with a sentence."""

import pytest

from data.errors import ConfigError
from triage.policy import load_policy


@pytest.fixture
def own(tmp_path):
    def load(text):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return load_policy(file)

    return load


def test_H1_H3_H5_H7_override_one_key_and_keep_the_rest(own, kit):
    policy = own("[index.bands]\nlow_from = 75.0\n[index.metrics.nps]\nmax_age_days = 90.0\n")
    assert (policy.index.bands.low_from, policy.index.bands.high_from) == (75, 40)
    assert policy.index.metrics["nps"].max_age_days == 90
    assert policy.index.metrics["nps"].anchors == kit.policy.index.metrics["nps"].anchors
    weights = own("[index.profiles.plg.weights]\nusage = 0.5\nrisk = 0.1\n").index.profiles["plg"].weights
    assert weights == {"usage": 0.5, "support": 0.2, "sentiment": 0.2, "risk": 0.1}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[index.profiles.plg.weights]\nusage = 0.5\n", "index.profiles.plg' add up to 1.1"),
        ("[index.profiles.plg.weights]\nusage = nan\n", "index.profiles"),
        ('[index.profiles.default]\nsegments = ["x"]\n', "for every account"),
        ("[index.bands]\nhigh_from = 55.0\n", "do not rise"),
        ("[index.bands]\nlow_from = 101.0\n", "index.bands.low_from"),
        ("[index.coverage]\nscore_from = 0.9\n", "'index.coverage.score_from' is above"),
        ("[index.value_tiers]\na_share = 0.9\n", "'index.value_tiers.a_share' is above"),
        ("[index.indicators]\nnps_passive_from = 10\n", "'index.indicators.nps_passive_from' is above"),
        ("[index.metrics.nps]\nanchors = [[5.0, 0.0], [5.0, 9.0]]\n", "'index.metrics.nps.anchors' do not rise"),
        ("[index.metrics.nps]\nanchors = [[5.0, 0.0], [inf, 9.0]]\n", "'index.metrics.nps.anchors' do not rise"),
        ("[index.metrics.nps]\nanchors = [[nan, 0.0], [5.0, 9.0]]\n", "'index.metrics.nps.anchors' do not rise"),
        ("[index.metrics.nps]\nanchors = [[1.0, 0.0]]\n", "index.metrics"),
        ("[index.metrics.nps]\nanchors = [[1.0, 0.0], [2.0, 101.0]]\n", "index.metrics"),
        ("[index.bnads]\nlow_from = 1.0\n", "index.bands"),
    ],
)
def test_H3_H7_contradictions_are_refused(own, text, named):
    with pytest.raises(ConfigError) as caught:
        own(text)
    assert named in str(caught.value)
