# %% [markdown]
# # The flow of variance, forward and back
#
# A signal that goes through many layers of random weights keeps its size only if each
# layer keeps it. The same goes for the gradient on its way back. Here you measure both,
# hold them against theory, and see why the two conditions lead to the *normalized
# initialization*, today's `GlorotUniform`, the default of Keras.
#
# Source: Glorot & Bengio (2010), section 4.2, equations 5 to 16, figures 6 to 9.

# %% tags=["parameters"]
import keras_xavier as kx
from keras_xavier.lessons import train

folder = "lessons/lesson-4"
seed = 0

# %% [markdown]
# ## Theory
#
# While the activation function is nearly linear, with slope 1 at 0, layer i with nᵢ
# inputs and nᵢ₊₁ units multiplies
#
# - the variance of activations by nᵢ Var[W], on the way up,
# - the variance of gradients by nᵢ₊₁ Var[W], on the way down.
#
# The standard initialization, W ~ U[−1/√n, 1/√n], has Var[W] = 1/(3n): each layer takes
# two thirds of the variance away, both ways. To keep both would take nᵢ Var[W] = 1 and
# nᵢ₊₁ Var[W] = 1. Between layers of equal width that is one condition; else the
# compromise is
#
# Var[W] = 2/(nᵢ + nᵢ₊₁), as with W ~ U[−√6/√(nᵢ + nᵢ₊₁), √6/√(nᵢ + nᵢ₊₁)].
#
# Two networks show it: **standard** and **normalized**, five hidden layers of 100 tanh
# units, 1,500 updates with the learning rate 0.1.

# %% [markdown] answer=2
# ## Your prediction
#
# By what does the standard deviation of the activations change from the first hidden
# layer to the fifth, with the standard initialization?
#
# 1. It stays within 20 %.
# 2. It shrinks to a tenth.
# 3. It shrinks to a hundredth.
# 4. It grows.

# %%
settings = {"activation": "tanh", "layers": 5, "learning_rate": 0.1, "updates": 1500}
standard = train(f"{folder}/standard", initializer="standard", seed=seed, **settings)
normalized = train(
    f"{folder}/normalized", initializer="normalized", seed=seed, **settings
)

# %% [markdown] spec="--figure depth-profile --step 0 --theory" runs="standard normalized"
# ## Forward and back, before training
#
# At the left the activations, at the right the gradients ∂C/∂s, with dots for what
# theory expects. Standard: a factor of about 1/√3 = 0.58 for each layer, both ways; over
# four layers this is 1/9, nearly a tenth. Normalized: both are nearly level, with 0.86
# or so. It is not quite 1, as tanh is not quite linear.

# %%
kx.figures.depth_profile([standard, normalized], step=0, theory=True)


# %% tags=["check"]
def per_layer(run, quantity):
    """By what the standard deviation changes with each layer that is passed."""
    std = run.statistics(quantity, "std")[0, :5].values
    ratio = std[-1] / std[0] if quantity == "activation" else std[0] / std[-1]
    return float(ratio**0.25)


for quantity in ("activation", "preactivation_gradient"):
    factor = per_layer(standard, quantity)
    assert abs(factor - 3**-0.5) < 0.06, (
        f"Standard, {quantity}: {factor:.2f} per layer."
    )
    factor = per_layer(normalized, quantity)
    assert abs(factor - 0.88) < 0.1, f"Normalized, {quantity}: {factor:.2f} per layer."
for run in (standard, normalized):
    for quantity in ("activation", "preactivation_gradient"):
        expected = kx.theory.predicted_std(run, quantity)[0, :5].values
        measured = run.statistics(quantity, "std")[0, :5].values
        farthest = float(abs(measured / expected - 1).max())
        assert farthest < 0.4, (
            f"{run.name}, {quantity}: theory is off by {farthest:.0%} at most."
        )

# %% [markdown] spec="--figure histograms --quantity preactivation_gradient --step 0" runs="standard normalized"
# ## The gradients themselves
#
# Figure 7 of the paper: with the standard initialization, the histograms are the
# narrower the nearer a layer is to the input, ten times from the fifth to the first.
# With the normalized one the factor is about 2.

# %%
kx.figures.histograms([standard, normalized], "preactivation_gradient", step=0)

# %% tags=["check"]
for run, low, high in ((standard, 7, 14), (normalized, 1, 3)):
    std = run.statistics("preactivation_gradient", "std")[0]
    ratio = float(std.sel(layer="hidden_5") / std.sel(layer="hidden_1"))
    assert low < ratio < high, f"{run.name}: hidden_5 has {ratio:.1f} times hidden_1's."

# %% [markdown] spec="--figure histograms --quantity weight_gradient --step 0" runs="standard normalized"
# ## What is level in any case
#
# The gradient of a weight is the product of what comes from below and what comes from
# above, ∂C/∂W = z ∂C/∂s. One fades upwards, the other downwards: the product is level
# (figure 8), even with the standard initialization. So whoever looks only at weight
# gradients before training sees nothing wrong, and they are all small: the normalized
# initialization has more than five times as much.

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
        f"{name}: the weight gradients of layers 2 to 5 differ {spread:.1f} times."
    )
more = float(levels["normalized"].mean() / levels["standard"].mean())
assert more > 5, f"Those of normalized are {more:.0f} times as large."

# %% [markdown] spec="--figure training-curves" runs="standard normalized"
# ## What it costs
#
# After 1,500 updates the network **standard** is where it began, at 83 % errors, those
# of guessing. The network **normalized** is under 80 %.
#
# Another way to see it are the singular values of the Jacobian ∂zⁱ⁺¹/∂zⁱ between
# neighbouring layers, by which a layer stretches small changes. Their mean is about 0.8
# with the normalized initialization, and 0.5 with the standard one (section 4.2.1).

# %%
kx.figures.training_curves([standard, normalized])

# %% tags=["check"]
for run, low, high in ((standard, 0.80, 0.87), (normalized, 0.70, 0.80)):
    error = float(run.metrics()["val_error"][1][-3:].mean())
    assert low < error < high, f"{run.name} errs in {error:.1%}."
images = kx.datasets.load("shapeset3x2").test[0][:10]
for initializer, paper in (("standard", 0.5), ("normalized", 0.8)):
    model = kx.models.mlp(
        (32, 32, 1), classes=9, layers=5, units=100, initializer=initializer, seed=seed
    )
    *hidden, _ = kx.layer_jacobian_singular_values(model, images)
    mean = float(sum(one.values.mean() for one in hidden) / len(hidden))
    assert abs(mean - paper) < 0.1, f"Mean singular value, {initializer}: {mean:.2f}."

# %% [markdown]
# ## To go on
#
# What if weights are larger still? He's initialization has n Var[W] = 2. Guess what the
# profile looks like, forward and back; then
#
# ```
# keras-xavier train --activation tanh \
#     --initializer he_normal --layers 5 --units 100 \
#     --learning-rate 0.1 --updates 1500 \
#     --run lessons/tanh-he
# keras-xavier view lessons/tanh-he --figure depth-profile --step 0 --theory
# ```
