"""Names of rows say whose they are; nothing is left out silently."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from one_update import PASSES, WEIGHTS, around, train

from keras_xavier.statistics import Quantity


def documents(**options):
    """Returns a model that encodes each sentence of a document."""
    sentence = keras.Sequential(
        [
            layers.Embedding(7, 3, name="words"),
            layers.Flatten(),
            layers.Dense(4, "tanh", name="hidden"),
            layers.Dense(2, name="code"),
        ],
        name="sentence",
    )
    return around(
        (3, 5), layers.TimeDistributed(sentence, name="td"), dtype="int32", **options
    )


PARTS = ["words/embeddings", "hidden/kernel", "code/kernel"]


def test_weights_in_a_time_distributed_layer(run, source):
    trained = train(documents(), run, source)
    names = [f"td/sentence/{part}" for part in PARTS]
    assert trained.names == ["td", *names, "last"]
    reason = "the rows " + ", ".join(names) + " have it"
    assert trained["td"].absent[Quantity.WEIGHT] == reason
    inner = trained.model.get_layer("td").layer
    trained.check_weights(names[0], inner.get_layer("words").embeddings)
    trained.check_weights(names[2], inner.get_layer("code").kernel)


@pytest.mark.parametrize("chosen", ["*words*", "td/sentence/words", layers.Embedding])
def test_layers_inside_a_time_distributed_layer_can_be_selected(chosen, run):
    trained = train(documents(), run, layers=chosen)
    assert {name.partition(":")[0] for name in trained.names} == {"td/sentence/words"}
    inner = trained.model.get_layer("td").layer
    trained.check_weights("td/sentence/words", inner.get_layer("words").embeddings)


def test_a_pattern_that_fits_other_layers_selects_no_inner_layer(run):
    model = around((3, 2), layers.LSTM(2, name="lstm"))
    trained = train(model, run, layers="lstm*")
    assert trained.names == ["lstm", "lstm/kernel", "lstm/recurrent_kernel"]


class Scaled(keras.Model):
    """A model with a weight of its own."""

    def __init__(self):
        super().__init__(name="scaled")
        self.hidden = layers.Dense(3, name="hidden")
        self.factor = self.add_weight(shape=(3,), initializer="ones", name="factor")
        self.hidden.build((None, 6))
        self.built = True

    def call(self, x):
        return self.factor * self.hidden(x)


def test_weights_of_the_model_itself(run, source):
    model = Scaled()
    model.inputs, model.outputs = [keras.Input((6,))], [keras.Input((3,))]
    trained = train(model, run, source)
    assert trained.names == ["hidden", "scaled"]
    trained.check_absent("scaled", {})
    trained.check_weights("scaled", model.factor)


def test_inner_models_are_called_after_their_attributes(run):
    class Pair(keras.Model):
        def __init__(self):
            super().__init__()
            for name in ("generator", "discriminator"):
                inner = [keras.Input((6,)), layers.Dense(6, name="hidden")]
                setattr(self, name, keras.Sequential(inner))
            self.named = keras.Sequential(
                [keras.Input((6,)), layers.Dense(1, name="out")], name="head"
            )
            self.built = True

        def call(self, x):
            return self.named(self.discriminator(self.generator(x)))

    model = Pair()
    model.inputs, model.outputs = [keras.Input((6,))], [keras.Input((1,))]
    trained = train(model, run)
    expected = ["generator/hidden", "discriminator/hidden", "head/out"]
    assert trained.names == expected
    assert WEIGHTS.isdisjoint(trained["generator/hidden"].absent)


def test_a_layer_with_several_weights_of_one_name(run):
    class Twice(layers.Layer):
        def build(self, shape):
            self.first = self.add_weight(shape=(6, 2), name="kernel")
            self.second = self.add_weight(shape=(6, 2), name="kernel")

        def call(self, x):
            return ops.concatenate([x @ self.first, x @ self.second], -1)

    trained = train(around((6,), Twice(name="twice")), run)
    assert trained.names == ["twice", "twice/kernel#1", "twice/kernel#2", "last"]
    assert trained["twice/kernel#1"].absent.keys() >= PASSES
    assert np.isfinite(trained.measured("twice", Quantity.ACTIVATION)[:4]).all()
