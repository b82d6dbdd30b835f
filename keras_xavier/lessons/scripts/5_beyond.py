# %% [markdown] minutes=15 thumbnail=1
# # Beyond the paper: ReLU, residual connections, normalization layers
#
# The networks of the paper have five layers. Their successors had a hundred, thanks to
# three ideas that all preserve the flow of variance of lesson 4:
#
# - **He initialization** (He et al., 2015): ReLU, φ(s) = max(s, 0), sets half of its
#   inputs to 0, and with them half of E[s²]. Compensating for this requires n Var[W] =
#   2.
# - **Residual connections** (He et al., 2016): zⁱ⁺¹ = zⁱ + f(zⁱ). Whatever f does, the
#   identity passes signal and gradient.
# - **Normalization layers** (Ioffe & Szegedy, 2015; Ba, Kiros & Hinton, 2016): the
#   outputs of each layer are divided by their standard deviation, whatever the weights
#   are.

# %% tags=["parameters"]
import keras
import numpy as np

import keras_xavier as kx
from keras_xavier.lessons import record_untrained, train, verify

folder = "lessons/lesson-5"
seed = 0

# %% [markdown]
# ## Four networks
#
# All networks have twenty hidden layers of 100 ReLU units and learn Shapeset-3×2 for
# 1,000 updates with a learning rate of 0.02:
#
# - **normalized** has the normalized (Glorot uniform) initialization of lesson 4.
# - **he** has the He normal initialization.
# - **residual** has the weights of **normalized** and a residual connection around each
#   layer.
# - **layer-norm** has the weights of **normalized** and layer normalization before each
#   ReLU.
#
# The residual branches are divided by √20. Otherwise the signal would grow with every
# branch that is added, by a factor of about 1,000 in total.

# %% [markdown] folded="Derivation: why ReLU halves the variance"
# Let s be symmetric about 0, as a sum of weighted inputs is if the weights are. ReLU
# keeps s² where s > 0 and replaces it by 0 elsewhere: E[φ(s)²] = ½ E[s²].
#
# A layer computes s from z = φ(s) of the layer below, with Var[s] = n Var[W] E[z²]
# (lesson 4). Together, Var[sⁱ⁺¹] = ½ n Var[W] Var[sⁱ]. With n Var[W] = 1, the normalized
# (Glorot uniform) initialization for layers of equal width, each layer halves the
# variance, and a standard deviation falls by a factor of 1/√2. With n Var[W] = 2, it
# stays.
#
# On the way back, φ′(s) is 1 for half of the units and 0 for the others, so E[φ′(s)²] =
# ½, and gradients are halved in the same way.

# %% [markdown] answer=3
# ## Your prediction
#
# In **normalized**, how much of the standard deviation of the activations in the first
# layer is left in the 20th layer?
#
# 1. All of it: this is the purpose of the normalized (Glorot uniform) initialization.
#    > Its derivation assumes a slope of 1 at 0, as tanh has. ReLU passes only half of
#    > the values.
# 2. About a tenth.
#    > This would be a factor of 0.89 per layer. ReLU halves the variance in each layer,
#    > a factor of 0.71 for the standard deviation.
# 3. About a thousandth.
#    > ReLU halves the variance in each layer: (1/√2)¹⁹ = 1/724 over 19 layers.

# %%
DEPTH = 20
SEEDS = np.random.SeedSequence(seed).generate_state(DEPTH + 1)


def dense(initializer, number, **options):
    kernel = initializer(seed=int(SEEDS[number]))
    return keras.layers.Dense(100, kernel_initializer=kernel, **options)


def network(name, hidden):
    """Returns a network of DEPTH layers `hidden_1`, …, each made by `hidden`."""
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
        if number > 1:  # The image does not have the width of the layers.
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

# %% [markdown] spec="--figure depth-profile --step 0 --statistic std" runs="normalized he"
# ## ReLU halves the variance
#
# The figure shows six of the twenty layers before training. With the normalized (Glorot
# uniform) initialization, the signal fades by a factor of about 1/√2 per layer, to
# about 1/780 over 19 layers. The gradient fades as much on its way down. With the He
# initialization, both stay within a factor of 2. Other seeds deviate more: in networks
# only 100 units wide, random deviations accumulate over the layers.

# %%
kx.figures.depth_profile([runs["normalized"], runs["he"]], step=0, statistic="std")

# %% tags=["check"]
faded = float(activation["normalized"][0, -1] / activation["normalized"][0, 0])
assert 1 / 850 < faded < 1 / 700, f"The signal fades to 1/{1 / faded:.0f}."
per_layer = faded ** (1 / 19)
assert abs(per_layer - 0.5**0.5) < 0.01, f"A factor of {per_layer:.2f} per layer."
faded = float(gradient["normalized"][0, 0] / gradient["normalized"][0, -1])
assert 1 / 850 < faded < 1 / 650, f"The gradient fades to 1/{1 / faded:.0f}."
for name, std in (("signal", activation["he"][0]), ("gradient", gradient["he"][0])):
    within = float(std.max() / std.min())
    assert within < 2, f"he: the {name} stays within a factor of {within:.1f}."

# %% [markdown] spec="--figure depth-profile --step 0 --statistic std" runs="residual layer-norm"
# ## Two ways around the weights
#
# Both networks have the weights of **normalized**, and nothing fades. In **residual**,
# the signal grows a little with each added branch, 2.7-fold in total. In
# **layer-norm**, all layers are nearly equal: for a standard normal s, the variance
# E[φ(s)²] − E[φ(s)]² is 0.34, a standard deviation of 0.58.

# %%
kx.figures.depth_profile(
    [runs["residual"], runs["layer-norm"]], step=0, statistic="std"
)

# %% tags=["check"]
grown = float(activation["residual"][0, -1] / activation["residual"][0, 0])
assert abs(grown - 2.7) < 0.2, f"residual: the signal grows {grown:.1f} times."
undivided = network("undivided", residual(1.0))
images = kx.datasets.load("shapeset3x2").test[0][:300]
first, last = (
    float(keras.ops.std(keras.Model(undivided.input, layer.output)(images)))
    for layer in (undivided.get_layer("hidden_1"), undivided.get_layer("hidden_20"))
)
assert 900 < last / first < 1200, (
    f"Without the division: it grows {last / first:,.0f} times."
)
std = activation["layer-norm"][0].values
assert abs(std - 0.584).max() < 0.07, (
    f"layer-norm: standard deviations from {std.min():.2f} to {std.max():.2f}."
)
for name in ("residual", "layer-norm"):
    within = float(gradient[name][0].max() / gradient[name][0].min())
    assert within < 3, f"{name}: the gradient stays within a factor of {within:.1f}."

# %% [markdown] spec="--figure training-curves" runs="normalized he residual layer-norm"
# ## Which networks learn
#
# **normalized** stays at chance, an error of 83%. The errors of the other three networks
# fall below 80% within 1,000 updates.

# %%
kx.figures.training_curves(list(runs.values()))

# %% tags=["check"]
for name, run in runs.items():
    error = float(run.metrics()["val_error"][1].min())
    assert (error < 0.8) == (name != "normalized"), (
        f"{name} has a lowest error of {error:.1%}."
    )

# %% [markdown] spec="--figure overview --quantity preactivation_gradient --statistic std" runs="normalized residual"
# ## During training
#
# Each row is a layer, each column is a step, and the color is the size of the gradient.
# In **normalized**, the lower layers stay dark: hidden_1 receives less than 1/300 of the
# gradient of hidden_20, even at the end. In **residual**, all layers are similar.

# %%
kx.figures.overview(
    [runs["normalized"], runs["residual"]], "preactivation_gradient", "std"
)

# %% tags=["check"]
share = float(gradient["normalized"][-1, 0] / gradient["normalized"][-1, -1])
assert share < 1 / 300, (
    f"normalized: hidden_1 receives 1/{1 / share:.0f} of the gradient of hidden_20."
)
share = float(gradient["residual"][-1, 0] / gradient["residual"][-1, -1])
assert 1 / 1.5 < share < 1.5, (
    f"residual: hidden_1 receives {share:.1f} times the gradient of hidden_20."
)

# %% [markdown]
# ## Next steps
#
# How does the larger signal affect training if the residual branches are not divided?
# Write this lesson as a notebook with `keras-xavier lesson 5 --notebook residual.ipynb`,
# run it, and add a cell at its end:
#
# ```
# undivided = train(
#     f"{folder}/undivided",
#     network("undivided", residual(1.0)),
#     recorded=["hidden_1", "hidden_20"],
#     learning_rate=0.02,
#     updates=1000,
#     seed=seed,
# )
# kx.figures.training_curves([runs["residual"], undivided])
# ```

# %% [markdown]
# ## Exercise: an initialization for leaky ReLU
#
# Leaky ReLU with a slope of 0.5 passes s > 0 unchanged, and multiplies s < 0 by 0.5.
# The He initialization lets its signal grow, as it compensates for more than is lost.
# Change the gain n Var[W] so that the signal keeps its size over twenty layers, within
# a factor of 2.


# %% tags=["exercise"]
def gain(slope):
    """Returns n Var[W] for leaky ReLU with a slope for s < 0."""
    return 2.0


# %% tags=["solution"]
def gain(slope):
    """Returns n Var[W] for leaky ReLU with a slope for s < 0."""
    # E[φ(s)²] = ½ E[s²] + ½ slope² E[s²].
    return 2 / (1 + slope**2)


# %% tags=["exercise-check"]
x = images = keras.Input((32, 32, 1))
x = keras.layers.Flatten()(x)
for number in range(1, 21):
    # Orthogonal weights deviate less from the theory than random ones.
    x = keras.layers.Dense(
        100,
        keras.layers.LeakyReLU(0.5),
        kernel_initializer=keras.initializers.Orthogonal(
            gain(0.5) ** 0.5, seed + number
        ),
        name=f"hidden_{number}",
    )(x)
model = keras.Model(images, keras.layers.Dense(9, "softmax")(x), name="leaky")
run = record_untrained(
    f"{folder}/exercise",
    model,
    recorded=["hidden_1", "hidden_20"],
    seed=seed,
    gain=gain(0.5),
)
first, last = np.sqrt(
    run.statistics("activation", "mean")[0].values ** 2
    + run.statistics("activation", "std")[0].values ** 2
)
verify(
    0.5 < last / first < 2,
    f"The signal changes {last / first:.2f}-fold over 19 layers; the goal is 0.5 to 2.",
)
