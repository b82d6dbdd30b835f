import numpy as np
import pytest

from keras_xavier.runs import State
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.step_slider import StepSlider

STEPS = [0, 1, 2, 4, 8, 100, 200]


def show(selection, steps, version=1):
    selection.set_runs(
        [
            Snapshot(
                path="a",
                name="a",
                version=version,
                steps=np.array(steps, np.int64),
                state=State.RUNNING,
            )
        ]
    )


@pytest.fixture
def selection(qapp):
    return Selection()


@pytest.fixture
def step_slider(qtbot, selection):
    made = StepSlider(selection)
    qtbot.addWidget(made)
    show(selection, STEPS)
    made.show()
    yield made
    made.hide()


def test_the_latest_step_is_shown_first_and_followed(step_slider, selection):
    assert selection.record == 6
    assert step_slider.box.value() == 200
    assert step_slider.latest.isChecked()
    show(selection, [*STEPS, 300], version=2)
    assert step_slider.box.value() == 300
    assert step_slider.count.text() == "record 8 of 8"


def test_a_selected_step_stays_when_records_arrive(step_slider, selection):
    step_slider.slider.setValue(3)
    assert selection.step == 4
    show(selection, [*STEPS, 300], version=2)
    assert (selection.step, step_slider.slider.value(), step_slider.box.value()) == (
        4,
        3,
        4,
    )
    assert not step_slider.latest.isChecked()


def test_the_keyboard_moves_by_records(qtbot, step_slider, selection):
    qtbot.keyClick(step_slider.slider, Qt.Key.Key_Left)
    assert selection.step == 100
    qtbot.keyClick(step_slider.box, Qt.Key.Key_Down)
    assert selection.step == 8
    qtbot.keyClick(step_slider.box, Qt.Key.Key_Up)
    assert selection.step == 100
    qtbot.keyClick(step_slider.slider, Qt.Key.Key_Right)
    assert selection.step is None


@pytest.mark.parametrize(("typed", "step"), [("90", 100), ("3", 2), ("7", 8)])
def test_a_typed_step_selects_the_nearest_record(
    qtbot, step_slider, selection, typed, step
):
    step_slider.box.selectAll()
    qtbot.keyClicks(step_slider.box, typed)
    qtbot.keyClick(step_slider.box, Qt.Key.Key_Return)
    assert selection.step == step
    assert step_slider.box.value() == step


def test_a_typed_step_that_was_not_recorded_is_reported(qtbot, step_slider, selection):
    step_slider.slider.setValue(0)
    for typed, step in (("3000", None), ("90", 100)):
        step_slider.box.selectAll()
        qtbot.keyClicks(step_slider.box, typed)
        with qtbot.waitSignal(step_slider.passed_over) as reported:
            qtbot.keyClick(step_slider.box, Qt.Key.Key_Return)
        assert reported.args == [int(typed)]
        assert selection.step == step
    assert step_slider.box.value() == 100


def test_the_box_is_no_wider_than_its_steps(step_slider, selection):
    narrow = step_slider.box.sizeHint().width()
    show(selection, [*STEPS, 1_000_000], version=2)
    wide = step_slider.box.sizeHint().width()
    assert (
        narrow
        < wide
        < narrow + step_slider.fontMetrics().horizontalAdvance("1,000,000")
    )


def test_the_slider_covers_the_steps_of_all_selected_runs(step_slider, selection):
    runs = [
        Snapshot(name, name, 1, steps=np.array(steps, np.int64), state=State.FINISHED)
        for name, steps in (("short", [0, 100]), ("long", [0, 50, 3000]), ("none", []))
    ]
    selection.set_runs(runs)
    assert list(selection.steps) == [0, 50, 100, 3000]
    assert step_slider.box.value() == 3000
    assert step_slider.count.text() == "record 4 of 4"
    step_slider.slider.setValue(1)
    assert selection.step == 50
    step_slider.box.stepBy(1)
    assert selection.step == 100
    selection.move(1)
    assert selection.step is None


def test_the_check_box_pins_or_follows_the_latest_step(qtbot, step_slider, selection):
    step_slider.latest.click()
    assert selection.step == 200
    show(selection, [*STEPS, 300], version=2)
    assert selection.record == 6
    step_slider.latest.click()
    assert selection.record == 7


def test_without_records_the_slider_is_disabled(step_slider, selection):
    show(selection, [], version=2)
    assert not step_slider.isEnabled()
    selection.move(1)
    selection.set_record(3)
    assert selection.record is None


def test_steps_beyond_32_bits_are_supported(step_slider, selection):
    show(selection, [0, 2**40], version=2)
    assert selection.record == 1
    assert step_slider.isEnabled()


@pytest.mark.parametrize("record", [0, 2, 5])
def test_a_click_beside_the_handle_selects_the_record_there(
    qtbot, step_slider, selection, record
):
    step_slider.resize(1000, step_slider.height())
    slider = step_slider.slider
    slider.setValue(6 - record)
    handle = 16
    place = handle / 2 + (slider.width() - handle) * record / (len(STEPS) - 1)
    point = QtCore.QPoint(round(place), slider.height() // 2)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=point)
    assert selection.step == STEPS[record]


def test_playback_is_as_fast_as_chosen(step_slider, selection):
    player = step_slider.player
    show(selection, range(1000), version=2)
    intervals = []
    for speed in ("1×", "4×", "¼×"):
        step_slider.speed.setCurrentText(speed)
        selection.set_record(0)
        player.play()
        player._advance()
        seconds = player._timer.interval() / 1000
        intervals.append(selection.record / seconds)
        player.stop()
    normal, fast, slow = intervals
    # 1,000 records take 25 seconds.
    assert normal == pytest.approx(40, rel=0.3)
    assert fast == pytest.approx(160, rel=0.3)
    assert slow == pytest.approx(10, rel=0.3)
