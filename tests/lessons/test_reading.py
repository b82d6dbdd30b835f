"""Reading lessons from scripts."""

import pytest

from keras_xavier.figure_spec import FigureSpec
from keras_xavier.lessons import NUMBERS, Code, Prediction, lessons, read_lesson
from keras_xavier.lessons.reading import read_script
from keras_xavier.statistics import Quantity

SCRIPT = """\
# %% [markdown]
# # A title
# Text.

# %% tags=["parameters"]
folder = "f"

# %% [markdown] answer=2
# What will it be?
#
# 1. This.
# 2. That, or
#    the other.

# %% [markdown] spec="--figure histograms --quantity weight --step 5" runs="a b"
# See.

# %% tags=["check"]
assert True, "It is so."
"""


@pytest.fixture
def read(tmp_path):
    def read(script):
        path = tmp_path / "3_some.py"
        path.write_text(script)
        return read_script(path)

    return read


def test_a_script_becomes_steps_and_code(read):
    lesson = read(SCRIPT)
    assert (lesson.number, lesson.title) == (3, "A title")
    first, question, seen = lesson.steps
    assert first.text == "# A title\nText."
    assert question.text == "What will it be?"
    assert question.prediction == Prediction(("This.", "That, or the other."), 1)
    assert seen.spec == FigureSpec("histograms", Quantity.WEIGHT, step=5)
    assert lesson.runs == ("a", "b")
    parameters, check = (cell for cell in lesson.cells if isinstance(cell, Code))
    assert (parameters.is_parameters, parameters.is_check) == (True, False)
    assert (check.is_parameters, check.is_check) == (False, True)


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("# # A title\n", "", "TITLE"),
        ("answer=2", "answer=3", "cell 3: `answer` must be .* 1 to 2"),
        ("answer=2", 'answer="2"', "Received: answer='2'"),
        ("# 2. That", "# That", "2 to 4 choices. Received: 1"),
        ("--figure histograms", "--figure histogram", "cell 4: .*ridgelines"),
        ("--quantity weight", "--band std", "requires --figure layer-curves"),
        ('runs="a b"', "", "requires `runs="),
        ('runs="a b"', 'run="a b"', "only answer, runs, spec are allowed here"),
        ('"check"', '"checks"', "only check, parameters are allowed here"),
    ],
)
def test_errors_in_scripts_name_file_and_cell(read, right, wrong, named):
    assert right in SCRIPT
    with pytest.raises(ValueError, match=f"^3_some.py.*{named}"):
        read(SCRIPT.replace(right, wrong))


def test_numbers_without_a_lesson_are_rejected():
    assert tuple(one.number for one in lessons()) == NUMBERS
    with pytest.raises(ValueError, match=r"must be one of 1.*: number=0"):
        read_lesson(0)


@pytest.mark.parametrize("number", NUMBERS)
def test_each_lesson_has_predictions_and_figures(number):
    lesson = read_lesson(number)
    asking = [i for i, step in enumerate(lesson.steps) if step.prediction]
    assert asking
    for i in asking:
        # The answer follows with a figure.
        assert lesson.steps[i + 1].spec.figure
        assert lesson.steps[i + 1].prediction is None
    assert 3 <= sum(step.spec.figure is not None for step in lesson.steps) <= 6
    assert 2 <= len(lesson.runs) <= 4
    assert sum(cell.is_check for cell in lesson.cells if isinstance(cell, Code)) >= 2
