"""Lessons are run once: the checks of their texts hold."""

import json

import pytest

from keras_xavier.cli import main
from keras_xavier.diagnosis import diagnose
from keras_xavier.experiments import keras_startup
from keras_xavier.lessons import (
    NUMBERS,
    Check,
    CodeKind,
    Drawn,
    Printed,
    Step,
    read_lesson,
    run_exercise,
    run_lesson,
    write_exercise,
    write_notebook,
)
from keras_xavier.runs import State, find_runs, open_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("work") / "lessons"


# Lessons train their networks, which takes a minute.
@pytest.fixture(
    scope="module",
    params=[
        NUMBERS[0],
        *(pytest.param(number, marks=pytest.mark.nightly) for number in NUMBERS[1:]),
    ],
)
def taken(request, folder):
    lesson = read_lesson(request.param)
    return lesson, list(run_lesson(lesson, lesson.folder(folder)))


@pytest.mark.timeout(600)
def test_the_checks_of_the_text_hold(taken):
    _, parts = taken
    checks = [part for part in parts if isinstance(part, Check)]
    assert len(checks) >= 4
    assert not [check.claim for check in checks if not check.holds]


def test_steps_come_in_order_and_every_spec_has_its_figure(taken):
    lesson, parts = taken
    assert tuple(part for part in parts if isinstance(part, Step)) == lesson.steps
    shown = [part for part in parts if isinstance(part, Step | Drawn)]
    for i, part in enumerate(shown):
        if isinstance(part, Step) and part.has_figure:
            figures = [one for one in shown[i + 1 : i + 2] if isinstance(one, Drawn)]
            # The answer to a question may refer to the figure before it.
            assert figures or shown[i - 1].prediction
            assert all(one.path.stat().st_size > 10_000 for one in figures)
            # The app shows the file.
            assert part.image in ("", *(one.path.name for one in figures))
    assert lesson.thumbnail in [
        one.path.name for one in shown if isinstance(one, Drawn)
    ]


def test_nothing_names_a_cause_before_the_question(taken, folder):
    lesson, parts = taken
    if not lesson.title.startswith("Why does it not"):
        return
    causes = {
        name: diagnose(open_run(lesson.run_path(name, folder)))[0].title
        for name in lesson.runs
    }
    assert len(causes) == 6
    # The app lists all runs, also those of remedies.
    listed = {run.name for run in find_runs(folder) if "lesson-7" in run.path}
    assert listed <= {*lesson.runs, "healthy", "exercise"}
    position, printed = -1, []
    for part in parts:
        position += isinstance(part, Step)
        text = getattr(part, "claim", None) or getattr(part, "text", "")
        if isinstance(part, Check | Printed):
            for name in lesson.unexplained_runs(position):
                assert not (name in text and causes[name] in text)
            printed.append(text)
    assert all(any(cause in text for text in printed) for cause in causes.values())


def test_every_spec_refers_to_recorded_data(taken, folder):
    lesson, _ = taken
    for step in lesson.steps:
        for name in step.runs:
            run = open_run(lesson.run_path(name, folder))
            assert run.state is State.FINISHED
            assert step.spec.quantity in (None, *run.quantities)
            assert step.spec.step in (None, *run.steps)


def test_only_the_solution_of_an_exercise_passes(taken, folder):
    lesson, _ = taken
    place = lesson.folder(folder)
    unsolved = run_exercise(lesson, place)
    assert unsolved
    assert not all(check.holds for check in unsolved)
    solved = run_exercise(lesson, place, lesson.code(CodeKind.SOLUTION))
    assert not [check.claim for check in solved if not check.holds]


def test_existing_runs_are_reused(taken, folder, capsys, monkeypatch):
    # Keras is already running in this process.
    monkeypatch.setattr(keras_startup, "start_keras", lambda one_processor: None)
    lesson, _ = taken
    before = [open_run(lesson.run_path(name, folder)).created for name in lesson.runs]
    if lesson.number == NUMBERS[0]:
        assert main(["lesson", str(lesson.number), "--folder", str(folder)]) == 0
        printed = capsys.readouterr()
        assert "updates in" not in printed.err
        assert printed.out.count("Figure: ") >= 3
        assert f"keras-xavier view {folder}" in printed.out
        assert "✓" in printed.out
        assert "✗" not in printed.out
        # The code, the answer to the question, and nothing that waits for a key.
        assert "kx.figures.layer_curves" in printed.out
        assert "The answer:" in printed.out
        assert "Enter" not in printed.out
        assert "\x1b" not in printed.out
        assert f"python {lesson.exercise_path(folder)}" in printed.out
    after = [open_run(lesson.run_path(name, folder)).created for name in lesson.runs]
    assert before == after


def test_a_notebook_runs_to_its_end_without_a_person(taken, folder):
    lesson, _ = taken
    # Its runs exist, and its exercise compares them: this kernel trains nothing.
    if lesson.number != 3:
        return
    import nbclient
    import nbformat

    path = folder.parent / "lesson.ipynb"
    write_notebook(lesson, path)
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=200, resources={"metadata": {"path": str(folder.parent)}}
    )
    client.execute()
    outputs = {
        cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"
    }
    figures = [
        output
        for given in outputs.values()
        for output in given
        if "image/png" in output.get("data", {})
    ]
    assert len(figures) == 4
    (asked,) = (given for source, given in outputs.items() if "ask(" in source)
    assert asked
    checked = outputs[lesson.code(CodeKind.EXERCISE_CHECK)]
    assert "✗ Not yet: Tanh: the error falls by 0.0 points." in str(checked)
    # TensorFlow's messages about the machine.
    assert "absl::InitializeLog" not in str(outputs)


@pytest.mark.parametrize("number", NUMBERS)
def test_notebooks_are_valid(number, tmp_path):
    import nbformat

    path = tmp_path / "lesson.ipynb"
    lesson = read_lesson(number)
    write_notebook(lesson, path)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "%matplotlib inline" in notebook.cells[0].source
    texts = "\n".join(
        cell.source for cell in notebook.cells if cell.cell_type == "markdown"
    )
    for prediction in lesson.predictions:
        for choice in prediction.choices:
            assert choice.text in texts
            assert choice.reason not in texts
    details = [step.folded.details for step in lesson.steps if step.folded]
    assert len(details) >= 1
    assert all(one in texts for one in details)
    assert notebook.cells[-1].source == details[-1]
    written = path.read_bytes()
    path.unlink()
    write_notebook(lesson, path)
    assert path.read_bytes() == written
    assert json.loads(written)["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize("number", NUMBERS)
def test_exercises_are_valid_programs(number, tmp_path):
    lesson = read_lesson(number)
    path = write_exercise(lesson, tmp_path)
    folders = [one for one in path.read_text().splitlines() if one[:9] == "folder = "]
    assert folders == [f"folder = {lesson.folder(tmp_path)!r}"]
    source = path.read_text()
    compile(source, path, "exec")
    assert lesson.code(CodeKind.EXERCISE) in source
    assert lesson.code(CodeKind.SOLUTION) not in source
    # The work of a student is kept.
    path.write_text("mine")
    assert write_exercise(lesson, tmp_path) == path
    assert path.read_text() == "mine"
