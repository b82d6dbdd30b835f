"""LayerStatistics with layers of every kind, on batches and on a probe."""

from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_xavier.probing.layer_table import OUT_OF_REACH
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import (
    ONLY_IN_TRAINING,
    QUANTITIES,
    STATISTICS,
    Quantity,
    summarize,
)

BACKEND = keras.backend.backend()
SIZE = 8
FORWARD = {Quantity.PREACTIVATION, Quantity.ACTIVATION}
PASSES = FORWARD | {Quantity.PREACTIVATION_GRADIENT}
WEIGHTS = {Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE}
SOURCES = ("batch", "probe")


@dataclass
class Training:
    """One update by plain gradient descent with a rate of 1, and what it recorded."""

    model: keras.Model
    x: object
    run: object
    before: dict
    after: dict

    def __getitem__(self, name):
        """The row of the layer table of this name."""
        return self.run.layers[self.names.index(name)]

    @property
    def names(self):
        return [layer.name for layer in self.run.layers]

    def measured(self, name, quantity):
        i = self.names.index(name)
        return np.array(
            [self.run.read_statistics(quantity, s)[0, i] for s in STATISTICS]
        )

    def count(self, name, quantity):
        histogram = self.run.read_histogram(quantity, 0)
        return int(histogram[self.names.index(name)].sum())

    def check(self, name, quantity, expected):
        """Compares moments, extremes and number of what was measured."""
        expected = np.asarray(expected, np.float32)
        assert self.count(name, quantity) == expected.size
        np.testing.assert_allclose(
            self.measured(name, quantity)[:4],
            summarize(expected)[:4],
            rtol=1e-4,
            atol=1e-6,
        )

    def check_weights(self, name, variable):
        """Compares weights with those before and after the update."""
        self.check(name, Quantity.WEIGHT, self.before[variable.path])
        if not variable.trainable:
            return
        update = self.after[variable.path] - self.before[variable.path]
        self.check(name, Quantity.WEIGHT_GRADIENT, -update)
        if Quantity.WEIGHT_UPDATE not in self[name].absent:
            self.check(name, Quantity.WEIGHT_UPDATE, update)

    def check_gradient(self, name, offset):
        """The gradient of what is added to s is the sum of that of s."""
        total = self.before[offset.path] - self.after[offset.path]
        mean = self.measured(name, Quantity.PREACTIVATION_GRADIENT)[0]
        count = self.count(name, Quantity.PREACTIVATION_GRADIENT)
        np.testing.assert_allclose(mean * count, total.sum(), rtol=1e-3, atol=1e-5)

    def check_absent(self, name, expected):
        """Compares reasons; what is absent is NaN, and what is not is there."""
        expected = {Quantity(quantity): why for quantity, why in expected.items()}
        row = self[name]
        if self.run.attributes["source"] == "probe":
            expected = {Quantity.WEIGHT_UPDATE: ONLY_IN_TRAINING} | expected
        assert row.absent == expected
        for quantity in QUANTITIES:
            values = self.measured(name, quantity)
            if quantity in row.absent:
                assert np.isnan(values).all()
                assert self.count(name, quantity) == 0
            else:
                assert np.isfinite(values[:4]).all()
                assert self.count(name, quantity) > 0


def values_of(model):
    return {v.path: keras.ops.convert_to_numpy(v.value) for v in model.variables}


def examples(tensor, generator):
    shape = (SIZE, *tensor.shape[1:])
    if "int" in tensor.dtype:
        return generator.integers(0, 7, shape).astype("int32")
    return generator.normal(size=shape).astype("float32")


def make_data(model):
    """Inputs and targets for a model, as many as it takes and gives."""
    generator = np.random.default_rng(4)
    data = []
    for tensors in (model.inputs, model.outputs):
        arrays = [examples(tensor, generator) for tensor in tensors]
        data.append(arrays if len(arrays) > 1 else arrays[0])
    return data


def train(model, run, source="batch", *, y=None, loss="mse", **options):
    x, targets = make_data(model)
    y = targets if y is None else y
    if not model.compiled:
        model.compile(keras.optimizers.SGD(1.0), loss)
    before = values_of(model)
    probe = (x, y) if source == "probe" else None
    callback = LayerStatistics(run, probe=probe, **options)
    model.fit(x, y, batch_size=SIZE, shuffle=False, verbose=0, callbacks=[callback])
    stored = open_run(run)
    assert stored.state == "finished"
    assert stored.steps[0] == 0
    return Training(model, x, stored, before, values_of(model))


def around(shape, *inner, dtype="float32", **options):
    """A model with some layers, and a dense one at its end."""
    inputs = keras.Input(shape, dtype=dtype, **options)
    x = inputs
    for layer in inner:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(1, name="last")(layers.Flatten()(x)))


def side_by_side(branches):
    """A model with a branch for each shape and layers, as one compiles faster."""
    inputs, ends = [keras.Input(shape) for shape, _ in branches], []
    for x, (_, inner) in zip(inputs, branches, strict=True):
        for layer in inner:
            x = layer(x)
        ends.append(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(1, name="last")(layers.Concatenate()(ends)))


def outputs_of(model, parts, x, *, training):
    outputs = keras.Model(model.input, [part.output for part in parts])
    return [ops.convert_to_numpy(one) for one in outputs(x, training=training)]


def output_of(model, layer, x, *, training):
    return ops.convert_to_numpy(
        keras.Model(model.input, layer.output)(x, training=training)
    )


def without_activations(model, names):
    """The same model, but for the activations of some layers."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for name in names:
        if hasattr(copy.get_layer(name), "activation"):
            copy.get_layer(name).activation = keras.activations.linear
    return copy


@pytest.fixture
def run(tmp_path):
    return str(tmp_path / "run")


@pytest.fixture(autouse=True)
def seed():
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)


@pytest.fixture(params=SOURCES)
def source(request):
    return request.param


# Layers with one weight, and what is added to their s.

ONE_WEIGHT = {
    "Dense": ((6,), partial(layers.Dense, 4, "tanh"), "bias"),
    "EinsumDense": (
        (5, 6),
        partial(
            layers.EinsumDense,
            "abc,cd->abd",
            (5, 4),
            bias_axes="d",
            activation="relu",
        ),
        "bias",
    ),
    "Conv1D": ((8, 2), partial(layers.Conv1D, 3, 3, activation="tanh"), "bias"),
    "Conv2D": ((6, 6, 2), partial(layers.Conv2D, 3, 3, activation="elu"), "bias"),
    "Conv3D": ((4, 4, 4, 2), partial(layers.Conv3D, 3, 2, activation="tanh"), "bias"),
    "DepthwiseConv2D": (
        (6, 6, 2),
        partial(layers.DepthwiseConv2D, 3, activation="sigmoid"),
        "bias",
    ),
    "Conv2DTranspose": (
        (4, 4, 2),
        partial(layers.Conv2DTranspose, 3, 3, activation="tanh"),
        "bias",
    ),
    "LayerNormalization": ((6,), layers.LayerNormalization, "beta"),
    "GroupNormalization": ((4, 6), partial(layers.GroupNormalization, 2), "beta"),
}


def test_layers_with_one_weight(run, source):
    parts = {kind: make(name=kind) for kind, (_, make, _) in ONE_WEIGHT.items()}
    model = side_by_side(
        [(shape, [parts[kind]]) for kind, (shape, _, _) in ONE_WEIGHT.items()]
    )
    x, _ = make_data(model)
    expected = outputs_of(model, parts.values(), x, training=True)
    linear = without_activations(model, parts)
    s = outputs_of(linear, map(linear.get_layer, parts), x, training=True)
    trained = train(model, run, source)
    assert set(trained.names) == {*parts, "last"}
    for (kind, layer), z, before in zip(parts.items(), expected, s, strict=True):
        row, activation = trained[kind], getattr(layer, "activation", None)
        assert (row.kind, row.units) == (kind, z.shape[-1])
        assert row.activation == (activation and activation.__name__)
        assert row.parameters == sum(np.prod(w.shape) for w in layer.trainable_weights)
        trained.check_absent(kind, {})
        trained.check(kind, "activation", z)
        trained.check(kind, "preactivation", before)
        offset = ONE_WEIGHT[kind][2]
        trained.check_weights(kind, layer.gamma if offset == "beta" else layer.kernel)
        trained.check_gradient(kind, getattr(layer, offset))


def test_batch_normalization(run, source):
    layer = layers.BatchNormalization(name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    # A copy, as batch statistics change when a layer is called in training.
    copy = without_activations(model, [])
    same = copy.get_layer("it")
    expected = output_of(copy, same, x, training=source == "batch")
    trained = train(model, run, source)
    assert trained["it"].kind == "BatchNormalization"
    trained.check_absent("it", {})
    trained.check("it", "activation", expected)
    trained.check("it", "preactivation", expected)
    if source == "probe":
        # Training uses the statistics of the batch, the probe those of the layer.
        trained.check("it", "weight", trained.before[layer.gamma.path])
        assert trained.measured("it", "weight_gradient")[3] > 0
    else:
        trained.check_weights("it", layer.gamma)
        trained.check_gradient("it", layer.beta)


def test_a_separable_convolution_has_a_row_for_each_kernel(run, source):
    layer = layers.SeparableConv2D(3, 3, activation="tanh", name="it")
    model = around((6, 6, 2), layer)
    x, _ = make_data(model)
    expected = output_of(model, layer, x, training=True)
    trained = train(model, run, source)
    rows = ["it/depthwise_kernel", "it/pointwise_kernel"]
    assert trained.names == ["it", *rows, "last"]
    reason = f"the rows {', '.join(rows)} have it"
    trained.check_absent("it", dict.fromkeys(WEIGHTS, reason))
    trained.check("it", "activation", expected)
    trained.check_gradient("it", layer.bias)
    for name, kernel in zip(
        rows, (layer.depthwise_kernel, layer.pointwise_kernel), strict=True
    ):
        reason = "the row of the layer has it"
        trained.check_absent(name, dict.fromkeys(PASSES, reason))
        trained.check_weights(name, kernel)
        assert trained[name].parameters == np.prod(kernel.shape)


# Layers that repeat others.


def check_repeating(trained, name, kernels):
    """Rows of a recurrent layer and of its weights."""
    inner = "inner steps are left out; its gradient is that of the output"
    absent = {Quantity.PREACTIVATION: inner}
    reason = f"the rows {', '.join(f'{name}/{k.name}' for k in kernels)} have it"
    trained.check_absent(name, absent | dict.fromkeys(WEIGHTS, reason))
    assert trained.measured(name, "preactivation_gradient")[1] > 0
    for kernel in kernels:
        trained.check_weights(f"{name}/{kernel.name}", kernel)


RECURRENT = [layers.LSTM, layers.GRU, layers.SimpleRNN]


def test_the_output_of_recurrent_layers(run, source):
    parts = [kind(3, return_sequences=True, name=kind.__name__) for kind in RECURRENT]
    model = side_by_side([((5, 4), [part]) for part in parts])
    x, _ = make_data(model)
    expected = outputs_of(model, parts, x, training=True)
    trained = train(model, run, source)
    rows = ("", "/kernel", "/recurrent_kernel")
    assert set(trained.names) == {f"{p.name}{row}" for p in parts for row in rows} | {
        "last"
    }
    for part, output in zip(parts, expected, strict=True):
        kernels = [part.cell.kernel, part.cell.recurrent_kernel]
        check_repeating(trained, part.name, kernels)
        trained.check(part.name, "activation", output)


def test_the_output_of_recurrent_layers_that_return_states(run):
    inputs = keras.Input((5, 4))
    outputs = {
        kind.__name__: kind(3, return_state=True, name=kind.__name__)(inputs)
        for kind in RECURRENT
    }
    states = [state for one in outputs.values() for state in one]
    last = layers.Dense(1, name="last")(layers.Concatenate()(states))
    model = keras.Model(inputs, last)
    x, _ = make_data(model)
    expected = keras.Model(inputs, {name: out for name, (out, *_) in outputs.items()})(
        x
    )
    trained = train(model, run)
    assert {name.partition("/")[0] for name in trained.names} == {*outputs, "last"}
    for name, output in expected.items():
        trained.check(name, "activation", ops.convert_to_numpy(output))


@pytest.mark.skipif(BACKEND == "torch", reason="Keras cannot train them on PyTorch")
def test_a_stateful_recurrent_layer_keeps_its_state(run, source):
    def make():
        layer = layers.GRU(3, stateful=True, name="it")
        model = around((5, 4), layer, batch_size=SIZE)
        model.compile("sgd", "mse")
        return model, layer

    (plain, layer), (measured, same) = make(), make()
    measured.set_weights(plain.get_weights())
    x, y = make_data(plain)
    plain.fit(x, y, batch_size=SIZE, shuffle=False, verbose=0)
    train(measured, run, source)
    np.testing.assert_allclose(
        ops.convert_to_numpy(same.states[0]),
        ops.convert_to_numpy(layer.states[0]),
        rtol=1e-5,
    )


def test_both_directions_of_a_bidirectional_layer(run, source):
    layer = layers.Bidirectional(layers.LSTM(3, name="lstm"), name="it")
    model = around((5, 4), layer)
    x, _ = make_data(model)
    forward, backward = layer.forward_layer, layer.backward_layer
    expected = ops.convert_to_numpy(forward(x)), ops.convert_to_numpy(backward(x))
    trained = train(model, run, source)
    for part, output in zip((forward, backward), expected, strict=True):
        kernels = [part.cell.kernel, part.cell.recurrent_kernel]
        check_repeating(trained, f"it/{part.name}", kernels)
        trained.check(f"it/{part.name}", "activation", output)
    assert len(trained.names) == 7


def test_a_time_distributed_layer(run, source):
    layer = layers.TimeDistributed(layers.Dense(3, "tanh", name="inner"), name="it")
    model = around((5, 4), layer)
    x, _ = make_data(model)
    expected = output_of(model, layer, x, training=True)
    trained = train(model, run, source)
    assert trained.names == ["it", "last"]
    inner = "inner steps are left out; its gradient is that of the output"
    trained.check_absent("it", {"preactivation": inner})
    trained.check("it", "activation", expected)
    trained.check_weights("it", layer.layer.kernel)


def test_an_embedding_keeps_its_mask(run, source):
    embedding = layers.Embedding(7, 4, mask_zero=True, name="embedding")
    masked = layers.LSTM(3, name="masked")
    model = around((5,), embedding, masked, dtype="int32")
    x, _ = make_data(model)
    assert (x == 0).any()
    expected = [
        output_of(model, part, x, training=True) for part in (embedding, masked)
    ]
    trained = train(model, run, source)
    trained.check_absent("embedding", {})
    trained.check("embedding", "activation", expected[0])
    # It differs from that without a mask.
    trained.check("masked", "activation", expected[1])
    trained.check_weights("embedding", embedding.embeddings)
    trained.check_gradient("embedding", embedding.embeddings)


def test_the_parts_of_an_attention_layer(run, source):
    inputs = keras.Input((5, 4))
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    x = layers.Flatten()(attention(inputs, inputs))
    model = keras.Model(inputs, layers.Dense(1, name="last")(x))
    x, _ = make_data(model)
    expected = {
        "attention/query": attention.query_dense(x),
        "attention/key": attention.key_dense(x),
        "attention/value": attention.value_dense(x),
        "attention/attention_output": attention(x, x),
    }
    kernels = [
        attention.query_dense.kernel,
        attention.key_dense.kernel,
        attention.value_dense.kernel,
        attention.output_dense.kernel,
    ]
    trained = train(model, run, source)
    assert set(trained.names) == {*expected, "last"}
    for (name, tensor), kernel in zip(expected.items(), kernels, strict=True):
        trained.check_absent(name, {})
        trained.check(name, "activation", ops.convert_to_numpy(tensor))
        trained.check_weights(name, kernel)


# Activation functions.

ACTIVATIONS = {
    "Activation": (partial(layers.Activation, "tanh"), "tanh"),
    "ReLU": (layers.ReLU, "relu"),
    "ReLU6": (partial(layers.ReLU, 6.0), "ReLU"),
    "LeakyReLU": (layers.LeakyReLU, "LeakyReLU"),
    "PReLU": (
        partial(layers.PReLU, alpha_initializer=keras.initializers.Constant(0.3)),
        "PReLU",
    ),
    "ELU": (layers.ELU, "ELU"),
    "Softmax": (layers.Softmax, "Softmax"),
}


def test_layers_that_are_activation_functions(run, source):
    parts = {kind: make(name=kind) for kind, (make, _) in ACTIVATIONS.items()}
    dense = {kind: layers.Dense(4, name=f"before_{kind}") for kind in parts}
    model = side_by_side([((6,), [dense[kind], parts[kind]]) for kind in parts])
    x, _ = make_data(model)
    s = outputs_of(model, dense.values(), x, training=True)
    z = outputs_of(model, parts.values(), x, training=True)
    trained = train(model, run, source)
    for kind, before, after in zip(parts, s, z, strict=True):
        assert trained[kind].activation == ACTIVATIONS[kind][1]
        trained.check(kind, "preactivation", before)
        trained.check(kind, "activation", after)
        trained.check_gradient(f"before_{kind}", dense[kind].bias)
        trained.check_gradient(kind, dense[kind].bias)
    trained.check_absent("PReLU", {})
    trained.check_weights("PReLU", parts["PReLU"].alpha)
    absent = dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    for kind in parts.keys() - {"PReLU"}:
        trained.check_absent(kind, absent)


def test_no_gradient_comes_back_to_where_nothing_is_trained(run, source):
    trained = train(around((6,), layers.ReLU(name="it")), run, source)
    absent = {Quantity.PREACTIVATION_GRADIENT: "no gradient comes back to it"}
    no_weights = dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    trained.check_absent("it", absent | no_weights)


def test_a_dense_layer_with_a_layer_as_its_activation(run, source):
    alpha = keras.initializers.Constant(0.3)
    layer = layers.Dense(4, layers.PReLU(alpha_initializer=alpha), name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    z = output_of(model, layer, x, training=True)
    s = x @ ops.convert_to_numpy(layer.kernel)
    trained = train(model, run, source)
    assert trained.names == ["it", "last"]
    assert trained["it"].activation == "PReLU"
    trained.check_absent("it", {})
    trained.check("it", "preactivation", s)
    trained.check("it", "activation", z)
    trained.check_weights("it", layer.kernel)
    trained.check_gradient("it", layer.bias)


# Layers inside of layers, several calls, several inputs and outputs.


def test_a_layer_with_a_normalized_spectrum(run, source):
    inner = layers.Dense(4, "tanh", name="inner")
    model = around((6,), layers.SpectralNormalization(inner, name="it"))
    trained = train(model, run, source)
    assert trained.names == ["it/inner", "last"]
    trained.check_absent("it/inner", {})
    trained.check("it/inner", "weight", trained.before[inner.kernel.path])


def test_layers_of_a_nested_model_have_its_name_before_theirs(run, source):
    inner = keras.Sequential([layers.Dense(4, "tanh", name="hidden")], name="inner")
    outer = layers.Dense(5, "relu", name="hidden")
    model = around((6,), outer, inner)
    x, _ = make_data(model)
    expected = output_of(model, outer, x, training=True)
    nested = ops.convert_to_numpy(inner(expected))
    trained = train(model, run, source)
    assert trained.names == ["hidden", "inner/hidden", "last"]
    trained.check("hidden", "activation", expected)
    trained.check("inner/hidden", "activation", nested)
    trained.check_weights("inner/hidden", inner.layers[0].kernel)


def test_a_shared_layer_has_a_row_for_each_call(run, source):
    inputs = keras.Input((6,))
    shared = layers.Dense(6, "tanh", name="shared")
    once = shared(inputs)
    last = layers.Dense(1, name="last")(shared(once))
    model = keras.Model(inputs, last)
    x, _ = make_data(model)
    first = ops.convert_to_numpy(shared(x))
    second = ops.convert_to_numpy(shared(first))
    trained = train(model, run, source)
    assert trained.names == ["shared", "shared:2", "last"]
    trained.check_absent("shared", {})
    trained.check_absent(
        "shared:2", dict.fromkeys(WEIGHTS, "the row of its first call has it")
    )
    trained.check("shared", "activation", first)
    trained.check("shared:2", "activation", second)
    trained.check_weights("shared", shared.kernel)
    # The gradient of the bias is that of both calls together.
    bias = trained.before[shared.bias.path] - trained.after[shared.bias.path]
    means = [
        trained.measured(name, "preactivation_gradient")[0]
        for name in ("shared", "shared:2")
    ]
    np.testing.assert_allclose(sum(means) * first.size, bias.sum(), rtol=1e-3)


def test_several_inputs_and_outputs(run, source):
    inputs = [keras.Input((6,), name=name) for name in ("first", "second")]
    x = layers.Concatenate()(
        [
            layers.Dense(3, "relu", name="left")(inputs[0]),
            layers.Dense(3, "tanh", name="right")(inputs[1]),
        ]
    )
    outputs = [layers.Dense(1, name="one")(x), layers.Dense(2, name="two")(x)]
    model = keras.Model(inputs, outputs)
    x, _ = make_data(model)
    expected = [ops.convert_to_numpy(output) for output in model(x)]
    trained = train(model, run, source)
    assert set(trained.names) == {"left", "right", "one", "two"}
    for name in trained.names:
        layer = model.get_layer(name)
        trained.check_absent(name, {})
        trained.check_weights(name, layer.kernel)
        trained.check_gradient(name, layer.bias)
    trained.check("one", "activation", expected[0])
    trained.check("two", "activation", expected[1])


# What belongs to training.


def test_dropout_drops_in_the_training_step_and_not_on_a_probe(run, source):
    model = around((6,), layers.Dense(50, name="it"), layers.Dropout(0.5, name="drop"))
    trained = train(model, run, source, layers=["it", "drop", "last"])
    share = trained.measured("drop", "activation")[STATISTICS.index("zero")]
    if source == "probe":
        assert share == 0
    else:
        assert 0.3 < share < 0.7
        trained.check_weights("it", model.get_layer("it").kernel)
        trained.check_gradient("it", model.get_layer("it").bias)


class ActivityLoss(layers.Layer):
    def call(self, x):
        self.add_loss(3 * ops.mean(x**2))
        return x


class Tripled(keras.Model):
    def compute_loss(self, *args, **kwargs):
        return 3 * super().compute_loss(*args, **kwargs)


class Counted(keras.Model):
    """Does what Keras does, in a training step of its own."""

    def train_step(self, *args):
        result = super().train_step(*args)
        logs = result[0] if isinstance(result, tuple) else result
        logs["one"] = ops.ones(())
        return result


@pytest.mark.parametrize("kind", ["add_loss", "compute_loss", "train_step"])
def test_gradients_are_those_of_the_whole_loss(kind, run, source):
    layer = layers.Dense(8, "tanh", name="it")
    more = [ActivityLoss()] if kind == "add_loss" else []
    model = around((6,), layer, *more)
    if kind != "add_loss":
        model = {"compute_loss": Tripled, "train_step": Counted}[kind](
            model.input, model.output
        )
    trained = train(model, run, source)
    assert trained.names == ["it", "last"]
    trained.check_absent("it", {})
    trained.check_weights("it", layer.kernel)
    trained.check_gradient("it", layer.bias)
    if kind == "train_step":
        assert trained.run.metrics()["one"][1].tolist() == [1]


def test_a_frozen_layer_has_a_gradient_only_on_a_probe(run, source):
    first = layers.Dense(6, name="first")
    frozen = layers.Dense(4, "tanh", name="frozen", trainable=False)
    trained = train(around((6,), first, frozen), run, source)
    assert trained["frozen"].parameters == 0
    frozen_gradient = {Quantity.WEIGHT_GRADIENT: "training leaves it as it is"}
    trained.check_absent("frozen", frozen_gradient if source == "batch" else {})
    trained.check_weights("frozen", frozen.kernel)
    trained.check_gradient("first", first.bias)
    assert trained.measured("frozen", "preactivation_gradient")[1] > 0


# Layers of one's own.


class Product(layers.Layer):
    """Has a matrix under a name of its own, and no activation function."""

    def build(self, shape):
        self.matrix = self.add_weight(shape=(shape[-1], 4), name="matrix")
        self.offset = self.add_weight(shape=(4,), name="offset")

    def call(self, x):
        return x @ self.matrix + self.offset


def test_a_layer_of_ones_own(run, source):
    layer = Product(name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    expected = output_of(model, layer, x, training=True)
    trained = train(model, run, source)
    row = trained["it"]
    assert (row.kind, row.activation, row.units) == ("Product", None, 4)
    trained.check_absent("it", {})
    trained.check("it", "preactivation", expected)
    trained.check("it", "activation", expected)
    trained.check_weights("it", layer.matrix)
    trained.check_gradient("it", layer.offset)


class Scaled(layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")

    def call(self, x):
        return x * self.factor


def test_a_layer_of_ones_own_with_a_vector_as_its_weight(run, source):
    layer = Scaled(name="it")
    trained = train(around((6,), layer), run, source)
    trained.check_absent("it", {})
    trained.check_weights("it", layer.factor)


class Twice(layers.Layer):
    """Applies its activation function two times."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first = layers.Dense(4, name="first")
        self.second = layers.Dense(4, name="second")
        self.activation = keras.activations.tanh

    def call(self, x):
        return self.activation(self.second(self.activation(self.first(x))))


def test_a_layer_that_applies_its_activation_twice(run, source):
    layer = Twice(name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    first = np.tanh(ops.convert_to_numpy(layer.first(x)))
    second = np.tanh(ops.convert_to_numpy(layer.second(first)))
    trained = train(model, run, source)
    assert trained.names == ["it/first", "it", "it/second", "it:2", "last"]
    trained.check("it", "activation", first)
    trained.check("it:2", "activation", second)
    trained.check("it:2", "preactivation", np.arctanh(second))
    trained.check_weights("it/second", layer.second.kernel)
    trained.check_absent(
        "it", dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    )
    trained.check_gradient("it", layer.first.bias)
    trained.check_gradient("it:2", layer.second.bias)


class Tied(layers.Layer):
    """Multiplies with the embeddings of another layer."""

    def __init__(self, embedding, **options):
        super().__init__(**options)
        self.embedding = embedding

    def call(self, x):
        return x @ ops.transpose(self.embedding.embeddings)


def test_tied_weights_have_the_gradient_of_both_uses(run, source):
    embedding = layers.Embedding(7, 4, name="embedding")
    hidden = layers.Dense(4, "tanh", name="hidden")
    model = around((5,), embedding, hidden, Tied(embedding, name="tied"), dtype="int32")
    trained = train(model, run, source)
    assert trained.names == ["embedding", "hidden", "last"]
    trained.check_absent("embedding", {})
    trained.check_weights("embedding", embedding.embeddings)


# What cannot be measured.


class Spare(layers.Layer):
    """Has a layer that it never calls."""

    def __init__(self, **options):
        super().__init__(**options)
        self.used = layers.Dense(4, name="used")
        self.spare = layers.Dense(4, name="spare")

    def build(self, shape):
        self.used.build(shape)
        self.spare.build(shape)

    def call(self, x):
        return self.used(x)


# Keras itself warns of weights without a gradient, with and without the callback.
@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables:UserWarning")
def test_a_layer_that_is_never_called(run, source):
    trained = train(around((6,), Spare(name="it")), run, source)
    assert set(trained.names) == {"it/used", "it/spare", "last"}
    not_called = dict.fromkeys(PASSES, "the layer was not called")
    no_gradient = {Quantity.WEIGHT_GRADIENT: "the loss does not depend on it"}
    trained.check_absent("it/spare", not_called | no_gradient)
    trained.check_absent("it/used", {})


class Whole(layers.Layer):
    """Gives whole numbers."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")

    def call(self, x):
        return ops.argmax(x * self.factor, -1)


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables:UserWarning")
def test_an_integer_output(run, source):
    inputs = keras.Input((6,))
    hidden = layers.Dense(3, name="hidden")(inputs)
    outputs = [layers.Dense(1, name="last")(hidden), Whole(name="it")(hidden)]
    model = keras.Model(inputs, outputs)
    trained = train(model, run, source, loss=["mse", None])
    reasons = dict.fromkeys(PASSES, "its output is of the type int32")
    no_gradient = {Quantity.WEIGHT_GRADIENT: "the loss does not depend on it"}
    trained.check_absent("it", reasons | no_gradient)


class Loop(layers.Layer):
    """Calls a layer three times, in a loop of the backend."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(6, "tanh", name="inner")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return ops.fori_loop(0, 3, lambda _, x: self.inner(x), x)


class Branch(Loop):
    """Calls a layer in one of two branches."""

    def call(self, x):
        return ops.cond(ops.max(x) > -1e9, lambda: self.inner(x), lambda: x)


class While(Loop):
    """Calls a layer as long as a condition holds."""

    def call(self, x):
        return ops.while_loop(
            lambda i, _: i < 3, lambda i, x: (i + 1, self.inner(x)), (0, x)
        )[1]


@pytest.mark.parametrize("kind", [Loop, Branch, While])
def test_a_layer_in_a_loop_or_a_branch(kind, run, source):
    if kind is While and BACKEND == "jax":
        pytest.skip("JAX cannot differentiate such a loop")
    layer = kind(name="it")
    trained = train(around((6,), layer), run, source)
    if BACKEND == "torch":
        # There it is a loop of Python, and each of its calls is seen.
        calls = [f"it/inner{n}" for n in ("", ":2", ":3")[: 1 if kind is Branch else 3]]
        assert trained.names == [*calls, "last"]
        trained.check_absent("it/inner", {})
    else:
        assert set(trained.names) == {"it/inner", "last"}
        reason = OUT_OF_REACH
        trained.check_absent("it/inner", dict.fromkeys(PASSES, reason))
    trained.check_weights("it/inner", layer.inner.kernel)


@pytest.mark.skipif(BACKEND != "torch", reason="others change nothing in place")
def test_an_output_that_the_next_layer_changes_in_place(run, source):
    class Doubling(layers.Layer):
        def call(self, x):
            return x.mul_(2.0)

    first = layers.Dense(4, name="first")
    trained = train(around((6,), first, Doubling()), run, source)
    trained.check_absent("first", dict.fromkeys(PASSES, OUT_OF_REACH))
    trained.check_weights("first", first.kernel)


def test_an_activation_function_that_is_called_by_keyword(run, source):
    class Keyword(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = layers.Activation("tanh", name="inner")

        def call(self, x):
            return self.inner(inputs=x)

    trained = train(around((6,), layers.Dense(4), Keyword(name="it")), run, source)
    assert trained["it/inner"].activation == "tanh"
    trained.check_absent(
        "it/inner", dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    )


class Nothing(layers.Layer):
    """Has no units."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 0), name="kernel")

    def call(self, x):
        return x @ self.kernel


def test_a_layer_without_units(run, source):
    inputs = keras.Input((6,))
    both = layers.Concatenate()([inputs, Nothing(name="nothing")(inputs)])
    model = keras.Model(inputs, layers.Dense(1, name="last")(both))
    trained = train(model, run, source)
    trained.check_absent(
        "nothing",
        dict.fromkeys(PASSES, "its output is empty")
        | dict.fromkeys(WEIGHTS, "the weights are empty"),
    )
    trained.check_absent("last", {})


@pytest.mark.parametrize("mode", ["full", "activations"])
def test_a_rematerialized_layer(mode, run, source):
    if mode == "full" and BACKEND == "tensorflow":
        pytest.skip("Keras cannot train it on TensorFlow")
    with keras.RematScope(mode=mode):
        layer = layers.Dense(4, "tanh", name="it")
    trained = train(around((6,), layer), run, source)
    assert trained.names == ["it", "last"]
    assert trained["it"].activation == "tanh"
    reason = "it is rematerialized, that is, computed again for the gradient"
    trained.check_absent("it", dict.fromkeys(PASSES, reason))
    trained.check_weights("it", layer.kernel)


def test_a_layer_in_a_scope_that_rematerializes_only_large_ones(run, source):
    with keras.RematScope(mode="larger_than", output_size_threshold=1000):
        layer = layers.Dense(4, "tanh", name="it")
    trained = train(around((6,), layer), run, source)
    trained.check_absent("it", {})
    trained.check_weights("it", layer.kernel)


# Which layers are measured.


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("first", ["first"]),
        ("*t", ["first", "act", "last"]),
        (["last", "fi*"], ["first", "last"]),
        (layers.Activation, ["act"]),
        ([layers.Flatten, "last"], ["flatten", "last"]),
        (lambda layer: layer.name.startswith("l"), ["last"]),
    ],
    ids=["name", "glob", "several", "class", "mixed", "function"],
)
def test_layers_are_chosen(chosen, names, run):
    model = around(
        (6,), layers.Dense(4, name="first"), layers.Activation("tanh", name="act")
    )
    trained = train(model, run, layers=chosen)
    found = [name if "flatten" not in name else "flatten" for name in trained.names]
    assert found == names
    for name in trained.names:
        assert np.isfinite(trained.measured(name, "activation")[:4]).all()
