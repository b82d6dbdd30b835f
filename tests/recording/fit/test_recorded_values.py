"""Recorded values, compared with a computation by hand."""

import numpy as np
from keras import layers
from rows import rows_of_layers
from small_fit import (
    BATCH,
    MOMENTS,
    RATE,
    SIZE,
    X,
    Y,
    both_sources,
    fit,
    make_model,
    statistics,
    weights,
)

from keras_xavier.runs import open_run
from keras_xavier.statistics import summarize


def softmax(s):
    exponentials = np.exp(s - s.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def training_by_hand(model, steps):
    """Yields the tensors of each step of gradient descent, in float64."""
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


def test_records_match_a_computation_by_hand(run):
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
            for layer, tensor in zip(rows_of_layers(stored), pair, strict=True):
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
def test_the_gradient_norm_includes_all_weights(run, source):
    """It includes biases, and weights of layers that are not recorded."""
    model = make_model(inner=[layers.BatchNormalization(), layers.PReLU()])
    fit(model, statistics(run, source, layers=["hidden"]), epochs=1)
    few = open_run(run).metrics()["gradient_norm"][1]
    model = make_model(inner=[layers.BatchNormalization(), layers.PReLU()])
    fit(model, statistics(run, source, mode="overwrite"), epochs=1)
    many = open_run(run).metrics()["gradient_norm"][1]
    np.testing.assert_allclose(few, many, rtol=1e-6)
    assert (few > 0).all()
