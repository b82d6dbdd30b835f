"""The quality of training steps: losses and slopes before and after an update."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from small_fit import (
    BACKEND,
    PROBE,
    both_sources,
    compiled,
    fit,
    make_model,
    sgd,
    statistics,
    weights,
)

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.step_quality import STEP_QUALITY, step_quality

GENERATOR = np.random.default_rng(0)


def quality(run, source="batch", every=1, **options):
    return statistics(run, source, every, step_quality=True, **options)


def metric(run, name):
    return open_run(run).metrics()[name][1]


@both_sources
def test_a_quadratic_has_its_known_sharpness_and_alpha(run, source):
    x = GENERATOR.normal(size=(20, 3)) * (1, 2, 3)
    y = x @ (1, -2, 0.5)
    hessian = 2 * x.T @ x / len(x)
    largest = np.linalg.eigvalsh(hessian)[-1]
    rates = np.array([0.5, 2, 2.5, 1]) / largest
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0, 1, 2], [*rates])
    model = keras.Sequential(
        [layers.Input((3,)), layers.Dense(1, use_bias=False, name="one")]
    )
    model.compile(keras.optimizers.SGD(schedule), "mse")
    w = model.get_weights()[0][:, 0].astype(float)
    expected = []
    for rate in rates:
        gradient = hessian @ w - 2 * x.T @ y / len(x)
        curvature = gradient @ hessian @ gradient / (gradient @ gradient)
        expected.append(rate * curvature)
        w -= rate * gradient
    callback = quality(run, source)
    if source == "probe":
        # The training batch is measured, whatever the probe.
        callback = LayerStatistics(
            run, probe=(x[:5], y[:5]), every=1, step_quality=True
        )
    fit(model, callback, x=x, y=y, epochs=4, batch_size=20)
    np.testing.assert_allclose(metric(run, "step_sharpness"), expected, rtol=1e-4)
    np.testing.assert_allclose(
        metric(run, "step_alpha"), np.subtract(expected, 1), rtol=1e-3, atol=1e-4
    )
    steps, _ = open_run(run).metrics()["step_alpha"]
    assert steps.tolist() == [0, 1, 2, 3]


class Weights(keras.callbacks.Callback):
    """Keeps the weights before and after each batch."""

    def on_train_begin(self, logs=None):
        self.kept = [self.model.get_weights()]

    def on_train_batch_end(self, batch, logs=None):
        self.kept.append(self.model.get_weights())


def test_losses_and_slopes_are_of_everything_that_is_minimized(run):
    inputs = keras.Input((6,))
    hidden = layers.Dense(
        8, "tanh", kernel_regularizer="l2", activity_regularizer="l1"
    )(inputs)
    outputs = [layers.Dense(2, name="a")(hidden), layers.Dense(1, name="b")(hidden)]
    model = keras.Model(inputs, outputs)
    # Clipping, momentum and weight decay change the direction of the update.
    optimizer = keras.optimizers.AdamW(0.05, weight_decay=0.1, clipnorm=0.1)
    model.compile(optimizer, ["mse", "mae"], loss_weights=[1.0, 0.5])
    x, *y = (GENERATOR.normal(size=(10, n)).astype("float32") for n in (6, 2, 1))
    sample_weight = GENERATOR.uniform(size=10).astype("float32")
    given = {"x": x, "y": y, "sample_weight": [sample_weight, sample_weight]}
    kept = Weights()
    fit(model, kept, quality(run), epochs=3, **given)

    def loss(values):
        model.set_weights(values)
        found = model.evaluate(**given, batch_size=10, verbose=0, return_dict=True)
        return found["loss"]

    def between(start, end, t):
        return [(1 - t) * a + t * b for a, b in zip(start, end, strict=True)]

    found = {name: metric(run, name) for name in STEP_QUALITY}
    for step, (start, end) in enumerate(
        zip(kept.kept[:-1], kept.kept[1:], strict=True)
    ):
        slopes = [
            (loss(between(start, end, t + 0.05)) - loss(between(start, end, t - 0.05)))
            / 0.1
            for t in (0, 1)
        ]
        expected = step_quality([loss(start), loss(end)], slopes)
        for name, tolerance in zip(STEP_QUALITY, (1e-5, 1e-5, 0.05, 0.05), strict=True):
            np.testing.assert_allclose(
                found[name][step], expected[name], rtol=tolerance, err_msg=name
            )


def noisy(**options):
    return make_model(
        inner=[layers.BatchNormalization(), layers.Dropout(0.5)], **options
    )


def test_both_passes_draw_the_same_random_numbers(run):
    # The loss of a step of length 0 changes only if the noise does.
    fit(noisy(optimizer=keras.optimizers.SGD(0.0)), quality(run))
    before, after = (metric(run, name) for name in STEP_QUALITY[:2])
    assert len(set(before)) == len(before) == 8
    np.testing.assert_array_equal(before, after)


@both_sources
@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}], ids=str)
def test_training_is_the_same_bit_for_bit(run, source, options):
    found = []
    for name in ("without", "with"):
        model = noisy(optimizer="adam", **options)
        path = f"{run}/{name}"
        callback = statistics(path, source, step_quality=name == "with")
        logs = fit(model, callback, shuffle=True).history
        variables = [*model.variables, *model.optimizer.variables]
        found.append([*(v.numpy() for v in variables), *logs.values()])
    for expected, value in zip(*found, strict=True):
        np.testing.assert_array_equal(value, expected)
    if source == "batch":
        names = open_run(f"{run}/without").metrics()
        assert names.keys() | {*STEP_QUALITY} == open_run(path).metrics().keys()


def test_the_update_of_accumulated_gradients_is_measured(run):
    options = {"gradient_accumulation_steps": 2}
    for source in ("batch", "probe"):
        path = f"{run}/{source}"
        fit(make_model(optimizer=sgd(**options)), quality(path, source))
        steps, before = open_run(path).metrics()["loss_before"]
        assert steps.tolist() == [0, 1, 2, 3]
        assert np.isfinite(metric(path, "step_alpha")).all()
        assert (metric(path, "loss_after") != before).all()


@compiled
@both_sources
def test_the_first_step_of_an_execution_is_measured(run, source):
    found = []
    for name, options in ("one", {}), ("two", {"steps_per_execution": 2}):
        path = f"{run}/{name}"
        fit(make_model(**options), quality(path, source), epochs=1)
        steps, values = open_run(path).metrics()["loss_after"]
        found.append(dict(zip(steps.tolist(), values, strict=True)))
    assert sorted(found[1]) == [0, 2]
    assert found[1] == pytest.approx({step: found[0][step] for step in (0, 2)})


def test_the_loss_scale_of_mixed_precision_is_left_out(run):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = make_model(optimizer=sgd())
    finally:
        keras.config.set_dtype_policy("float32")
    fit(model, quality(run), epochs=1)
    fit(make_model(), quality(f"{run}_32"), epochs=1)
    for name in STEP_QUALITY:
        expected = metric(f"{run}_32", name)
        np.testing.assert_allclose(metric(run, name), expected, rtol=0.05, atol=0.02)


class OwnStep(keras.Sequential):
    def train_step(self, *arguments):
        return super().train_step(*arguments)


@both_sources
def test_a_model_with_its_own_step_has_no_quality_and_one_reason(run, source):
    with pytest.warns(RuntimeWarning, match="no step quality.*own `train_step`") as got:
        fit(make_model(model=OwnStep), quality(run, source))
    assert [one.category for one in got].count(RuntimeWarning) == 1
    stored = open_run(run)
    assert stored.state == "finished"
    assert len(stored.steps) == (8 if source == "batch" else 9)
    assert not {*STEP_QUALITY} & stored.metrics().keys()


def test_random_numbers_of_the_backend_itself_are_the_same_or_refused(run):
    class Noise(layers.Layer):
        def call(self, x):
            if BACKEND == "tensorflow":
                import tensorflow as tf

                return x * tf.random.uniform(tf.shape(x))
            if BACKEND == "torch":
                import torch

                return x * torch.rand_like(x)
            return x * keras.random.uniform(ops.shape(x), seed=self.seed)

    noise = Noise()
    noise.seed = keras.random.SeedGenerator(0)
    model = make_model(inner=[noise], optimizer=keras.optimizers.SGD(0.0))
    callback = quality(run)
    if BACKEND == "tensorflow":
        with pytest.warns(RuntimeWarning, match="RandomUniform"):
            fit(model, callback)
        assert len(open_run(run).steps) == 8
    else:
        fit(model, callback)
        before, after = (metric(run, name) for name in STEP_QUALITY[:2])
        assert len(set(before)) == 8
        np.testing.assert_array_equal(before, after)


@pytest.mark.skipif(BACKEND != "torch", reason="wraps a module of PyTorch")
def test_modules_of_pytorch_keep_their_buffers(run):
    import torch

    found = []
    for chosen in (statistics(f"{run}/a"), quality(f"{run}/b")):
        torch.manual_seed(0)
        module = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.BatchNorm1d(8))
        wrapped = keras.layers.TorchModuleWrapper(module)
        fit(make_model(inner=[wrapped]), chosen)
        found.append([v.detach().numpy() for v in module.state_dict().values()])
    for expected, values in zip(*found, strict=True):
        np.testing.assert_array_equal(values, expected)
    # The update of the module's own weights is part of the step.
    before, after = (metric(f"{run}/b", name) for name in STEP_QUALITY[:2])
    assert (after < before).all()


def test_only_one_callback_measures_the_training_batches(run):
    callbacks = [quality(f"{run}/a", "probe"), quality(f"{run}/b", "probe")]
    with pytest.raises(ValueError, match="without `step_quality`"):
        fit(make_model(), *callbacks)


def test_several_fits_continue_the_quality(run):
    model, callback = make_model(), LayerStatistics(run, probe=PROBE, step_quality=True)
    for _ in range(3):
        fit(model, callback, epochs=1, batch_size=40)
    steps, _ = open_run(run).metrics()["step_alpha"]
    assert steps.tolist() == [0, 1, 2]
    assert len(weights(model)) == 4
