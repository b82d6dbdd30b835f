# %% [markdown] minutes=15 thumbnail=1
# # Why deep sigmoid networks stall
#
# Until 2006, networks with more than two hidden layers rarely learned from random
# initial weights. The usual activation function was the sigmoid, φ(s) = 1/(1 + e⁻ˢ).
# This lesson shows what happens in such a network, layer by layer, and why a function
# of the same shape that is centered at 0 does not have this problem.
#
# Source: Glorot & Bengio (2010), section 3.1 and figure 2.

# %% tags=["parameters"]
import keras

import keras_xavier as kx
from keras_xavier.lessons import train, verify

folder = "lessons/lesson-1"
seed = 0

# %% [markdown]
# ## Three networks
#
# Each network has four hidden layers of 100 units and learns Shapeset-3×2, images of
# one or two shapes, by plain gradient descent: 2,500 updates with batches of 10 and a
# learning rate of 0.2.
#
# - **sigmoid** has the standard initialization, which was usual at the time: W ~
#   U[−1/√n, 1/√n] for n inputs. PyTorch still uses it for `Linear` layers, so it is
#   called PyTorch-style uniform here.
# - **sigmoid-normalized** has the normalized (Glorot uniform) initialization of lesson
#   4, the default of Keras for `Dense` layers.
# - **tanh-normalized** has the same initialization and tanh(s) = 2σ(2s) − 1, a sigmoid
#   σ that is rescaled and centered at 0.
#
# During training, all layers are recorded on the same 300 test examples.

# %% [markdown] answer=2
# ## Your prediction
#
# Sigmoid units start near 0.5, where the slope is steepest, 1/4. Near 0 and near 1, the
# sigmoid is flat and passes hardly any gradient. Which hidden layer of the network
# **sigmoid** leaves the middle first?
#
# 1. The first layer, next to the input.
#    > Its weights receive the smallest gradients of all layers, because each layer on
#    > the way down shrinks them: it hardly moves.
# 2. The top layer, next to the output.
#    > It receives the largest gradients, and the easiest way to lower the loss is to
#    > push all of its units towards 0.
# 3. All layers at the same time.
#    > The gradients of neighboring layers differ by a factor of 7 here, so the layers
#    > move at very different speeds.

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
# top hidden layer, hidden_4, falls from 0.5 to 0.05, most of the way within the first
# 500 updates. The layers below stay between 0.5 and 0.7.
#
# At 0.05, the slope z(1 − z) is 0.05, a fifth of the steepest slope. By the definition
# used here, a value is *saturated* if its slope is less than 5% of the steepest: for a
# sigmoid, below 0.013 or above 0.987. No value of this network is saturated yet, but
# hidden_4 is on its way. In the longer training runs of the paper, it arrives.

# %%
kx.figures.layer_curves(sigmoid, "activation", band="std")

# %% tags=["check"]
means = sigmoid.statistics("activation", "mean")
top, below = means.sel(layer="hidden_4"), means[:, :3]
lowest = float(top[-1])
half_way = float(top.sel(step=500))
assert 0.03 < lowest < 0.07, (
    f"The mean of the top layer falls from {float(top[0]):.2f} to {lowest:.3f}."
)
assert half_way < 0.2, f"At update 500, it is {half_way:.3f}."
low, high = float(below.min()), float(below.max())
assert 0.49 < low < high < 0.72, (
    f"The layers below stay between {low:.2f} and {high:.2f}."
)
slope = lowest * (1 - lowest)
assert abs(4 * slope - 0.2) < 0.05, (
    f"At {lowest:.3f}, the slope is {slope:.3f}, {4 * slope:.0%} of the steepest."
)
limit = (1 - (1 - 0.05) ** 0.5) / 2
assert abs(limit - 0.013) < 0.0005, f"z(1 − z) = 5% of 1/4 at z = {limit:.4f}."
saturated = float(sigmoid.statistics("activation", "saturated")[:, :4].max())
assert saturated == 0, f"At most {saturated:.0%} of a layer is saturated."

# %% [markdown] spec="--figure depth-profile --step 0" runs="sigmoid"
# ## The signal dies, and the pooled spread stays level
#
# The values of a layer differ for two reasons. Units differ from each other, as their
# weights are random; and each unit differs from image to image. Only the second
# difference carries information about the images. The *pooled* standard deviation of
# all values mixes both; the standard deviation *within units* (`unit_std`) is the root
# mean square of the standard deviations of single units over the images.
#
# Before training, the pooled standard deviation is about 0.08 in all four layers.
# Within units, it falls about 400-fold from hidden_1 to hidden_4: each layer multiplies
# it by at most about 1/4 · 1/√3 = 0.14. For every image, the top layer outputs nearly
# the same.

# %% [markdown] folded="Derivation: the factor 1/4 · 1/√3"
# A layer computes s = Σⱼ Wⱼ zⱼ + b over its n inputs and outputs φ(s). Between two
# images, the inputs differ by δⱼ. The weights are independent of each other, with mean
# 0, so the products Wⱼ δⱼ are, too, and their variances add up:
#
# Var[Σⱼ Wⱼ δⱼ] = Var[W] Σⱼ δⱼ² = n Var[W] · (mean of δ²).
#
# A uniform distribution on [−a, a] has the variance a²/3. For the standard
# initialization, a = 1/√n, so n Var[W] = 1/3, and a typical difference shrinks by
# √(1/3) = 1/√3 = 0.58. The sigmoid multiplies what is left by its slope, at most 1/4.
# Together: 0.14 per layer, and 0.14³ = 1/330 over three layers.
#
# The weights and the slopes are the same on the way back. Gradients therefore shrink by
# the same factor (next sections).

# %%
kx.figures.depth_profile(sigmoid, step=0)

# %% tags=["check"]
pooled = sigmoid.statistics("activation", "std")[0, :4]
within = sigmoid.statistics("activation", "unit_std")[0, :4]
level = float(pooled.max() / pooled.min())
assert level < 1.3, f"The pooled std is level, within a factor of {level:.1f}."
faded = float(within[0] / within[3])
assert 330 < faded < 450, f"The std within units falls by a factor of {faded:.0f}."
shrunk = [float(within[i + 1] / within[i]) for i in range(3)]
assert max(shrunk) < 0.15, (
    f"A layer multiplies it by {', '.join(f'{one:.2f}' for one in shrunk)}."
)
assert abs(pooled - 0.08).max() < 0.01, (
    f"Pooled: from {float(pooled.min()):.3f} to {float(pooled.max()):.3f}."
)
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
# sigmoid, at most 1/4 · 1/√3 = 0.14. Over three layers, this makes a factor of about
# 330 between hidden_4 and hidden_1. The lower layers therefore cannot improve the signal
# that reaches the top: while hidden_4 falls to 0, hidden_1 hardly moves.

# %%
kx.figures.depth_profile([sigmoid, tanh], step=0)

# %% tags=["check"]
gradients = sigmoid.statistics("preactivation_gradient", "std")[0]
factor = float(gradients.sel(layer="hidden_4") / gradients.sel(layer="hidden_1"))
assert 280 < factor < 400, (
    f"Gradients shrink by a factor of {factor:.0f} from hidden_4 to hidden_1."
)
between = factor ** (1 / 3)
assert abs(between - 7) < 0.5, (
    f"Neighboring layers differ by a factor of {between:.1f}."
)
moved = float(abs(means.sel(layer="hidden_1") - 0.5).max())
assert moved < 0.005, f"The mean of hidden_1 moves by {moved:.4f}."

# %% [markdown] spec="--figure training-curves" runs="sigmoid sigmoid-normalized tanh-normalized"
# ## Effect on the error
#
# Both sigmoid networks stay at chance: guessing the most frequent class has an error of
# 83%. The error of the tanh network falls below chance.

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
# With the normalized (Glorot uniform) initialization, nine times the signal reaches
# hidden_4, ten times the gradient reaches hidden_1, and the top layer still collapses
# to 0. The cause is the sigmoid, which is flat at 0.

# %%
kx.figures.layer_curves([sigmoid, normalized], "activation", band="std")

# %% tags=["check"]
fallen = float(normalized.statistics("activation", "mean").sel(layer="hidden_4")[-1])
assert fallen < 0.1, (
    f"With the normalized initialization, the top layer falls to {fallen:.3f}."
)
others = normalized.statistics("preactivation_gradient", "std")[0]
more = float((others / gradients).sel(layer="hidden_1"))
assert 8 < more < 12, f"The gradient at hidden_1 is {more:.0f} times as large."
signal = normalized.statistics("activation", "unit_std")[0, 3] / within[3]
assert 8 < signal < 10, f"The signal at hidden_4 is {float(signal):.0f} times as large."

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

# %% [markdown]
# ## Exercise: center the sigmoid
#
# The network **sigmoid-normalized** is at chance after 2,500 updates. Change the function
# so that it keeps the shape of the sigmoid, but an output of 0 is where its slope is
# steepest. After 1,500 updates, the error should be below 80%. To pass signal and
# gradient through four layers, the slope at 0 should be close to 1.


# %% tags=["exercise"]
def activation(s):
    return keras.ops.sigmoid(s)


# %% tags=["solution"]
def activation(s):
    # The sigmoid is 1/2 at s = 0, with a slope of 1/4.
    return 2 * keras.ops.sigmoid(2 * s) - 1


# %% tags=["exercise-check"]
model = keras.Sequential([keras.Input((32, 32, 1)), keras.layers.Flatten()])
for number in range(1, 5):
    kernel = keras.initializers.GlorotUniform(seed=seed + number)
    model.add(keras.layers.Dense(100, activation, kernel_initializer=kernel))
model.add(keras.layers.Dense(9, "softmax"))
values = [float(activation(s)) for s in (-4.0, -1.0, 0.0, 1.0, 4.0)]
run = train(
    f"{folder}/exercise",
    model,
    learning_rate=0.2,
    updates=1500,
    seed=seed,
    values=values,
)
error = float(run.metrics()["val_error"][1][-3:].mean())
verify(abs(values[2]) < 0.01, f"φ(0) = {values[2]:.2f}; the goal is 0.")
verify(error < 0.8, f"The error is {error:.0%}; the goal is less than 80%.")
