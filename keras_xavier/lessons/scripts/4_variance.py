# %% [markdown]
# # The flow of variance, forward and back
#
# A signal keeps its size through many layers of random weights only if each layer
# preserves it. The same holds for the gradient on its way back. This lesson measures
# both, compares them with theory, and shows how the two conditions lead to the
# *normalized initialization*, known today as Glorot uniform (`GlorotUniform`), the
# default of Keras.
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

# %% [markdown] answer=2
# ## Your prediction
#
# How does the standard deviation of the activations change from the first hidden layer
# to the fifth with the standard initialization?
#
# 1. It changes by less than 20 %.
# 2. It shrinks to a tenth.
# 3. It shrinks to a hundredth.
# 4. It grows.

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

# %% [markdown] spec="--figure depth-profile --step 0 --theory" runs="standard normalized"
# ## Forward and back, before training
#
# Activations are on the left, gradients ∂C/∂s on the right; dots are the predictions of
# theory. Standard: a factor of about 1/√3 = 0.58 per layer in both directions; over
# four layers, this is 1/9, nearly a tenth. Normalized: both are nearly level, with a
# factor of about 0.86. The factor is not exactly 1 because tanh is not exactly linear.

# %%
kx.figures.depth_profile([standard, normalized], step=0, theory=True)


# %% tags=["check"]
def per_layer(run, quantity):
    """Returns the factor by which the standard deviation changes per layer."""
    std = run.statistics(quantity, "std")[0, :5].values
    ratio = std[-1] / std[0] if quantity == "activation" else std[0] / std[-1]
    return float(ratio**0.25)


for quantity in ("activation", "preactivation_gradient"):
    factor = per_layer(standard, quantity)
    assert abs(factor - 3**-0.5) < 0.06, (
        f"Standard, {quantity}: a factor of {factor:.2f} per layer."
    )
    factor = per_layer(normalized, quantity)
    assert abs(factor - 0.88) < 0.1, (
        f"Normalized, {quantity}: a factor of {factor:.2f} per layer."
    )
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
# all layers: with the normalized initialization, they are more than five times as
# large.

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
assert more > 5, f"With normalized, they are {more:.0f} times as large."

# %% [markdown] spec="--figure training-curves" runs="standard normalized"
# ## Effect on the error
#
# After 1,500 updates, **standard** is still at chance, an error of 83 %. **normalized**
# is below 80 %.
#
# The singular values of the Jacobian ∂zⁱ⁺¹/∂zⁱ between adjacent layers are another way
# to see the difference: they are the factors by which a layer stretches small changes.
# Their mean is about 0.8 with the normalized initialization and 0.5 with the standard
# initialization (section 4.2.1).

# %%
kx.figures.training_curves([standard, normalized])

# %% tags=["check"]
for run, low, high in ((standard, 0.80, 0.87), (normalized, 0.70, 0.80)):
    error = float(run.metrics()["val_error"][1][-3:].mean())
    assert low < error < high, f"{run.name} has an error of {error:.1%}."
images = kx.datasets.load("shapeset3x2").test[0][:10]
for initializer, paper in (("standard", 0.5), ("normalized", 0.8)):
    model = kx.models.mlp(
        (32, 32, 1), classes=9, layers=5, units=100, initializer=initializer, seed=seed
    )
    *hidden, _ = kx.layer_jacobian_singular_values(model, images)
    mean = float(sum(one.values.mean() for one in hidden) / len(hidden))
    assert abs(mean - paper) < 0.1, f"Mean singular value, {initializer}: {mean:.2f}."

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
# keras-xavier view lessons/tanh-he --figure depth-profile --step 0 --theory
# ```
