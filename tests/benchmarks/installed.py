"""The programs that people use instead: found, or put where they do no harm.

sqlite-utils and VisiData go into an environment of their own below the cache; Taskwarrior and sqlite3 come from the
system's packages, where one is root on a Debian.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

_PYTHONS = {"sqlite-utils": "sqlite-utils", "vd": "visidata"}
_SYSTEMS = {"task": "taskwarrior", "sqlite3": "sqlite3"}
HOW: Mapping[str, str] = {
    **{name: f"no {name} here: --peers installs it" for name in _PYTHONS},
    **{name: f"no {name} here: apt-get install {package}" for name, package in _SYSTEMS.items()},
}
"""What is said where one is missing."""


def folder(cache: Path) -> Path:
    """Where programs of Python are installed."""
    return cache / "peers"


def install(cache: Path) -> None:
    """Install what is missing; what cannot be installed is said on standard error, and stays missing."""
    if missing := [package for name, package in _PYTHONS.items() if program(cache, name) is None]:
        venv.create(folder(cache), with_pip=True)
        pip = (folder(cache) / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _said([*map(str, pip), *missing])
    if missing := [package for name, package in _SYSTEMS.items() if program(cache, name) is None]:
        if os.geteuid() == 0 and shutil.which("apt-get"):
            _said(["apt-get", "update", "-q"])
            _said(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing])
        else:
            print(f"as root: apt-get install {' '.join(missing)}", file=sys.stderr)


def program(cache: Path, name: str) -> Path | None:
    """Where the program is; None where it is not installed."""
    beside = [folder(cache) / "bin" / name, Path(sys.executable).with_name(name)]
    found = next((path for path in beside if path.exists()), None) or shutil.which(name)
    return Path(found) if found else None


def _said(words: list[str]) -> None:
    done = subprocess.run(words, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode:
        print(f"failed: {' '.join(words)}", file=sys.stderr)
