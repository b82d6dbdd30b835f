"""Imports of each part, tested while other packages cannot be imported."""

import subprocess
import sys

import pytest

LEARNING = ("keras", "tensorflow", "tensorflow_datasets", "jax", "torch")
WINDOWS = ("PyQt5", "PyQt6", "PySide6", "qtpy")


def run_without(modules: tuple[str, ...], code: str) -> None:
    """Runs code in a new interpreter in which some modules cannot be imported."""
    blocked = f"import sys\nfor name in {modules!r}:\n    sys.modules[name] = None\n"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", blocked + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    "module",
    [
        "keras_xavier.statistics",
        "keras_xavier.runs",
        "keras_xavier.diagnosis",
        "keras_xavier.figures",
        "keras_xavier.cli",
        "keras_xavier.figure_spec",
        "keras_xavier.lessons.reading",
        "keras_xavier.experiments.experiment",
        "keras_xavier_gui.application",
        "keras_xavier_gui.main_window",
    ],
)
def test_reading_and_viewing_need_no_keras(module):
    run_without(LEARNING, f"import {module}")


def test_the_window_opens_before_slow_packages_are_imported():
    slow = ("matplotlib", "xarray", "numcodecs", "keras_xavier.diagnosis")
    run_without(slow, "import keras_xavier_gui.main_window")


def test_the_library_needs_no_qt():
    run_without(
        WINDOWS,
        "import keras_xavier\n"
        "for name in keras_xavier.__all__:\n"
        "    getattr(keras_xavier, name)\n",
    )


def test_importing_the_package_is_lazy():
    run_without(
        (*LEARNING, *WINDOWS, "zarr", "xarray", "matplotlib", "numpy"),
        "import keras_xavier; keras_xavier.__version__; dir(keras_xavier)",
    )


def test_every_public_name_exists():
    import keras_xavier

    assert {"LayerStatistics", "open_run", "find_runs"} <= set(keras_xavier.__all__)
    for name in keras_xavier.__all__:
        assert getattr(keras_xavier, name) is not None
