import time

import numpy as np
import pytest

from keras_xavier.runs import State
from keras_xavier_gui.sources.paths import MISSING
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.widgets.status_bar import (
    StatusText,
    age,
    describe,
    describe_all,
    moment,
)

NOON = time.mktime((2024, 5, 17, 12, 0, 0, 0, 0, -1))


def snapshot(state, reason=None, records=3):
    return Snapshot(
        path="runs/tanh.zarr",
        name="tanh",
        version=1,
        steps=np.arange(records) * 1000,
        state=state,
        reason=reason,
        last_update=NOON,
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-2, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_an_age_has_one_unit(seconds, text):
    assert age(seconds) == text


def test_a_moment_of_another_day_has_its_date():
    assert moment(NOON, NOON + 3600) == "12:00:00"
    assert moment(NOON, NOON + 86400) == "2024-05-17 12:00:00"


@pytest.mark.parametrize(
    ("state", "reason", "beginning"),
    [
        (State.RUNNING, None, "tanh: live  ·  step 2,000  ·  3 records"),
        (State.FINISHED, None, "tanh: finished  ·  step 2,000"),
        (
            State.FAILED,
            "loss is NaN\nTraceback",
            "tanh: failed at 12:00:00 (loss is NaN)",
        ),
        (
            State.INTERRUPTED,
            "no heartbeat from 12",
            "tanh: stalled since 12:00:00  ·",
        ),
        (State.INTERRUPTED, "SIGTERM", "tanh: interrupted at 12:00:00 (SIGTERM)"),
        (
            State.BROKEN,
            "zarr.json is cut short",
            "tanh: broken (zarr.json is cut short)",
        ),
    ],
)
def test_every_state_is_described(state, reason, beginning):
    assert describe(snapshot(state, reason), NOON + 3).startswith(beginning)


def test_several_runs_are_described_together(qtbot):
    runs = [
        snapshot(State.FINISHED),
        snapshot(State.FINISHED, records=2),
        snapshot(State.BROKEN, MISSING, records=0),
    ]
    text = "3 runs: 2 finished, 1 missing  ·  last steps 1,000 to 2,000"
    assert describe_all(runs, NOON + 3) == f"{text}  ·  last update 3 s ago"
    widget = StatusText()
    qtbot.addWidget(widget)
    widget.show_runs(runs, NOON, waiting=0)
    assert widget.text.toolTip().count("tanh: ") == 3
    widget.show_runs([], NOON, waiting=0)
    assert (widget.text.text(), widget.text.toolTip()) == ("", "")


def test_the_age_of_the_last_update_is_shown():
    text = describe(snapshot(State.RUNNING), NOON + 3)
    assert text.endswith("last update 3 s ago")
    assert "no records" not in describe(snapshot(State.RUNNING, records=1), NOON)


def test_a_reason_is_escaped_and_its_length_is_limited(qtbot):
    widget = StatusText()
    qtbot.addWidget(widget)
    reason = "<h1>no</h1>\n" + "more\n" * 9999 + "x" * 9999
    widget.show_runs([snapshot(State.FAILED, reason)], NOON, waiting=0)
    assert "(<h1>no</h1>)" in widget.text.text()
    assert "&lt;h1&gt;no" in widget.text.toolTip()
    assert len(widget.text.toolTip()) < 2000


def test_a_disk_that_hangs_is_reported(qtbot):
    widget = StatusText()
    qtbot.addWidget(widget)
    widget.show_runs([snapshot(State.RUNNING)], NOON, waiting=0.1)
    assert widget.text.text().startswith("tanh: live")
    widget.show_runs([snapshot(State.RUNNING)], NOON, waiting=12)
    assert widget.text.text().startswith("disk not responding for 12 s")
