"""Recurrent and time-distributed layers, embeddings and attention."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from one_update import (
    BACKEND,
    SIZE,
    WEIGHTS,
    around,
    make_data,
    output_of,
    outputs_of,
    side_by_side,
    train,
)

from keras_xavier.statistics import Quantity

ON_A_PROBE = "gates and time steps are measured on a probe, if their number is known"


def check_repeating(trained, name, kernels, source):
    """Checks a recurrent layer and its kernels."""
    inner = "inner steps are left out; its gradient is that of the output"
    if source == "batch":
        inner = f"{inner}; {ON_A_PROBE}"
    absent = {Quantity.PREACTIVATION: inner}
    reason = f"the rows {', '.join(f'{name}/{k.name}' for k in kernels)} have it"
    trained.check_absent(name, absent | dict.fromkeys(WEIGHTS, reason))
    assert trained.measured(name, "preactivation_gradient")[1] > 0
    for kernel in kernels:
        trained.check_weights(f"{name}/{kernel.name}", kernel)


RECURRENT = [layers.LSTM, layers.GRU, layers.SimpleRNN]


def test_recurrent_layers(run, source):
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
        check_repeating(trained, part.name, kernels, source)
        trained.check(part.name, "activation", output)


def test_recurrent_layers_that_return_states(run):
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
        check_repeating(trained, f"it/{part.name}", kernels, source)
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
    trained.check("embedding", "activation", expected[0][x != 0])
    # The output differs from the output without a mask.
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
