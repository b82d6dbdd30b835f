"""keras-xavier lesson in a pseudo-terminal, which answers like a real one."""

import os
import re
import select
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
termios = pytest.importorskip("termios")

TAKE = """
import sys
from pathlib import Path

from keras_xavier import lessons
from keras_xavier.cli import main
from keras_xavier.experiments import keras_startup
from keras_xavier.lessons.reading import read_script

keras_startup.start_keras = lambda one_processor: None
lessons.read_lesson = lambda number: read_script(Path(sys.argv[1]))
sys.exit(main(["lesson", "1", "--folder", sys.argv[2]]))
"""
SCRIPT = """\
# %% [markdown]
# # A title

# %% [markdown]
# ## A section

# %% [markdown] folded="Derivation: why"
# By induction.

# %% [markdown] answer=2
# What is 1 + 1?
#
# 1. Three.
#    > One too many.
# 2. Two.
#    > Count your hands.

# %% [markdown] spec="--figure depth-profile --step 0" runs="one"
# It is two.

# %% tags=["parameters"]
from matplotlib.figure import Figure

folder, seed = "nowhere", 7

# %%
Figure()

# %% [markdown]
# The exercise.

# %% tags=["exercise"]
a = 1

# %% tags=["solution"]
a = 2

# %% tags=["exercise-check"]
verify(a == 2, "It is 2.")
"""
DEVICE, KITTY, CELLS = b"\x1b[c", b"\x1b_G", b"\x1b[16t"
"""Queries of a terminal: its attributes, images of kitty, the size of a character."""


class Terminal:
    """A program in a pseudo-terminal.

    Args:
        path: Folder of the lesson.
        attributes: Answer to the query for attributes; `None` for no answer.
        size: Numbers of lines and columns; `None` for a terminal without a size.
        lesson: Its script.
    """

    def __init__(self, path, attributes, size, lesson):
        script = path / "1_a.py"
        script.write_text(lesson)
        self.attributes = attributes
        self.main, program = pty.openpty()
        if size:
            termios.tcsetwinsize(program, size)
        # Readline sets them, so the processes of pytest-xdist have them.
        sizes = ("LINES", "COLUMNS")
        environment = {k: value for k, value in os.environ.items() if k not in sizes}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", TAKE, str(script), str(path)],
            stdin=program,
            stdout=program,
            stderr=program,
            env={**environment, "TERM": "xterm-256color"},
            # Its terminal is this one, and it is in the foreground.
            preexec_fn=lambda: take_terminal(program),
        )
        os.close(program)
        self.unread = b""

    def wait_for(self, text):
        """Reads until a text appears, and returns what was read."""
        end = time.monotonic() + 100
        while text.encode() not in self.unread:
            assert time.monotonic() < end, self.unread.decode(errors="replace")
            if not select.select([self.main], [], [], 1)[0]:
                continue
            try:
                more = os.read(self.main, 65536)
            except OSError:
                raise AssertionError(self.unread.decode(errors="replace")) from None
            if DEVICE in more and self.attributes is not None:
                os.write(self.main, self.attributes * more.count(DEVICE))
            if CELLS in more:
                os.write(self.main, b"\x1b[6;20;10t")
            self.unread += more
        before, found, self.unread = self.unread.partition(text.encode())
        return (before + found).decode(errors="replace")

    def type(self, text):
        os.write(self.main, text.encode() + b"\n")

    def close(self):
        status = self.process.wait(timeout=60)
        os.close(self.main)
        return status


def take_terminal(program):
    import fcntl

    os.setsid()
    fcntl.ioctl(program, termios.TIOCSCTTY, 0)


@pytest.fixture
def start(tmp_path):
    started = []

    def start(attributes, size=(40, 80), lesson=SCRIPT):
        started.append(Terminal(tmp_path, attributes, size, lesson))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_sections_pause_and_derivations_are_asked_for(start):
    terminal = start(b"\x1b[?62;4c")
    assert "A section" not in terminal.wait_for("Enter: next section · q: quit")
    terminal.type("")
    shown = terminal.wait_for("d: Derivation: why")
    assert "A section" in shown
    assert "induction" not in shown
    terminal.type("d")
    terminal.wait_for("By induction.")
    terminal.wait_for("d: Derivation: why")
    terminal.type("")
    assert "Count your hands" not in terminal.wait_for("Your prediction")
    terminal.type("1")
    # The figure would push the answer out of sight.
    shown = terminal.wait_for("Enter: more")
    terminal.type("")
    shown += terminal.wait_for("Enter: next section")
    for part in ("One too many.", "The answer: Two. Count your hands.", "It is two."):
        assert part in shown.replace("\x1b[1m", "").replace("\x1b[0m", "")
    # A terminal with the attribute 4 shows Sixel images.
    assert "\x1bP0;0;0q" in shown
    terminal.type("")
    shown = plain(terminal.wait_for("s: Solution"))
    assert "a = 1" in shown
    assert "a = 2" not in shown
    terminal.type("s")
    assert "a = 2" in plain(terminal.wait_for("Enter: end"))
    terminal.type("")
    terminal.wait_for("In the app:")
    assert terminal.close() == 0


def test_nothing_scrolls_out_of_sight_before_it_is_read(start):
    lines, columns = 12, 60
    items = "".join(f"# - Item {number} of a list.\n" for number in range(30))
    code = "".join(f"print({number} * 'x')\n" for number in (3, 70, 2, 1))
    script = SCRIPT.replace("# It is two.\n", f"# It is two.\n#\n{items}")
    terminal = start(None, (lines, columns), script.replace("Figure()\n", code))
    pages = [""]
    while "Enter: end" not in pages[-1]:
        pages.append(terminal.wait_for("\x1b[0m: "))
        terminal.type("2" if "Your prediction (1 to 2)" in pages[-1] else "")
    for page in pages:
        # Without the line of the answer before.
        rows = plain(page).replace("\r", "").split("\n")[1:]
        assert sum(-(-max(1, len(row)) // columns) for row in rows) <= lines
    text = plain("".join(pages))
    assert text.count("Enter: more") >= 4
    assert all(f"Item {number} " in text for number in range(30))
    # The output of the code is shown, too.
    assert 60 * "x" in text
    assert "The exercise." in text


@pytest.mark.parametrize(
    ("attributes", "size"),
    [(b"\x1b[?62;1c", (40, 80)), (None, (40, 80)), (b"\x1b[?62;4c", None)],
)
def test_terminals_without_images_show_the_path(start, attributes, size):
    terminal = start(attributes, size)
    for prompt in ("Enter: next", "d: Derivation"):
        terminal.wait_for(prompt)
        terminal.type("")
    terminal.wait_for("Your prediction")
    terminal.type("2")
    shown = terminal.wait_for("Figure: ")
    assert "\x1bP" not in shown
    assert "Correct." in shown
    terminal.wait_for("Enter: next section")
    terminal.type("q")
    assert terminal.close() == 0


def plain(text):
    """A text without the codes of colors."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
