"""Creates the virtual environment of the project, with pinned dependencies.

Uses the standard library only: it runs before anything is installed.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
# TensorFlow 2.21 has wheels for these versions only.
PYTHONS = ("3.13", "3.12", "3.11")

# System libraries that the PyQt5 wheel needs and does not contain.
WINDOWLESS_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libdbus-1.so.3": "libdbus-1-3",
}
# Further libraries for PySide6, with which the app is also tested.
PYSIDE6_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW_LIBRARIES = WINDOWLESS_LIBRARIES | {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def log(message: str) -> None:
    """Prints to stderr; stdout is for results."""
    print(message, file=sys.stderr, flush=True)


def ensure(*, extras: str, groups: tuple[str, ...] = ()) -> Path:
    """Creates `.venv` and installs its packages, if they have changed.

    Processes that are started later store compiled modules, even if the environment
    variable PYTHONDONTWRITEBYTECODE is set.

    Args:
        extras: String. Extras of the package, separated by commas.
        groups: Tuple of strings. Dependency groups of pyproject.toml.

    Returns:
        Path of the Python interpreter of the environment.

    Raises:
        SystemExit: If no supported Python is found or the installation fails.
    """
    use_supported_python()
    # Scripts start hundreds of processes, which would compile the project each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = fingerprint(extras, groups)
    stamp = ENVIRONMENT / "installed.txt"
    if python.exists() and stamp.exists() and wanted in stamp.read_text().split():
        return python
    if not python.exists():
        log(f"Creating {ENVIRONMENT} with Python {sys.version.split()[0]}")
        run(sys.executable, "-m", "venv", "--clear", ENVIRONMENT, hint=venv_hint())
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    log("Installing the pinned dependencies (a few GB, once) …")
    upgrade = ("install", "--quiet", "--upgrade", "pip", "-c", CONSTRAINTS)
    # A program may read what the script prints to stdout.
    run(*pip, *upgrade, out=sys.stderr)
    group_options = [option for group in groups for option in ("--group", group)]
    run(
        *(*pip, "install", "--constraint", CONSTRAINTS),
        *("--build-constraint", CONSTRAINTS),
        *group_options,
        *("--editable", f"{ROOT}[{extras}]"),
        out=sys.stderr,
    )
    earlier = stamp.read_text() if stamp.exists() else ""
    stamp.write_text(f"{earlier}{wanted}\n")
    return python


def use_supported_python() -> None:
    """Restarts the script in a Python that TensorFlow supports, if necessary."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" in PYTHONS:
        return
    for version in PYTHONS:
        if path := shutil.which(f"python{version}"):
            os.execv(path, [path, *sys.argv])  # noqa: S606
    raise SystemExit(
        f"Python {sys.version.split()[0]} was found; TensorFlow has wheels for "
        f"Python {', '.join(PYTHONS)}. Install one of them, with its venv module, "
        "and run this again."
    )


def fingerprint(extras: str, groups: tuple[str, ...]) -> str:
    """Hash of everything that determines an installation."""
    digest = hashlib.sha256(repr((extras, groups, sys.version)).encode())
    for source in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def run(*command: object, hint: str = "", out: TextIO | None = None) -> None:
    """Runs a command; if it fails, ends the script with an error message.

    Args:
        command: The program and its arguments.
        hint: String. Advice to print if the command fails. Defaults to none.
        out: File for its output. Defaults to `None`: stdout.
    """
    words = [str(word) for word in command]
    status = subprocess.run(words, cwd=ROOT, check=False, stdout=out).returncode
    if status:
        raise SystemExit(f"Failed ({status}): {' '.join(words)}\n{hint}".rstrip())


def venv_hint() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        "On Debian and Ubuntu the venv module is a separate package:\n"
        f"  sudo apt-get install -y python{version}-venv"
    )


def missing_packages(libraries: dict[str, str]) -> list[str]:
    """Debian packages of the libraries that this Linux system lacks."""
    if sys.platform != "linux":
        return []
    return [package for name, package in libraries.items() if not can_load(name)]


def can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def explain_missing(packages: list[str]) -> str:
    """Error message that lists missing libraries and the command to install them."""
    return (
        "System libraries that Qt needs are missing. On Debian and Ubuntu:\n"
        f"  sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
    )


def has_display() -> bool:
    """Whether the system can show windows."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
