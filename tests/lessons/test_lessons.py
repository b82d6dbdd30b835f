"""All lessons are run: the checks of their texts hold."""

import json

import pytest

from keras_xavier.cli import main
from keras_xavier.experiments import keras_startup
from keras_xavier.lessons import (
    NUMBERS,
    Check,
    Drawn,
    Step,
    read_lesson,
    run_lesson,
    write_notebook,
)
from keras_xavier.runs import State, open_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lessons")


@pytest.fixture(scope="module", params=NUMBERS)
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
    for i, part in enumerate(parts):
        if isinstance(part, Step) and part.spec.figure:
            following = parts[i + 1]
            assert isinstance(following, Drawn)
            assert following.path.stat().st_size > 10_000


def test_every_spec_refers_to_recorded_data(taken, folder):
    lesson, _ = taken
    for step in lesson.steps:
        for name in step.runs:
            run = open_run(lesson.run_path(name, folder))
            assert run.state is State.FINISHED
            assert step.spec.quantity in (None, *run.quantities)
            assert step.spec.step in (None, *run.steps)


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
    after = [open_run(lesson.run_path(name, folder)).created for name in lesson.runs]
    assert before == after


@pytest.mark.parametrize("number", NUMBERS)
def test_notebooks_are_valid(number, tmp_path):
    import nbformat

    path = tmp_path / "lesson.ipynb"
    write_notebook(read_lesson(number), path)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "%matplotlib inline" in notebook.cells[0].source
    written = path.read_bytes()
    path.unlink()
    write_notebook(read_lesson(number), path)
    assert path.read_bytes() == written
    assert json.loads(written)["metadata"]["kernelspec"]["name"] == "python3"
