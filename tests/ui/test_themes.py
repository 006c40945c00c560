"""Themes: picked by sight and kept; files of a person's own with live reload, mistakes named by file, line and key."""

import pytest

from data.errors import ConfigError
from data.kept_screen import ScreenFile
from triage.app_look import Wishes
from triage.user_themes import UserThemes, read_theme
from widgets.theme import PALETTES

MINE = """# after the evening
base = "dark"

[colours]
bg = "#101010"
blocked = "#FF7777"
"""


@pytest.fixture
def opened(open_desk, app_of, tmp_path):
    (tmp_path / "themes").mkdir()
    desks = []

    def made(theme: str = "auto"):
        desks.append(desks[0] if desks else open_desk())
        wishes = Wishes(theme=theme, glyphs="unicode", themes=tmp_path / "themes")
        return app_of(desks[0], wishes=wishes, screen_file=ScreenFile(tmp_path / "screen.json"))

    return made


def ground(app) -> str:
    """The background of the first row that no cursor stands on."""
    line = app.screen._compositor.render_strips()[-3]
    return next(part.style.bgcolor.name for part in line if part.style and part.style.bgcolor)


async def test_a_theme_is_tried_on_and_esc_goes_back(opened, wait, seen, tmp_path) -> None:
    app = opened()
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "Try first" in seen(app))
        await pilot.press("L", "j")
        await wait(pilot, lambda: app.theme == "triage-light" and ground(app) == "#fbfbf9")
        await pilot.press("escape")
        await wait(pilot, lambda: app.theme == "triage-dark" and ground(app) == "#111315")
        assert not (tmp_path / "screen.json").exists()


async def test_a_theme_that_was_picked_is_kept_until_the_config_names_another(opened, wait, seen) -> None:
    app = opened()
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        await pilot.press("L", "G", "enter")
        await wait(pilot, lambda: app.theme == "tokyo-night" and len(app.screen_stack) == 1)
    assert opened().theme == "tokyo-night"
    assert opened("light").theme == "triage-light"


async def test_every_theme_of_the_list_draws_the_inbox(opened, wait, seen) -> None:
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        await pilot.press("L")
        for name in app.theme_names()[1:]:
            await pilot.press("j")
            await wait(pilot, lambda name=name: app.theme.removeprefix("triage-") == name)
        assert "Blocked" in seen(app)


async def test_plain_can_be_left_again(opened, wait, seen) -> None:
    app = opened("plain")
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        assert not any(
            part.style.color for line in app.screen._compositor.render_strips() for part in line if part.style
        )
        await pilot.press("L", "k")
        await wait(pilot, lambda: app.theme == "triage-high-contrast" and ground(app) == "#000000")


async def test_where_the_terminal_leaves_no_choice_it_says_why(opened, wait, seen, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = opened("light")
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        await pilot.press("L")
        await wait(pilot, lambda: "NO_COLOR is set: the plain theme stands." in seen(app))


async def test_a_file_of_ones_own_is_a_theme_and_is_read_again_when_it_changes(opened, wait, seen, tmp_path) -> None:
    mine = tmp_path / "themes" / "evening.toml"
    mine.write_text(MINE)
    app = opened("evening")
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "Try first" in seen(app) and ground(app) == "#101010")
        mine.write_text(MINE.replace("#101010", "#202020"))
        await wait(pilot, lambda: ground(app) == "#202020")
        mine.write_text(MINE.replace("#101010", "#20202"))
        await wait(pilot, lambda: "line 5: colours.bg must be a colour" in seen(app).replace("\n", " "))
        assert ground(app) == "#202020", "what it was before stays"
        (tmp_path / "themes" / "night.toml").write_text("")
        await wait(pilot, lambda: "night" in app.theme_names())


async def test_a_theme_that_is_not_there_is_said(opened, wait, seen) -> None:
    app = opened("grvbox")
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "There is no theme 'grvbox'. Did you mean gruvbox?" in seen(app))
        assert app.theme == "triage-dark"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('bsae = "dark"', "line 1: bsae is no setting of a theme. Did you mean base?"),
        ('base = "drak"', "line 1: base must be one of dark, light, colour-blind, high-contrast. Did you mean dark?"),
        ('[colours]\n\nmutde = "#111111"', "line 3: colours.mutde is no role of a theme. Did you mean muted?"),
        ('[colours]\nbg = "red"', 'line 2: colours.bg must be a colour such as "#FA6A74".'),
        ("colours = 3", "line 1: colours must be a table: [colours]."),
        ('fill = "yes"', "line 1: fill must be true or false."),
        ("[colours", "is not TOML:"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_theme(path)
    assert str(path) in str(refused.value) and said in str(refused.value)


def test_names_and_words_that_cannot_be_read_are_said(tmp_path) -> None:
    (tmp_path / "dark.toml").write_text("")
    (tmp_path / "My Theme.toml").write_text("")
    (tmp_path / "grey.toml").write_text('[colours]\nmuted = "#333333"')
    themes = UserThemes(tmp_path)
    said = "\n".join(themes.read(()))
    assert "'dark' is a theme that triage has" in said and "'My Theme' is no name" in said
    assert "grey.toml, line 2: colours.muted reads at 1." in said and "words need 4.5" in said
    assert set(themes.palettes) == {"grey"} and not themes.changed()
    assert read_theme(tmp_path / "grey.toml").accent == PALETTES["dark"].accent
