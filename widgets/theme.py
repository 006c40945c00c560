"""The palette: roles instead of colours, the five themes of ours, and what is made of a theme of somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

WORDS = 4.5
PREFIX = "triage-"
SEVERITIES = ("blocked", "cap", "near", "down")
GROUNDS = ("bg", "panel", "raised", "field", "cursor", "tint", "accent", "blocked", "chip", "profile")


@dataclass(frozen=True)
class Palette:
    """One theme: a colour for every role; `fill` says that the Blocked cell is a filled patch."""

    name: str
    dark: bool
    bg: str
    panel: str
    raised: str
    field: str
    cursor: str
    tint: str
    line: str
    strong: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    blocked: str
    cap: str
    near: str
    down: str
    fill: bool = False

    def colours(self) -> dict[str, str]:
        """Every role with its colour."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _NO_ROLE}


_NO_ROLE = ("name", "dark", "fill")

# fmt: off
DARK = Palette(
    "dark", True, bg="#111315", panel="#181A1D", raised="#212429", field="#2B2F35", cursor="#1F2C40", tint="#2B1A1D",
    line="#343940", strong="#F5F7FA", text="#D9DEE6", muted="#9AA4B2", faint="#788493", accent="#82B1FF",
    on_accent="#0B1524", blocked="#FA6A74", cap="#F7AE38", near="#E8DDB0", down="#A6B1C3",
)
LIGHT = Palette(
    "light", False, bg="#FBFBF9", panel="#F5F5F2", raised="#FFFFFF", field="#ECEDEA", cursor="#DFE9F8", tint="#FBE9E6",
    line="#D5D8DC", strong="#0B0E12", text="#23282F", muted="#59626F", faint="#7C8592", accent="#1A5FC4",
    on_accent="#FFFFFF", blocked="#8F0A1F", cap="#A04E00", near="#6D6746", down="#596374",
)
COLOUR_BLIND = Palette(
    "colour-blind", True, bg="#111315", panel="#181A1D", raised="#212429", field="#2B2F35", cursor="#1F2C40",
    tint="#2B1D14", line="#343940", strong="#F5F7FA", text="#D9DEE6", muted="#9AA4B2", faint="#788493",
    accent="#82B1FF", on_accent="#0B1524", blocked="#F8623F", cap="#FFCC33", near="#F7F0CF", down="#98A2AE", fill=True,
)
HIGH_CONTRAST = Palette(
    "high-contrast", True, bg="#000000", panel="#000000", raised="#0A0A0A", field="#1C1C1C", cursor="#00005F",
    tint="#5F0000", line="#8A8A8A", strong="#FFFFFF", text="#FFFFFF", muted="#D6D6D6", faint="#A8A8A8",
    accent="#7FD0FF", on_accent="#000000", blocked="#FF8080", cap="#FFC832", near="#FFF3C4", down="#C9D0DC", fill=True,
)
# fmt: on
PALETTES: Mapping[str, Palette] = {each.name: each for each in (DARK, LIGHT, COLOUR_BLIND, HIGH_CONTRAST)}
PLAIN = "plain"
_ROLES = tuple(DARK.colours())


def textual_themes() -> list[Theme]:
    """Return our themes for `App.register_theme`: `triage-dark`, … and `triage-plain`."""
    return [textual_theme(palette, PREFIX + palette.name) for palette in PALETTES.values()] + [_plain_theme()]


def theme_name(setting: str) -> str:
    """Return Textual's name of a theme setting: ours get the prefix, `auto` is dark, others stand as they are."""
    if setting in ("", "auto"):
        setting = DARK.name
    return PREFIX + setting if setting in PALETTES or setting == PLAIN else setting


def css_variables(palette: Palette | None) -> dict[str, str]:
    """Return `triage-*` for style sheets; None is the plain theme, where everything is the terminal's default."""
    colours = palette.colours() if palette else dict.fromkeys(_ROLES, "ansi_default")
    return {PREFIX + role.replace("_", "-"): colour for role, colour in colours.items()}


def textual_theme(palette: Palette, name: str) -> Theme:
    """Return a palette as Textual's theme of a name."""
    return Theme(
        name=name,
        primary=palette.accent,
        accent=palette.accent,
        background=palette.bg,
        surface=palette.panel,
        panel=palette.raised,
        foreground=palette.text,
        error=palette.blocked,
        warning=palette.cap,
        success=palette.muted,
        dark=palette.dark,
        variables=css_variables(palette) | _widget_variables(palette.accent, palette.on_accent, palette.field),
    )


# what Textual's own style sheets ask of a theme of terminal colours
_PLAIN_EXTRAS = {
    **dict.fromkeys(("ansi-background", "ansi-foreground"), "ansi_default"),
    **dict.fromkeys(("input-selection-background", "input-selection-foreground"), "ansi_default"),
    **dict.fromkeys(("screen-selection-background", "screen-selection-foreground"), "ansi_default"),
    **dict.fromkeys(("scrollbar-hover", "scrollbar-active", "scrollbar-corner-color"), "ansi_default"),
    **dict.fromkeys(("scrollbar-background-hover", "scrollbar-background-active"), "ansi_default"),
    "block-hover-background": "ansi_default",
    "input-cursor-text-style": "reverse",
}


def _plain_theme() -> Theme:
    roles: tuple[str, ...] = ("primary", "secondary", "accent", "background", "surface", "panel", "boost", "foreground")
    roles += ("error", "warning", "success")
    plain = "ansi_default"
    return Theme(
        name=PREFIX + PLAIN,
        ansi=True,
        variables=css_variables(None) | _widget_variables(plain, plain, plain) | _PLAIN_EXTRAS,
        **dict.fromkeys(roles, plain),  # type: ignore[arg-type]  # every one of these is a colour
    )


def _widget_variables(accent: str, on_accent: str, field: str) -> dict[str, str]:
    """Variables of Textual's own widgets that would otherwise bring a second accent."""
    return {
        "block-cursor-background": accent,
        "block-cursor-foreground": on_accent,
        "input-cursor-background": accent,
        "input-cursor-foreground": on_accent,
        "border": accent,
        "border-blurred": field,
        "scrollbar": field,
        "scrollbar-background": field,
    }


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours, 1 to 21."""
    lights = sorted((_luminance(Color.parse(one)), _luminance(Color.parse(other))))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: Color) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def derive(theme: Theme) -> Palette | None:
    """Return a palette for a theme that is not ours, our own colours standing in where words would be hard to read.

    None for a theme of terminal colours ("ansi-…"): there the plain look serves.
    """
    if theme.name.startswith(PREFIX):
        return PALETTES.get(theme.name.removeprefix(PREFIX))
    if theme.ansi:
        return None
    made = {role: Color.parse(colour) for role, colour in theme.to_color_system().generate().items() if _solid(colour)}
    own = DARK if theme.dark else LIGHT
    ground, ink = made["background"], made["foreground"]
    accent, error, warning = made["primary"], made["error"], made["warning"]
    mix = {
        "bg": ground,
        "panel": made["surface"],
        "raised": made["panel"],
        "field": ground.blend(ink, 0.14),
        "cursor": ground.blend(accent, 0.2),
        "tint": ground.blend(error, 0.14),
        "line": ground.blend(ink, 0.22),
        "faint": ground.blend(ink, 0.55),
        "muted": ground.blend(ink, 0.7),
    }
    hexes = {role: colour.hex6 for role, colour in mix.items()}
    grounds = [hexes[role] for role in ("bg", "panel", "raised", "cursor", "tint")]
    wanted = {"strong": ink, "text": ink, "muted": mix["muted"], "accent": accent, "blocked": error, "cap": warning}
    wanted |= {"near": ink, "down": mix["muted"]}
    for role, colour in wanted.items():
        hexes[role] = _readable(colour.hex6, role, grounds, own)
    hexes["on_accent"] = max((ground.hex6, "#000000", "#FFFFFF"), key=lambda c: contrast(c, hexes["accent"]))
    return Palette(name=theme.name, dark=theme.dark, fill=False, **hexes)


def _solid(colour: str) -> bool:
    return colour.startswith("#") and len(colour) == 7


def _readable(colour: str, role: str, grounds: list[str], own: Palette) -> str:
    """Return the theme's colour if it reads on every ground, else our own, moved to white or black until it does."""

    def least(choice: str) -> float:
        return min(contrast(choice, ground) for ground in grounds)

    if least(colour) >= WORDS:
        return colour
    ours = Color.parse(own.colours()[role])
    end = Color.parse("#FFFFFF" if own.dark else "#000000")
    steps = [ours.blend(end, step / 10).hex6 for step in range(11)]
    return next((step for step in steps if least(step) >= WORDS), max(steps, key=least))


class Styles:
    """Role to Rich style, computed once per theme: `styles("muted")`, `styles("strong bold", "cursor")`.

    An ink is a role and, if wanted, `bold`; a ground is one of GROUNDS. `key` is bold accent, `head` a column head or a
    heading. Without a palette (plain theme) there are only reverse, bold, dim and underline (look.md §2).
    """

    def __init__(self, palette: Palette | None, *, few_colours: bool = False, profile: str | None = None) -> None:
        self.palette = palette
        self.plain = palette is None
        self.fill = bool(palette and palette.fill)
        self._flat_cursor = few_colours and palette is not None and not palette.dark
        self._profile = profile
        self._made: dict[tuple[str, str], Style] = {}

    def __call__(self, ink: str = "text", ground: str = "bg") -> Style:
        """Return the style of an ink on a ground."""
        style = self._made.get((ink, ground))
        if style is None:
            role, _, rest = ink.partition(" ")
            style = (
                self._plain(role, ground, bool(rest)) if self.palette is None else self._coloured(role, ground, rest)
            )
            self._made[ink, ground] = style
        return style

    def _coloured(self, role: str, ground: str, rest: str) -> Style:
        assert self.palette is not None
        colours = self.palette.colours()
        bold = bool(rest) or role == "key" or ground == "chip"
        paper = colours["accent" if ground == "chip" else "field" if ground == "profile" else ground]
        role = {"key": "accent", "head": "muted"}.get(role, role)
        if ground == "chip":
            role = "on_accent"
        if ground == "blocked":
            role = "bg"
        if ground == "cursor" and self._flat_cursor:
            role = "strong"
        colour = colours[role]
        if ground == "profile" and self._profile:
            paper = Color.parse(self._profile).hex6
            colour = max(("#FFFFFF", "#000000"), key=lambda choice: contrast(choice, paper))
        return Style(color=colour, bgcolor=paper, bold=bold or None)

    @staticmethod
    def _plain(role: str, ground: str, bold: bool) -> Style:
        reverse = ground in ("cursor", "chip", "accent")
        return Style(
            bold=bold or role in ("blocked", "cap", "key", "head") or ground == "chip" or None,
            dim=(role in ("line", "faint") and not reverse) or None,
            reverse=reverse or None,
            underline=ground == "field" or None,
        )
