"""`fit` resumes runs of earlier versions of the format."""

import keras
import numpy as np

import keras_xavier as kx
from keras_xavier.runs import open_run


def test_a_fit_resumes_an_earlier_run(old):
    model = keras.Sequential(
        [
            keras.Input((6,), name="features"),
            keras.layers.Dense(5, "tanh", name="hidden_1"),
            keras.layers.BatchNormalization(name="normalization"),
            keras.layers.Dense(4, "relu", name="hidden_2"),
            keras.layers.Dense(3, "softmax", name="output"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.optimizer.iterations.assign(10)
    before = open_run(old)
    record = kx.LayerStatistics(str(old), every=2, mode="resume")
    x, y = np.ones((16, 6), "float32"), np.zeros(16)
    model.fit(x, y, batch_size=8, verbose=0, callbacks=[record])

    run = open_run(old)
    assert run.steps.tolist() == [*before.steps, 10, 11]
    assert [layer.name for layer in run.layers] == [one.name for one in before.layers]
    assert run.statistic_names == before.statistic_names
    std = run.statistics("activation", "std")
    assert std.notnull().all()
