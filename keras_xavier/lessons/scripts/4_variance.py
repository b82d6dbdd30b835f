# %% [markdown] minutes=20 thumbnail=1
# # The flow of variance, forward and back
#
# A signal keeps its size through many layers of random weights only if each layer
# preserves it. The same holds for the gradient on its way back. This lesson measures
# both, compares them with theory, and shows how the two conditions lead to the
# *normalized initialization*. Keras has it as `GlorotUniform` and uses it for `Dense`
# and convolutional layers by default; PyTorch has it as `xavier_uniform_`.
# PyTorch's own default for `Linear`, `kaiming_uniform_(a=√5)`, is the initialization
# that the paper found wanting: U[−1/√n, 1/√n].
#
# Source: Glorot & Bengio (2010), section 4.2, equations 5 to 16, figures 6 to 9.

# %% tags=["parameters"]
import keras
import numpy as np

import keras_xavier as kx
from keras_xavier.lessons import record_untrained, train, verify

folder = "lessons/lesson-4"
seed = 0

# %% [markdown]
# ## Theory
#
# While the activation function is nearly linear, with slope 1 at 0, layer i with nᵢ
# inputs and nᵢ₊₁ units multiplies
#
# - the variance of activations by nᵢ Var[W] on the way up,
# - the variance of gradients by nᵢ₊₁ Var[W] on the way down.
#
# The standard (PyTorch-style uniform) initialization, W ~ U[−1/√n, 1/√n], has Var[W] =
# 1/(3n): each layer reduces the variance to a third, in both directions. Preserving
# both would require nᵢ Var[W] = 1 and nᵢ₊₁ Var[W] = 1. For layers of equal width, the
# two conditions are the same; otherwise, the compromise is
#
# Var[W] = 2/(nᵢ + nᵢ₊₁), as with W ~ U[−√6/√(nᵢ + nᵢ₊₁), √6/√(nᵢ + nᵢ₊₁)].
#
# Two networks demonstrate this, **standard** and **normalized**, with five hidden
# layers of 100 tanh units, 1,500 updates and a learning rate of 0.1.

# %% [markdown] folded="Derivation: why variances are multiplied by n Var[W]"
# **Forward.** A unit adds up its nᵢ inputs: s = Σⱼ Wⱼ zⱼ. The weights are independent of
# the inputs and of each other and have mean 0. For a given input, the terms Wⱼ zⱼ are
# therefore uncorrelated with mean 0, and their variances add up:
#
# Var[s] = Σⱼ Var[W] E[zⱼ²] = nᵢ Var[W] E[z²].
#
# For activations with mean 0, E[z²] = Var[z]. While φ has slope 1, the next z equals s:
# Var[zⁱ⁺¹] = nᵢ Var[W] Var[zⁱ].
#
# **Back.** An input zⱼ reaches all nᵢ₊₁ units of the layer, so by the chain rule, its
# gradient adds up theirs: ∂C/∂zⱼ = Σₖ Wₖⱼ ∂C/∂sₖ. This is the same sum with nᵢ₊₁ terms,
# so the variance of gradients is multiplied by nᵢ₊₁ Var[W].
#
# **1/(3n).** A uniform distribution on [−a, a] has the density 1/(2a), and its variance
# is ∫ x²/(2a) dx from −a to a = a²/3. With a = 1/√n: Var[W] = 1/(3n), so n Var[W] = 1/3,
# and a standard deviation is multiplied by 1/√3 = 0.58. Conversely, Var[W] = 2/(nᵢ +
# nᵢ₊₁) takes a = √(3 Var[W]) = √6/√(nᵢ + nᵢ₊₁).

# %% [markdown] answer=2
# ## Your prediction
#
# How does the standard deviation of the activations change from the first hidden layer
# to the fifth with the standard initialization?
#
# 1. It changes by less than 20%.
#    > For this, each layer would have to preserve the variance: n Var[W] = 1. The
#    > standard initialization has n Var[W] = 1/3.
# 2. It shrinks to a tenth.
#    > Four layers lie between the first and the fifth, each with a factor of 1/√3:
#    > (1/√3)⁴ = 1/9.
# 3. It shrinks to a hundredth.
#    > The *variance* shrinks to (1/3)⁴ = 1/81. The standard deviation is its root.
# 4. It grows.
#    > For this, n Var[W] would have to be larger than 1, as with the He initialization,
#    > where it is 2.

# %%
hyperparameters = {
    "activation": "tanh",
    "layers": 5,
    "learning_rate": 0.1,
    "updates": 1500,
}
standard = train(
    f"{folder}/standard", initializer="standard", seed=seed, **hyperparameters
)
normalized = train(
    f"{folder}/normalized", initializer="normalized", seed=seed, **hyperparameters
)

# %% [markdown] spec="--figure depth-profile --step 0 --statistic std --theory" runs="standard normalized"
# ## Forward and back, before training
#
# Activations are on the left, gradients ∂C/∂s on the right; dots are the predictions of
# theory. Standard: a factor of about 1/√3 = 0.58 per layer in both directions; over
# four layers, this is about a tenth. Normalized (Glorot uniform): both are nearly
# level, with a factor of about 0.86 per layer. The factor is not exactly 1 because tanh
# is not exactly linear.

# %%
kx.figures.depth_profile([standard, normalized], step=0, statistic="std", theory=True)


# %% tags=["check"]
def per_layer(run, quantity):
    """Returns the factor by which the standard deviation changes per layer."""
    std = run.statistics(quantity, "std")[0, :5].values
    ratio = std[-1] / std[0] if quantity == "activation" else std[0] / std[-1]
    return float(ratio**0.25)


std = standard.statistics("activation", "std")[0, :5].values
assert 8 < std[0] / std[4] < 12, f"Standard: over four layers, 1/{std[0] / std[4]:.1f}."
for quantity in ("activation", "preactivation_gradient"):
    factor = per_layer(standard, quantity)
    assert abs(factor - 3**-0.5) < 0.03, (
        f"Standard, {quantity}: a factor of {factor:.2f} per layer."
    )
    factor = per_layer(normalized, quantity)
    assert abs(factor - 0.86) < 0.03, (
        f"Normalized, {quantity}: a factor of {factor:.2f} per layer."
    )
kernel = keras.layers.Dense(1).kernel_initializer
assert isinstance(kernel, keras.initializers.GlorotUniform), (
    f"Keras, default of Dense: {type(kernel).__name__}."
)
bound = np.sqrt(2 / (1 + 5)) * np.sqrt(3)
assert abs(bound - 1) < 1e-12, f"PyTorch, a gain of √(2/(1 + 5)): ±{bound:.2f}/√n."
for run in (standard, normalized):
    for quantity in ("activation", "preactivation_gradient"):
        expected = kx.theory.predicted_std(run, quantity)[0, :5].values
        measured = run.statistics(quantity, "std")[0, :5].values
        farthest = float(abs(measured / expected - 1).max())
        assert farthest < 0.4, (
            f"{run.name}, {quantity}: the prediction is off by at most {farthest:.0%}."
        )

# %% [markdown] spec="--figure histograms --quantity preactivation_gradient --step 0" runs="standard normalized"
# ## Histograms of the gradients
#
# As in figure 7 of the paper, layers nearer the input have narrower histograms with the
# standard initialization, by a factor of ten from the fifth layer to the first. With
# the normalized initialization, the factor is about 2.

# %%
kx.figures.histograms([standard, normalized], "preactivation_gradient", step=0)

# %% tags=["check"]
for run, low, high in ((standard, 7, 14), (normalized, 1, 3)):
    std = run.statistics("preactivation_gradient", "std")[0]
    ratio = float(std.sel(layer="hidden_5") / std.sel(layer="hidden_1"))
    assert low < ratio < high, (
        f"{run.name}: hidden_5 has {ratio:.1f} times the std of hidden_1."
    )

# %% [markdown] spec="--figure histograms --quantity weight_gradient --step 0" runs="standard normalized"
# ## Weight gradients are level with both
#
# The gradient of a weight is the product of the input from below and the gradient from
# above, ∂C/∂W = z ∂C/∂s. The input fades on the way up, the gradient on the way down,
# and the product is level (figure 8), even with the standard initialization. Weight
# gradients before training therefore do not reveal the problem. But they are small in
# all layers: with the normalized (Glorot uniform) initialization, they are about 22
# times as large.

# %%
kx.figures.histograms([standard, normalized], "weight_gradient", step=0)

# %% tags=["check"]
levels = {
    run.name: run.statistics("weight_gradient", "std")[0, 1:5].values
    for run in (standard, normalized)
}
for name, std in levels.items():
    spread = std.max() / std.min()
    assert spread < 1.7, (
        f"{name}: weight gradients of layers 2 to 5 differ by a factor of {spread:.1f}."
    )
more = float(levels["normalized"].mean() / levels["standard"].mean())
assert 19 < more < 25, f"With normalized, they are {more:.0f} times as large."

# %% [markdown] spec="--figure training-curves" runs="standard normalized"
# ## Effect on the error
#
# After 1,500 updates, **standard** is still at chance, an error of 83%. **normalized**
# is below 80%.
#
# The singular values of the Jacobian ∂zⁱ⁺¹/∂zⁱ between adjacent layers are another way
# to see the difference: they are the factors by which a layer stretches small changes.
# In this network, their mean is 0.75 with the normalized (Glorot uniform)
# initialization and 0.5 with the standard initialization; in the paper, it is 0.8 and
# 0.5 (section 4.2.1).

# %%
kx.figures.training_curves([standard, normalized])

# %% tags=["check"]
for run, low, high in ((standard, 0.80, 0.87), (normalized, 0.70, 0.80)):
    error = float(run.metrics()["val_error"][1][-3:].mean())
    assert low < error < high, f"{run.name} has an error of {error:.1%}."
images = kx.datasets.load("shapeset3x2").test[0][:10]
for initializer, expected in (("standard", 0.5), ("normalized", 0.75)):
    model = kx.models.mlp(
        (32, 32, 1), classes=9, layers=5, units=100, initializer=initializer, seed=seed
    )
    *hidden, _ = kx.layer_jacobian_singular_values(model, images)
    mean = float(sum(one.values.mean() for one in hidden) / len(hidden))
    assert abs(mean - expected) < 0.03, (
        f"Mean singular value, {initializer}: {mean:.2f}."
    )

# %% [markdown]
# ## Next steps
#
# What if the weights are larger still? The He initialization has n Var[W] = 2. Predict
# the profile, forward and back; then check it:
#
# ```
# keras-xavier train --activation tanh \
#     --initializer he_normal --layers 5 --units 100 \
#     --learning-rate 0.1 --updates 1500 \
#     --run lessons/tanh-he
# keras-xavier view lessons/tanh-he --figure depth-profile \
#     --step 0 --statistic std --theory
# ```

# %% [markdown]
# ## Exercise: layers of different widths
#
# The network of this exercise narrows from 800 to 100 units, so no variance of the
# weights preserves both signal and gradient. Change the formula so that each of the two
# changes by less than a factor of 2 from hidden_1 to hidden_4. The formula below
# preserves the gradient; how far does the signal change?


# %% tags=["exercise"]
def weight_variance(inputs, units):
    """Returns Var[W] of a layer."""
    return 1 / units


# %% tags=["solution"]
def weight_variance(inputs, units):
    """Returns Var[W] of a layer."""
    return 2 / (inputs + units)


# %% tags=["exercise-check"]
x = images = keras.Input((32, 32, 1))
x = keras.layers.Flatten()(x)
for number, units in enumerate((800, 400, 200, 100), start=1):
    std = weight_variance(x.shape[-1], units) ** 0.5
    kernel = keras.initializers.RandomNormal(stddev=std, seed=seed + number)
    # Small inputs keep tanh in its linear middle.
    x = keras.layers.Dense(
        units, "tanh", kernel_initializer=kernel, name=f"hidden_{number}"
    )(x if number > 1 else 0.1 * x)
model = keras.Model(images, keras.layers.Dense(9, "softmax")(x), name="narrowing")
variances = [weight_variance(800, 400), weight_variance(200, 100)]
run = record_untrained(f"{folder}/exercise", model, seed=seed, variances=variances)
for quantity in ("activation", "preactivation_gradient"):
    std = run.statistics(quantity, "std")[0]
    factor = float(std.sel(layer="hidden_4") / std.sel(layer="hidden_1"))
    verify(
        0.5 < factor < 2, f"{quantity} changes {factor:.2f}-fold; the goal is 0.5 to 2."
    )
