# %% [markdown]
# # Softsign, and where its units live
#
# Softsign, φ(s) = s/(1 + |s|), looks like tanh. But it nears −1 and 1 as slowly as
# 1/|s|, where tanh does so exponentially. Between its linear middle and its flat ends
# it has knees, and there its slope (1 − |z|)² is small, but not yet nothing. Here you
# see that its units settle there, and what they gain by it.
#
# Source: Glorot & Bengio (2010), section 3.3, figures 3 and 4; Bergstra et al. (2009).

# %% tags=["parameters"]
import numpy as np

import keras_xavier as kx
from keras_xavier.lessons import train

folder = "lessons/lesson-3"
seed = 0

# %% [markdown]
# ## Four networks
#
# Tanh and softsign, each with the standard and with the normalized initialization:
# three hidden layers of 100 units on Shapeset-3×2, 3,000 updates with the learning
# rate 0.2.

# %% [markdown] answer=3
# ## Your prediction
#
# Where do most activations of hidden_1 of the network **softsign-normalized** end, as
# distances from 0?
#
# 1. Around 0, from 0 to 0.2.
# 2. Spread evenly over the range.
# 3. In the knees, from 0.6 to 0.8.
# 4. At the ends, from 0.8 to 1.

# %%
runs = {
    f"{activation}-{initializer}": train(
        f"{folder}/{activation}-{initializer}",
        activation=activation,
        initializer=initializer,
        layers=3,
        learning_rate=0.2,
        updates=3000,
        seed=seed,
    )
    for activation in ("tanh", "softsign")
    for initializer in ("standard", "normalized")
}

# %% [markdown] spec="--figure histograms --quantity activation" runs="softsign-normalized tanh-normalized"
# ## In the knees
#
# The last histograms. The first layer of softsign is densest between 0.6 and 0.8, on
# either side. That of tanh is densest at its ends, beyond 0.8.

# %%
kx.figures.histograms([runs["softsign-normalized"], runs["tanh-normalized"]])


# %% tags=["check"]
def fifths(run, layer="hidden_1"):
    """Densities of |z| in fifths of the range, relative to an even spread."""
    counts = run.histogram("activation")[-1].sel(layer=layer)
    counts = counts[counts.left.notnull()]
    # What reaches ±1 has a bin of its own, beyond it.
    sizes = np.minimum(abs(counts.left + counts.right) / 2, 1)
    found, _ = np.histogram(sizes, 5, (0, 1), weights=counts)
    return found / found.sum() * 5


for name, densest in (("softsign-normalized", 3), ("tanh-normalized", 4)):
    densities = fifths(runs[name])
    assert densities.argmax() == densest, (
        f"{name}, in fifths from 0 to ±1: {', '.join(f'{one:.2f}' for one in densities)}."
    )

# %% [markdown] spec="--figure layer-curves --quantity activation --band p98-and-std" runs="softsign-standard tanh-standard"
# ## On the way
#
# 98th percentiles (marks) and standard deviations (lines), as in the paper's figure 3.
# With softsign all three layers grow, hidden_3 more than hidden_1. With tanh, hidden_1
# goes near 1, and hidden_3 grows little: twofold at most, in our three tries.

# %%
kx.figures.layer_curves(
    [runs["softsign-standard"], runs["tanh-standard"]], band="p98-and-std"
)

# %% tags=["check"]
stds = {name: run.statistics("activation", "std") for name, run in runs.items()}
growth = {name: (std[-1] / std[0]).values[:3] for name, std in stds.items()}
soft, tanh = growth["softsign-standard"], growth["tanh-standard"]
assert soft.min() > 1.5, (
    f"Standard deviations of softsign grow {', '.join(f'{one:.1f}' for one in soft)} times."
)
extreme = float(runs["tanh-standard"].statistics("activation", "p98")[-1, 0])
assert extreme > 0.9, (
    f"With tanh, the 98th percentile of hidden_1 ends at {extreme:.2f}."
)
assert soft[2] > soft[0], f"hidden_3 grows {soft[2]:.1f} times."
assert tanh[2] < min(soft[2], 2.5), f"With tanh it does so {tanh[2]:.1f} times."

# %% [markdown] spec="--figure saturation" runs="softsign-normalized tanh-normalized"
# ## Less saturated
#
# A value is saturated where the slope is under 5 %: beyond ±0.78 for softsign, beyond
# ±0.975 for tanh. By this measure, too, the first layer of tanh has more saturated
# values at the end.

# %%
kx.figures.saturation([runs["softsign-normalized"], runs["tanh-normalized"]])

# %% tags=["check"]
share = {
    name: float(run.statistics("activation", "saturated")[-1].sel(layer="hidden_1"))
    for name, run in runs.items()
}
assert share["softsign-normalized"] < share["tanh-normalized"] - 0.1, (
    f"Saturated in hidden_1: {share['softsign-normalized']:.0%} with softsign, "
    f"{share['tanh-normalized']:.0%} with tanh."
)

# %% [markdown] spec="--figure training-curves" runs="softsign-standard tanh-standard"
# ## What it gains
#
# With the standard initialization, softsign is under 80 % errors after 1,500 updates
# and tanh is not: guessing errs in 83 %. In the paper, softsign hardly depends on the
# initialization, which makes 0.2 points on Shapeset-3×2 and 11.6 with tanh (table 1).

# %%
kx.figures.training_curves([runs["softsign-standard"], runs["tanh-standard"]])

# %% tags=["check"]
for name, learns in (("softsign-standard", True), ("tanh-standard", False)):
    steps, errors = runs[name].metrics()["val_error"]
    half_way = float(np.median(errors[(steps > 1300) & (steps <= 1700)]))
    assert (half_way < 0.8) == learns, f"{name} errs in {half_way:.0%} at half time."

# %% [markdown]
# ## To go on
#
# Does softsign depend on the initialization here? Compare the training curves of all
# four networks.
#
# How far the units go depends on how fast they learn. With a larger learning rate, or
# a longer training, they leave the knees for the ends: see it with
#
# ```
# keras-xavier train --activation softsign \
#     --initializer normalized --layers 3 --units 100 \
#     --learning-rate 0.5 --updates 10000 \
#     --run lessons/softsign-farther
# ```
