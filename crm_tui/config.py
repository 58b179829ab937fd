"""Personal and host settings: where the database is, who one is, how the screen looks. Business rules are elsewhere.

Read from the TOML file and the environment, never written. An error names the file and the key.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from crm_tui.domain import language
from crm_tui.domain.errors import DatabaseUnusable, UsageError
from crm_tui.domain.language import _

KEYMAPS = ("default", "vim")
THEMES = ("dark", "light", "ansi", "none")
LANGUAGES = ("", "en", "zh_CN", "zh_TW")


class Config(Struct, frozen=True):
    """`database` is a path or URL ("" for the user's own), `theme` one of THEMES ("" for by itself).

    `keymap` names the preset that the user's own keys are laid over. `macros` are folders whose macros one may play
    too, a team's for example. `home` is where one's own files lie: keys, macros, what was typed before.
    """

    database: str = ""
    theme: str = ""
    language: str = ""
    mouse: bool = True
    keymap: str = "default"
    macros: tuple[str, ...] = ()
    home: Path = Path()

    @property
    def macro_folders(self) -> tuple[Path, ...]:
        """Where macros are looked for, in this order; recordings are written into the first."""
        return (self.home / "macros", *(Path(name).expanduser() for name in self.macros))


def folder(kind: str) -> Path:
    """The user's configuration or data directory."""
    import platformdirs

    path = platformdirs.user_config_path if kind == "config" else platformdirs.user_data_path
    return path("crm-tui", appauthor=False)


def load(path: Path | None = None) -> Config:
    """The configuration of the user; UsageError that names the file and the key."""
    path = path or Path(os.environ.get("CRM_TUI_CONFIG") or folder("config") / "config.toml")
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Config(home=path.parent)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(_("{path}: {error}").format(path=path, error=error)) from error
    import tomllib

    try:
        return _checked(path, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_("{path}: {error}").format(path=path, error=error)) from error


_SECTIONS = {"macros": ("path",)}


def _checked(path: Path, data: Mapping[str, object]) -> Config:
    shipped = Config()
    keys = [name for name in Config.__struct_fields__ if name not in ("home", *_SECTIONS)]
    known = {name: type(getattr(shipped, name)) for name in keys}
    choices = {"theme": ("", *THEMES), "language": LANGUAGES, "keymap": KEYMAPS}
    given: dict[str, object] = {}
    for key, value in data.items():
        if key in _SECTIONS:
            given[key] = _folders(path, key, value)
            continue
        if key not in known:
            message = _("{path}: {key}: unknown; known are {names}")
            names = ", ".join([*known, *(f"{section}.{one}" for section, keys in _SECTIONS.items() for one in keys)])
            raise UsageError(message.format(path=path, key=key, names=names))
        if type(value) is not known[key] or (key in choices and value not in choices[key]):
            wanted = ", ".join(repr(c) for c in choices.get(key, ())) or known[key].__name__
            raise UsageError(_("{path}: {key}: must be {wanted}").format(path=path, key=key, wanted=wanted))
        given[key] = value
    return Config(**given, home=path.parent)  # type: ignore[arg-type]


def _folders(path: Path, section: str, value: object) -> tuple[str, ...]:
    """The folders of `[macros] path`: one, or a list of them."""
    found = value.get("path", []) if isinstance(value, dict) and set(value) <= set(_SECTIONS[section]) else None
    several = [found] if isinstance(found, str) else found
    if not isinstance(several, list) or not all(isinstance(name, str) for name in several):
        message = _('{path}: {key}: must be a folder or a list of folders, as in path = ["/srv/crm/macros"]')
        raise UsageError(message.format(path=path, key=f"{section}.path"))
    return tuple(several)


def database_path(given: str | None, config: Config, environ: Mapping[str, str]) -> Path:
    """The database's file: `--db`, then CRM_TUI_DB, then the configuration, then the user's data directory.

    DatabaseUnusable for anything that is no SQLite file.
    """
    text = given or environ.get("CRM_TUI_DB") or config.database
    if not text:
        return folder("data") / "crm.db"
    scheme, found, rest = text.partition("://")
    if not found:
        return Path(text).expanduser()
    if scheme == "sqlite":
        return Path("/" + rest.lstrip("/")) if rest.startswith("/") else Path(rest)
    if scheme in ("postgresql", "postgres"):
        raise DatabaseUnusable(_("PostgreSQL does not work yet: name an SQLite file, as in --db sqlite:///srv/crm.db"))
    raise DatabaseUnusable(_("{url}: name an SQLite file, as in --db sqlite:///srv/crm.db").format(url=text))


def speak(config: Config) -> None:
    """Install the catalogue of the configured language, else of the environment's."""
    languages = [config.language] if config.language else None
    folder_ = Path(__file__).parent / "locale"
    language.install(gettext.translation("crm_tui", folder_, languages=languages, fallback=True))
