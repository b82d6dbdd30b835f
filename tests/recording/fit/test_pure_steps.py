"""Recording of training steps that are pure functions of their state, as on JAX."""

import keras
import numpy as np
import pytest
from keras import layers
from small_fit import fit, make_model

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="only JAX trains with pure functions"
)


def train(build, *callbacks, **options):
    """Returns the final variables of model and optimizer."""
    keras.utils.set_random_seed(1)
    model = build()
    model.compile("adam", "mse", **options)
    x = np.random.default_rng(0).normal(size=(50, 6))
    model.fit(x, x[:, :3], batch_size=8, epochs=2, verbose=0, callbacks=list(callbacks))
    return [v.numpy() for v in [*model.variables, *model.optimizer.variables]]


def convolutions():
    return keras.Sequential(
        [
            layers.Input((6,)),
            layers.Reshape((6, 1)),
            layers.Conv1D(8, 3, activation="gelu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


@pytest.mark.parametrize("batches", [1, 3])
def test_recorded_steps_train_with_the_program_of_keras(run, batches):
    plain = train(convolutions, steps_per_execution=batches)
    callback = LayerStatistics(run, every=1)
    recorded = train(convolutions, callback, steps_per_execution=batches)
    for expected, found in zip(plain, recorded, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_only_the_update_of_the_first_batch_is_measured(run):
    def build():
        return keras.Sequential([layers.Input((6,)), layers.Dense(3)])

    one, two = LayerStatistics(f"{run}/one"), LayerStatistics(f"{run}/two")
    train(build, one)
    train(build, two, steps_per_execution=2)
    first, second = (
        open_run(path.run).read_statistics("weight_update", "std")[0]
        for path in (one, two)
    )
    np.testing.assert_array_equal(first, second)
    assert np.isfinite(first).any()


def test_a_model_that_prints_does_not_print_twice(run, capfd):
    import jax

    class Prints(layers.Layer):
        def call(self, x):
            jax.debug.print("mean {}", x.mean())
            return x

    model = make_model(inner=[Prints()])
    fit(model, LayerStatistics(run, every=1), epochs=1)
    jax.effects_barrier()
    assert capfd.readouterr().out.count("mean") == len(open_run(run).steps)


def test_a_callback_with_side_effects_is_not_repeated(run):
    import jax
    from jax.experimental import io_callback

    calls = []

    class Counts(layers.Layer):
        def call(self, x):
            @jax.custom_vjp
            def counted(x):
                zero = io_callback(count, jax.ShapeDtypeStruct((), "float32"))
                return x + zero

            counted.defvjp(lambda x: (counted(x), None), lambda _, dx: (dx,))
            return counted(x)

    def count():
        calls.append(1)
        return np.float32(0)

    model = make_model(inner=[Counts()])
    with pytest.warns(RuntimeWarning, match="side effects"):
        fit(model, LayerStatistics(run, every=1), epochs=2)
    assert len(calls) == int(model.optimizer.iterations)
