import numpy as np
import pytest

from keras_xavier.runs import State
from keras_xavier_gui.choice import Choice
from keras_xavier_gui.library import Snapshot
from keras_xavier_gui.qt import Qt
from keras_xavier_gui.scrubber import Scrubber

STEPS = [0, 1, 2, 4, 8, 100, 200]


def show(choice, steps, version=1):
    choice.set_runs(
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
def choice(qapp):
    return Choice()


@pytest.fixture
def scrubber(qtbot, choice):
    made = Scrubber(choice)
    qtbot.addWidget(made)
    show(choice, STEPS)
    made.show()
    yield made
    made.hide()


def test_the_latest_step_is_shown_first_and_followed(scrubber, choice):
    assert choice.record == 6
    assert scrubber.box.value() == 200
    assert scrubber.latest.isChecked()
    show(choice, [*STEPS, 300], version=2)
    assert scrubber.box.value() == 300
    assert scrubber.count.text() == "record 8 of 8"


def test_a_chosen_step_stays_when_records_arrive(scrubber, choice):
    scrubber.slider.setValue(3)
    assert choice.step == 4
    show(choice, [*STEPS, 300], version=2)
    assert (choice.step, scrubber.slider.value(), scrubber.box.value()) == (4, 3, 4)
    assert not scrubber.latest.isChecked()


def test_the_keyboard_moves_by_records(qtbot, scrubber, choice):
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_Left)
    assert choice.step == 100
    qtbot.keyClick(scrubber.box, Qt.Key.Key_Down)
    assert choice.step == 8
    qtbot.keyClick(scrubber.box, Qt.Key.Key_Up)
    assert choice.step == 100
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_Right)
    assert choice.step is None


@pytest.mark.parametrize(("typed", "step"), [("90", 100), ("3", 2), ("7", 8)])
def test_a_typed_step_leads_to_the_nearest_record(qtbot, scrubber, choice, typed, step):
    scrubber.box.selectAll()
    qtbot.keyClicks(scrubber.box, typed)
    qtbot.keyClick(scrubber.box, Qt.Key.Key_Return)
    assert choice.step == step
    assert scrubber.box.value() == step


def test_a_step_beyond_the_last_is_told_of(qtbot, scrubber, choice):
    scrubber.slider.setValue(0)
    for typed, step in (("3000", None), ("90", 100)):
        scrubber.box.selectAll()
        qtbot.keyClicks(scrubber.box, typed)
        with qtbot.waitSignal(scrubber.passed_over) as told:
            qtbot.keyClick(scrubber.box, Qt.Key.Key_Return)
        assert told.args == [int(typed)]
        assert choice.step == step
    assert scrubber.box.value() == 100


def test_the_box_is_no_wider_than_its_steps(scrubber, choice):
    narrow = scrubber.box.sizeHint().width()
    show(choice, [*STEPS, 1_000_000], version=2)
    wide = scrubber.box.sizeHint().width()
    assert (
        narrow < wide < narrow + scrubber.fontMetrics().horizontalAdvance("1,000,000")
    )


def test_it_covers_the_steps_of_all_chosen_runs(scrubber, choice):
    runs = [
        Snapshot(name, name, 1, steps=np.array(steps, np.int64), state=State.FINISHED)
        for name, steps in (("short", [0, 100]), ("long", [0, 50, 3000]), ("none", []))
    ]
    choice.set_runs(runs)
    assert list(choice.steps) == [0, 50, 100, 3000]
    assert scrubber.box.value() == 3000
    assert scrubber.count.text() == "step 4 of 4"
    scrubber.slider.setValue(1)
    assert choice.step == 50
    scrubber.box.stepBy(1)
    assert choice.step == 100
    choice.move(1)
    assert choice.step is None


def test_the_switch_pins_and_follows(qtbot, scrubber, choice):
    scrubber.latest.click()
    assert choice.step == 200
    show(choice, [*STEPS, 300], version=2)
    assert choice.record == 6
    scrubber.latest.click()
    assert choice.record == 7


def test_without_records_it_is_disabled(scrubber, choice):
    show(choice, [], version=2)
    assert not scrubber.isEnabled()
    choice.move(1)
    choice.set_record(3)
    assert choice.record is None


def test_steps_beyond_32_bits_do_no_harm(scrubber, choice):
    show(choice, [0, 2**40], version=2)
    assert choice.record == 1
    assert scrubber.isEnabled()
