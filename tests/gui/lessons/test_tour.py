"""Tours through lessons, without a window."""

import pytest

from keras_xavier.figure_spec import FIGURES, FigureSpec, parse_spec
from keras_xavier.lessons import lessons, read_lesson
from keras_xavier.runs import RunSummary, State
from keras_xavier_gui.lessons.tour import Tour, count_networks, folder_of


@pytest.fixture
def tour(scripts):
    return Tour(read_lesson(1), "lessons")


def test_a_tour_has_two_ends(tour):
    assert tour.move(-1).position == 0
    assert tour.move(99).is_last
    assert not tour.move(3).is_last


def test_the_exercise_is_shown_with_its_code(tour):
    last = tour.move(4)
    assert last.is_exercise
    assert last.text == "## The exercise\n\n```python\nlayers = 4\n```"
    assert not tour.move(3).is_exercise


def test_a_prediction_is_awaited_until_it_is_made(tour):
    asked = tour.move(1)
    assert not tour.is_awaited
    assert asked.is_awaited
    assert not asked.predict(0).is_awaited
    assert asked.predict(0).move(1).move(-1).choice == 0


def test_the_next_step_shows_the_answer(tour):
    asked = tour.move(1)
    text = tour.lesson.steps[2].text
    right = "It fades. Each layer loses a part."
    assert asked.predict(1).move(1).text == f"✓ **Correct.** {right}\n\n{text}"
    wrong = asked.predict(0).move(1).text
    assert wrong.startswith("✗ **Not quite.** The **first** layer wins,")
    assert "It has no advantage." in wrong
    assert f"**The answer:** {right}" in wrong
    assert asked.move(1).text == text
    assert asked.predict(0).move(2).text == "## Both"


@pytest.mark.parametrize("figure", FIGURES)
def test_a_step_sets_all_options_of_a_figure(figure):
    spec = FigureSpec(figure, step=7).with_defaults()
    for name in {"quantity", "statistic", "band", "theory"}:
        if FIGURES[figure].option(name):
            assert getattr(spec, name) is not None
    assert (spec.figure, spec.step) == (figure, 7)
    asked = parse_spec("--figure layer-curves --quantity weight --theory")
    assert asked.with_defaults().quantity == "weight"
    assert asked.with_defaults().theory
    assert FigureSpec().with_defaults() == FigureSpec()


def test_every_step_of_every_lesson_has_runs_and_a_figure():
    for lesson in lessons():
        for place in range(len(lesson.steps)):
            step = Tour(lesson, "lessons", place).step
            step.spec.with_defaults()
            assert set(step.runs) <= set(lesson.runs)


def test_opened_folders_with_runs_of_the_lesson_are_preferred(tour, networks, tmp_path):
    parent = str(tmp_path / "lessons")
    for sources in ([parent], [str(networks)], ["memory://x", str(tmp_path), parent]):
        assert folder_of(tour.lesson, sources) == parent
    assert folder_of(tour.lesson, ()) == parent
    assert folder_of(tour.lesson, [str(tmp_path / "lesson-1")]) == str(tmp_path)


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ({}, "The plots of this lesson require 2 small networks"),
        ({"plain": State.FAILED}, "The plots of this lesson require 2 small networks"),
        ({"plain": State.RUNNING}, "0 of 2 networks trained, one in training."),
        ({"plain": State.FINISHED}, "1 of 2 networks trained."),
        ({"plain": State.FINISHED, "other": State.RUNNING}, "1 of 2 networks trained."),
        ({"plain": State.FINISHED, "better": State.FINISHED}, ""),
    ],
)
def test_networks_are_counted(tour, states, text):
    runs = [RunSummary(tour.path(name), name, state) for name, state in states.items()]
    counted = count_networks(tour, runs)
    assert str(counted).startswith(text)
    assert bool(text) == bool(str(counted))
