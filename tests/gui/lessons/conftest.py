"""Fixtures for tests of lessons: a small lesson, its runs, and a window."""

import functools
import sys
from pathlib import Path

import pytest

from keras_xavier.lessons import reading
from keras_xavier_gui.training import manager

TEACHER = Path(__file__).with_name("teacher.py")
SCRIPT = """\
# %% [markdown]
# # Why signals fade
#
# A text.

# %% [markdown] answer=2
# ## What happens?
#
# 1. The **first** layer wins, whatever
#    the others do.
#    > It has no advantage.
# 2. It fades.
#    > Each layer loses a part.

# %% [markdown] spec="--figure histograms --quantity weight --step 100" runs="plain"
# ## It fades
#
# As the plot shows:
#
# ```
# keras-xavier view a-path-that-is-long/and-continues/far-beyond/the-end-of-the-line
# ```

# %% [markdown] spec="--figure depth-profile --theory" runs="better plain"
# ## Both

# %% [markdown] folded="Derivation: why"
# Because of the chain rule.

# %% [markdown]
# ## The exercise

# %% tags=["exercise"]
layers = 4

# %% tags=["solution"]
layers = 1

# %% tags=["exercise-check"]
verify(layers == 1, "One layer is enough.")
"""


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """A folder with a single lesson."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "1_fading.py").write_text(SCRIPT)
    monkeypatch.setattr(reading, "SCRIPTS", folder)
    monkeypatch.setattr(reading, "NUMBERS", (1,))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def networks(scripts, simulation, tmp_path):
    """The runs of the lesson; their folder."""
    folder = tmp_path / "lessons" / "lesson-1"
    folder.mkdir(parents=True)
    for name in ("plain", "better"):
        simulation.write(str(folder / name), records=3, layers=2)
    return folder


@pytest.fixture
def qtbot(qtbot):
    """Waits longer: processes start slowly on a busy machine."""
    qtbot.waitUntil = functools.partial(qtbot.waitUntil, timeout=30_000)
    return qtbot


@pytest.fixture
def window(scripts, make_window, monkeypatch):
    """The main window without runs, with a fake training program."""
    monkeypatch.setattr(manager, "ask", lambda *_: manager.Answer.STOP)
    made = make_window()
    made.training.program = (sys.executable, str(TEACHER), "3")
    return made


@pytest.fixture
def open_lesson(window, qtbot):
    """Opens the lesson at a step, and returns its panel."""

    def begin(step=0):
        window.lessons.open(1)
        qtbot.waitUntil(lambda: window.lessons.tour is not None)
        window.lessons.move(step)
        return window.lessons.panel

    return begin
