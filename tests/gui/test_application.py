"""The app as a process of its own."""

import os
import signal
import subprocess
import sys

import pytest

from keras_xavier_gui import application

LEARNING = ("keras", "tensorflow", "tensorflow_datasets", "jax", "torch")
SHOW = """
import sys
import warnings

# matplotlib asks Qt 6 for an attribute of Qt 5.
warnings.filterwarnings("ignore", "Enum value 'Qt.*AA_UseHighDpiPixmaps'")
for name in {blocked!r}:
    sys.modules[name] = None
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
sys.exit(application.main({paths!r}))
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


def test_it_shows_a_run_without_keras_and_without_xarray(run, tmp_path):
    code = SHOW.format(blocked=LEARNING, then="self.close()", paths=[str(run)])
    process = start(code, tmp_path)
    output, messages = process.communicate(timeout=60)
    assert output == "tanh – keras-xavier False\n", messages
    assert process.returncode == 0
    assert "Traceback" not in messages


def test_what_is_not_there_is_told_in_the_terminal(run, tmp_path):
    (tmp_path / "file.zarr").write_text("")
    paths = [str(run), "nowhere", "file.zarr"]
    code = SHOW.format(blocked=(), then="self.close()", paths=paths)
    _, messages = start(code, tmp_path).communicate(timeout=60)
    assert "keras-xavier: nowhere does not exist.\n" in messages
    assert "keras-xavier: file.zarr is a file, no run" in messages


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


def test_an_exception_in_a_slot_does_not_end_it(run, tmp_path):
    then = """
            QtCore.QTimer.singleShot(0, lambda: 1 / 0)
            QtCore.QTimer.singleShot(100, self.close)"""
    code = SHOW.format(blocked=(), then=then, paths=[str(run)])
    process = start(code, tmp_path)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "ZeroDivisionError" in messages


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux only")
def test_without_a_display_it_says_so_instead_of_aborting(run, tmp_path):
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    process = start(
        f"import sys; from keras_xavier_gui.application import main\n"
        f"sys.exit(main([{str(run)!r}]))",
        tmp_path,
        **environment,
    )
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "needs a display" in messages


def test_a_wrong_option_is_told_in_words(capsys):
    with pytest.raises(SystemExit) as ended:
        application.main(["--smaples"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "keras-xavier-view: error: unrecognized arguments: --smaples\n"
        "See keras-xavier-view --help\n"
    )
