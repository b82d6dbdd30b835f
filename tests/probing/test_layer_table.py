"""The table of layers: their properties, unique names, and absent quantities."""

import keras
import numpy as np
from keras import layers, ops

from keras_xavier.probing import make_probe
from keras_xavier.statistics import QUANTITIES, Quantity, Role, summarize


def test_the_layer_table(simple):
    first, second, output = (layer for _, layer in simple.rows)
    assert (first.kind, first.activation, first.units) == ("Dense", "tanh", 20)
    assert first.parameters == 12 * 20 + 20
    assert (first.lower, first.upper) == (-1, 1)
    assert (second.lower, second.upper) == (0, 1)
    assert (output.lower, output.upper) == (-np.inf, np.inf)
    assert output.activation == "softmax"
    assert first.absent == {}


def test_absent_quantities_have_a_reason(make):
    case = make("unbuilt")
    linear, _, rectifier, _ = (layer for _, layer in case.rows)
    assert linear.activation is None
    reason = "the layer has no weights of its own"
    assert rectifier.absent == dict.fromkeys(
        [Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE], reason
    )
    case = make("functional")
    separable = case.rows[1][1]
    reason = "the rows separable/depthwise_kernel, separable/pointwise_kernel have it"
    assert separable.absent[Quantity.WEIGHT] == reason


def test_a_shared_layer_has_a_row_for_each_call(layer_rows):
    inputs = layers.Input((4,))
    shared = layers.Dense(4, "tanh", name="shared")
    model = keras.Model(inputs, shared(shared(inputs)))
    model.compile(loss="mse")
    probe = make_probe(model, np.ones((8, 4)), np.zeros((8, 4)))
    first, second = (layer for _, layer in layer_rows(probe))
    assert (first.name, second.name) == ("shared", "shared:2")
    reason = "the row of its first call has it"
    assert second.absent[Quantity.WEIGHT_GRADIENT] == reason


def test_layers_with_equal_names_get_unique_names(layer_rows):
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.one = layers.Dense(3, "tanh", name="twin")
            self.other = layers.Dense(3, "tanh", name="twin")

        def call(self, x):
            return self.other(self.one(x))

    model = Twins()
    model.compile(loss="mse")
    probe = make_probe(model, np.ones((4, 3)), np.ones((4, 3)))
    one, other = (layer for _, layer in layer_rows(probe))
    assert (one.name, other.name) == ("twin", "twin#2")
    assert other.absent == {}


def test_loops_are_left_out(layer_rows):
    model = keras.Sequential(
        [
            layers.Input((5, 3)),
            layers.TimeDistributed(layers.Dense(4, "tanh")),
            layers.LSTM(4, return_sequences=True),
            layers.SimpleRNN(4, return_sequences=True),
            layers.Bidirectional(layers.GRU(4)),
            layers.Dense(2, "softmax", name="output"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy")
    probe = make_probe(model, np.ones((6, 5, 3)), np.zeros(6, int))
    kinds = {layer.kind: layer for _, layer in reversed(layer_rows(probe))}
    assert {*kinds} == {"TimeDistributed", "LSTM", "SimpleRNN", "GRU", "Dense"}
    assert "inner steps are left out" in kinds["LSTM"].absent[Quantity.PREACTIVATION]
    assert np.isfinite(probe.measure().scalars["probe_loss"])


class Leaky(layers.Layer):
    """A cell of the program."""

    state_size = output_size = 4

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4), name="kernel")

    def call(self, x, states):
        h = 0.5 * states[0] + ops.matmul(x, self.kernel)
        return h, [h]


def test_recurrent_layers_without_known_gates_state_why():
    inputs = layers.Input((5, 3))
    x = layers.RNN(Leaky(), return_sequences=True, name="own")(inputs)
    cells = [layers.LSTMCell(4), layers.GRUCell(4)]
    x = layers.RNN(cells, return_sequences=True, name="stacked")(x)
    x = layers.ConvLSTM1D(2, 3, name="convolution")(layers.Reshape((5, 4, 1))(x))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    model.compile(loss="mse")
    x = np.float32(np.random.default_rng(1).normal(size=(6, 5, 3)))
    probe = make_probe(model, x, np.zeros((6, 2)))
    found = probe.measure().statistics[QUANTITIES.index(Quantity.ACTIVATION)]
    rows = {layer.name: i for i, layer in enumerate(probe.layers)}
    for name, cell in (
        ("own", "Leaky"),
        ("stacked", "StackedRNNCells"),
        ("convolution", "ConvLSTMCell"),
    ):
        why = probe.layers[rows[name]].absent[Quantity.PREACTIVATION]
        assert why.endswith(f"the gates and time steps of {cell} are not known")
        output = keras.Model(inputs, model.get_layer(name).output)(x)
        expected = summarize(ops.convert_to_numpy(output))[:4]
        np.testing.assert_allclose(found[rows[name], :4], expected, rtol=1e-4)
    roles = {layer.role for layer in probe.layers}
    assert not roles & {Role.GATE, Role.TIME_STEP}


def test_a_layer_that_does_not_affect_the_loss():
    inputs = layers.Input((3,))
    used = layers.Dense(2, name="used")(inputs)
    unused = layers.Dense(2, "tanh", name="unused")(inputs)
    model = keras.Model(inputs, [used, unused])
    model.compile(loss=["mse", None])
    probe = make_probe(model, np.ones((4, 3)), [np.ones((4, 2)), np.ones((4, 2))])
    absent = {layer.name: layer.absent for layer in probe.layers}
    reason = "the loss does not depend on it"
    assert absent["unused"] == {
        Quantity.PREACTIVATION_GRADIENT: reason,
        Quantity.WEIGHT_GRADIENT: reason,
    }
    assert absent["used"] == {}
