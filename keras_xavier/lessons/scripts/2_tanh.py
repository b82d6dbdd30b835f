# %% [markdown]
# # Tanh and the order of saturation
#
# Tanh lies around 0, so its top layer does not do what that of a sigmoid does in
# lesson 1. But tanh is flat at both ends, near −1 and 1: a unit that is always there
# is saturated, and lets hardly any gradient through. Here you see which layers go
# there, in which order, and how fast.
#
# Source: Glorot & Bengio (2010), section 3.2, figures 3 and 10.

# %% tags=["parameters"]
import keras_xavier as kx
from keras_xavier.lessons import train

folder = "lessons/lesson-2"
seed = 0

# %% [markdown]
# ## Three networks
#
# Each has three hidden layers of 100 tanh units and learns Shapeset-3×2:
#
# - **standard**: initial weights W ~ U[−1/√n, 1/√n], learning rate 0.2, 4,000 updates,
# - **normalized**: the larger initial weights of lesson 4, learning rate 0.2, 3,000
#   updates,
# - **slow**: the same, with the learning rate 0.05.
#
# A value counts as saturated if the slope, 1 − z², is under 5 % of the steepest one:
# beyond ±0.975.

# %% [markdown] answer=1
# ## Your prediction
#
# Gradients are the largest at the top and get smaller on their way down. Which hidden
# layer of the network **standard** saturates first?
#
# 1. The first one, next to the input.
# 2. The top one, next to the output.
# 3. All of them together.

# %%
settings = {"activation": "tanh", "layers": 3, "seed": seed}
standard = train(
    f"{folder}/standard",
    initializer="standard",
    learning_rate=0.2,
    updates=4000,
    **settings,
)
normalized = train(
    f"{folder}/normalized",
    initializer="normalized",
    learning_rate=0.2,
    updates=3000,
    **settings,
)
slow = train(
    f"{folder}/slow",
    initializer="normalized",
    learning_rate=0.05,
    updates=3000,
    **settings,
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band p98-and-std" runs="standard"
# ## The first layer goes first
#
# The lines are standard deviations, the marks 98th percentiles, as in figure 3 of the
# paper. Those of hidden_1 grow to nearly 1, while those of hidden_2 and hidden_3 stay
# under 0.9.

# %%
kx.figures.layer_curves(standard, "activation", band="p98-and-std")

# %% tags=["check"]
first, second, third = standard.statistics("activation", "p98")[-1, :3].values
assert first > 0.95, f"The 98th percentile of hidden_1 ends at {first:.3f}."
assert max(second, third) < 0.9, (
    f"Those of hidden_2 and hidden_3 end at {second:.2f} and {third:.2f}."
)

# %% [markdown] spec="--figure saturation" runs="standard normalized"
# ## One after another
#
# These are shares of saturated values. In the network **standard**, hidden_1 has 2 %
# of them within the first half of the training; hidden_2 comes later, or not yet,
# hidden_3 not yet. With five layers of 200 units and a lower learning rate, hidden_1
# took 10,000 to 25,000 updates and hidden_2 23,000 to 49,000 in the reproduction of the
# paper (`keras-xavier reproduce`).
#
# Larger weights make it faster. In the network **normalized** 40 % or more of the
# values of hidden_1 end saturated, of hidden_2 about a tenth, of hidden_3 few: the
# order is from the bottom to the top.

# %%
kx.figures.saturation([standard, normalized])


# %% tags=["check"]
def reaches(run, layer, share):
    """The first recorded step at which that share of a layer is saturated."""
    saturated = run.statistics("activation", "saturated").sel(layer=layer)
    steps = saturated.step.values[saturated.values > share]
    return int(steps[0]) if len(steps) else None


steps = [reaches(standard, f"hidden_{i}", 0.02) for i in (1, 2, 3)]
assert steps[0] in range(2000), (
    f"hidden_1 of standard is 2 % saturated from update {steps[0]} on."
)
assert steps[1] is None or steps[1] > steps[0], (
    f"hidden_2 is so from update {steps[1]} on (None: not yet)."
)
assert steps[2] is None, f"hidden_3 is so from update {steps[2]} on."
shares = normalized.statistics("activation", "saturated")[-1, :3].values
told = ", ".join(f"{share:.0%}" for share in shares)
assert shares[0] > 0.4, f"Saturated in normalized, from hidden_1 on: {told}."
assert 0.05 < shares[1] < 0.2, f"hidden_2 has about a tenth: {shares[1]:.0%}."
assert shares[2] < shares[1] < shares[0], f"From the bottom to the top: {told}."

# %% [markdown] spec="--figure histograms --quantity activation" runs="standard normalized"
# ## Where the values are
#
# The last histograms. In the network **normalized**, the values of hidden_1 pile up at
# −1 and 1: a fifth of the range, from 0.8 to 1 on both sides, holds most of them.
# Those of hidden_3 lie around 0.

# %%
kx.figures.histograms([standard, normalized], "activation")

# %% tags=["check"]
counts = normalized.histogram("activation")[-1]


def beyond(layer, bound):
    """Share of a layer's values that are farther from 0 than that."""
    own = counts.sel(layer=layer)
    is_beyond = abs(own.left + own.right) / 2 > bound
    return float(own.where(is_beyond).sum() / own.sum())


outside = beyond("hidden_1", 0.8)
inside = 1 - beyond("hidden_3", 0.8)
assert outside > 0.5, f"{outside:.0%} of hidden_1 lie beyond ±0.8."
assert inside > 0.8, f"{inside:.0%} of hidden_3 lie within ±0.8."

# %% [markdown] spec="--figure saturation" runs="normalized slow"
# ## Not always in order
#
# With a quarter of the learning rate, less is saturated, and the order is another one:
# hidden_3 ends with more than hidden_2. The paper's figure 10 finds as much: with the
# normalized initialization the layers no longer saturate one after another. *Why* the
# first layer goes first with the standard one, the paper leaves open.

# %%
kx.figures.saturation([normalized, slow])

# %% tags=["check"]
slower = slow.statistics("activation", "saturated")[-1, :3].values
told = ", ".join(f"{share:.0%}" for share in slower)
assert slower[0] < shares[0], f"Saturated in slow, from hidden_1 on: {told}."
assert slower[2] > slower[1], f"hidden_3 has more than hidden_2: {told}."

# %% [markdown]
# ## To go on
#
# A saturated layer is not yet a bad one: look at the training curves of the three. And
# watch the paper's own network of five layers, for some minutes:
#
# ```
# keras-xavier train --activation tanh \
#     --initializer standard --layers 5 --units 200 \
#     --learning-rate 0.03 --updates 30000 \
#     --run lessons/tanh-five-layers
# ```
