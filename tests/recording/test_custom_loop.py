"""Recording in custom training loops."""

import keras
import numpy as np
import pytest
from keras import layers
from rows import rows_of_layers

import keras_xavier as kx
from keras_xavier.diagnosis import FindingWarning, TrainingStopped
from keras_xavier.runs import RunError, open_run

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(20, 6)).astype("float32")
Y = GENERATOR.integers(0, 3, 20)
LOSS = keras.losses.sparse_categorical_crossentropy


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(8, "tanh", name="hidden"),
            layers.Dense(3, "softmax", name="output"),
        ]
    )


def test_records_are_of_the_weights_at_that_step(model, tmp_path):
    hidden = model.get_layer("hidden")
    with kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m:
        m.record(X, Y, 0)
        hidden.kernel.assign(np.full(hidden.kernel.shape, 0.25))
        m.record(X, Y, 10)
        m.log(10, {"loss": 1.5})
    run = open_run(tmp_path / "run")
    assert run.state == "finished"
    assert run.steps.tolist() == [0, 10]
    first, *_ = rows_of_layers(run)
    assert run.read_statistics("weight", "max")[1, first] == 0.25
    assert run.read_statistics("weight", "max")[0, first] != 0.25
    assert run.metrics()["loss"][1].tolist() == [1.5]
    expected = float(np.mean(keras.ops.convert_to_numpy(LOSS(Y, model(X)))))
    assert run.metrics()["probe_loss"][1][1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        # Each letter is a record or a log, after another update unless in brackets.
        ("r l l r l r", [0, 3]),
        ("r (l) r r l", [0, 1, 2]),
        ("r (r) r", []),
        ("r u r l r l", []),
        ("r l r u r l", [0]),
    ],
)
def test_a_record_contains_the_update_that_a_call_follows(
    model, tmp_path, calls, expected
):
    hidden, kept, step = model.get_layer("hidden"), {}, -1
    with kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m:
        for call in calls.split():
            if call != "(l)":
                step += 1
            if "(" not in call:
                hidden.kernel.assign(hidden.kernel + 0.1 * step)
            kept[step] = np.array(hidden.kernel)
            if "r" in call:
                m.record(X, Y, step)
            elif "l" in call:
                m.log(step, {"loss": 1.0})
    run = open_run(tmp_path / "run")
    row, *_ = rows_of_layers(run)
    found = run.read_statistics("weight_update", "mean")[:, row]
    assert run.steps[np.isfinite(found)].tolist() == expected
    for at, mean in zip(run.steps, found, strict=True):
        if at in expected:
            update = np.mean(kept[at + 1] - kept[at])
            assert mean == pytest.approx(update, rel=1e-4)


def test_batches_may_be_of_different_sizes(model, tmp_path):
    with kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m:
        m.record(X, Y, 0)
        m.record(X[:7], Y[:7], 1)
    run = open_run(tmp_path / "run")
    first, *_ = rows_of_layers(run)
    sums = [run.read_histogram("activation", i)[first].sum() for i in (0, 1)]
    assert sums == [20 * 8, 7 * 8]


def test_a_compiled_model_needs_no_loss(model, tmp_path):
    model.compile("sgd", "sparse_categorical_crossentropy")
    with kx.measuring(model, f"{tmp_path}/run", layers="output") as m:
        m.record(X, Y, 0)
    run = open_run(tmp_path / "run")
    assert [run.layers[row].name for row in rows_of_layers(run)] == ["output"]


def test_a_model_without_a_loss_raises_an_error(model, tmp_path):
    with (
        pytest.raises(ValueError, match="Pass a `loss`"),
        kx.measuring(model, f"{tmp_path}/run"),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_an_existing_run_raises_an_error_before_the_loop(model, tmp_path):
    for _ in range(2):
        with kx.measuring(model, f"{tmp_path}/run", loss=LOSS, mode="overwrite") as m:
            m.record(X, Y, 0)
    with (
        pytest.raises(RunError, match=r"mode='resume'.*mode='overwrite'"),
        kx.measuring(model, f"{tmp_path}/run", loss=LOSS),
    ):
        pytest.fail("the loop was entered")


def test_a_run_is_resumed(model, tmp_path):
    with kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m:
        for step in (0, 5, 10):
            m.record(X, Y, step)
    with kx.measuring(model, f"{tmp_path}/run", loss=LOSS, mode="resume") as m:
        m.record(X, Y, 5)
        m.record(X, Y, 7)
    assert open_run(tmp_path / "run").steps.tolist() == [0, 5, 7]


@pytest.mark.parametrize(
    ("error", "state"),
    [(ZeroDivisionError, "failed"), (KeyboardInterrupt, "interrupted")],
)
def test_an_error_in_the_loop_keeps_the_records(model, tmp_path, error, state):
    def loop():
        with kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m:
            m.record(X, Y, 0)
            raise error

    with pytest.raises(error):
        loop()
    run = open_run(tmp_path / "run")
    assert (run.state, len(run.steps)) == (state, 1)


def test_steps_must_ascend(model, tmp_path):
    with kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m:
        with pytest.raises(ValueError, match="first record"):
            m.log(0, {"loss": 1.0})
        m.record(X, Y, 3)
        with pytest.raises(ValueError, match="step=3 after 3"):
            m.record(X, Y, 3)


def test_examples_must_fit(model, tmp_path):
    with (
        pytest.raises(ValueError, match="does not accept this probe"),
        kx.measuring(model, f"{tmp_path}/run", loss=LOSS) as m,
    ):
        m.record(X[:, :3], Y, 0)


def with_nan_from(step, model, run, **options):
    """Records up to twenty steps, with NaN from a step on; returns the last step."""
    with kx.measuring(model, run, loss=LOSS, **options) as m:
        for now in range(20):
            m.record(np.where(now < step, X, np.nan), Y, now)
    return now


def test_a_finding_of_severity_error_leaves_the_block(model, tmp_path):
    with pytest.warns(FindingWarning, match=r"Training has been stopped.*Nonfinite"):
        last = with_nan_from(12, model, f"{tmp_path}/run", on_finding="stop")
    run = open_run(tmp_path / "run")
    assert (last, run.last_step, run.state) == (12, 12, "stopped")


def test_a_finding_is_reported_and_the_loop_continues(model, tmp_path):
    found = []
    last = with_nan_from(12, model, f"{tmp_path}/run", on_finding=found.append)
    assert last == 19
    assert [one.name for one in found] == ["nonfinite_values"]


def test_an_inner_block_does_not_catch_the_stop_of_an_outer_block(model, tmp_path):
    def loop():
        with (
            kx.measuring(model, f"{tmp_path}/out", loss=LOSS, on_finding="stop") as out,
            kx.measuring(model, f"{tmp_path}/in", loss=LOSS) as inner,
        ):
            inner.record(X, Y, 0)
            out.record(X * np.nan, Y, 0)
            pytest.fail("the loop continues")

    with pytest.warns(FindingWarning, match="out: error: Nonfinite"):
        loop()
    assert open_run(tmp_path / "out").state == "stopped"
    inner = open_run(tmp_path / "in")
    assert inner.state == "failed"
    assert TrainingStopped.__name__ in inner.reason
