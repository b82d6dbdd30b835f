# %% [markdown] minutes=15 thumbnail=2
# # Tanh and the order of saturation
#
# Tanh is centered at 0, so its top layer does not collapse as the sigmoid layer of
# lesson 1 does. But tanh is flat at both ends, near −1 and 1: a unit that stays there
# is saturated and passes hardly any gradient. This lesson shows which layers saturate,
# in which order, and how fast.
#
# Source: Glorot & Bengio (2010), section 3.2, figures 3 and 10.

# %% tags=["parameters"]
import keras_xavier as kx
from keras_xavier.lessons import train, verify

folder = "lessons/lesson-2"
seed = 0

# %% [markdown]
# ## Three networks
#
# Each network has three hidden layers of 100 tanh units and learns Shapeset-3×2:
#
# - **standard** has the standard (PyTorch-style uniform) initialization, W ~ U[−1/√n,
#   1/√n], and a learning rate of 0.2, for 4,000 updates.
# - **normalized** has the normalized (Glorot uniform) initialization of lesson 4, with
#   larger weights, and a learning rate of 0.2, for 3,000 updates.
# - **slow** is like **normalized**, with a learning rate of 0.05.
#
# A value counts as saturated if the slope, 1 − z², is less than 5% of the steepest
# slope: beyond ±0.975.

# %% [markdown] folded="Derivation: why ±0.975"
# For z = tanh(s) = (eˢ − e⁻ˢ)/(eˢ + e⁻ˢ), the quotient rule gives the slope
#
# dz/ds = ((eˢ + e⁻ˢ)² − (eˢ − e⁻ˢ)²)/(eˢ + e⁻ˢ)² = 1 − z².
#
# It is steepest at z = 0, where it is 1. It is less than 0.05 if z² > 0.95, which means
# |z| > √0.95 = 0.975, or |s| > 2.18.

# %% [markdown] answer=1
# ## Your prediction
#
# Gradients are largest at the top and shrink on the way down. Which hidden layer of the
# network **standard** saturates first?
#
# 1. The first layer, next to the input.
#    > It saturates first, although it receives the smallest gradients. The paper found
#    > the same and left open why.
# 2. The top layer, next to the output.
#    > It receives the largest gradients, and lesson 1 showed a top layer that moves
#    > first. But a tanh layer gains nothing from moving to an end, as 0 is in the middle
#    > of its range: it ends with nearly all of its values between −0.3 and 0.3.
# 3. All layers at the same time.
#    > With the standard initialization, the signal shrinks from layer to layer, so the
#    > upper layers begin much nearer to 0, far from both ends.

# %%
hyperparameters = {"activation": "tanh", "layers": 3, "seed": seed}
standard = train(
    f"{folder}/standard",
    initializer="standard",
    learning_rate=0.2,
    updates=4000,
    **hyperparameters,
)
normalized = train(
    f"{folder}/normalized",
    initializer="normalized",
    learning_rate=0.2,
    updates=3000,
    **hyperparameters,
)
slow = train(
    f"{folder}/slow",
    initializer="normalized",
    learning_rate=0.05,
    updates=3000,
    **hyperparameters,
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band p98-and-std" runs="standard"
# ## The first layer saturates first
#
# Lines are standard deviations, marks without a line are 98th percentiles, as in
# figure 3 of the paper. The percentile of hidden_1 grows to nearly 1, while the
# percentiles of hidden_2 and hidden_3 end below 0.6 and 0.4.

# %%
kx.figures.layer_curves(standard, "activation", band="p98-and-std")

# %% tags=["check"]
first, second, third = standard.statistics("activation", "p98")[-1, :3].values
assert first > 0.98, f"The 98th percentile of hidden_1 ends at {first:.3f}."
assert second < 0.6, f"The percentile of hidden_2 ends at {second:.2f}."
assert third < 0.4, f"The percentile of hidden_3 ends at {third:.2f}."

# %% [markdown] spec="--figure saturation" runs="standard normalized"
# ## One layer after another
#
# The figure shows shares of saturated values. In **standard**, hidden_1 reaches 2%
# within the first quarter of training. hidden_2 and hidden_3 do not reach it. In the
# reproduction of the paper (`keras-xavier reproduce`), with five layers of 200 units and
# a lower learning rate, hidden_1 took 10,000 to 25,000 updates and hidden_2 took 23,000
# to 49,000 updates.
#
# Larger weights saturate faster. In **normalized** (Glorot uniform), more than half of
# the values of hidden_1 are saturated at the end, about a tenth of hidden_2, and a few
# percent of hidden_3: the order is from bottom to top.

# %%
kx.figures.saturation([standard, normalized])

# %% tags=["check"]
saturated = standard.statistics("activation", "saturated")
early = float(saturated.sel(layer="hidden_1", step=slice(0, 1000)).max())
assert early > 0.02, f"In standard, hidden_1 is {early:.1%} saturated by update 1,000."
most = float(saturated[:, 1:3].max())
assert most < 0.02, f"hidden_2 and hidden_3 are at most {most:.1%} saturated."
shares = normalized.statistics("activation", "saturated")[-1, :3].values
assert shares[0] > 0.5, f"In normalized, {shares[0]:.0%} of hidden_1 is saturated."
assert 0.05 < shares[1] < 0.2, f"hidden_2: {shares[1]:.0%}, about a tenth."
assert 0.005 < shares[2] < 0.05, f"hidden_3: {shares[2]:.1%}, a few percent."

# %% [markdown] spec="--figure histograms --quantity activation" runs="standard normalized"
# ## Distribution of the activations
#
# These are the last histograms. In **normalized**, the values of hidden_1 pile up at −1
# and 1: most of them are beyond ±0.8. Most values of hidden_3 are much nearer to 0.

# %%
kx.figures.histograms([standard, normalized], "activation")


# %% tags=["check"]
def beyond(run, layer, bound):
    """Returns the share of the values of a layer beyond a bound, on both sides of 0."""
    selected = run.histogram("activation")[-1].sel(layer=layer)
    is_beyond = abs(selected.left + selected.right) / 2 > bound
    return float(selected.where(is_beyond).sum() / selected.sum())


outside = beyond(normalized, "hidden_1", 0.8)
inside = 1 - beyond(normalized, "hidden_3", 0.8)
assert outside > 0.5, f"{outside:.0%} of hidden_1 is beyond ±0.8."
assert inside > 0.8, f"{inside:.0%} of hidden_3 is within ±0.8."
middle = 1 - beyond(standard, "hidden_3", 0.3)
assert middle > 0.95, f"In standard, {middle:.0%} of hidden_3 is within ±0.3."
first, second, third = standard.statistics("activation", "std")[0, :3].values
assert first > second > third, (
    f"In standard, layers begin with std. {first:.2f}, {second:.2f}, {third:.2f}."
)

# %% [markdown] spec="--figure saturation" runs="normalized slow"
# ## Not always in order
#
# With a quarter of the learning rate, about half as many values of hidden_1 saturate,
# and the order is different: hidden_3 ends with more saturated values than hidden_2.
# Figure 10 of the paper agrees: with the normalized (Glorot uniform) initialization,
# the layers no longer saturate one after another. The paper leaves open *why* the first
# layer saturates first with the standard initialization.

# %%
kx.figures.saturation([normalized, slow])

# %% tags=["check"]
slower = slow.statistics("activation", "saturated")[-1, :3].values
listed = ", ".join(f"{share:.0%}" for share in slower)
assert 0.4 < slower[0] / shares[0] < 0.6, (
    f"Saturated in slow, from hidden_1 to hidden_3: {listed}."
)
assert slower[2] > slower[1], (
    f"hidden_3 has more than hidden_2: {slower[2]:.1%}, not {slower[1]:.1%}."
)

# %% [markdown]
# ## Next steps
#
# To watch the five-layer network of the paper, train it for a few minutes:
#
# ```
# keras-xavier train --activation tanh \
#     --initializer standard --layers 5 --units 200 \
#     --learning-rate 0.03 --updates 30000 \
#     --run lessons/tanh-five-layers
# ```

# %% [markdown]
# ## Exercise: learn without saturation
#
# A saturated layer is not necessarily a problem: **normalized** learns with half of
# hidden_1 saturated. But it is not necessary either. Change the lines so that the
# network has an error below 80% after 1,000 updates, and in no hidden layer are more
# than 12% of the values saturated.

# %% tags=["exercise"]
initializer = "normalized"
learning_rate = 0.2

# %% tags=["solution"]
# A quarter of the learning rate halves saturation; less prevents most of it.
initializer = "normalized"
learning_rate = 0.02

# %% tags=["exercise-check"]
run = train(
    f"{folder}/exercise",
    activation="tanh",
    initializer=initializer,
    layers=3,
    learning_rate=learning_rate,
    updates=1000,
    seed=seed,
)
error = float(run.metrics()["val_error"][1][-3:].mean())
most = float(run.statistics("activation", "saturated")[-1, :3].max())
verify(error < 0.8, f"The error is {error:.1%}; the goal is less than 80%.")
verify(most < 0.12, f"Up to {most:.1%} of a layer is saturated; the goal is 12%.")
