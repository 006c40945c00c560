"""Settings: flags over environment over the TOML file, decoded into frozen structs; read, never written."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from data.backends.registry import Chosen, Name
from data.errors import ConfigError
from data.kept import Column
from data.places import Places, local_path
from data.saved_view import SavedView
from triage.config_file import ConfigFile, Keys, Spot, nearest, read_file, seconds
from triage.config_paths import config_path, directories
from triage.config_views import list_columns, saved_views
from triage.outreach_settings import DEFAULTS as OUTREACH
from triage.outreach_settings import OutreachSettings, outreach_settings

DEFAULTS: dict[str, Any] = {
    "base_url": "",
    "backend": "native",
    "directus_url": "",
    "token_command": [],
    "read_only": False,
    "hold_seconds": 10.0,
    "stale_after": "1h",
    "sync_every": "60s",
    "live": True,
    "theme": "auto",
    "glyphs": "auto",
    "density": "comfortable",
    "mouse": True,
    "notify": "none",
    "colour": "",
    "policy": "",
    "tree": "",
    "outreach": OUTREACH,
    "columns": {"shown": [], "widths": {}},
    "views": {},
    "keys": {},
}
_LOOKS = ("theme", "glyphs", "density", "mouse", "notify", "colour")  # as they stand in the file
_PROFILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_DIRECTUS = "directus_url"
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


class Flags(msgspec.Struct, frozen=True):
    """The global options of the command line; None or False where not given."""

    config: str | None = None
    profile: str | None = None
    home: str | None = None
    read_only: bool = False
    no_input: bool = False
    verbose: int = 0


class Settings(msgspec.Struct, frozen=True):
    """The settings in effect; durations in seconds, paths absolute, `base_url` None where nothing names one.

    `sources` says for each key where its value comes from: `flag`, `environment`, `file`, `profile` or `default`.
    """

    profile: str
    base_url: str | None
    backend: Name
    directus_url: str | None
    token_command: tuple[str, ...]
    read_only: bool
    hold_seconds: Annotated[float, msgspec.Meta(ge=0, le=600)]
    stale_after: float
    sync_every: float
    live: bool
    theme: str
    glyphs: Literal["auto", "unicode", "console", "ascii"]
    density: Literal["comfortable", "compact"]
    mouse: bool
    notify: Literal["none", "bell", "desktop"]
    colour: str
    policy_file: Path | None
    tree_file: Path | None
    outreach: OutreachSettings
    columns: tuple[Column, ...]
    views: tuple[SavedView, ...]
    keys: dict[str, str]
    no_input: bool
    verbose: int
    home: Path | None
    config_file: Path
    config_found: bool
    state_dir: Path
    cache_dir: Path
    log_file: Path
    sources: dict[str, str]

    @property
    def outbox_file(self) -> Path:
        """The precious file: changes, drafts, remembered heads."""
        return self.state_dir / "outbox.db"

    @property
    def cache_file(self) -> Path:
        """The copy of the book."""
        return self.cache_dir / "cache.db"

    @property
    def screen_file(self) -> Path:
        """How a person last had the screen."""
        return self.state_dir / "screen.json"

    @property
    def themes_dir(self) -> Path:
        """The themes of a person's own, beside the config file."""
        return self.config_file.parent / "themes"

    def need_base_url(self) -> str:
        """Return the base URL; ConfigError with what to do where none is set."""
        if self.base_url is None:
            raise ConfigError(
                f"No backend is set. Put base_url into {self.config_file}, or set TRIAGE_BASE_URL. "
                "To look around without one: triage demo"
            )
        return self.base_url

    @property
    def chosen(self) -> Chosen:
        """The backend of this profile."""
        return Chosen(self.backend, self.state_dir, self.cache_dir, self.directus_url)

    def places(self, environ: Mapping[str, str]) -> Places:
        """Where the token of this backend may be looked for and kept."""
        runtime = environ.get("XDG_RUNTIME_DIR")
        return Places(
            base_url=self.need_base_url(),
            token_command=self.token_command,
            state_dir=self.state_dir,
            runtime_dir=Path(runtime) if runtime and Path(runtime).is_absolute() else None,
        )


def load_settings(flags: Flags, environ: Mapping[str, str]) -> Settings:
    """Join flags, environment and file; ConfigError names file, line, key and the nearest valid name."""
    home_text = flags.home or environ.get("TRIAGE_HOME")
    home = local_path(home_text, "The home directory").absolute() if home_text else None
    path, file = _file(flags, environ, home)
    profile, named_by = _profile(flags, environ, file.profile if file else None)
    values, sources = _layers(file.keys if file else Keys(), file.profiles if file else {}, profile, path)
    sources["profile"] = named_by
    _outer_layers(values, sources, flags, environ)
    state, cache, log = directories(environ, home, profile)
    policy, tree = str(values["policy"]), str(values["tree"])

    def spot(key: str, inner: str = "") -> Spot:
        table = ("profiles", profile) if sources[key] == "profile" else ()
        return Spot(path, file.text if file else "", (*table, key) if inner else table, inner or key)

    command = values["token_command"]
    return Settings(
        profile=profile,
        base_url=check_base_url(values["base_url"], sources["base_url"], spot("base_url")),
        backend=values["backend"],
        directus_url=check_base_url(values[_DIRECTUS], sources[_DIRECTUS], spot(_DIRECTUS), _DIRECTUS),
        token_command=_words(command, spot("token_command")),
        read_only=bool(values["read_only"]),
        hold_seconds=float(values["hold_seconds"]),
        stale_after=seconds(values["stale_after"]),
        sync_every=seconds(values["sync_every"]),
        live=values["live"],
        **{name: values[name] for name in _LOOKS},
        policy_file=path.parent / local_path(policy, f"policy in {spot('policy')}") if policy else None,
        tree_file=path.parent / local_path(tree, f"tree in {spot('tree')}") if tree else None,
        outreach=outreach_settings(values["outreach"], spot("outreach", "zone")),
        columns=list_columns(values["columns"]),
        views=saved_views(values["views"]),
        keys=_keymap(values["keys"], file, path, profile, sources["keys"]),
        no_input=flags.no_input,
        verbose=flags.verbose,
        home=home,
        config_file=path,
        config_found=file is not None,
        state_dir=state,
        cache_dir=cache,
        log_file=log,
        sources=sources,
    )


def _file(flags: Flags, environ: Mapping[str, str], home: Path | None) -> tuple[Path, ConfigFile | None]:
    """Where the config file is, and what it holds; ConfigError where one is named that is not there."""
    path, asked_for = config_path(flags.config, environ, home)
    if path.is_file():
        return path, read_file(path)
    if asked_for:
        raise ConfigError(f"There is no config file {path}.")
    return path, None


def check_base_url(url: str, source: str, path: Path | Spot, key: str = "base_url") -> str | None:
    """Return a URL without its last slash, None where empty; https, or http to loopback, else ConfigError."""
    if not url:
        return None
    return base_url_of(url, "TRIAGE_BASE_URL" if source == "environment" else f"{key} in {path}")


def base_url_of(url: str, where: str) -> str:
    """Return a URL without its last slash; ConfigError, naming `where` it stands, unless https or http to loopback."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError(f"{where} is not a URL. Write it like https://billing.example") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{where} holds a user name or password. Take it out; triage login keeps the token.")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or not url.isprintable():
        raise ConfigError(f"{where} must look like https://billing.example")  # what stands there may be a token
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise ConfigError(f"{where} is plain http to {host}, and the token would travel unprotected. Use https.")
    return url.rstrip("/")


def _profile(flags: Flags, environ: Mapping[str, str], in_file: str | None) -> tuple[str, str]:
    """The profile's name and what named it."""
    if flags.profile:
        name, source = flags.profile, "flag"
    elif environ.get("TRIAGE_PROFILE"):
        name, source = environ["TRIAGE_PROFILE"], "environment"
    elif in_file:
        name, source = in_file, "file"
    else:
        return "default", "default"
    if not _PROFILE_NAME.fullmatch(name):
        raise ConfigError(f"A profile's name has letters, digits, - _ and . only, not {name!r}.")
    return name, source


def _layers(
    keys: Keys, profiles: Mapping[str, Keys], profile: str, path: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Defaults, then the file's own keys, then the profile's; with the source of each."""
    if profiles and profile not in profiles and profile != "default":
        near = nearest(profile, sorted(profiles))
        raise ConfigError(f"{path} has no profile {profile!r}.{near} It has: {', '.join(sorted(profiles))}.")
    values = dict(DEFAULTS)
    sources = dict.fromkeys(values, "default")
    for layer, source in ((keys, "file"), (profiles.get(profile, Keys()), "profile")):
        for key, value in msgspec.structs.asdict(layer).items():
            if value is not msgspec.UNSET:
                is_table = isinstance(values[key], dict)
                values[key] = {**values[key], **msgspec.to_builtins(value)} if is_table else value
                sources[key] = source
    return values, sources


def _outer_layers(values: dict[str, Any], sources: dict[str, str], flags: Flags, environ: Mapping[str, str]) -> None:
    """The environment's word over the file's, the flag's over both."""
    if environ.get("TRIAGE_BASE_URL"):
        values["base_url"], sources["base_url"] = environ["TRIAGE_BASE_URL"], "environment"
    if flags.read_only:
        values["read_only"], sources["read_only"] = True, "flag"


def _keymap(table: dict[str, Any], file: ConfigFile | None, path: Path, profile: str, source: str) -> dict[str, str]:
    """Textual's keymap of [keys]; ConfigError where two actions of one screen would share a key."""
    if not table or file is None:
        return {}
    from triage.config_keys import checked, clash

    keymap = checked(table)
    problem = clash(keymap)
    if problem is None:
        return keymap
    of_profile = ("profiles", profile, "keys") if source == "profile" else ("keys",)
    spot = Spot(path, file.text, of_profile, problem.key)
    raise ConfigError(f"{spot}: keys.{problem.key} {problem}")


def _words(command: str | list[str], path: Spot) -> tuple[str, ...]:
    """Split a command as a shell would, without running one; ConfigError where a quotation stays open."""
    import shlex

    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError as error:
        raise ConfigError(f"token_command in {path} cannot be split into words: {error}.") from None
    if any("\0" in word for word in words):
        raise ConfigError(f"token_command in {path} holds a NUL, which no program can be given.")
    return tuple(words)
