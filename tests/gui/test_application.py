"""The app in its own process."""

import os
import signal
import subprocess
import sys

import pytest

import keras_xavier
from keras_xavier.cli import main, main_view

LEARNING = ("keras", "tensorflow", "tensorflow_datasets", "jax", "torch")
SHOW = """
import sys
import warnings

# matplotlib asks Qt 6 for an attribute of Qt 5.
warnings.filterwarnings("ignore", "Enum value 'Qt.*AA_UseHighDpiPixmaps'")
for name in {blocked!r}:
    sys.modules[name] = None
from keras_xavier.cli import main_view
from keras_xavier_gui import application, main_window
from keras_xavier_gui.qt import QtCore

class Window(main_window.MainWindow):
    def load(self, *what):
        super().load(*what)
        self.watch = QtCore.QTimer(self)
        self.watch.timeout.connect(self.look)
        self.watch.start(20)

    def look(self):
        if self.plot() is not None and self.plot().data is not None:
            print(self.windowTitle(), "xarray" in sys.modules, flush=True)
            self.watch.stop()
            {then}

application.MainWindow = Window
sys.exit(main_view({paths!r}))
"""


@pytest.fixture
def run(simulation, tmp_path):
    simulation.write(str(tmp_path / "tanh"), records=3)
    return tmp_path / "tanh.zarr"


def start(code, tmp_path, **variables):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), **variables},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_is_shown_without_keras_and_without_xarray(run, tmp_path):
    code = SHOW.format(blocked=LEARNING, then="self.close()", paths=[str(run)])
    process = start(code, tmp_path)
    output, messages = process.communicate(timeout=60)
    assert output == "tanh – keras-xavier False\n", messages
    assert process.returncode == 0
    assert "Traceback" not in messages


def test_missing_paths_are_reported_in_the_terminal(run, tmp_path):
    (tmp_path / "file.zarr").write_text("")
    paths = [str(run), "nowhere", "file.zarr"]
    code = SHOW.format(blocked=(), then="self.close()", paths=paths)
    _, messages = start(code, tmp_path).communicate(timeout=60)
    assert "keras-xavier: nowhere does not exist.\n" in messages
    assert "keras-xavier: file.zarr is a file, not a run" in messages


def test_the_folder_runs_is_shown_by_default(simulation, tmp_path):
    simulation.write(str(tmp_path / "runs" / "mine"), records=2)
    code = SHOW.format(blocked=(), then="self.close()", paths=[])
    output, _ = start(code, tmp_path).communicate(timeout=60)
    assert output.startswith("mine")


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT")
def test_ctrl_c_closes_the_window(run, tmp_path):
    code = SHOW.format(blocked=(), then="pass", paths=[str(run)])
    process = start(code, tmp_path)
    assert process.stdout.readline().startswith("tanh")
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in messages


def test_an_exception_in_a_slot_does_not_end_the_app(run, tmp_path):
    then = """
            QtCore.QTimer.singleShot(0, lambda: 1 / 0)
            QtCore.QTimer.singleShot(100, self.close)"""
    code = SHOW.format(blocked=(), then=then, paths=[str(run)])
    process = start(code, tmp_path)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "ZeroDivisionError" in messages


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only for Linux")
def test_a_missing_display_is_reported(run, tmp_path):
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    process = start(
        f"import sys; from keras_xavier.cli import main_view\n"
        f"sys.exit(main_view([{str(run)!r}]))",
        tmp_path,
        **environment,
    )
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "requires a display" in messages


@pytest.mark.parametrize(
    "arguments", [["--smaples"], ["--step", "x"], ["--lesson", "99"], ["--help"]]
)
def test_both_commands_have_the_same_options_and_errors(arguments, capsys):
    results = []
    for command in (lambda: main(["view", *arguments]), lambda: main_view(arguments)):
        with pytest.raises(SystemExit) as ended:
            command()
        results.append((ended.value.code, capsys.readouterr()))
    assert results[0] == results[1]
    status, (output, messages) = results[0]
    if arguments == ["--help"]:
        assert status == 0
        assert "--samples" in output
    else:
        assert status == 2
        assert messages.startswith("keras-xavier view: error: ")
        assert messages.endswith("See keras-xavier view --help\n")


def test_both_commands_show_the_version(capsys):
    for command in (
        lambda: main(["view", "--version"]),
        lambda: main_view(["--version"]),
    ):
        with pytest.raises(SystemExit) as ended:
            command()
        assert ended.value.code == 0
        assert capsys.readouterr().out == f"keras-xavier {keras_xavier.__version__}\n"
