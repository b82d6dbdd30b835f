"""The state of a run after `fit` ends in different ways."""

import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from four_updates import PROBE, AtStep, X, Y, both_sources, fit, statistics

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run

SECONDS = 6
"""Time to notice an ending; on a quiet machine it takes less than two seconds."""


def ended(run):
    """Returns the run as soon as it is no longer running."""
    end = time.monotonic() + SECONDS
    while (found := open_run(run)).state == "running" and time.monotonic() < end:
        time.sleep(0.05)
    return found


def raising(error):
    def action(*_, **__):
        raise error

    return action


class BrokenData(keras.utils.PyDataset):
    """Raises an error instead of the seventh batch."""

    def __len__(self):
        return 20

    def __getitem__(self, index):
        if index == 6:
            raise OSError("the disk is gone")
        return X[:10], Y[:10]


@both_sources
@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ValueError("no more"), "failed", "step 1 of 8: ValueError: no more"),
        (KeyboardInterrupt(), "interrupted", "step 1 of 8: Ctrl-C"),
    ],
    ids=["error", "Ctrl-C"],
)
def test_an_error_of_another_callback_ends_the_run(
    model, run, source, error, state, reason
):
    with pytest.raises(type(error)):
        fit(model, statistics(run, source), AtStep(2, raising(error)))
    stored = ended(run)
    assert (stored.state, stored.reason) == (state, reason)
    assert stored.steps.tolist() == [0, 1]


def test_an_error_in_validation_ends_the_run(model, run):
    other = keras.callbacks.LambdaCallback()
    other.on_test_batch_end = raising(ValueError("no more"))
    with pytest.raises(ValueError, match="no more"):
        fit(model, statistics(run, "batch"), other, validation_data=(X, Y))
    assert ended(run).reason.endswith("ValueError: no more")


def test_an_error_of_the_data_ends_the_run(model, run):
    callback = statistics(run, "batch")
    with pytest.raises(Exception, match="the disk is gone"):
        model.fit(BrokenData(), verbose=0, callbacks=[callback])
    # On PyTorch, the data is read outside of the train function and of all callbacks.
    assert ended(run).state in ("failed", "interrupted")
    assert "step" in open_run(run).reason


def test_the_next_fit_ends_the_run_of_a_fit_that_ended_unnoticed(model, run):
    callback = statistics(run, "batch", every=1)
    with pytest.raises(ValueError, match="no more"):
        fit(model, callback, AtStep(2, raising(ValueError("no more"))))
    fit(model, callback, epochs=1)
    stored = open_run(run)
    assert (stored.state, stored.reason) == ("finished", None)
    assert stored.steps.tolist() == [0, 1, 2, 3, 4, 5]


def test_an_uncaught_error_is_the_reason_after_the_process_has_ended(tmp_path):
    code = """
    import sys
    sys.path.insert(0, {folder!r})
    import four_updates as f
    import keras

    class Broken(keras.utils.PyDataset):
        def __len__(self):
            return 20
        def __getitem__(self, index):
            if index == 6:
                raise OSError("the disk is gone")
            return f.X[:10], f.Y[:10]

    callback = f.statistics({run!r}, "batch")
    f.make_model().fit(Broken(), verbose=0, callbacks=[callback])
    """
    run = str(tmp_path / "run")
    folder = __file__.rpartition("/")[0]
    lines = code.format(run=run, folder=folder).splitlines()
    script = "\n".join(line[4:] for line in lines)
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 1
    stored = open_run(run)
    assert stored.state == "failed"
    assert "the disk is gone" in stored.reason


@both_sources
def test_early_stopping_marks_the_run_stopped(model, run, source):
    stopping = keras.callbacks.EarlyStopping("loss", mode="max", patience=1)
    fit(model, stopping, statistics(run, source), epochs=9)
    stored = open_run(run)
    assert stored.state == "stopped"
    assert stored.reason == "step 8 of 36: EarlyStopping"


def test_a_run_that_is_stopped_at_its_end_is_finished(model, run):
    def stop():
        model.stop_training = True

    fit(model, statistics(run, "probe"), AtStep(8, stop))
    assert (open_run(run).state, open_run(run).reason) == ("finished", None)


def test_a_finding_marks_the_run_stopped(model, run):
    x = np.where(np.arange(len(X))[:, None] >= 10, np.nan, X)
    callback = LayerStatistics(run, every=1, on_finding="stop")
    with pytest.warns(UserWarning, match="Training has been stopped"):
        model.fit(x, Y, 10, 3, verbose=0, shuffle=False, callbacks=[callback])
    assert open_run(run).state == "stopped"
    assert open_run(run).reason.endswith("of 12: on_finding='stop'")


def test_the_callback_of_a_finished_fit_keeps_no_training_data(model, run):
    callback = LayerStatistics(run, probe=PROBE)
    fit(model, callback)
    assert callback._run.fit is None
