"""Setting up the environment of the scripts."""

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def environment():
    specification = importlib.util.spec_from_file_location(
        "environment", SCRIPTS / "environment.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_missing_library_shows_the_install_command(environment, monkeypatch):
    monkeypatch.setattr(environment.sys, "platform", "linux")
    missing = environment.missing_packages(
        {"libc.so.6": "libc6", "libnosuchthing.so.9": "libnosuchthing9"}
    )
    assert missing == ["libnosuchthing9"]
    assert "apt-get install -y libnosuchthing9" in environment.explain_missing(missing)


def test_libraries_are_checked_on_linux_only(environment, monkeypatch):
    monkeypatch.setattr(environment.sys, "platform", "darwin")
    assert environment.missing_packages({"libnosuchthing.so.9": "nothing"}) == []


def test_unsupported_python_raises(environment, monkeypatch):
    monkeypatch.setattr(
        environment.sys, "version_info", SimpleNamespace(major=3, minor=10)
    )
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"3\.13, 3\.12, 3\.11"):
        environment.use_supported_python()


def test_failing_command_ends_the_script_with_its_hint(environment):
    with pytest.raises(SystemExit, match="try this"):
        environment.run("false", hint="try this")


def test_installed_environment_is_reused(environment, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(
        environment, "run", lambda *command, **_: commands.append(command)
    )
    python = environment.ENVIRONMENT / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    environment.ensure(extras="gui")
    assert commands
    commands.clear()
    assert environment.ensure(extras="gui") == python
    assert commands == []
    environment.ensure(extras="gui", groups=("dev",))
    assert commands


def test_display_is_found_by_its_variable(environment, monkeypatch):
    monkeypatch.setattr(environment.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not environment.has_display()
    monkeypatch.setenv("DISPLAY", ":7")
    assert environment.has_display()


def test_scripts_are_executable_and_have_help():
    for name in ("demo", "test", "benchmark"):
        script = SCRIPTS / name
        assert script.stat().st_mode & 0o100
        assert script.read_text().startswith("#!/usr/bin/env python3\n")
    helped = subprocess.run(
        [SCRIPTS / "benchmark", "--help"], capture_output=True, text=True, check=True
    )
    assert "shapeset" in helped.stdout
