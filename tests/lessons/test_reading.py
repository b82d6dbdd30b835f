"""Reading lessons from scripts."""

import pytest

from keras_xavier.figure_spec import FigureSpec
from keras_xavier.lessons import (
    NUMBERS,
    Choice,
    Code,
    CodeKind,
    Folded,
    Prediction,
    lessons,
    read_lesson,
)
from keras_xavier.lessons.reading import read_script
from keras_xavier.statistics import Quantity

SCRIPT = """\
# %% [markdown] minutes=7 thumbnail=2
# # A title
# Text.

# %% tags=["parameters"]
folder = "f"

# %% [markdown] answer=2
# What will it be?
#
# 1. This.
#    > It is not.
# 2. That, or
#    the other.
#    > It is, for
#    > a reason.

# %% [markdown] spec="--figure histograms --quantity weight --step 5" runs="a b"
# See.

# %% [markdown] folded="Derivation"
# Because.

# %% tags=["check"]
assert True, "It is so."

# %% [markdown] image=2 runs="c"
# Drawn.

# %% [markdown]
# Exercise.

# %% tags=["exercise"]
a = 1

# %% tags=["solution"]
a = 2

# %% tags=["exercise-check"]
verify(a == 2, "It is 2.")
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
    assert (lesson.minutes, lesson.thumbnail) == (7, "figure-2.png")
    first, question, seen, drawn, exercise = lesson.steps
    assert first.text == "# A title\nText."
    assert question.text == "What will it be?"
    choices = (
        Choice("This.", "It is not."),
        Choice("That, or the other.", "It is, for a reason."),
    )
    assert question.prediction == Prediction(choices, 1)
    assert seen.folded == Folded("Derivation", "Because.")
    assert exercise.folded == Folded("Solution", "```python\na = 2\n```")
    assert seen.spec == FigureSpec("histograms", Quantity.WEIGHT, step=5)
    assert drawn.image == "figure-2.png"
    assert [step.has_figure for step in lesson.steps] == [0, 0, 1, 1, 0]
    assert lesson.runs == ("a", "b", "c")
    kinds = [cell.kind for cell in lesson.cells if isinstance(cell, Code)]
    assert kinds == [kind for kind in CodeKind if kind]
    assert lesson.code(CodeKind.EXERCISE) == "a = 1"


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("# # A title\n", "", "TITLE"),
        ("answer=2", "answer=3", "cell 3: `answer` must be .* 1 to 2"),
        ("answer=2", 'answer="2"', "Received: answer='2'"),
        ("# 2. That", "# That", "2 to 4 choices. Received: 1"),
        ("#    > It is not.", "#", "must end with its reason, .*'This.'"),
        ("> It is not.\n# 2", "> It is not.\n# > 2", "2 to 4 choices. Received: 1"),
        ("minutes=7", "hours=7", "are allowed here. Received: hours"),
        (
            'tags=["solution"]',
            'tags=["check"]',
            "an exercise, its solution and its check",
        ),
        ("--figure histograms", "--figure histogram", "cell 4: .*ridgelines"),
        ("--quantity weight", "--band std", "requires --figure layer-curves"),
        ('runs="a b"', "", "requires `runs="),
        ('runs="a b"', 'run="a b"', "only answer, image, runs, spec are allowed here"),
        ('runs="a b"', 'runs="a b" image=3', "only one of `spec` and `image`"),
        ('"check"', '"checks"', "only check, exercise, .*Received: checks"),
    ],
)
def test_errors_in_scripts_name_file_and_cell(read, right, wrong, named):
    assert right in SCRIPT
    with pytest.raises(ValueError, match=f"^3_some.py.*{named}"):
        read(SCRIPT.replace(right, wrong))


def test_findings_are_hidden_until_the_answer_to_the_last_question(read):
    question = SCRIPT[SCRIPT.index("# %% [markdown] answer=2") :].partition("# %%")[2]
    question = f"# %%{question.partition('# %%')[0]}"
    again = '# %% [markdown] image=2 runs="c b"\n# Again.\n\n'
    script = SCRIPT.replace(
        '# %% [markdown] image=2 runs="c"', f"{question}{again}# %% [markdown]"
    )
    lesson = read(script)
    hidden = [lesson.unexplained_runs(i) for i in range(len(lesson.steps))]
    everything = ("a", "b", "c")
    # b and c are the answer to the second question.
    assert hidden[:4] == [everything, everything, ("b", "c"), ("b", "c")]
    assert not any(hidden[4:])


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
        assert lesson.steps[i + 1].has_figure
        assert lesson.steps[i + 1].prediction is None
    assert 2 <= sum(step.has_figure for step in lesson.steps) <= 13
    derivations = [step for step in lesson.steps if step.folded and not step.solution]
    assert derivations
    assert all(len(step.folded.text) < 1500 for step in derivations)
    assert 2 <= len(lesson.runs) <= 6
    assert sum(cell.kind is CodeKind.CHECK for cell in codes(lesson)) >= 2
    assert lesson.steps[-1].solution is not None
    assert not any(step.solution for step in lesson.steps[:-1])


def codes(lesson):
    return [cell for cell in lesson.cells if isinstance(cell, Code)]
