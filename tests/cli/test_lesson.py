"""keras-xavier lesson, with a lesson that trains nothing."""

import re

import pytest

from keras_xavier import lessons
from keras_xavier.cli import main
from keras_xavier.experiments import keras_startup
from keras_xavier.lessons.reading import read_script

SCRIPT = """\
# %% [markdown]
# # A title

# %% tags=["parameters"]
from matplotlib.figure import Figure

folder, seed = "nowhere", 7

# %% [markdown] answer=2
# What is 1 + 1?
#
# 1. Three.
#    > One too many.
# 2. Two.
#    > Count your hands.

# %% [markdown] spec="--figure depth-profile --step 0" runs="one"
# It is *two*.

# %% [markdown] folded="Derivation"
# By induction.

# %%
Figure()

# %% tags=["check"]
assert 1 + 1 == 2, f"It is {1 + 1}."
for seeds in (0, 7):
    assert seed == seeds, f"The seed is {seed}, not {seeds}."
assert folder.endswith("lesson-1")

# %% [markdown]
# The exercise.

# %% tags=["exercise"]
a = 1

# %% tags=["solution"]
a = 2

# %% tags=["exercise-check"]
verify(a == 2, "It is 2.")
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    # Keras is already running in this process.
    monkeypatch.setattr(keras_startup, "start_keras", lambda one_processor: None)
    path = tmp_path / "1_a.py"
    path.write_text(SCRIPT)
    monkeypatch.setattr(lessons, "read_lesson", lambda number: read_script(path))
    return path


def test_lessons_are_listed(capsys):
    assert main(["lesson"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(lessons.NUMBERS)
    assert lines[0] == "1  Why deep sigmoid networks stall (15 minutes)"


def test_every_part_is_printed_and_a_failed_check_sets_the_exit_status(
    script, tmp_path, capsys
):
    folder = str(tmp_path / "my lessons")
    assert main(["lesson", "1", "--folder", folder]) == 1
    printed = capsys.readouterr()
    parts = [
        *("A title", 'folder, seed = "nowhere", 7', "What is 1 + 1?", "1 Three."),
        *("The answer: Two. Count your hands.", "It is two.", "Figure()"),
        *("figure-1.png", "✓ It is 2.", "✓ The seed is 0, not 0."),
        *("✗ The seed is 0, not 7.", "✓ assert folder.endswith('lesson-1')"),
        *("The exercise.", "a = 1", f"Edit {folder}/lesson-1/exercise.py, and run:"),
        f"python '{folder}/lesson-1/exercise.py'",
        f"keras-xavier view '{folder}/lesson-1' --lesson 1",
    ]
    places = [printed.out.index(part) for part in parts]
    assert places == sorted(places)
    assert "1 check of the text failed" in printed.err
    assert "\x1b" not in printed.out
    assert "By induction." not in printed.out
    assert (tmp_path / "my lessons" / "lesson-1" / "figure-1.png").is_file()
    assert (tmp_path / "my lessons" / "lesson-1" / "exercise.py").is_file()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["77"], "must be one of 1, .* Received: 77"),
        (["one"], "invalid int"),
        (["--notebook", "a.ipynb"], "requires the number"),
        (["1", "--notebook", "a.html"], "should end with .ipynb"),
        (["1", "--folder", "s3://bucket"], "local path"),
    ],
)
def test_usage_errors(arguments, named, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["lesson", *arguments])
    assert exit_.value.code == 2
    assert re.search(named, capsys.readouterr().err)


def test_a_notebook_is_written_but_never_overwritten(tmp_path, capsys):
    path = tmp_path / "a.ipynb"
    assert main(["lesson", "1", "--notebook", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    with pytest.raises(SystemExit):
        main(["lesson", "1", "--notebook", str(path)])
    assert "already exists" in capsys.readouterr().err
