# %% [markdown]
# # Beyond the paper: ReLU, residual connections, normalization layers
#
# The paper's networks have five layers. Those that followed had a hundred, thanks to
# three ideas, all of which keep the flow of variance of lesson 4 alive:
#
# - **He et al. (2015)**: ReLU, φ(s) = max(s, 0), sets half of its inputs to 0, and with
#   them half of E[s²]. To make up for that takes n Var[W] = 2.
# - **Residual connections** (He et al., 2016): zⁱ⁺¹ = zⁱ + f(zⁱ). Whatever f does, the
#   identity lets signal and gradient through.
# - **Normalization layers** (Ioffe & Szegedy, 2015; Ba, Kiros & Hinton, 2016): each layer
#   measures its own variance and divides by it, whatever the weights are.

# %% tags=["parameters"]
import keras
import numpy as np

import keras_xavier as kx
from keras_xavier.lessons import train

folder = "lessons/lesson-5"
seed = 0

# %% [markdown]
# ## Four networks
#
# All have twenty hidden layers of 100 ReLU units, and learn Shapeset-3×2 for 1,000
# updates with the learning rate 0.02. **normalized** has the initialization of lesson 4,
# **he** that of He; **residual** and **layer-norm** have the weights of **normalized**,
# with a connection past each layer, and with layer normalization before each ReLU.
#
# The residual branches are divided by √20. Else the signal would grow with every layer
# that adds its own to it, a hundred times and more in all.

# %% [markdown] answer=3
# ## Your prediction
#
# To how much of that of the first layer does the standard deviation of activations fall
# in the 20th, in the network **normalized**?
#
# 1. It stays: that is what the normalized initialization is for.
# 2. To about a tenth.
# 3. To about a thousandth.

# %%
DEPTH = 20
SEEDS = np.random.SeedSequence(seed).generate_state(DEPTH + 1)


def dense(initializer, number, **settings):
    kernel = initializer(seed=int(SEEDS[number]))
    return keras.layers.Dense(100, kernel_initializer=kernel, **settings)


def network(name, hidden):
    """A network of DEPTH layers; `hidden` makes one of them, `hidden_1`, …"""
    x = inputs = keras.Input((32, 32, 1))
    x = keras.layers.Flatten()(x)
    for number in range(1, DEPTH + 1):
        x = hidden(x, number)
    kernel = kx.initializers.NormalizedUniform(seed=int(SEEDS[0]))
    output = keras.layers.Dense(
        9, activation="softmax", kernel_initializer=kernel, name="output"
    )
    return keras.Model(inputs, output(x), name=name)


def plain(initializer):
    return lambda x, number: dense(
        initializer, number, activation="relu", name=f"hidden_{number}"
    )(x)


def residual(divisor):
    def hidden(x, number):
        branch = dense(kx.initializers.NormalizedUniform, number, activation="relu")(x)
        if number > 1:  # The image is wider than the layers.
            branch = x + branch / divisor
        return keras.layers.Activation("linear", name=f"hidden_{number}")(branch)

    return hidden


def layer_norm(x, number):
    x = dense(kx.initializers.NormalizedUniform, number)(x)
    x = keras.layers.LayerNormalization()(x)
    return keras.layers.Activation("relu", name=f"hidden_{number}")(x)


HIDDEN = {
    "normalized": plain(kx.initializers.NormalizedUniform),
    "he": plain(kx.initializers.HeNormal),
    "residual": residual(DEPTH**0.5),
    "layer-norm": layer_norm,
}
runs = {
    name: train(
        f"{folder}/{name}",
        network(name, hidden),
        recorded=[f"hidden_{number}" for number in (1, 4, 8, 12, 16, 20)],
        learning_rate=0.02,
        updates=1000,
        seed=seed,
    )
    for name, hidden in HIDDEN.items()
}
activation = {name: run.statistics("activation", "std") for name, run in runs.items()}
gradient = {
    name: run.statistics("preactivation_gradient", "std") for name, run in runs.items()
}

# %% [markdown] spec="--figure depth-profile --step 0" runs="normalized he"
# ## ReLU takes half of it
#
# Six of the twenty layers, before training. With the normalized initialization the
# signal fades by about 1/√2 for each layer: over 19 layers a factor of 1/700 or so. The
# gradient fades as much on its way down. With He's initialization both stay within a
# factor of 5. Not always closer: in networks only 100 units wide, chance adds up over
# the layers.

# %%
kx.figures.depth_profile([runs["normalized"], runs["he"]], step=0)

# %% tags=["check"]
faded = float(activation["normalized"][0, -1] / activation["normalized"][0, 0])
assert 1 / 5000 < faded < 1 / 200, f"The signal fades to 1/{1 / faded:.0f}."
per_layer = faded ** (1 / 19)
assert abs(per_layer - 0.5**0.5) < 0.07, f"By {per_layer:.2f} for each layer."
faded = float(gradient["normalized"][0, 0] / gradient["normalized"][0, -1])
assert faded < 1 / 200, f"The gradient fades to 1/{1 / faded:.0f}."
for name, std in (("signal", activation["he"][0]), ("gradient", gradient["he"][0])):
    within = float(std.max() / std.min())
    assert within < 5, f"He: the {name} stays within a factor of {within:.1f}."

# %% [markdown] spec="--figure depth-profile --step 0" runs="residual layer-norm"
# ## Two ways around the weights
#
# Both networks have the weights of **normalized**, and nothing fades. In **residual**
# the signal grows a little with each layer that is added, less than fourfold in all. In
# **layer-norm** all layers are nearly the same: E[φ(s)²] − E[φ(s)]² of a standard normal s is
# 0.34, a standard deviation of 0.58.

# %%
kx.figures.depth_profile([runs["residual"], runs["layer-norm"]], step=0)

# %% tags=["check"]
grown = float(activation["residual"][0, -1] / activation["residual"][0, 0])
assert 1 < grown < 4, f"Residual: the signal grows {grown:.1f} times."
undivided = network("undivided", residual(1.0))
images = kx.datasets.load("shapeset3x2").test[0][:300]
first, last = (
    float(keras.ops.std(keras.Model(undivided.input, layer.output)(images)))
    for layer in (undivided.get_layer("hidden_1"), undivided.get_layer("hidden_20"))
)
assert last / first > 100, f"Without the division: {last / first:,.0f} times."
std = activation["layer-norm"][0].values
assert abs(std - 0.584).max() < 0.12, (
    f"Layer normalization: from {std.min():.2f} to {std.max():.2f}."
)
for name in ("residual", "layer-norm"):
    within = float(gradient[name][0].max() / gradient[name][0].min())
    assert within < 3, f"{name}: the gradient stays within a factor of {within:.1f}."

# %% [markdown] spec="--figure training-curves" runs="normalized he residual layer-norm"
# ## Who learns
#
# **normalized** stays at 83 % errors, those of guessing. The three others are under
# 80 %, within 1,000 updates.

# %%
kx.figures.training_curves(list(runs.values()))

# %% tags=["check"]
for name, run in runs.items():
    error = float(run.metrics()["val_error"][1][-3:].mean())
    assert (error < 0.8) == (name != "normalized"), f"{name} errs in {error:.1%}."

# %% [markdown] spec="--figure overview --quantity preactivation_gradient --statistic std" runs="normalized residual"
# ## While it trains
#
# Each row is a layer, each column a step, the colour the size of the gradient. In
# **normalized** the lower layers stay dark: hidden_1 gets less than a thirtieth of what
# hidden_20 gets, to the end. In **residual** all layers are alike.

# %%
kx.figures.overview(
    [runs["normalized"], runs["residual"]], "preactivation_gradient", "std"
)

# %% tags=["check"]
share = float(gradient["normalized"][-1, 0] / gradient["normalized"][-1, -1])
assert share < 1 / 30, f"normalized: hidden_1 gets 1/{1 / share:.0f} of hidden_20's."
share = float(gradient["residual"][-1, 0] / gradient["residual"][-1, -1])
assert 1 / 3 < share < 3, f"residual: hidden_1 gets {share:.1f} times hidden_20's."

# %% [markdown]
# ## To go on
#
# Write the notebook of this lesson, put `residual(1.0)` in place of
# `residual(DEPTH**0.5)`, and see what the larger signal does to the training:
#
# ```
# keras-xavier lesson 5 --notebook residual.ipynb
# ```
