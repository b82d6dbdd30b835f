"""Scores and entropies of attention layers, compared with a direct computation."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_xavier.probing import make_probe
from keras_xavier.statistics import QUANTITIES, Quantity, Role, summarize

SHAPE = (6, 4)


def host(tensor):
    return ops.convert_to_numpy(tensor)


def measured_rows(probe):
    """Returns the statistics of the rows of attention by name."""
    found = probe.measure().statistics[QUANTITIES.index(Quantity.ACTIVATION)]
    return {
        row.name: (row, found[i, :4])
        for i, row in enumerate(probe.layers)
        if row.role is Role.ATTENTION
    }


def probe_of(inputs, outputs, size=5):
    model = keras.Model(inputs, layers.Dense(1, name="last")(outputs))
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(size, *SHAPE)).astype("float32")
    return make_probe(model, x, np.ones((size, SHAPE[0], 1))), model, x


def entropies(scores):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.sum(np.where(scores > 0, scores * np.log(scores), 0), -1)


def check(row, found, values, heads):
    np.testing.assert_allclose(found, summarize(values)[:4], rtol=1e-4, atol=1e-6)
    assert row.units == heads
    assert row.absent.keys() == {*QUANTITIES} - {Quantity.ACTIVATION}


def test_attention_layers():
    inputs = keras.Input(SHAPE)
    several = layers.MultiHeadAttention(2, 3, name="several")
    causal = layers.MultiHeadAttention(3, 2, flash_attention=False, name="causal")
    grouped = layers.GroupQueryAttention(3, 4, 2, name="grouped")
    dropped = layers.MultiHeadAttention(2, 3, dropout=0.5, name="dropped")
    outputs = [
        several(inputs, inputs),
        causal(inputs, inputs, use_causal_mask=True),
        grouped(inputs, inputs),
        dropped(inputs, inputs),
        layers.Attention(name="single")([inputs, inputs]),
        layers.AdditiveAttention(name="additive")([inputs, inputs]),
    ]
    probe, model, x = probe_of(inputs, layers.Add()(outputs))
    expected = {
        "several": several(x, x, return_attention_scores=True)[1],
        "causal": causal(x, x, use_causal_mask=True, return_attention_scores=True)[1],
        "grouped": grouped(x, x, return_attention_scores=True)[1],
        "dropped": dropped(x, x, return_attention_scores=True)[1],
        "single": model.get_layer("single")([x, x], return_attention_scores=True)[1],
        "additive": model.get_layer("additive")([x, x], return_attention_scores=True)[
            1
        ],
    }
    rows = measured_rows(probe)
    assert list(rows) == [f"{n}/{part}" for n in expected for part in PARTS]
    for name, scores in expected.items():
        scores = host(scores)
        heads = scores.shape[1] if scores.ndim == 4 else 1
        check(*rows[f"{name}/scores"], scores, heads)
        check(*rows[f"{name}/entropy"], entropies(scores), heads)
    # Only the layer with dropout calls its softmax by itself.
    softmax = [row.name for row in probe.layers if row.kind == "Softmax"]
    assert [name.partition("/")[0] for name in softmax] == ["dropped"]
    loss = model.evaluate(x, np.ones((5, 6, 1)), verbose=0)
    assert probe.measure().scalars["probe_loss"] == pytest.approx(loss, rel=1e-5)


PARTS = ("scores", "entropy")


# Keras warns of the projections of grouped queries.
@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize(
    ("attention", "heads"),
    [
        (lambda: layers.MultiHeadAttention(2, 3, name="it"), 2),
        (lambda: layers.GroupQueryAttention(3, 4, 2, name="it"), 4),
    ],
)
def test_padded_queries_do_not_count(attention, heads):
    attention = attention()
    inputs = keras.Input(SHAPE)
    masked = layers.Masking()(inputs)
    outputs = layers.GlobalAveragePooling1D()(attention(masked, masked))
    model = keras.Model(inputs, layers.Dense(1)(outputs))
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(3, *SHAPE)).astype("float32")
    valid = np.arange(SHAPE[0]) < np.array([[6, 4, 1]]).T
    x[~valid] = 0
    rows = measured_rows(make_probe(model, x, np.ones((3, 1))))
    mask = valid[:, :, None] & valid[:, None]
    _, scores = attention(x, x, attention_mask=mask, return_attention_scores=True)
    scores = np.moveaxis(host(scores), 1, -1)[valid]
    check(*rows["it/scores"], scores, heads)
    check(*rows["it/entropy"], entropies(np.moveaxis(scores, -1, 1)), heads)


def test_each_call_of_an_attention_layer_has_rows():
    inputs = keras.Input(SHAPE)
    attention = layers.MultiHeadAttention(2, 4, name="it")
    first = attention(inputs, inputs)
    probe, _, x = probe_of(inputs, attention(first, inputs))
    rows = measured_rows(probe)
    assert list(rows) == [f"{name}/{part}" for name in ("it", "it:2") for part in PARTS]
    output, scores = attention(x, x, return_attention_scores=True)
    check(*rows["it/scores"], host(scores), 2)
    _, scores = attention(output, x, return_attention_scores=True)
    check(*rows["it:2/scores"], host(scores), 2)


def test_attention_over_two_axes():
    inputs = keras.Input((2, 3, 4))
    attention = layers.MultiHeadAttention(2, 3, attention_axes=(1, 2), name="it")
    outputs = layers.Dense(1)(attention(inputs, inputs))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(5, 2, 3, 4)).astype("float32")
    _, scores = attention(x, x, return_attention_scores=True)
    rows = measured_rows(make_probe(model, x, np.ones((5, 2, 3, 1))))
    check(*rows["it/scores"], host(scores), 2)
    together = host(scores).reshape(5, 2, 2, 3, 6)
    check(*rows["it/entropy"], entropies(together), 2)


def test_an_attention_of_the_program_without_scores():
    class Mean(layers.MultiHeadAttention):
        def _compute_attention(self, query, key, value, *args, **kwargs):
            return query + ops.mean(value, 1, keepdims=True), None

    inputs = keras.Input(SHAPE)
    probe, _, _ = probe_of(inputs, Mean(2, 3, name="it")(inputs, inputs))
    rows = measured_rows(probe)
    for part in PARTS:
        row, found = rows[f"it/{part}"]
        reason = "the layer does not return its attention scores"
        assert row.absent[Quantity.ACTIVATION] == reason
        assert np.isnan(found).all()


def test_measuring_leaves_an_attention_layer_as_it_is():
    inputs = keras.Input(SHAPE)
    attention = layers.MultiHeadAttention(2, 3, name="it")
    probe, _, x = probe_of(inputs, attention(inputs, inputs))
    before = dict(vars(attention))
    probe.measure()
    assert vars(attention) == before
    assert attention(x, x).shape == (5, *SHAPE)
