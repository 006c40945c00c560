"""The palette against the measured tables of the look: WCAG 2 contrast, Machado 2009 with CIEDE2000."""

import itertools
import math

import pytest
from textual.theme import BUILTIN_THEMES

from widgets.theme import (
    PALETTES,
    PLAIN,
    SEVERITIES,
    Styles,
    contrast,
    css_variables,
    derive,
    textual_themes,
    theme_name,
)

# role: on bg, then the lowest over bg, panel, raised, cursor and tint (text, muted and faint over field too)
CONTRAST = {
    "strong": {
        "dark": (17.3, 12.5),
        "light": (18.7, 15.8),
        "colour-blind": (17.3, 12.5),
        "high-contrast": (21.0, 14.1),
    },
    "text": {"dark": (13.8, 10.0), "light": (14.3, 12.1), "colour-blind": (13.8, 10.0), "high-contrast": (21.0, 14.1)},
    "muted": {"dark": (7.4, 5.3), "light": (6.0, 5.0), "colour-blind": (7.4, 5.3), "high-contrast": (14.4, 9.7)},
    "accent": {"dark": (8.6, 6.5), "light": (5.8, 4.9), "colour-blind": (8.6, 6.5), "high-contrast": (12.4, 8.3)},
    "blocked": {"dark": (6.5, 4.9), "light": (9.1, 7.7), "colour-blind": (6.0, 4.6), "high-contrast": (8.7, 5.8)},
    "cap": {"dark": (9.8, 7.4), "light": (5.7, 4.8), "colour-blind": (12.4, 9.3), "high-contrast": (13.6, 9.1)},
    "near": {"dark": (13.7, 10.3), "light": (5.5, 4.7), "colour-blind": (16.2, 12.3), "high-contrast": (18.9, 12.7)},
    "down": {"dark": (8.6, 6.5), "light": (5.9, 5.0), "colour-blind": (7.2, 5.4), "high-contrast": (13.5, 9.1)},
    "faint": {"dark": (4.9, 3.5), "light": (3.6, 3.0), "colour-blind": (4.9, 3.5), "high-contrast": (8.8, 5.9)},
}
ON_ACCENT = {"dark": 8.4, "light": 6.0, "colour-blind": 8.4, "high-contrast": 12.4}
OVER_FIELD = ("strong", "text", "muted", "faint")  # strong stands on the profile chip
# normal, protanopia, deuteranopia, tritanopia
DISTANCE = {
    "dark": (20.0, 17.7, 14.9, 14.5),
    "light": (22.6, 11.2, 10.3, 10.5),
    "colour-blind": (21.0, 21.6, 16.0, 15.6),
    "high-contrast": (18.8, 19.2, 16.4, 15.9),
}
SIGHT = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("role", CONTRAST)
def test_contrast_is_as_measured(name: str, role: str) -> None:
    colours = PALETTES[name].colours()
    grounds = ["bg", "panel", "raised", "cursor", "tint"] + (["field"] if role in OVER_FIELD else [])
    lowest = min(contrast(colours[role], colours[ground]) for ground in grounds)
    on_bg, least = CONTRAST[role][name]
    assert contrast(colours[role], colours["bg"]) == pytest.approx(on_bg, abs=0.06)
    assert lowest == pytest.approx(least, abs=0.06)
    assert lowest >= (2.95 if role == "faint" else 4.5)


@pytest.mark.parametrize("name", PALETTES)
def test_the_chip_and_the_filled_cell_can_be_read(name: str) -> None:
    colours = PALETTES[name].colours()
    assert contrast(colours["on_accent"], colours["accent"]) == pytest.approx(ON_ACCENT[name], abs=0.06)
    if PALETTES[name].fill:
        assert contrast(colours["bg"], colours["blocked"]) >= 4.5


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("sight", SIGHT)
def test_severities_stay_apart_for_every_sight(name: str, sight: str) -> None:
    colours = PALETTES[name].colours()
    labs = [lab(seen(colours[role], sight)) for role in SEVERITIES]
    smallest = min(ciede2000(one, other) for one, other in itertools.combinations(labs, 2))
    assert smallest >= 10
    assert smallest == pytest.approx(DISTANCE[name][list(SIGHT).index(sight)], abs=0.5)


@pytest.mark.parametrize("theme", [theme for theme in BUILTIN_THEMES.values() if not theme.ansi], ids=lambda t: t.name)
def test_foreign_themes_are_readable_wherever_our_own_colours_can_help(theme) -> None:
    palette = derive(theme)
    assert palette is not None
    colours = palette.colours()
    grounds = [colours[name] for name in ("bg", "panel", "cursor")]
    for role in ("strong", "text", "blocked", "cap", "near"):
        assert min(contrast(colours[role], ground) for ground in grounds) >= 3.0, role
    assert contrast(colours["on_accent"], colours["accent"]) >= 3.0


def test_every_theme_of_ours_has_every_variable() -> None:
    wanted = set(css_variables(None))
    for theme in textual_themes():
        assert wanted <= set(theme.variables), theme.name
    assert theme_name("dark") == "triage-dark" and theme_name(PLAIN) == "triage-plain" and theme_name("nord") == "nord"


def test_the_plain_theme_has_no_colour_and_dims_no_words() -> None:
    styles = Styles(None)
    for role in ("strong", "text", "muted", "blocked", "cap", "near", "down", "accent", "key", "head"):
        for ground in ("bg", "cursor", "chip", "tint", "field"):
            style = styles(role, ground)
            assert style.color is None and style.bgcolor is None and not style.dim
    assert styles("text", "cursor").reverse and styles("line").dim and styles("text", "field").underline


def test_light_in_256_colours_draws_the_cursor_row_in_strong() -> None:
    light = Styles(PALETTES["light"], few_colours=True)
    assert light("cap", "cursor").color == light("strong", "cursor").color
    assert Styles(PALETTES["dark"], few_colours=True)("cap", "cursor").color != light("strong", "cursor").color


# --- the arithmetic ---


def seen(colour: str, sight: str) -> list[float]:
    """Linear RGB as a sight with full severity sees it (Machado, Oliveira and Fernandes 2009)."""
    rgb = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return [min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in SIGHT[sight]]


def lab(linear: list[float]) -> tuple[float, float, float]:
    """CIELAB under D65."""
    r, g, b = linear
    xyz = (
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    )
    fx, fy, fz = (c ** (1 / 3) if c > 216 / 24389 else (24389 / 27 * c + 16) / 116 for c in xyz)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def ciede2000(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The CIEDE2000 distance (Sharma, Wu and Dalal 2005)."""
    mean_c = (math.hypot(*one[1:]) + math.hypot(*other[1:])) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    (l1, a1, b1), (l2, a2, b2) = ((c[0], c[1] * (1 + g), c[2]) for c in (one, other))
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = h2 - h1
    turn = 0.0 if not c1 * c2 else turn - 360 if turn > 180 else turn + 360 if turn < -180 else turn
    dl, dc, dh = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    ml, mc = (l1 + l2) / 2, (c1 + c2) / 2
    mh = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else (h1 + h2 + 360) / 2 % 360
    t = 1 - 0.17 * math.cos(math.radians(mh - 30)) + 0.24 * math.cos(math.radians(2 * mh))
    t += 0.32 * math.cos(math.radians(3 * mh + 6)) - 0.20 * math.cos(math.radians(4 * mh - 63))
    sl = 1 + 0.015 * (ml - 50) ** 2 / math.sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    rt = -2 * math.sqrt(mc**7 / (mc**7 + 25**7)) * math.sin(math.radians(60 * math.exp(-(((mh - 275) / 25) ** 2))))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh))


def test_the_distance_reproduces_published_pairs() -> None:
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, -1.0, 2.0), (50, 0, 0)) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619)) == pytest.approx(2.0373, abs=1e-4)
