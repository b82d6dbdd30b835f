# %% [markdown] minutes=12 thumbnail=1
# # Softsign and its knees
#
# Softsign, φ(s) = s/(1 + |s|), looks like tanh. But it approaches −1 and 1 as slowly as
# 1/|s|, whereas tanh does so exponentially. Between its linear middle and its flat
# ends, softsign has knees, where its slope (1 − |z|)² is small but not 0. This lesson
# shows where the values of its units settle, and how this helps them to learn.
#
# Source: Glorot & Bengio (2010), section 3.3, figures 3 and 4; Bergstra et al. (2009).

# %% tags=["parameters"]
import numpy as np

import keras_xavier as kx
from keras_xavier.lessons import train, verify

folder = "lessons/lesson-3"
seed = 0

# %% [markdown]
# ## Four networks
#
# Tanh and softsign, each with the standard (PyTorch-style uniform) and the normalized
# (Glorot uniform) initialization: three hidden layers of 100 units on Shapeset-3×2,
# 2,000 updates with a learning rate of 0.2.

# %% [markdown] folded="Derivation: the slope and where it is 5%"
# For s > 0, z = s/(1 + s). The quotient rule gives the slope 1/(1 + s)², and 1/(1 + s)
# = 1 − z, so the slope is (1 − z)². By symmetry, it is (1 − |z|)² for all s.
#
# It is steepest at 0, where it is 1, and less than 0.05 if |z| > 1 − √0.05 = 0.78, the
# bound of saturation below. For s → ∞, 1 − z = 1/(1 + s) falls like 1/s, whereas 1 −
# tanh(s) falls like 2 e⁻²ˢ.

# %% [markdown] answer=3
# ## Your prediction
#
# At which distance from 0 do most activations of hidden_1 in **softsign-normalized**
# end?
#
# 1. Around 0, from 0 to 0.2.
#    > This is where they begin. The slope is steepest there, so they leave quickly.
# 2. Evenly distributed over the range.
#    > The slope (1 − |z|)² differs by a factor of 25 between 0 and 0.8: values pass the
#    > steep middle fast and slow down outside.
# 3. In the knees, from 0.6 to 0.8.
#    > There, the slope is 4 to 16% of the steepest: large enough to carry a gradient,
#    > and small enough to slow the units down.
# 4. At the ends, from 0.8 to 1.
#    > This is where tanh ends. Softsign approaches its ends more slowly: z = 0.8 takes s
#    > = 4, but only s = 1.1 with tanh.

# %%
runs = {
    f"{activation}-{initializer}": train(
        f"{folder}/{activation}-{initializer}",
        activation=activation,
        initializer=initializer,
        layers=3,
        learning_rate=0.2,
        updates=2000,
        seed=seed,
    )
    for activation in ("tanh", "softsign")
    for initializer in ("standard", "normalized")
}

# %% [markdown] spec="--figure histograms --quantity activation" runs="softsign-normalized tanh-normalized"
# ## In the knees
#
# These are the last histograms. The first layer of softsign has a broad hump on each
# side, densest between 0.6 and 0.8. The first layer of tanh is densest at its ends,
# beyond 0.8.

# %%
kx.figures.histograms([runs["softsign-normalized"], runs["tanh-normalized"]])


# %% tags=["check"]
def fifths(run, layer="hidden_1"):
    """Returns densities of |z| in fifths of the range, relative to uniform density."""
    counts = run.histogram("activation")[-1].sel(layer=layer)
    counts = counts[counts.left.notnull()]
    # Values of ±1 are in a bin beyond ±1.
    sizes = np.minimum(abs(counts.left + counts.right) / 2, 1)
    found, _ = np.histogram(sizes, 5, (0, 1), weights=counts)
    return found / found.sum() * 5


for name, densest in (("softsign-normalized", 3), ("tanh-normalized", 4)):
    densities = fifths(runs[name])
    assert densities.argmax() == densest, (
        f"{name}, densities of hidden_1 in fifths from 0 to ±1: "
        f"{', '.join(f'{one:.2f}' for one in densities)}."
    )

# %% [markdown] spec="--figure layer-curves --quantity activation --band p98-and-std" runs="softsign-standard tanh-standard"
# ## During training
#
# Lines are standard deviations, marks without a line are 98th percentiles, as in
# figure 3 of the paper. With softsign, all three layers grow, hidden_3 more than
# hidden_1. With tanh, hidden_1 approaches 1, and hidden_3 does not grow.

# %%
kx.figures.layer_curves(
    [runs["softsign-standard"], runs["tanh-standard"]], band="p98-and-std"
)

# %% tags=["check"]
stds = {name: run.statistics("activation", "std") for name, run in runs.items()}
growth = {name: (std[-1] / std[0]).values[:3] for name, std in stds.items()}
soft, tanh = growth["softsign-standard"], growth["tanh-standard"]
assert soft.min() > 1.5, (
    "With softsign, standard deviations grow by factors of "
    f"{', '.join(f'{one:.1f}' for one in soft)}."
)
extreme = float(runs["tanh-standard"].statistics("activation", "p98")[-1, 0])
assert extreme > 0.9, (
    f"With tanh, the 98th percentile of hidden_1 ends at {extreme:.2f}."
)
assert soft[2] > soft[0], (
    f"hidden_3 grows by a factor of {soft[2]:.1f}, hidden_1 of {soft[0]:.1f}."
)
assert tanh[2] < 1.1, f"With tanh, hidden_3 changes by a factor of {tanh[2]:.1f}."

# %% [markdown] spec="--figure saturation" runs="softsign-normalized tanh-normalized"
# ## Less saturation
#
# A value is saturated if the slope is less than 5%: beyond ±0.78 for softsign, beyond
# ±0.975 for tanh. By this measure, too, the first layer of tanh ends with more
# saturated values.

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
# ## Effect on the error
#
# With the standard initialization, softsign has an error below 80% after 1,500
# updates. Tanh is still at 83%, the error of guessing. In the paper, softsign hardly
# depends on the initialization, which changes the error on Shapeset-3×2 by 0.2 points,
# but by 11.6 points with tanh (table 1).

# %%
kx.figures.training_curves([runs["softsign-standard"], runs["tanh-standard"]])

# %% tags=["check"]
for name, learns in (("softsign-standard", True), ("tanh-standard", False)):
    steps, errors = runs[name].metrics()["val_error"]
    around = float(np.median(errors[(steps > 1300) & (steps <= 1700)]))
    assert (around < 0.8) == learns, (
        f"The error of {name} is {around:.0%} after 1,500 updates."
    )

# %% [markdown]
# ## Next steps
#
# How far the activations move depends on how fast the network learns. With a higher
# learning rate or longer training, they leave the knees for the ends:
#
# ```
# keras-xavier train --activation softsign \
#     --initializer normalized --layers 3 --units 100 \
#     --learning-rate 0.5 --updates 10000 \
#     --run lessons/softsign-fast
# ```

# %% [markdown]
# ## Exercise: does softsign depend on the initialization?
#
# The function receives the errors after 2,000 updates of the four networks of this
# lesson, by their names, as numbers from 0 to 1. It should return by how many
# percentage points the normalized initialization reduces the error, for tanh and for
# softsign. Is the effect here as in the paper?


# %% tags=["exercise"]
def effects(errors):
    """Returns two reductions, in percentage points: for tanh and for softsign."""
    return 0.0, 0.0


# %% tags=["solution"]
def effects(errors):
    """Returns two reductions, in percentage points: for tanh and for softsign."""
    return tuple(
        100 * (errors[f"{name}-standard"] - errors[f"{name}-normalized"])
        for name in ("tanh", "softsign")
    )


# %% tags=["exercise-check"]
errors = {
    f"{activation}-{initializer}": float(
        train(
            f"{folder}/{activation}-{initializer}",
            activation=activation,
            initializer=initializer,
            layers=3,
            learning_rate=0.2,
            updates=2000,
            seed=seed,
        )
        .metrics()["val_error"][1][-3:]
        .mean()
    )
    for activation in ("tanh", "softsign")
    for initializer in ("standard", "normalized")
}
for_tanh, for_softsign = effects(errors)
verify(for_tanh > 3, f"Tanh: the error falls by {for_tanh:.1f} points.")
verify(0 < abs(for_softsign) < 2, f"Softsign: by {for_softsign:.1f} points.")
