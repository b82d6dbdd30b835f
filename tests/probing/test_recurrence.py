"""Gates and gradients by time step, compared with a loop that is written out."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_xavier.probing import make_probe
from keras_xavier.statistics import QUANTITIES, Quantity, Role, summarize

STEPS, FEATURES, UNITS, SIZE = 5, 3, 4, 6
GATES = {
    "LSTM": ["input_gate", "forget_gate", "candidate", "output_gate"],
    "GRU": ["update_gate", "reset_gate", "candidate"],
    "SimpleRNN": [],
}


def sigmoid(s):
    return 1 / (1 + ops.exp(-s))


def lstm_step(cell, x, state):
    h, c = state
    s = x @ cell.kernel + h @ cell.recurrent_kernel + cell.bias
    i, f, g, o = ops.split(s, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), ops.tanh(g), sigmoid(o)
    c = f * c + i * g
    return [o * ops.tanh(c), c], [i, f, g, o]


def gru_step(cell, x, state):
    (h,) = state
    bias = 1.0 * cell.bias
    bias = bias if cell.reset_after else ops.stack([bias, ops.zeros_like(bias)])
    xz, xr, xh = ops.split(x @ cell.kernel + bias[0], 3, axis=1)
    uz, ur, uh = ops.split(cell.recurrent_kernel, 3, axis=1)
    bz, br, bh = ops.split(bias[1], 3)
    z, r = sigmoid(xz + h @ uz + bz), sigmoid(xr + h @ ur + br)
    inner = r * (h @ uh + bh) if cell.reset_after else (r * h) @ uh
    g = ops.tanh(xh + inner)
    return [z * h + (1 - z) * g], [z, r, g]


def simple_step(cell, x, state):
    s = x @ cell.kernel + state[0] @ cell.recurrent_kernel + cell.bias
    return [ops.tanh(s)], []


STEP = {"LSTM": lstm_step, "GRU": gru_step, "SimpleRNN": simple_step}


def written_out(layer, x, added, mask=None):
    """Runs a layer step by step; returns its states h and gates by step.

    Args:
        layer: Recurrent layer.
        x: Tensor of shape (example, step, feature).
        added: Tensors to add to the state after each step.
        mask: Array of shape (example, step), or None.
    """
    step = STEP[type(layer).__name__]
    zeros = ops.zeros((x.shape[0], UNITS))
    state = [zeros, zeros] if type(layer).__name__ == "LSTM" else [zeros]
    order = range(STEPS)[::-1] if layer.go_backwards else range(STEPS)
    outputs, gates = {}, {}
    for t in order:
        new, gates[t] = step(layer.cell, x[:, t], state)
        new[0] = new[0] + added[t]
        if mask is not None:
            valid = ops.convert_to_tensor(mask[:, t : t + 1])
            new = [ops.where(valid, n, o) for n, o in zip(new, state, strict=True)]
        state = outputs[t] = new
    states = [outputs[t][0] for t in order]
    return states, [gates[t] for t in range(STEPS)]


def examples():
    generator = np.random.default_rng(2)
    x = generator.normal(size=(SIZE, STEPS, FEATURES)).astype("float32")
    return x, generator.normal(size=(SIZE, 1)).astype("float32")


def randomized(model):
    """Gives biases other values than 0 and 1."""
    generator = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(0.7 * generator.normal(size=variable.shape))


def found_rows(probe):
    statistics = probe.measure().statistics
    rows = {}
    for i, row in enumerate(probe.layers):
        if row.role in (Role.GATE, Role.TIME_STEP):
            (quantity,) = {*QUANTITIES} - {*row.absent}
            rows[row.name] = row, statistics[QUANTITIES.index(quantity), i, :4]
    return rows


def check(found, values):
    if keras.backend.backend() == "torch":
        values = values.detach()
    check_values(found, ops.convert_to_numpy(values))


def check_values(found, values):
    np.testing.assert_allclose(found, summarize(values)[:4], rtol=1e-4, atol=1e-6)


LAYERS = {
    "lstm": lambda: layers.LSTM(UNITS, return_sequences=True),
    "lstm_split": lambda: layers.LSTM(UNITS, implementation=1),
    "gru": lambda: layers.GRU(UNITS),
    "gru_reset_before": lambda: layers.GRU(UNITS, reset_after=False),
    "gru_backwards": lambda: layers.GRU(
        UNITS, go_backwards=True, return_sequences=True
    ),
    "simple": lambda: layers.SimpleRNN(UNITS, unroll=True),
}


def test_gates_and_gradients_of_time_steps(differentiate):
    # Side by side, because a pass over one model takes less time to compile.
    inputs = keras.Input((STEPS, FEATURES))
    parts = {name: make() for name, make in LAYERS.items()}
    for name, part in parts.items():
        part.name = name
    outputs = [layers.Flatten()(part(inputs)) for part in parts.values()]
    last = layers.Dense(1, name="last")
    model = keras.Model(inputs, last(layers.Concatenate()(outputs)))
    randomized(model)
    model.compile("sgd", "mse")
    x, y = examples()
    probe = make_probe(model, x, y)
    rows = found_rows(probe)
    steps = [f"step_{t}" for t in range(1, STEPS + 1)]
    tensors = [ops.convert_to_tensor(one) for one in (x, y)]

    def loss_of(added):
        outputs = []
        for place, part in enumerate(parts.values()):
            own = added[place * STEPS : (place + 1) * STEPS]
            states, _ = written_out(part, tensors[0], own)
            outputs += states if part.return_sequences else states[-1:]
        return ops.mean((last(ops.concatenate(outputs, -1)) - tensors[1]) ** 2)

    zeros = [ops.zeros((SIZE, UNITS)) for _ in range(STEPS * len(parts))]
    loss, gradients = differentiate(loss_of, zeros)
    measured = probe.measure().scalars["probe_loss"]
    assert measured == pytest.approx(float(ops.convert_to_numpy(loss)), rel=1e-5)
    gradients = iter(gradients)
    for name, part in parts.items():
        names = GATES[type(part).__name__]
        of_layer = [row for row in rows if row.startswith(f"{name}/")]
        assert of_layer == [f"{name}/{row}" for row in [*names, *steps]]
        for step in steps:
            check(rows[f"{name}/{step}"][1], next(gradients))
        _, gates = written_out(part, tensors[0], zeros)
        for place, gate in enumerate(names):
            row, found = rows[f"{name}/{gate}"]
            check(found, ops.stack([of_step[place] for of_step in gates]))
            assert row.activation == ("tanh" if gate == "candidate" else "sigmoid")
            assert row.units == UNITS


def test_padded_steps_do_not_count(differentiate):
    inputs = keras.Input((STEPS, FEATURES))
    masked = layers.Masking()(inputs)
    parts = {
        "gru": layers.GRU(UNITS, name="gru", go_backwards=True),
        "lstm": layers.LSTM(UNITS, name="lstm"),
    }
    outputs = [part(masked) for part in parts.values()]
    last = layers.Dense(1, name="last")
    model = keras.Model(inputs, last(layers.Concatenate()(outputs)))
    randomized(model)
    model.compile("sgd", "mse")
    x, y = examples()
    mask = np.arange(STEPS) < np.array([[5, 5, 4, 3, 1, 1]]).T
    x[~mask] = 0
    tensors = [ops.convert_to_tensor(one) for one in (x, y)]
    rows = found_rows(make_probe(model, x, y))

    def loss_of(added):
        outputs = [
            written_out(part, tensors[0], added[i * STEPS : (i + 1) * STEPS], mask)[0]
            for i, part in enumerate(parts.values())
        ]
        found = last(ops.concatenate([states[-1] for states in outputs], -1))
        return ops.mean((found - tensors[1]) ** 2)

    zeros = [ops.zeros((SIZE, UNITS)) for _ in range(STEPS * len(parts))]
    _, gradients = differentiate(loss_of, zeros)
    for i, (name, part) in enumerate(parts.items()):
        for t in range(STEPS):
            values = gradients[i * STEPS + t]
            if keras.backend.backend() == "torch":
                values = values.detach()
            values = ops.convert_to_numpy(values)[mask[:, t]]
            check_values(rows[f"{name}/step_{t + 1}"][1], values)
        _, gates = written_out(part, tensors[0], zeros, mask)
        for place, gate in enumerate(GATES[type(part).__name__]):
            values = [ops.convert_to_numpy(one[place]) for one in gates]
            values = np.stack(values, 1)[mask]
            check_values(rows[f"{name}/{gate}"][1], values)


def test_both_directions():
    inputs = keras.Input((STEPS, FEATURES))
    layer = layers.Bidirectional(layers.LSTM(UNITS, name="lstm"), name="it")
    model = keras.Model(inputs, layers.Dense(1)(layer(inputs)))
    model.compile("sgd", "mse")
    x, y = examples()
    rows = found_rows(make_probe(model, x, y))
    zeros = [ops.zeros((SIZE, UNITS)) for _ in range(STEPS)]
    for part in (layer.forward_layer, layer.backward_layer):
        _, gates = written_out(part, ops.convert_to_tensor(x), zeros)
        for place, name in enumerate(GATES["LSTM"]):
            found = rows[f"it/{part.name}/{name}"][1]
            check(found, ops.stack([gate[place] for gate in gates]))
    # The gradient of the output is that of the last step that is computed.
    largest = {
        name: max(range(1, 6), key=lambda t: rows[f"it/{name}/step_{t}"][1][1])
        for name in ("forward_lstm", "backward_lstm")
    }
    assert largest == {"forward_lstm": 5, "backward_lstm": 1}


def test_long_sequences_have_rows_for_some_steps():
    layer = layers.SimpleRNN(2, name="it")
    model = keras.Sequential([keras.Input((100, 1)), layer])
    model.compile("sgd", "mse")
    probe = make_probe(model, np.ones((2, 100, 1)), np.ones((2, 2)))
    steps = [int(name.rpartition("_")[2]) for name in found_rows(probe)]
    assert (steps[0], steps[-1], len(steps)) == (1, 100, 32)
    assert set(np.diff(steps)) <= {3, 4}


def test_a_stateful_layer_keeps_its_state():
    layer = layers.GRU(UNITS, stateful=True, name="it")
    model = keras.Sequential(
        [keras.Input((STEPS, FEATURES), batch_size=SIZE), layer, layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    x, y = examples()
    model(x)
    before = ops.convert_to_numpy(layer.states[0])
    attributes = dict(vars(layer))
    probe = make_probe(model, x, y)
    assert "it/update_gate" in found_rows(probe)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.states[0]), before)
    assert dict(vars(layer)) == attributes


def test_cells_of_the_program_have_no_gates():
    class Cell(layers.LSTMCell):
        pass

    model = keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            layers.RNN(Cell(UNITS), return_sequences=True),
            layers.RNN([layers.GRUCell(UNITS), layers.LSTMCell(UNITS)]),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    assert found_rows(make_probe(model, *examples())) == {}


def test_a_layer_whose_output_is_unused():
    inputs = keras.Input((STEPS, FEATURES))
    unused = layers.GRU(UNITS, name="unused")(inputs)
    used = layers.Dense(1)(layers.Flatten()(inputs))
    model = keras.Model(inputs, [used, unused])
    model.compile("sgd", ["mse", None])
    x, y = examples()
    probe = make_probe(model, x, [y, np.ones((SIZE, UNITS))])
    row = next(row for row in probe.layers if row.name == "unused/step_1")
    reason = row.absent[Quantity.PREACTIVATION_GRADIENT]
    assert reason == "no gradient comes back to it"
