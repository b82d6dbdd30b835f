"""The wheel: its content, and an environment with its base dependencies alone."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import keras_xavier

ROOT = Path(__file__).parent.parent
READING = """
import keras_xavier as kx

(*_, found) = kx.find_runs(SAMPLES)
run = kx.open_run(found.path)
assert run.statistics("activation", "std").shape == (len(run.steps), 5)
assert run.histogram("weight").isel(step=-1).sum() > 0
assert kx.diagnose(run)
kx.theory.predicted_std(run, "activation")
kx.export_run(run, "read.csv")
"""
RECORDING = """
import keras, keras_xavier as kx, numpy as np

random = np.random.default_rng(0)
x, y = random.normal(size=(40, 8)).astype("float32"), random.integers(3, size=40)
model = kx.models.mlp((8,), classes=3, layers=2, units=6, activation="sigmoid", seed=0)
model.compile("sgd", "sparse_categorical_crossentropy")
record = kx.LayerStatistics("runs/mine", probe=(x, y))
model.fit(x, y, epochs=2, verbose=0, callbacks=[record])
run = kx.open_run("runs/mine")
assert run.attributes["versions"]["keras_xavier"] == kx.__version__
kx.diagnose(run)
"""
COMMANDS = """
import contextlib, io, json, sys
from keras_xavier.cli import main

results = {}
for line in json.loads(sys.argv[1]):
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as messages,
    ):
        status = main(line.split())
    results[line] = status, messages.getvalue()
print(json.dumps(results))
"""
"""Runs commands in one process; prints their exit statuses and messages."""
NEEDS = {
    "figure SAMPLE overview -o overview.png": "figures",
    "train --updates 10": "tensorflow",
    "sweep --updates 10": "sweep",
    "reproduce": "paper",
    "lesson": "lessons",
    "lesson 1": "lessons,figures,tensorflow",
    "lesson 1 --notebook lesson.ipynb": "lessons",
    "view": "gui",
    "export SAMPLE -o run.parquet": "export",
    "export SAMPLE -o run.nc": "export",
    "export SAMPLE -o run": "export",
}
"""Commands, and the extras that their messages name."""
WORKS = {
    "runs SAMPLES": 0,
    "export SAMPLE -o run.csv": 0,
    # Sample runs of saturated networks have findings.
    "diagnose SAMPLE": 1,
}
"""Commands that need no extra, and their exit statuses."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_both_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names}
    assert {"keras_xavier", "keras_xavier_gui"} == {
        folder for folder in folders if not folder.endswith(".dist-info")
    }
    assert "keras_xavier/py.typed" in names
    assert "keras_xavier/__init__.pyi" in names
    assert "keras_xavier/lessons/scripts/1_sigmoid.py" in names
    assert "keras_xavier/samples/tanh-standard.zarr/zarr.json" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert wheel.name.split("-")[1] == keras_xavier.__version__


class Environment:
    """A virtual environment in a separate folder."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        # Independent of the environment in which the tests run.
        self.variables = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "KERAS_BACKEND", "PYTHONHOME")
        }
        self.run(sys.executable, "-m", "venv", folder / "venv")

    def run(self, *command, check=True, **variables):
        finished = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or finished.returncode == 0, finished.stderr
        return finished

    def install(self, package):
        options = ("-q", "--no-compile", "-c", ROOT / "constraints.txt")
        self.run(self.bin / "pip", "install", *options, package)

    def python(self, code, *arguments, **variables):
        command = (self.bin / "python", "-c", code, *arguments)
        return self.run(*command, **variables).stdout


# One test, because installing takes most of the time: a minute on two idle cores.
@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_base_dependencies_suffice_to_record_read_and_diagnose(wheel, tmp_path):
    environment = Environment(tmp_path)
    environment.install(wheel)
    (samples,) = tmp_path.glob("venv/**/keras_xavier/samples")
    sample = next(samples.glob("*.zarr"))

    environment.python(f"SAMPLES = {str(samples)!r}\n{READING}")
    paths = {"SAMPLES": str(samples), "SAMPLE": str(sample)}
    lines = {
        line: " ".join(paths.get(word, word) for word in line.split())
        for line in (*WORKS, *NEEDS)
    }
    found = json.loads(environment.python(COMMANDS, json.dumps([*lines.values()])))
    for line, status in WORKS.items():
        assert found[lines[line]] == [status, ""], line
    for line, extras in NEEDS.items():
        status, messages = found[lines[line]]
        assert status == 1, line
        (message,) = messages.splitlines()
        assert message.endswith(f"pip install 'keras-xavier[{extras}]'"), line
    version = environment.run(environment.bin / "keras-xavier", "--version").stdout
    assert version == f"keras-xavier {keras_xavier.__version__}\n"

    environment.install("jax")
    environment.python(RECORDING, KERAS_BACKEND="jax")
    environment.run(environment.bin / "keras-xavier", "runs", "runs")


def test_extras_and_python_version():
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


def test_constraints_pin_every_package_and_contain_no_host():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in line for line in pins)
    assert not any("://" in line or line.startswith("-") for line in lines)
