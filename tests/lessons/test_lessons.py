"""All lessons, gone through: their experiments show what their text says."""

import json

import pytest

from keras_xavier.cli import main
from keras_xavier.experiments import keras_startup as startup
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
def gone_through(request, folder):
    lesson = read_lesson(request.param)
    return lesson, list(run_lesson(lesson, lesson.folder(folder)))


@pytest.mark.timeout(600)
def test_the_experiments_show_what_the_text_says(gone_through):
    _, parts = gone_through
    checks = [part for part in parts if isinstance(part, Check)]
    assert len(checks) >= 4
    assert not [check.claim for check in checks if not check.holds]


def test_every_step_comes_in_turn_and_every_look_has_its_picture(gone_through):
    lesson, parts = gone_through
    assert tuple(part for part in parts if isinstance(part, Step)) == lesson.steps
    for i, part in enumerate(parts):
        if isinstance(part, Step) and part.spec.figure:
            following = parts[i + 1]
            assert isinstance(following, Drawn)
            assert following.path.stat().st_size > 10_000


def test_every_look_shows_what_was_recorded(gone_through, folder):
    lesson, _ = gone_through
    for step in lesson.steps:
        for name in step.runs:
            run = open_run(lesson.run_path(name, folder))
            assert run.state is State.FINISHED
            assert step.spec.quantity in (None, *run.quantities)
            assert step.spec.step in (None, *run.steps)


def test_runs_that_are_there_are_not_made_again(
    gone_through, folder, capsys, monkeypatch
):
    # It cannot be started anew in this process.
    monkeypatch.setattr(startup, "start_keras", lambda one_processor: None)
    lesson, _ = gone_through
    before = [open_run(lesson.run_path(name, folder)).created for name in lesson.runs]
    if lesson.number == NUMBERS[0]:
        assert main(["lesson", str(lesson.number), "--folder", str(folder)]) == 0
        told = capsys.readouterr()
        assert "updates in" not in told.err
        assert told.out.count("Picture: ") >= 3
        assert f"keras-xavier view {folder}" in told.out
        assert "✓" in told.out
        assert "✗" not in told.out
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
