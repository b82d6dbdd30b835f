"""Marks of tensors on the current backend."""

import keras

from keras_xavier.probing.backend import load_backend


def test_marked_tensors_are_collected():
    backend = load_backend()

    def double(x):
        marked = backend.mark_gradient(marks, "dx", backend.mark(marks, "x", x))
        loss, (gradient,) = backend.value_and_gradients(
            lambda values: keras.ops.sum(
                backend.mark_gradient(
                    marks, "inner", backend.mark(marks, "y", 3 * values[0])
                )
                ** 2
            ),
            [marked],
            [0],
        )
        backend.mark(marks, "gradient", gradient)
        return loss

    marks = {}
    x = keras.ops.convert_to_tensor([1.0, -2.0])
    loss = backend.run_marked(double, marks, x)
    assert float(keras.ops.convert_to_numpy(loss)) == 45
    found = {
        name: keras.ops.convert_to_numpy(value).tolist()
        for name, value in marks.items()
    }
    assert found == {
        "x": [1, -2],
        "y": [3, -6],
        "inner": [6, -12],
        "gradient": [18, -36],
    }
