"""Several fits of a model, and fits that end early."""

import keras
import numpy as np
import pytest
from small_fit import (
    BATCH,
    AtBatch,
    X,
    Y,
    both_sources,
    fit,
    make_model,
    raising,
    read,
    statistics,
    weights,
)

from keras_xavier.runs import open_run


@both_sources
def test_epochs_can_start_later(run, source):
    fit(make_model(), statistics(run, source, every=3), initial_epoch=3, epochs=5)
    assert open_run(run).steps.tolist() == [0, 3, 6, 7 + (source == "probe")]


@both_sources
@pytest.mark.parametrize("first", ["statistics", "backup"])
def test_resuming_after_a_crash_gives_the_same_run(run, tmp_path, source, first):
    def callbacks(mode):
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
        both = [statistics(run, source, mode=mode), backup]
        return both if first == "statistics" else both[::-1]

    crash = AtBatch(1, 2, raising(RuntimeError("power failure")))
    with pytest.raises(RuntimeError, match="power failure"):
        fit(make_model(), *callbacks("create"), crash, epochs=3)
    resumed = make_model()
    fit(resumed, *callbacks("resume"), epochs=3)
    whole, expected = make_model(), str(tmp_path / "whole")
    fit(whole, statistics(expected, source), epochs=3)
    for one, other in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    run, expected = open_run(run), open_run(expected)
    assert run.steps.tolist() == expected.steps.tolist()
    for quantity in ("activation", "weight", "weight_gradient"):
        np.testing.assert_allclose(
            run.read_statistics(quantity, "std"),
            expected.read_statistics(quantity, "std"),
            rtol=1e-4,
        )


@both_sources
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_fit_restores_the_model(run, source, error):
    model = make_model()
    fit(model, epochs=1)
    plain = model.train_function
    callback = statistics(run, source)
    with pytest.raises(error):
        fit(model, callback, AtBatch(0, 2, raising(error("no more"))))
    assert "call" not in vars(model.get_layer("hidden"))
    assert model.get_layer("hidden").activation is keras.activations.tanh
    fit(model, epochs=1)
    assert model.train_function is plain
    # The callback continues at the step of the optimizer.
    fit(model, callback, epochs=1)
    assert model.train_function is plain
    stored = open_run(run)
    assert stored.state == "finished"
    last = [15] if source == "probe" else []
    assert stored.steps.tolist() == [4, 5, 6, 11, 12, 13, 14, *last]


@both_sources
@pytest.mark.parametrize(
    ("error", "state"),
    [(RuntimeError, "failed"), (KeyboardInterrupt, "interrupted")],
)
def test_a_failing_training_step_ends_the_run(run, source, error, state):
    def step(self, *arguments):
        if self.broken:
            raise error("no more")
        return super(Breaking, self).train_step(*arguments)

    Breaking = type("Breaking", (keras.Sequential,), {"train_step": step})
    model = make_model(model=Breaking, run_eagerly=True)
    model.broken = False
    callback = statistics(run, source)
    with pytest.raises(error):
        fit(model, callback, AtBatch(0, 2, lambda: setattr(model, "broken", True)))
    stored = open_run(run)
    assert stored.state == state
    assert stored.steps.tolist() == [0, 1, 2, *([3] if source == "probe" else [])]
    model.broken = False
    x, y = X[:BATCH], Y[:BATCH]
    model.train_on_batch(x, y)
    assert len(open_run(run).steps) == len(stored.steps)


@both_sources
@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_restored_weights_are_not_recorded(run, source, order):
    stopping = keras.callbacks.EarlyStopping(
        "loss", mode="max", patience=1, restore_best_weights=True
    )
    model = make_model()
    fit(model, *[stopping, statistics(run, source, every=5)][::order], epochs=9)
    plain = make_model()
    expected = []
    for _ in range(2):
        fit(plain, epochs=1)
        expected.append(plain.get_layer("hidden").kernel.numpy().std())
    stored = open_run(run)
    steps = stored.steps.tolist()
    assert steps == [0, 5, *([8] if (source, order) == ("probe", 1) else [])]
    if steps[-1] == 8:
        found = read(run, "weight", "std", 8)[0]
        assert found == pytest.approx(expected[1], rel=1e-5)
        assert found != pytest.approx(expected[0], rel=1e-5)


@both_sources
def test_a_checkpoint_during_fit_is_a_plain_model(run, tmp_path, source):
    checkpoint = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "{epoch}-{batch}.keras"), save_freq=1
    )
    model = make_model()
    fit(model, checkpoint, statistics(run, source), checkpoint)
    saved = sorted(tmp_path.glob("*.keras"))
    assert len(saved) == 8
    for file in saved:
        loaded = keras.models.load_model(file)
        assert loaded.get_layer("hidden").activation is keras.activations.tanh
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )
