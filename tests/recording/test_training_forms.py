"""LayerStatistics in the forms that training in Keras can take."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import Quantity, summarize

SIZE, BATCH = 40, 10
"""Four batches in an epoch."""
RATE = 0.1
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(SIZE, 6)).astype("float32")
Y = GENERATOR.integers(0, 3, SIZE)
PROBE = (X[:BATCH], Y[:BATCH])
BACKEND = keras.backend.backend()
MOMENTS = ("mean", "std", "min", "max")

both_sources = pytest.mark.parametrize("source", ["probe", "batch"])
not_on_torch = pytest.mark.skipif(
    BACKEND == "torch", reason="Keras has no such thing on PyTorch"
)
compiled = pytest.mark.skipif(BACKEND == "torch", reason="PyTorch traces nothing")


def make_model(*, optimizer=None, inner=(), built=True, model=None, **options):
    keras.utils.set_random_seed(1)
    model = (model or keras.Sequential)(
        [
            *([layers.Input((6,))] if built else []),
            layers.Dense(8, "tanh", name="hidden"),
            *inner,
            layers.Dense(3, "softmax", name="output"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer or sgd(), loss, **options)
    return model


def sgd(**options):
    return keras.optimizers.SGD(RATE, **options)


def statistics(run, source="batch", every=1, **options):
    probe = PROBE if source == "probe" else None
    return LayerStatistics(run, probe=probe, every=every, **options)


def fit(model, *callbacks, epochs=2, x=X, y=Y, **options):
    options = {"batch_size": BATCH, "verbose": 0, "shuffle": False} | options
    return model.fit(x, y, epochs=epochs, callbacks=list(callbacks), **options)


def read(run, quantity, statistic="mean", step=0):
    stored = open_run(run)
    values = stored.read_statistics(quantity, statistic)
    return values[stored.steps.tolist().index(step)]


def weights(model):
    return [variable.numpy() for variable in model.weights]


@pytest.fixture
def run(tmp_path):
    return str(tmp_path / "run")


@pytest.fixture
def plain_run(tmp_path):
    """A run of ordinary training, for comparison."""
    path = str(tmp_path / "plain")
    fit(make_model(), statistics(path))
    return path


class AtBatch(keras.callbacks.Callback):
    """Does something after one batch of one epoch."""

    def __init__(self, epoch, batch, action):
        super().__init__()
        self.at = epoch, batch
        self.action = action

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self.action()


def raising(error):
    def action():
        raise error

    return action


# What is recorded


def softmax(s):
    exponentials = np.exp(s - s.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def training_by_hand(model, steps):
    """What every step of plain gradient descent computes, in float64."""
    w1, b1, w2, b2 = [w.astype("float64") for w in weights(model)]
    for step in range(steps):
        start = step * BATCH % SIZE
        x, y = X[start : start + BATCH].astype("float64"), Y[start : start + BATCH]
        s1 = x @ w1 + b1
        z1 = np.tanh(s1)
        s2 = z1 @ w2 + b2
        z2 = softmax(s2)
        ds2 = (z2 - np.eye(3)[y]) / BATCH
        ds1 = (ds2 @ w2.T) * (1 - z1**2)
        gradients = [x.T @ ds1, ds1.sum(0), z1.T @ ds2, ds2.sum(0)]
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        updates = [-RATE * g for g in gradients]
        tensors = {
            "preactivation": (s1, s2),
            "activation": (z1, z2),
            "preactivation_gradient": (ds1, ds2),
            "weight": (w1, w2),
            "weight_gradient": (gradients[0], gradients[2]),
            "weight_update": (updates[0], updates[2]),
        }
        yield tensors, norm
        w1, b1, w2, b2 = [w + u for w, u in zip((w1, b1, w2, b2), updates, strict=True)]


def test_records_are_what_is_computed_by_hand_from_the_batches(run):
    model = make_model()
    by_hand = list(training_by_hand(model, 8))
    fit(model, statistics(run))
    stored = open_run(run)
    assert stored.steps.tolist() == list(range(8))
    _, norms = stored.metrics()["gradient_norm"]
    np.testing.assert_allclose(norms, [n for _, n in by_hand], 1e-5)
    for step, (tensors, _) in enumerate(by_hand):
        for quantity, pair in tensors.items():
            counts = stored.read_histogram(quantity, step)
            for layer, tensor in enumerate(pair):
                assert counts[layer].sum() == tensor.size
                expected = summarize(tensor)
                found = np.array(
                    [
                        stored.read_statistics(quantity, name)[step, layer]
                        for name in MOMENTS
                    ]
                )
                scale = np.abs(tensor).max()
                np.testing.assert_allclose(found, expected[:4], atol=1e-5 * scale)


@both_sources
def test_what_an_update_is_made_of(run, source):
    """All weights count for the norm of the gradient, biases and the rest included."""
    model = make_model(inner=[layers.BatchNormalization(), layers.PReLU()])
    fit(model, statistics(run, source, layers=["hidden"]), epochs=1)
    few = open_run(run).metrics()["gradient_norm"][1]
    model = make_model(inner=[layers.BatchNormalization(), layers.PReLU()])
    fit(model, statistics(run, source, mode="overwrite"), epochs=1)
    many = open_run(run).metrics()["gradient_norm"][1]
    np.testing.assert_allclose(few, many, rtol=1e-6)
    assert (few > 0).all()


# Forms of compiling and running


FORMS = {
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": True},
    "not_jit": {"jit_compile": False},
    "plain": {},
}


@both_sources
@pytest.mark.parametrize("form", ["eager", "jit", "not_jit"])
def test_every_form_of_running_records_the_same(run, plain_run, source, form):
    if form == "jit" and BACKEND == "torch":
        pytest.skip("torch.compile needs a compiler of C++")
    if source == "probe":
        fit(make_model(), statistics(plain_run, source, mode="overwrite"))
    fit(make_model(**FORMS[form]), statistics(run, source))
    found, expected = open_run(run), open_run(plain_run)
    assert found.steps.tolist() == expected.steps.tolist()
    assert found.layers == expected.layers
    for quantity in Quantity:
        for name in MOMENTS:
            np.testing.assert_allclose(
                found.read_statistics(quantity, name),
                expected.read_statistics(quantity, name),
                rtol=1e-4,
                atol=1e-6,
            )


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def mixed_precision(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@both_sources
def test_gradients_of_mixed_precision_are_those_of_the_unscaled_loss(
    tmp_path, plain_run, source, mixed_precision
):
    run = str(tmp_path / "mixed")
    model = make_model()
    fit(model, statistics(run, source))
    found, expected = open_run(run), open_run(plain_run)
    assert int(found.steps[-1]) == int(model.optimizer.iterations) - (source == "batch")
    quantities = list(Quantity)[: 5 if source == "probe" else 6]
    for quantity in quantities:
        # The first record of a probe is of the first batch, as that of training.
        for name in ("std", "min", "max"):
            np.testing.assert_allclose(
                found.read_statistics(quantity, name)[0],
                expected.read_statistics(quantity, name)[0],
                rtol=0.05,
                err_msg=f"{quantity} {name}",
            )
        sizes = expected.read_histogram(quantity, 0).sum(axis=-1)
        for step in range(len(found.steps)):
            counts = found.read_histogram(quantity, step).sum(axis=-1)
            assert counts.tolist() == sizes.tolist()
    np.testing.assert_allclose(
        found.metrics()["gradient_norm"][1][0],
        expected.metrics()["gradient_norm"][1][0],
        rtol=0.02,
    )


def test_updates_that_overflow_are_no_steps(run):
    optimizer = keras.optimizers.LossScaleOptimizer(sgd(), initial_scale=1e38)
    model = make_model(optimizer=optimizer)
    overflows = np.where(np.arange(SIZE) // BATCH == 1, 100.0, 1.0)
    fit(model, statistics(run), epochs=3, sample_weight=overflows)
    assert int(model.optimizer.iterations) == 9
    stored = open_run(run)
    assert stored.state == "finished"
    assert stored.steps.tolist() == list(range(9))


@not_on_torch
@pytest.mark.parametrize(
    ("source", "steps"), [("probe", [0, 3, 4, 7, 8]), ("batch", [0, 3, 4, 7])]
)
def test_executions_of_several_batches_are_measured_at_their_first(
    run, plain_run, source, steps
):
    model = make_model(steps_per_execution=3)
    fit(model, statistics(run, source))
    plain = make_model()
    fit(plain)
    # Three batches, then the one that is left of the epoch.
    stored, expected = open_run(run), open_run(plain_run)
    assert stored.steps.tolist() == steps
    for one, other in zip(weights(model), weights(plain), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    if source == "batch":
        for quantity in Quantity:
            np.testing.assert_allclose(
                stored.read_statistics(quantity, "std"),
                expected.read_statistics(quantity, "std")[steps],
                rtol=1e-4,
            )


# Optimizers and weights of examples


@pytest.mark.parametrize(
    "options",
    [{"clipnorm": 0.01}, {"clipvalue": 0.001}, {"global_clipnorm": 0.01}],
    ids=str,
)
def test_gradients_are_those_before_clipping(run, plain_run, options):
    fit(make_model(optimizer=sgd(**options)), statistics(run), epochs=1)
    for name in MOMENTS:
        np.testing.assert_allclose(
            read(run, "weight_gradient", name),
            read(plain_run, "weight_gradient", name),
            rtol=1e-5,
            atol=1e-8,
        )
    clipped, plain = (read(r, "weight_update", "std") for r in (run, plain_run))
    assert (clipped < 0.5 * plain).all()


def test_weight_decay_is_in_the_update_and_not_in_the_gradient(run, plain_run):
    fit(make_model(optimizer=sgd(weight_decay=0.5)), statistics(run), epochs=1)
    gradient, weight = read(run, "weight_gradient"), read(run, "weight")
    np.testing.assert_allclose(
        gradient, read(plain_run, "weight_gradient"), rtol=1e-4, atol=1e-8
    )
    expected = -RATE * (gradient + 0.5 * weight)
    np.testing.assert_allclose(
        read(run, "weight_update"), expected, rtol=1e-3, atol=1e-7
    )


@both_sources
def test_steps_are_updates_under_gradient_accumulation(run, source):
    optimizer = sgd(gradient_accumulation_steps=2)
    fit(make_model(optimizer=optimizer), statistics(run, source), epochs=3)
    assert open_run(run).steps.tolist() == list(range(6 + (source == "probe")))


def test_the_batch_is_measured_that_completes_an_update(run):
    optimizer = sgd(gradient_accumulation_steps=2)
    model = make_model(optimizer=optimizer)
    before = model.get_layer("hidden").kernel.numpy()
    fit(model, statistics(run), epochs=1, x=X[: 2 * BATCH], y=Y[: 2 * BATCH])
    after = model.get_layer("hidden").kernel.numpy()
    assert open_run(run).steps.tolist() == [0]
    np.testing.assert_allclose(
        read(run, "weight_update", "std")[0], np.std(after - before), rtol=1e-4
    )


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": np.full(SIZE, 2.0)},
        {"class_weight": dict.fromkeys(range(3), 2.0)},
    ],
    ids=["sample_weight", "class_weight"],
)
def test_weights_of_examples_count_in_gradients(run, plain_run, options):
    fit(make_model(), statistics(run), epochs=1, **options)
    for quantity in ("preactivation_gradient", "weight_gradient", "weight_update"):
        np.testing.assert_allclose(
            read(run, quantity, "std"), 2 * read(plain_run, quantity, "std"), rtol=1e-4
        )


# Data


def batches():
    for start in range(0, SIZE, BATCH):
        yield X[start : start + BATCH], Y[start : start + BATCH]


@both_sources
def test_a_generator_of_unknown_length_is_recorded(run, plain_run, source):
    callback = statistics(run, source, every=3)
    model = make_model()
    # Keras warns that the generator ended, which is how it learns of the length.
    with pytest.warns(UserWarning, match="ran out of data"):
        fit(model, callback, epochs=1, x=batches(), y=None, batch_size=None)
    # On TensorFlow the optimizer also counts the step that found no data.
    middle = int(model.optimizer.iterations)
    assert middle == (5 if BACKEND == "tensorflow" else 4)
    with pytest.warns(UserWarning, match="ran out of data"):
        fit(model, callback, epochs=1, x=batches(), y=None, batch_size=None)
    assert open_run(run).steps.tolist()[:4] == [0, 3, middle, 6]
    if source == "batch":
        np.testing.assert_allclose(
            open_run(run).read_statistics("weight_gradient", "std")[:3],
            open_run(plain_run).read_statistics("weight_gradient", "std")[[0, 3, 4]],
            rtol=1e-4,
        )


def test_a_step_that_found_no_data_is_recorded_in_the_next_epoch(run):
    tensorflow = pytest.importorskip("tensorflow")
    data = tensorflow.data.Dataset.from_generator(
        batches,
        output_signature=(
            tensorflow.TensorSpec((BATCH, 6)),
            tensorflow.TensorSpec((BATCH,), "int64"),
        ),
    )
    with pytest.warns(UserWarning, match="ran out of data"):
        fit(make_model(), statistics(run, every=4), x=data, y=None, batch_size=None)
    # On TensorFlow the optimizer counts the step that found no data. Nobody knew
    # which one would be the last.
    middle = 5 if BACKEND == "tensorflow" else 4
    assert open_run(run).steps.tolist()[:2] == [0, middle]


@both_sources
def test_data_of_tensorflow_are_recorded(run, plain_run, source):
    tensorflow = pytest.importorskip("tensorflow")
    data = tensorflow.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    fit(make_model(), statistics(run, source), x=data, y=None, batch_size=None)
    assert open_run(run).steps.tolist() == list(range(8 + (source == "probe")))
    np.testing.assert_allclose(
        read(run, "weight_gradient", "std", 0),
        read(plain_run, "weight_gradient", "std", 0),
        rtol=1e-4,
    )


def test_the_last_batch_of_an_epoch_can_be_smaller(run):
    fit(make_model(), statistics(run), x=X[:25], y=Y[:25])
    stored = open_run(run)
    assert stored.steps.tolist() == list(range(6))
    sizes = [stored.read_histogram("activation", step)[0].sum() for step in range(6)]
    assert sizes == [80, 80, 40] * 2


@both_sources
def test_validation_inside_of_fit_is_not_recorded(run, plain_run, source):
    fit(make_model(), statistics(run, source), validation_data=(X[:20] + 1, Y[:20]))
    stored = open_run(run)
    assert stored.steps.tolist() == list(range(8 + (source == "probe")))
    assert stored.metrics()["val_loss"][0].tolist() == [4, 8]
    if source == "batch":
        np.testing.assert_allclose(
            stored.read_statistics("activation", "std"),
            open_run(plain_run).read_statistics("activation", "std"),
            rtol=1e-4,
        )


# Several fits, and fits that end early


@both_sources
def test_epochs_can_start_later(run, source):
    fit(make_model(), statistics(run, source, every=3), initial_epoch=3, epochs=5)
    assert open_run(run).steps.tolist() == [0, 3, 6, 7 + (source == "probe")]


@both_sources
@pytest.mark.parametrize("first", ["statistics", "backup"])
def test_a_training_goes_on_after_a_crash_as_if_nothing_had_been(
    run, tmp_path, source, first
):
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
def test_a_fit_that_was_broken_off_leaves_nothing_behind(run, source, error):
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
    # The callback goes on where the optimizer is.
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
def test_a_run_ends_with_a_training_step_that_is_broken_off(run, source, error, state):
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
def test_records_are_not_of_weights_that_another_callback_restores(run, source, order):
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
def test_a_checkpoint_in_mid_fit_is_a_plain_model(run, tmp_path, source):
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


# Several callbacks, and training steps of one's own


@pytest.mark.parametrize("sources", [("probe", "probe"), ("probe", "batch")])
def test_two_runs_can_be_recorded_in_one_fit(tmp_path, sources):
    runs = [str(tmp_path / name) for name in ("one", "other")]
    fit(make_model(), *map(statistics, runs, sources))
    for path, source in zip(runs, sources, strict=True):
        alone = str(tmp_path / f"{source}_alone")
        fit(make_model(), statistics(alone, source, mode="overwrite"))
        found, expected = open_run(path), open_run(alone)
        assert found.steps.tolist() == expected.steps.tolist()
        np.testing.assert_allclose(
            found.read_statistics("weight_gradient", "std"),
            expected.read_statistics("weight_gradient", "std"),
            rtol=1e-4,
        )


def test_batches_cannot_be_recorded_twice_in_one_fit(tmp_path):
    model = make_model()
    runs = [str(tmp_path / name) for name in ("one", "other")]
    with pytest.raises(ValueError, match=r"Only one LayerStatistics.*a `probe`"):
        fit(model, *map(statistics, runs))
    assert int(model.optimizer.iterations) == 0
    fit(model, statistics(runs[0]))
    assert len(open_run(runs[0]).steps) == 8


class OwnStep(keras.Sequential):
    """A model with a training step that doubles the loss."""

    def train_step(self, *arguments):
        return getattr(self, f"{BACKEND}_step")(*arguments)

    def doubled(self, x, y, predictions):
        return 2 * self.compute_loss(x, y, predictions)

    def tensorflow_step(self, data):
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            loss = self.doubled(x, y, self(x, training=True))
        found = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(found, self.trainable_weights, strict=True))
        return {"loss": loss}

    def torch_step(self, data):
        import torch

        x, y = data
        self.zero_grad()
        loss = self.doubled(x, y, self(x, training=True))
        loss.backward()
        with torch.no_grad():
            self.optimizer.apply([w.value.grad for w in self.trainable_weights])
        return {"loss": loss.detach()}

    def jax_step(self, state, data):
        import jax

        x, y = data

        def loss_of(trainable, fixed):
            predictions, fixed = self.stateless_call(trainable, fixed, x, training=True)
            return self.doubled(x, y, predictions), fixed

        trainable, fixed, optimizer, metrics = state
        value_and_gradients = jax.value_and_grad(loss_of, has_aux=True)
        (loss, fixed), found = value_and_gradients(trainable, fixed)
        trainable, optimizer = self.optimizer.stateless_apply(
            optimizer, found, trainable
        )
        return {"loss": loss}, (trainable, fixed, optimizer, metrics)


def test_training_steps_of_ones_own_are_recorded(run, plain_run):
    model = make_model(model=OwnStep)
    fit(model, statistics(run), epochs=1)
    assert open_run(run).steps.tolist() == [0, 1, 2, 3]
    assert open_run(run).metrics().keys() == {"loss", "gradient_norm"}
    for quantity in ("weight_gradient", "weight_update", "preactivation_gradient"):
        np.testing.assert_allclose(
            read(run, quantity, "std"), 2 * read(plain_run, quantity, "std"), rtol=1e-4
        )
    np.testing.assert_allclose(
        read(run, "activation", "std"), read(plain_run, "activation", "std"), rtol=1e-5
    )


# That nothing is changed


@compiled
@both_sources
def test_steps_are_traced_once_for_a_model(run, source):
    class Counts(layers.Layer):
        calls = 0

        def call(self, x):
            type(self).calls += 1
            return x

    model = make_model(inner=[Counts()])
    callback = statistics(run, source, every=2)
    fit(model, callback, epochs=1)
    traced = Counts.calls
    fit(model, callback, epochs=3)
    assert Counts.calls == traced
    assert len(open_run(run).steps) > 8


def train_measured_and_not(run, source, **options):
    """Variables of a model and its optimizer, after training in both ways."""
    variables = []
    for callbacks in [], [statistics(run, source)]:
        inner = [layers.BatchNormalization(), layers.Dropout(0.3)]
        model = make_model(inner=inner, optimizer="adam", **options)
        fit(model, *callbacks, epochs=3, shuffle=True)
        found = [*model.variables, *model.optimizer.variables]
        variables.append([variable.numpy() for variable in found])
    return zip(*variables, strict=True)


@pytest.fixture
def without_remapping():
    """Has TensorFlow leave operations apart that it would fuse.

    What a measured step gives out beside the weights cannot be fused, and fused
    operations round in another way.
    """
    if BACKEND != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"remapping": False})
    yield
    tf.config.optimizer.set_experimental_options({"remapping": True})


@both_sources
@pytest.mark.parametrize(
    "options", [{}, {"jit_compile": True}, {"built": False}], ids=str
)
def test_training_is_not_changed(run, source, options, without_remapping):
    if options.get("jit_compile") and BACKEND == "torch":
        pytest.skip("torch.compile needs a compiler of C++")
    # XLA fuses operations on TensorFlow, whatever its options.
    fused = BACKEND == "tensorflow" and source == "batch" and "jit_compile" in options
    for plain, measured in train_measured_and_not(run, source, **options):
        if fused:
            np.testing.assert_allclose(measured, plain, atol=1e-6)
        else:
            np.testing.assert_array_equal(measured, plain)


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras refuses it on PyTorch"
)
def test_the_last_execution_may_be_one_batch(tmp_path):
    def train(*callbacks):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
        model.compile("sgd", "mse", steps_per_execution=2)
        x = np.random.default_rng(0).normal(size=(30, 4))
        model.fit(
            x, x[:, :2], batch_size=10, epochs=2, verbose=0, callbacks=list(callbacks)
        )
        return model

    plain = train()
    measured = train(LayerStatistics(str(tmp_path / "run"), every=1))
    assert int(measured.optimizer.iterations) == int(plain.optimizer.iterations) == 6
    for expected, found in zip(
        plain.get_weights(), measured.get_weights(), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert open_run(tmp_path / "run").steps.tolist() == [0, 2, 3, 5]


@pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="other backends differentiate otherwise"
)
def test_a_step_that_cannot_be_measured_is_done_plainly(tmp_path):
    import jax

    def loss(y, predictions):
        # Forward mode, for which there is no way through what marks gradients.
        _, tangent = jax.jvp(lambda p: (p - y) ** 2, (predictions,), (predictions,))
        return keras.ops.mean(tangent, axis=-1)

    class Forward(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2, "tanh")

        def call(self, x):
            _, tangent = jax.jvp(self.dense, (x,), (x,))
            return tangent

    model = Forward()
    model.compile("sgd", loss)
    x = np.ones((8, 4), "float32")
    with pytest.warns(RuntimeWarning, match="training continues"):
        model.fit(
            x, x[:, :2], verbose=0, callbacks=[LayerStatistics(str(tmp_path / "run"))]
        )
    assert int(model.optimizer.iterations) == 1
