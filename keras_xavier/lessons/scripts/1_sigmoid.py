# %% [markdown]
# # Why deep sigmoid networks stall
#
# Until 2006, networks with more than two hidden layers rarely learned from random
# initial weights. The usual activation function was the sigmoid, φ(s) = 1/(1 + e⁻ˢ).
# This lesson shows what happens in such a network, layer by layer, and why a function
# of the same shape that is centered at 0 does not have this problem.
#
# Source: Glorot & Bengio (2010), section 3.1 and figure 2.

# %% tags=["parameters"]
import keras_xavier as kx
from keras_xavier.lessons import train

folder = "lessons/lesson-1"
seed = 0

# %% [markdown]
# ## Three networks
#
# Each network has four hidden layers of 100 units and learns Shapeset-3×2, images of
# one or two shapes, by plain gradient descent: 2,500 updates with batches of 10 and a
# learning rate of 0.2.
#
# - **sigmoid** has the standard (PyTorch-style uniform) initialization, which was usual
#   at the time: W ~ U[−1/√n, 1/√n] for n inputs.
# - **sigmoid-normalized** has the normalized (Glorot uniform) initialization of lesson
#   4.
# - **tanh-normalized** has the same initialization and tanh(s) = 2σ(2s) − 1, a sigmoid
#   σ that is rescaled and centered at 0.
#
# During training, all layers are recorded on the same 300 test examples.

# %% [markdown] answer=2
# ## Your prediction
#
# Sigmoid units start near 0.5, where the slope is steepest, 1/4. Near 0 and near 1 the
# sigmoid is flat and passes no gradient: the layer is *saturated*. Which hidden layer
# of the network **sigmoid** saturates first?
#
# 1. The first layer, next to the input.
# 2. The top layer, next to the output.
# 3. All layers at the same time.

# %%
hyperparameters = {"layers": 4, "learning_rate": 0.2, "updates": 2500, "seed": seed}
sigmoid = train(
    f"{folder}/sigmoid", activation="sigmoid", initializer="standard", **hyperparameters
)
normalized = train(
    f"{folder}/sigmoid-normalized",
    activation="sigmoid",
    initializer="normalized",
    **hyperparameters,
)
tanh = train(
    f"{folder}/tanh-normalized",
    activation="tanh",
    initializer="normalized",
    **hyperparameters,
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band std" runs="sigmoid"
# ## The top layer collapses to 0
#
# Lines are the mean activations of the layers, bands are one standard deviation. The
# top hidden layer, hidden_4, falls from 0.5 to below 0.1, most of the way within the
# first 500 updates. The layers below stay between 0.4 and 0.8. The top layer is
# therefore the first to approach saturation: at 0.1, the slope z(1 − z) is 0.09; at
# 0.05, it is 0.05, a fifth of the steepest slope.

# %%
kx.figures.layer_curves(sigmoid, "activation", band="std")

# %% tags=["check"]
means = sigmoid.statistics("activation", "mean")
top, below = means.sel(layer="hidden_4"), means[:, :3]
lowest = float(top[-1])
half_way = float(top.sel(step=500))
assert lowest < 0.1, (
    f"The mean of the top layer falls from {float(top[0]):.2f} to {lowest:.3f}."
)
assert half_way < 0.2, f"At update 500, it is {half_way:.3f}."
low, high = float(below.min()), float(below.max())
assert 0.4 < low < high < 0.8, (
    f"The layers below stay between {low:.2f} and {high:.2f}."
)

# %% [markdown] spec="--figure depth-profile --step 0" runs="sigmoid"
# ## The signal dies, and the pooled spread stays level
#
# The values of a layer differ for two reasons. Units differ from each other, as their
# weights are random; and each unit differs from image to image. Only the second
# difference carries information about the images. The *pooled* standard deviation of
# all values mixes both; the standard deviation *within units* (`unit_std`) is the root
# mean square of the standard deviations of single units over the images.
#
# Before training, the pooled standard deviation is about 0.1 in all four layers. Within
# units, it falls about 400-fold from hidden_1 to hidden_4: each layer multiplies it
# by at most 1/4 · 1/√3 = 0.14. For every image, the top layer outputs nearly the same.

# %%
kx.figures.depth_profile(sigmoid, step=0)

# %% tags=["check"]
pooled = sigmoid.statistics("activation", "std")[0, :4]
within = sigmoid.statistics("activation", "unit_std")[0, :4]
level = float(pooled.max() / pooled.min())
assert level < 2.5, f"The pooled std is level, within a factor of {level:.1f}."
faded = float(within[0] / within[3])
assert 200 < faded < 700, f"The std within units falls by a factor of {faded:.0f}."
cosine = float(sigmoid.statistics("activation", "cosine")[0, 3])
assert cosine > 0.9999, (
    f"In hidden_4, the mean cosine between two images is {cosine:.6f}."
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band std" runs="sigmoid tanh-normalized"
# ## Why the top layer collapses
#
# The output is softmax(b + W h), where h is the top hidden layer. Initially, h carries
# almost no information about the image, as seen above. The biases b alone can learn the
# class frequencies, and W h only adds noise. The gradient therefore pushes W h towards
# 0, and the easiest way is to push h to 0.
#
# For tanh, h = 0 is where the slope is steepest: the layer stays there, with means
# within 0.1 of 0, and keeps learning. For a sigmoid, h = 0 is where the function is
# flat.

# %%
kx.figures.layer_curves([sigmoid, tanh], "activation", band="std")

# %% tags=["check"]
farthest = float(abs(tanh.statistics("activation", "mean").sel(layer="hidden_4")).max())
assert farthest < 0.1, (
    f"With tanh, the mean of the top layer stays within {farthest:.3f} of 0."
)

# %% [markdown] spec="--figure depth-profile --step 0" runs="sigmoid tanh-normalized"
# ## The gradient at the first layer
#
# The right panel shows the gradients ∂C/∂s of each layer before training. On the way
# down, each layer multiplies their standard deviation by about φ′ √(n Var[W]): for the
# sigmoid, at most 1/4 · 1/√3 = 0.14. Over three layers, this makes a factor of 300
# between hidden_4 and hidden_1. The lower layers therefore cannot improve the signal
# that reaches the top: while hidden_4 falls to 0, hidden_1 hardly moves.

# %%
kx.figures.depth_profile([sigmoid, tanh], step=0)

# %% tags=["check"]
gradients = sigmoid.statistics("preactivation_gradient", "std")[0]
factor = float(gradients.sel(layer="hidden_4") / gradients.sel(layer="hidden_1"))
assert 150 < factor < 700, (
    f"Gradients shrink by a factor of {factor:.0f} from hidden_4 to hidden_1."
)
moved = float(abs(means.sel(layer="hidden_1") - 0.5).max())
assert moved < 0.05, f"The mean of hidden_1 moves by {moved:.3f}."

# %% [markdown] spec="--figure training-curves" runs="sigmoid sigmoid-normalized tanh-normalized"
# ## Effect on the error
#
# Both sigmoid networks stay at chance: guessing the most frequent class has an error of
# 83 %. The error of the tanh network falls below chance.

# %%
kx.figures.training_curves([sigmoid, normalized, tanh])

# %% tags=["check"]
CHANCE = 5 / 6
for run in (sigmoid, normalized):
    _, errors = run.metrics()["val_error"]
    assert errors[-5:].min() > CHANCE - 0.03, (
        f"{run.name} is at chance: {errors[-5:].min():.1%} to {errors[-5:].max():.1%}."
    )
_, errors = tanh.metrics()["val_error"]
assert errors[-5:].max() < CHANCE - 0.02, (
    f"{tanh.name} is below chance: {errors[-5:].min():.1%} to {errors[-5:].max():.1%}."
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band std" runs="sigmoid sigmoid-normalized"
# ## The initialization is not the cause
#
# With the normalized initialization, more of the signal and ten times the gradient
# reach hidden_1, and the top layer still collapses to 0. The cause is the sigmoid,
# which is flat at 0.

# %%
kx.figures.layer_curves([sigmoid, normalized], "activation", band="std")

# %% tags=["check"]
fallen = float(normalized.statistics("activation", "mean").sel(layer="hidden_4")[-1])
assert fallen < 0.1, (
    f"With the normalized initialization, the top layer falls to {fallen:.3f}."
)
others = normalized.statistics("preactivation_gradient", "std")[0]
more = float((others / gradients).sel(layer="hidden_1"))
assert 5 < more < 20, f"The gradient at hidden_1 is {more:.0f} times as large."

# %% [markdown]
# ## Next steps
#
# Does the top layer ever recover? In the paper it does, after about 100 epochs. With
# 200 units and a learning rate of 1, it recovered at update 12,800 of 60,000 in our
# reproduction. To watch this in the app, train such a network for a few minutes:
#
# ```
# keras-xavier train --activation sigmoid \
#     --initializer standard --layers 4 --units 200 \
#     --learning-rate 1 --updates 30000 \
#     --run lessons/sigmoid-recovers
# ```
#
# How does a sigmoid network with one hidden layer perform?
