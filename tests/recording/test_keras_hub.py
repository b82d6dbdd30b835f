"""Models of KerasHub with random weights, recorded by adding the callback alone."""

import keras
import keras_hub
import numpy as np
import pytest

from keras_xavier.probing import make_probe
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import QUANTITIES, Quantity, Role, summarize

WORDS, LENGTH, SIZE = 20, 6, 8
TOKENS = np.random.default_rng(0).integers(1, WORDS, (SIZE, LENGTH)).astype("int32")
MASK = np.ones_like(TOKENS)
SIZES = {
    "vocabulary_size": WORDS,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 16,
    "max_sequence_length": LENGTH,
    "dropout": 0.0,
}


def language_model():
    backbone = keras_hub.models.GPT2Backbone(**SIZES)
    model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    return model, {"token_ids": TOKENS, "padding_mask": MASK}, np.roll(TOKENS, -1, 1)


def classifier():
    backbone = keras_hub.models.BertBackbone(**SIZES)
    model = keras_hub.models.BertTextClassifier(
        backbone, num_classes=2, preprocessor=None
    )
    x = {"token_ids": TOKENS, "padding_mask": MASK, "segment_ids": 0 * TOKENS}
    return model, x, TOKENS[:, 0] % 2


def adapted_language_model():
    model, x, y = language_model()
    model.backbone.enable_lora(2)
    return model, x, y


OF_LAYER = "the row of the layer has it"
MODELS = {
    "GPT-2": language_model,
    "BERT": classifier,
    "GPT-2 with LoRA": adapted_language_model,
}


def train(make, *callbacks):
    keras.utils.set_random_seed(1)
    model, x, y = make()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0,
              callbacks=list(callbacks))  # fmt: skip
    return model


# TensorFlow warns of the gradients of embeddings, with and without the callback.
@pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning")
@pytest.mark.filterwarnings("ignore:Converting sparse IndexedSlices:UserWarning")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_keras_hub_is_recorded(name, tmp_path):
    make = MODELS[name]
    path = str(tmp_path / "run")
    model = train(make, LayerStatistics(path))
    run = open_run(path)
    assert run.steps.tolist() == [0, 1]
    rows = {layer.name: layer for layer in run.layers}
    block = "backbone/transformer_layer_0/"
    assert len([name for name in rows if name.startswith(block)]) >= 6
    for row in rows.values():
        # Position embeddings are a view of their weights, which PyTorch updates.
        reason = row.absent.get(Quantity.ACTIVATION, OF_LAYER)
        assert reason == OF_LAYER or row.kind == "PositionEmbedding", row
        i = run.layers.index(row)
        for quantity in set(Quantity) - set(row.absent):
            spread = run.read_statistics(quantity, "std")[:, i]
            assert np.isfinite(spread).all(), (row.name, quantity)
    if name != "GPT-2":
        return
    plain = train(make)
    for one, other in zip(model.weights, plain.weights, strict=True):
        found, expected = map(keras.ops.convert_to_numpy, (one, other))
        np.testing.assert_allclose(found, expected, atol=1e-4, err_msg=one.path)


def test_scores_of_a_decoder_with_padding():
    """Its attention gets a mask of causes and padding, and Keras knows no mask."""
    keras.utils.set_random_seed(1)
    model, x, y = language_model()
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    valid = np.arange(LENGTH) < np.arange(SIZE)[:, None] % LENGTH + 1
    x = {**x, "padding_mask": valid.astype("int32")}
    probe = make_probe(model, x, y)
    found = probe.measure().statistics[QUANTITIES.index(Quantity.ACTIVATION), :, :4]
    block = model.backbone.get_layer("transformer_layer_0")
    before = model.backbone.get_layer("embeddings_dropout").output
    embedded = keras.Model(model.backbone.input, before)(x)
    attention = block._self_attention_layer
    inputs = block._self_attention_layer_norm(embedded)
    query, key = (
        keras.ops.convert_to_numpy(dense(inputs))
        for dense in (attention.query_dense, attention.key_dense)
    )
    logits = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(query.shape[-1])
    mask = np.tri(LENGTH, dtype=bool) & valid[:, None, None]
    weights = np.where(mask, np.exp(logits), 0)
    scores = weights / weights.sum(-1, keepdims=True)
    entropies = -(scores * np.log(np.where(scores > 0, scores, 1))).sum(-1)
    rows = {layer.name: i for i, layer in enumerate(probe.layers)}
    for name, values in (("scores", scores), ("entropy", entropies)):
        row = rows[f"backbone/transformer_layer_0/self_attention/{name}"]
        assert (probe.layers[row].role, probe.layers[row].units) == (Role.ATTENTION, 2)
        expected = summarize(values)[:4]
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-6)
