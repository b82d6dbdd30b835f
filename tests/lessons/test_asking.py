"""Questions in notebooks, in a real kernel."""

import nbclient
import nbformat
import pytest

from keras_xavier.lessons import ask, read_lesson

CELLS = {
    "without a person": """
import sys
from keras_xavier.lessons import ask

sys.modules["ipywidgets"] = None
ask(lesson=1, question=1)
del sys.modules["ipywidgets"]
""",
    "buttons": "ask(lesson=1, question=1)",
    "click": """
from keras_xavier.lessons import read_lesson
from keras_xavier.lessons.asking import make_buttons

box = make_buttons(read_lesson(1).predictions[0])
display(box)
buttons, output = box.children
print(buttons.options)
buttons.index = 0
""",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Outputs by cell, as text."""
    pytest.importorskip("ipywidgets")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = str(tmp_path_factory.mktemp("notebook"))
    client = nbclient.NotebookClient(
        notebook, timeout=100, resources={"metadata": {"path": folder}}
    )
    client.execute()
    texts = {
        name: str(cell.outputs)
        for name, cell in zip(CELLS, notebook.cells, strict=True)
    }
    return texts | {"state": str(client.widget_state)}


def test_without_a_person_the_answer_is_folded(outputs):
    shown = outputs["without a person"]
    assert "<details><summary>The answer</summary>" in shown
    assert "The top layer, next to the output." in shown


def test_choices_are_buttons_without_markdown_and_a_click_shows_the_answer(outputs):
    assert "application/vnd.jupyter.widget-view+json" in outputs["buttons"]
    assert "1. The first layer, next to the input." in outputs["click"]
    prediction = read_lesson(1).predictions[0]
    assert "**Not quite.**" in outputs["state"]
    assert prediction.choices[0].reason[:40] in outputs["state"]


def test_a_question_that_does_not_exist_is_rejected():
    with pytest.raises(ValueError, match=r"must be 1 to 1 in lesson 1.*question=2"):
        ask(1, 2)


def test_a_program_that_cannot_ask_prints_the_answer(monkeypatch, capsys):
    def read(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", read)
    ask(1, 1)
    assert capsys.readouterr().out.startswith("**The answer:** The top layer")


def test_each_wrong_answer_has_its_reason(monkeypatch, capsys):
    given = iter(["9", "1"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(given))
    ask(1, 1)
    printed = capsys.readouterr().out
    assert "Please enter one of 1, 2, 3." in printed
    (prediction,) = read_lesson(1).predictions
    wrong = prediction.choices[0]
    assert f"Not quite.** {wrong.text} {wrong.reason}" in printed
    assert "**The answer:** The top layer" in printed
