"""What a wheel holds, and what pyproject.toml promises."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_wheel_holds_both_packages_and_nothing_else(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names}
    assert {"keras_xavier", "keras_xavier_gui"} == {
        folder for folder in folders if not folder.endswith(".dist-info")
    }
    assert "keras_xavier/py.typed" in names
    assert "keras_xavier/__init__.pyi" in names
    assert "keras_xavier/lessons/scripts/1_sigmoid.py" in names
    assert "keras_xavier_gui/samples/tanh-standard.zarr/zarr.json" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_extras_and_python_are_those_promised():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert {
        "tensorflow",
        "jax",
        "torch",
        "datasets",
        "figures",
        "lessons",
        "gui",
        "export",
        "all",
    } <= set(project["optional-dependencies"])
    base = " ".join(project["dependencies"]).lower()
    for heavy in ("tensorflow", "jax", "torch", "qt", "matplotlib"):
        assert heavy not in base


def test_constraints_pin_every_package_and_name_no_host():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in line for line in pins)
    assert not any("://" in line or line.startswith("-") for line in lines)
