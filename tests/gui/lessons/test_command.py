"""`keras-xavier view --lesson N` in its own process."""

import os
import subprocess
import sys

SHOW = """
import sys
import warnings

# matplotlib asks Qt 6 for an attribute of Qt 5.
warnings.filterwarnings("ignore", "Enum value 'Qt.*AA_UseHighDpiPixmaps'")
for name in ("keras", "tensorflow", "jax", "torch"):
    sys.modules[name] = None
from keras_xavier.cli import main
from keras_xavier_gui import application, main_window
from keras_xavier_gui.qt import QtCore

class Window(main_window.MainWindow):
    def load(self, *what):
        super().load(*what)
        print("jupytext" in sys.modules)
        self.watch = QtCore.QTimer(self)
        self.watch.timeout.connect(self.look)
        self.watch.start(20)

    def look(self):
        if self.lessons.tour is not None and self.tabs.count():
            print(self.lessons.tour.lesson.title)
            print(*self.watcher.sources)
            self.watch.stop()
            self.close()

application.MainWindow = Window
sys.exit(main(["view", "--lesson", "1"]))
"""


def test_a_lesson_is_opened_and_no_other_run(tmp_path):
    (tmp_path / "runs").mkdir()
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", SHOW],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    is_read_before, title, sources = finished.stdout.splitlines()
    assert is_read_before == "False"
    assert title == "Why deep sigmoid networks stall"
    assert sources == str(tmp_path / "lessons" / "lesson-1")
    assert "Traceback" not in finished.stderr
