"""The selected step, and runs that plots do not draw."""

import numpy as np
import pytest

from keras_xavier.runs import State
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection

STEPS = np.array([0, 10, 20])


def snapshots(*names):
    return [
        Snapshot(f"/{one}", one, 0, steps=STEPS, state=State.FINISHED) for one in names
    ]


def names_of(runs):
    return [run.name for run in runs]


@pytest.mark.parametrize(("step", "record"), [(10**30, 2), (-(10**30), 0), (11, 1)])
def test_any_step_can_be_requested(qapp, step, record):
    selection = Selection()
    selection.set_runs(snapshots("a"))
    selection.set_step(step)
    assert selection.record == record


@pytest.mark.parametrize("before", ["", "a", "ac"])
def test_runs_to_be_selected_are_hidden_whichever_were_selected_before(qapp, before):
    selection = Selection()
    selection.set_runs(snapshots(*before))
    selection.hide_runs({"/a"}, among=["/a", "/b"])
    assert not before or selection.runs
    selection.set_runs(snapshots("a", "b"))
    assert names_of(selection.runs) == ["b"]
    assert selection.hidden_runs == {"/a"}


def test_all_runs_cannot_be_hidden(qapp):
    selection = Selection()
    selection.set_runs(snapshots("a", "b"))
    selection.hide_runs({"/a", "/b"})
    assert names_of(selection.runs) == ["a", "b"]
    selection.hide_runs({"/a"}, among=["/a"])
    assert names_of(selection.runs) == ["a", "b"]
