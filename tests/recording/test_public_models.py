"""Models from the Keras examples, with LayerStatistics."""

from itertools import product

import keras
import numpy as np
import pytest
from keras import layers, ops
from rows import rows_of_layers

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import QUANTITIES, Quantity, Role

BACKEND = keras.backend.backend()
SIZE, BATCH, EPOCHS = 24, 8, 2
WORDS, LENGTH = 20, 6
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.uniform(size=(SIZE, 8, 8, 1)).astype("float32")
TEXTS = GENERATOR.integers(0, WORDS, (SIZE, LENGTH)).astype("int32")
LABELS = GENERATOR.integers(0, 2, SIZE)

WEIGHTS = {Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE}
PASSES = set(QUANTITIES) - WEIGHTS
NONE_ABSENT: dict[Quantity, str] = {}
NO_WEIGHTS = dict.fromkeys(WEIGHTS, "the layer has no weights of its own")


# A convolutional classifier with residual connections, functional.


def residual_block(x, filters, name):
    residual = layers.Conv2D(filters, 1, padding="same", name=f"{name}_project")(x)
    x = layers.SeparableConv2D(
        filters, 3, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    x = layers.Activation("relu", name=f"{name}_relu")(x)
    return layers.add([x, residual])


def convolutional():
    inputs = keras.Input((8, 8, 1))
    x = layers.Rescaling(2.0, offset=-1.0)(inputs)
    # The next layer subtracts the mean, so the gradient of a bias would be rounding
    # noise, and Adam would turn it into steps.
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="entry")(x)
    x = layers.BatchNormalization(name="entry_bn")(x)
    x = layers.Activation("relu", name="entry_relu")(x)
    x = residual_block(x, 6, "block")
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.25)(x)
    outputs = layers.Dense(1, "sigmoid", name="predictions")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model, (IMAGES, LABELS)


SEPARABLE = "the rows {0}/depthwise_kernel, {0}/pointwise_kernel have it"
OF_LAYER = dict.fromkeys(PASSES, "the row of the layer has it")
CONVOLUTIONAL_ROWS = {
    "entry": {},
    "entry_bn": {},
    "entry_relu": NO_WEIGHTS,
    "block_conv": dict.fromkeys(WEIGHTS, SEPARABLE.format("block_conv")),
    "block_conv/depthwise_kernel": OF_LAYER,
    "block_conv/pointwise_kernel": OF_LAYER,
    "block_bn": {},
    "block_relu": NO_WEIGHTS,
    "block_project": {},
    "predictions": {},
}


# A subclassed variational autoencoder with a custom training step.


class Sampling(layers.Layer):
    """Uses (z_mean, z_log_var) to sample z, the vector encoding an image."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


def make_encoder():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu", strides=2, name="encode")(inputs)
    x = layers.Flatten()(x)
    x = layers.Dense(8, activation="relu", name="encode_dense")(x)
    z_mean = layers.Dense(2, name="z_mean")(x)
    z_log_var = layers.Dense(2, name="z_log_var")(x)
    z = Sampling(name="sampling")([z_mean, z_log_var])
    return keras.Model(inputs, [z_mean, z_log_var, z], name="encoder")


def make_decoder():
    inputs = keras.Input((2,))
    x = layers.Dense(4 * 4 * 4, activation="relu", name="decode_dense")(inputs)
    x = layers.Reshape((4, 4, 4))(x)
    x = layers.Conv2DTranspose(
        1, 3, activation="sigmoid", strides=2, padding="same", name="decode"
    )(x)
    return keras.Model(inputs, x, name="decoder")


class Autoencoder(keras.Model):
    """The common part of the three versions."""

    def __init__(self, **options):
        super().__init__(**options)
        self.encoder = make_encoder()
        self.decoder = make_decoder()
        self.loss_tracker = keras.metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.loss_tracker]

    def call(self, x, training=False):
        z_mean, z_log_var, z = self.encoder(x, training=training)
        return self.decoder(z, training=training), z_mean, z_log_var

    def total_loss(self, x, outputs):
        reconstruction, z_mean, z_log_var = outputs
        errors = keras.losses.binary_crossentropy(x, reconstruction)
        divergence = 1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)
        return ops.mean(ops.sum(errors, axis=(1, 2))) - 0.5 * ops.mean(
            ops.sum(divergence, axis=1)
        )


class TensorFlowAutoencoder(Autoencoder):
    def train_step(self, data):
        import tensorflow as tf

        (x,) = data if isinstance(data, tuple) else (data,)
        with tf.GradientTape() as tape:
            loss = self.total_loss(x, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(
            zip(gradients, self.trainable_weights, strict=True)
        )
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}


class JaxAutoencoder(Autoencoder):
    def compute_loss_and_updates(
        self, trainable_variables, non_trainable_variables, x, training=False
    ):
        outputs, non_trainable_variables = self.stateless_call(
            trainable_variables, non_trainable_variables, x, training=training
        )
        return self.total_loss(x, outputs), non_trainable_variables

    def train_step(self, state, data):
        import jax

        trainable, non_trainable, optimizer, metrics = state
        (x,) = data if isinstance(data, tuple) else (data,)
        differentiate = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (loss, non_trainable), gradients = differentiate(
            trainable, non_trainable, x, training=True
        )
        trainable, optimizer = self.optimizer.stateless_apply(
            optimizer, gradients, trainable
        )
        metrics = self.loss_tracker.stateless_update_state(metrics, loss)
        logs = {"loss": self.loss_tracker.stateless_result(metrics)}
        return logs, (trainable, non_trainable, optimizer, metrics)


class TorchAutoencoder(Autoencoder):
    def train_step(self, data):
        import torch

        (x,) = data if isinstance(data, tuple) else (data,)
        self.zero_grad()
        loss = self.total_loss(x, self(x, training=True))
        loss.backward()
        weights = list(self.trainable_weights)
        gradients = [weight.value.grad for weight in weights]
        with torch.no_grad():
            self.optimizer.apply(gradients, weights)
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}


def autoencoder():
    model = {
        "tensorflow": TensorFlowAutoencoder,
        "jax": JaxAutoencoder,
        "torch": TorchAutoencoder,
    }[BACKEND]()
    model.compile(keras.optimizers.Adam())
    return model, (IMAGES,)


AUTOENCODER_ROWS = dict.fromkeys(
    [
        *("encoder/encode", "encoder/encode_dense"),
        *("encoder/z_mean", "encoder/z_log_var"),
        *("decoder/decode_dense", "decoder/decode"),
    ],
    NONE_ABSENT,
)


# A small transformer that classifies texts.


class TransformerBlock(layers.Layer):
    def __init__(self, dimension, heads, inner, rate=0.1, **options):
        super().__init__(**options)
        self.attention = layers.MultiHeadAttention(heads, dimension, name="attention")
        self.ffn = keras.Sequential(
            [
                layers.Dense(inner, activation="relu", name="ffn_inner"),
                layers.Dense(dimension, name="ffn_outer"),
            ],
            name="ffn",
        )
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6, name="norm1")
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6, name="norm2")
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def build(self, shape):
        self.attention.build(shape, shape)
        self.ffn.build(shape)
        self.layernorm1.build(shape)
        self.layernorm2.build(shape)

    def call(self, inputs):
        attention = self.dropout1(self.attention(inputs, inputs))
        out1 = self.layernorm1(inputs + attention)
        return self.layernorm2(out1 + self.dropout2(self.ffn(out1)))


class TokenAndPositionEmbedding(layers.Layer):
    def __init__(self, length, words, dimension, **options):
        super().__init__(**options)
        self.token_emb = layers.Embedding(words, dimension, name="tokens")
        self.pos_emb = layers.Embedding(length, dimension, name="positions")

    def build(self, shape):
        self.token_emb.build(shape)
        self.pos_emb.build(shape)

    def call(self, x):
        positions = ops.arange(0, ops.shape(x)[-1], 1)
        return self.token_emb(x) + self.pos_emb(positions)


def transformer():
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = TokenAndPositionEmbedding(LENGTH, WORDS, 8, name="embedding")(inputs)
    x = TransformerBlock(8, 2, 16, name="block")(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(6, activation="relu", name="hidden")(x)
    x = layers.Dropout(0.1)(x)
    outputs = layers.Dense(2, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, (TEXTS, LABELS)


TRANSFORMER_ROWS = dict.fromkeys(
    [
        *("embedding/tokens", "embedding/positions"),
        *(f"block/attention/{part}" for part in ("query", "key", "value")),
        "block/attention/attention_output",
        *("block/ffn/ffn_inner", "block/ffn/ffn_outer", "block/norm1", "block/norm2"),
        *("hidden", "predictions"),
    ],
    NONE_ABSENT,
)


# A recurrent classifier of texts.


def recurrent():
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(WORDS, 8, mask_zero=True, name="embedding")(inputs)
    lstm = layers.LSTM(4, return_sequences=True, name="lstm1")
    x = layers.Bidirectional(lstm, name="both1")(x)
    x = layers.Bidirectional(layers.LSTM(4, name="lstm2"), name="both2")(x)
    outputs = layers.Dense(1, activation="sigmoid", name="predictions")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model, (TEXTS, LABELS)


RECURRENT_ROWS = {"embedding": {}, "predictions": {}}
for i, direction in product((1, 2), ("forward", "backward")):
    name = f"both{i}/{direction}_lstm{i}"
    RECURRENT_ROWS[name] = {
        Quantity.PREACTIVATION: (
            "inner steps are left out; its gradient is that of the output; gates and "
            "time steps are measured on a probe, if their number is known"
        ),
        **dict.fromkeys(
            WEIGHTS, f"the rows {name}/kernel, {name}/recurrent_kernel have it"
        ),
    }
    for kernel in ("kernel", "recurrent_kernel"):
        RECURRENT_ROWS[f"{name}/{kernel}"] = OF_LAYER


MODELS = {
    "convolutional": (convolutional, CONVOLUTIONAL_ROWS),
    "autoencoder": (autoencoder, AUTOENCODER_ROWS),
    "transformer": (transformer, TRANSFORMER_ROWS),
    "recurrent": (recurrent, RECURRENT_ROWS),
}


def train(make, *callbacks):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model, data = make()
    history = model.fit(
        *data, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=list(callbacks)
    )
    return model, history.history


@pytest.mark.parametrize("name", MODELS)
def test_a_published_model_is_measured_with_one_more_line(name, tmp_path):
    make, rows = MODELS[name]
    path = str(tmp_path / "run")
    model, history = train(make, LayerStatistics(path, every=2))
    run = open_run(path)
    assert run.state == "finished"
    assert run.steps.tolist() == [0, 2, 4, 5]
    table = [run.layers[i] for i in rows_of_layers(run)]
    # Keras names merging layers, which have no weights.
    merging = {one.name: NO_WEIGHTS for one in table if one.kind == "Add"}
    assert {one.name: dict(one.absent) for one in table} == rows | merging
    roles = [layer.role for layer in run.layers]
    assert roles[0] is Role.INPUT
    assert Role.BIAS in roles
    for quantity in QUANTITIES:
        spread = run.read_statistics(quantity, "std")
        largest = run.read_statistics(quantity, "max")
        nonfinite = run.read_statistics(quantity, "nonfinite")
        for i, layer in enumerate(run.layers):
            if quantity in layer.absent:
                assert np.isnan(spread[:, i]).all(), (layer.name, quantity)
                continue
            assert np.isfinite(largest[:, i]).all(), (layer.name, quantity)
            assert (nonfinite[:, i] == 0).all(), (layer.name, quantity)
            changes = "gradient" in quantity or quantity is Quantity.WEIGHT_UPDATE
            if changes and layer.role is Role.LAYER:
                assert (spread[:, i] > 0).all(), (layer.name, quantity)
    metrics = run.metrics()
    np.testing.assert_allclose(metrics["loss"][1], history["loss"], rtol=1e-6)
    assert (metrics["gradient_norm"][1] > 0).all()

    # A recorded step is another program. Compilers fuse and order its sums in another
    # way, so the last bits of a few weights differ.
    plain, _ = train(make)
    for expected, weight in zip(plain.weights, model.weights, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(weight),
            ops.convert_to_numpy(expected),
            atol=1e-5,
            err_msg=weight.path,
        )
