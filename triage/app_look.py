"""How the app looks, and how a person may change that while it runs: theme, density, panes; kept in the state."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from rich.segment import Segments
from rich.text import Text
from textual.app import App
from textual.filter import LineFilter

from data.errors import FileProblem
from data.kept_screen import Choice, Panes, ScreenFile
from data.safe_text import drawable
from screens.base import TriageScreen
from screens.crash import crash_words
from screens.look_messages import DensityAsked, PanesChanged, ThemeChosen, ThemesAsked, ThemeShown
from screens.messages import Gravity, Messages
from triage.user_themes import UserThemes
from widgets.colourless import Colourless
from widgets.glyphs import pick
from widgets.look import Look, colours, may_move, wants_plain
from widgets.theme import PLAIN, Palette, Styles, css_variables, derive, textual_theme, textual_themes, theme_name

THEMES_EVERY = 1.0  # seconds between looks at the folder of a person's own themes
COMPACT, COMFORTABLE = "compact", "comfortable"


class Wishes(msgspec.Struct, frozen=True):
    """What the config says about the looks; `themes` is the folder of a person's own themes."""

    theme: str = "auto"
    glyphs: str = "auto"
    density: str = COMFORTABLE
    colour: str | None = None
    themes: Path | None = None


class LookedApp(App[str]):
    """Theme, glyphs, density and motion of the app; `look` is what widgets draw by."""

    def __init__(self, wishes: Wishes, screen_file: ScreenFile, keys: Mapping[str, str]) -> None:
        self._wishes, self._screen_file, self._written = wishes, screen_file, keys
        self._few_colours = colours() == "256"
        self._motion = may_move()
        self._colourless = Colourless()
        self.messages = Messages()
        self._user_themes = UserThemes(wishes.themes)
        wanted = screen_file.chosen("theme", wishes.theme)
        self.only_plain = wants_plain("auto")  # the terminal or NO_COLOR leaves no choice
        plain = wants_plain(wanted)
        # Textual's own answer to NO_COLOR is grey and still sends colour codes; native ANSI sends none.
        super().__init__(ansi_color=True if plain else None)
        self._glyphs = pick(wishes.glyphs, os.environ)
        self._compact = screen_file.chosen("density", wishes.density) == COMPACT
        for each in textual_themes():
            self.register_theme(each)
        self._taken: set[str] = set(self.available_themes)
        self.theme_problems = self._take_user_themes()
        name = theme_name(PLAIN if plain else wanted)
        if name not in self.available_themes:
            self.theme_problems.append(self._unknown(wanted))
            name = theme_name("auto")
        self._begin_with(name)
        self.look = self._make_look()
        self.animation_level = "basic" if self._motion else "none"
        self.set_class(not self._motion, "-still", update=False)

    def _begin_with(self, theme: str) -> None:
        """Set the first theme as the default one is set: assigning it would parse all style sheets a second time."""
        self.set_reactive(App.theme, theme)
        dark = self.current_theme.dark
        marks = {f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}
        self.update_classes(marks, update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    # --- what Textual asks ---

    def _palette(self) -> Palette | None:
        return self._user_themes.palettes.get(self.theme) or derive(self.current_theme)

    def _make_look(self) -> Look:
        styles = Styles(self._palette(), few_colours=self._few_colours, profile=self._wishes.colour)
        return Look(styles, self._glyphs, self._motion, self._written, self._compact)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colours, not even the codes of the default ones."""
        plain = self.only_plain or self.theme == theme_name(PLAIN)
        return (self._colourless,) if plain else super().get_line_filters()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """`triage-*` for themes that are not ours."""
        return css_variables(self._palette())

    def _watch_theme(self, theme_name: str) -> None:
        if not self.only_plain:
            self.ansi_color = None  # the theme says it from now on
        super()._watch_theme(theme_name)
        self.look = self._make_look()

    # --- a person's own themes ---

    def _unknown(self, wanted: str) -> str:
        from difflib import get_close_matches

        names = [name.removeprefix("triage-") for name in self.available_themes]
        close = get_close_matches(wanted, names, n=1, cutoff=0.5)
        return f"There is no theme {wanted!r}.{f' Did you mean {close[0]}?' if close else ''} The dark one is used."

    def _take_user_themes(self) -> list[str]:
        folder = f"{self._user_themes.folder}/"  # it is the same for all, and what is wrong must fit beside the file
        problems = [problem.removeprefix(folder) for problem in self._user_themes.read(self._taken)]
        for palette in self._user_themes.palettes.values():
            self.register_theme(textual_theme(palette, palette.name))
        return problems

    def watch_themes(self) -> None:
        """Say what was wrong with themes at the start; from now on a file that changes in their folder is seen."""
        for problem in self.theme_problems:
            self.warn(problem, Gravity.ERROR)
        if self._user_themes.folder is not None:
            self.set_interval(THEMES_EVERY, self._look_at_themes)

    def _look_at_themes(self) -> None:
        if not self._user_themes.changed():
            return
        before = self._palette()
        problems = self._take_user_themes()
        for name in set(self.available_themes) - self._taken - set(self._user_themes.palettes):
            if name != self.theme:
                self.unregister_theme(name)
        if self._palette() != before:
            self._watch_theme(self.theme)
        for problem in problems:
            self.warn(problem, Gravity.ERROR)

    # --- picking ---

    def theme_names(self) -> list[str]:
        """Return the names one may pick: ours, a person's own, Textual's."""
        ours = [name for name in self.available_themes if name.startswith("triage-")]
        own = sorted(self._user_themes.palettes)
        others = sorted(set(self.available_themes) - set(ours) - set(own))
        return [name.removeprefix("triage-") for name in ours] + own + others

    def on_themes_asked(self, message: ThemesAsked) -> None:
        """L: a list of them, unless the terminal leaves no choice."""
        if self.only_plain:
            why = "NO_COLOR is set" if os.environ.get("NO_COLOR") else "This terminal has 16 colours or fewer"
            self.tell(f"{why}: the plain theme stands.")
            return
        from screens.theme_picker import ThemePicker

        self.push_screen(ThemePicker(self.theme_names(), self.theme.removeprefix("triage-")))

    def on_theme_shown(self, message: ThemeShown) -> None:
        """A theme is tried on."""
        self.theme = theme_name(message.name)

    def on_theme_chosen(self, message: ThemeChosen) -> None:
        """A theme is kept."""
        self._keep(theme=Choice(message.name, self._wishes.theme))

    def on_density_asked(self, message: DensityAsked) -> None:
        """=: compact, or comfortable again."""
        self._compact = not self._compact
        now = COMPACT if self._compact else COMFORTABLE
        self.look = self._make_look()
        self._keep(density=Choice(now, self._wishes.density))
        for screen in self.screen_stack:
            if isinstance(screen, TriageScreen):
                screen.on_resize()
        self.refresh(layout=True)
        self.tell("Compact: no blank lines." if self._compact else "Comfortable: blank lines between sections.")

    # --- keeping ---

    @property
    def kept_panes(self) -> Panes:
        """The pane as it was left."""
        return self._screen_file.kept.panes

    def on_panes_changed(self, message: PanesChanged) -> None:
        """The pane was moved or resized."""
        self._keep(panes=message.panes)

    def _keep(self, **changes: Choice | Panes) -> None:
        """Keep it for the next start; a file that cannot be written is said and changes nothing now."""
        try:
            self._screen_file.keep(msgspec.structs.replace(self._screen_file.kept, **changes))
        except FileProblem as problem:
            self.warn(str(problem), Gravity.ERROR)

    def tell(self, sentence: str) -> None:
        """Answer a key on the status line of the screen that is shown, or of the one below a form."""
        screen = self._top()
        if screen is not None:
            screen.tell(sentence)

    def warn(self, sentence: str, gravity: Gravity = Gravity.WARNING) -> None:
        """Say what nobody asked for; it stands until it can have been read."""
        screen = self._top()
        if screen is not None:
            screen.warn(sentence, gravity)

    def _top(self) -> TriageScreen | None:
        return next((one for one in reversed(self.screen_stack) if isinstance(one, TriageScreen)), None)

    def _fatal_error(self) -> None:
        """Instead of Textual's traceback with its locals."""
        words = crash_words(self._exception or sys.exc_info()[1])
        text = Text("\n".join(map(drawable, words.splitlines())))
        self._exit_renderables.append(Segments(self.console.render(text)))
        self._close_messages_no_wait()
