"""The app on a real X11 screen, driven with mouse and keyboard from outside."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import ImageGrab

PROGRAMS = ("Xvfb", "openbox", "xdotool")
SIZE = 1280, 800
CENTER_OF_PLOT = 750, 400
PATIENCE = 40.0


def has_window_libraries():
    try:
        for name in (
            "libxcb-icccm.so.4",
            "libxcb-keysyms.so.1",
            "libxcb-xinerama.so.0",
        ):
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(
    not (all(map(shutil.which, PROGRAMS)) and has_window_libraries()),
    reason=f"needs {', '.join(PROGRAMS)} and the xcb libraries of Qt",
)


@contextmanager
def running(command, **options):
    with subprocess.Popen(list(map(str, command)), **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def screen():
    """Name of a display with a window manager on it."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", write, "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running([*command, "-noreset"], pass_fds=[write], **quiet):
        os.close(write)
        with os.fdopen(read) as numbers:
            display = f":{numbers.readline().strip()}"
        with running(["openbox"], env=os.environ | {"DISPLAY": display}, **quiet):
            yield display


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    pytest.fail(f"not within {PATIENCE} s: {condition.__doc__}")


def test_a_live_run_on_a_real_screen(screen, tmp_path, simulation_script):
    environment = os.environ | {
        "DISPLAY": screen,
        "QT_QPA_PLATFORM": "xcb",
        "XDG_CONFIG_HOME": str(tmp_path / "settings"),
    }

    def drive(*words):
        finished = subprocess.run(
            ["xdotool", *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return finished.stdout.split()

    def plot():
        """Returns the pixels of the right part of the screen, where the plot is."""
        return np.asarray(ImageGrab.grab(xdisplay=screen).convert("L"))[:, 480:]

    write = [sys.executable, simulation_script, tmp_path / "live", "4000", "0.02"]
    view = [sys.executable, "-m", "keras_xavier", "view", tmp_path]
    with (
        running(write),
        running(
            view, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        ) as app,
    ):

        def shows_the_run():
            """the window shows the run"""
            return drive("search", "--onlyvisible", "--name", "^live – keras-xavier$")

        until(shows_the_run)
        before = plot()

        def shows_something_else():
            """the plot changes"""
            return not np.array_equal(before, plot())

        until(shows_something_else)

        drive("key", "ctrl+3")
        drive("mousemove", *CENTER_OF_PLOT, "click", "4")
        before = plot()
        until(shows_something_else)

        drive("key", "ctrl+q")
        _, messages = app.communicate(timeout=PATIENCE)
        assert app.returncode == 0, messages
        assert b"Traceback" not in messages
