# %% [markdown]
# # Why deep sigmoid networks stall
#
# Until 2006, hardly anyone got a network with more than two hidden layers to learn
# from random weights. The sigmoid, φ(s) = 1/(1 + e⁻ˢ), was the usual activation
# function. Here you see what happens in such a network, layer by layer, and why a
# function of the same shape that lies around 0 does not have it.
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
# Each has four hidden layers of 100 units and learns Shapeset-3×2, images of one or
# two shapes, by plain gradient descent: 2,500 updates with batches of 10 and the
# learning rate 0.2.
#
# - **sigmoid**, with the initialization that was usual then, W ~ U[−1/√n, 1/√n] for
#   n inputs,
# - **sigmoid-normalized**, with the initialization of lesson 4,
# - **tanh-normalized**, the same with tanh(s) = 2σ(2s) − 1: a sigmoid σ, stretched
#   and moved so that it lies around 0.
#
# On 300 test examples that stay the same, each layer is measured while it trains.

# %% [markdown] answer=2
# ## Your prediction
#
# Units of a sigmoid begin near 0.5, where its slope is steepest, 1/4. Near 0 and near
# 1 it is flat, and lets no gradient through: the layer is *saturated*. Which hidden
# layer of the network **sigmoid** gets there first?
#
# 1. The first one, next to the input.
# 2. The top one, next to the output.
# 3. All of them together.

# %%
settings = {"layers": 4, "learning_rate": 0.2, "updates": 2500, "seed": seed}
sigmoid = train(
    f"{folder}/sigmoid", activation="sigmoid", initializer="standard", **settings
)
normalized = train(
    f"{folder}/sigmoid-normalized",
    activation="sigmoid",
    initializer="normalized",
    **settings,
)
tanh = train(
    f"{folder}/tanh-normalized", activation="tanh", initializer="normalized", **settings
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band std" runs="sigmoid"
# ## The top layer goes to 0
#
# The lines are the mean activations of each layer, the bands one standard deviation.
# The top hidden layer, hidden_4, falls from 0.5 to under 0.1, most of the way within
# the first 500 updates. The layers below stay between 0.4 and 0.8. So it is the top
# layer that comes near saturation: at 0.1, the slope z(1 − z) is 0.09, at 0.05 it is
# 0.05, a fifth of the steepest.

# %%
kx.figures.layer_curves(sigmoid, "activation", band="std")

# %% tags=["check"]
means = sigmoid.statistics("activation", "mean")
top, below = means.sel(layer="hidden_4"), means[:, :3]
lowest = float(top[-1])
half_way = float(top.sel(step=500))
assert lowest < 0.1, (
    f"The top layer's mean falls from {float(top[0]):.2f} to {lowest:.3f}."
)
assert half_way < 0.2, f"At update 500 it is at {half_way:.3f}."
low, high = float(below.min()), float(below.max())
assert 0.4 < low < high < 0.8, f"Those below stay between {low:.2f} and {high:.2f}."

# %% [markdown] spec="--figure layer-curves --quantity activation --band std" runs="sigmoid tanh-normalized"
# ## Why it does so
#
# The output is softmax(b + W h), with h the top hidden layer. At first h tells next to
# nothing of the image: the signal has gone through four layers of random weights. The
# biases b alone learn how frequent the classes are, and W h only disturbs that. So the
# gradient pushes W h towards 0, and the easiest way is to push h to 0.
#
# For tanh, h = 0 is where the slope is steepest: the layer stays there, with means
# within 0.1 of 0, and goes on learning. For a sigmoid, h = 0 is where it is flat.

# %%
kx.figures.layer_curves([sigmoid, tanh], "activation", band="std")

# %% tags=["check"]
farthest = float(abs(tanh.statistics("activation", "mean").sel(layer="hidden_4")).max())
assert farthest < 0.1, (
    f"With tanh the top layer's mean stays within {farthest:.3f} of 0."
)

# %% [markdown] spec="--figure depth-profile --step 0" runs="sigmoid tanh-normalized"
# ## What reaches the first layer
#
# At the right are the gradients ∂C/∂s before training, for each layer. On the way down
# each layer multiplies their standard deviation by about φ′ √(n Var[W]): for the
# sigmoid at most 1/4 · 1/√3 = 0.14. Three layers make this a factor of 300 between
# hidden_4 and hidden_1. So the lower layers cannot mend what reaches the top: while
# hidden_4 falls to 0, hidden_1 hardly moves.

# %%
kx.figures.depth_profile([sigmoid, tanh], step=0)

# %% tags=["check"]
gradients = sigmoid.statistics("preactivation_gradient", "std")[0]
factor = float(gradients.sel(layer="hidden_4") / gradients.sel(layer="hidden_1"))
assert 150 < factor < 700, (
    f"Gradients shrink by {factor:.0f} from hidden_4 to hidden_1."
)
moved = float(abs(means.sel(layer="hidden_1") - 0.5).max())
assert moved < 0.05, f"The mean of hidden_1 moves by {moved:.3f}."

# %% [markdown] spec="--figure training-curves" runs="sigmoid sigmoid-normalized tanh-normalized"
# ## What it costs
#
# Both sigmoid networks stay at chance: guessing the most frequent class errs in 83 %
# of the images. The tanh network leaves it.

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
    f"{tanh.name} is not: {errors[-5:].min():.1%} to {errors[-5:].max():.1%}."
)

# %% [markdown] spec="--figure layer-curves --quantity activation --band std" runs="sigmoid sigmoid-normalized"
# ## It is not the initialization
#
# With the normalized initialization, more of the signal and ten times the gradient
# gets through to hidden_1, and the top layer goes to 0 all the same. What the sigmoid
# lacks is a steep slope at 0.

# %%
kx.figures.layer_curves([sigmoid, normalized], "activation", band="std")

# %% tags=["check"]
fallen = float(normalized.statistics("activation", "mean").sel(layer="hidden_4")[-1])
assert fallen < 0.1, (
    f"With the normalized initialization the top layer falls to {fallen:.3f}."
)
others = normalized.statistics("preactivation_gradient", "std")[0]
more = float((others / gradients).sel(layer="hidden_1"))
assert 5 < more < 20, f"The gradient at hidden_1 is {more:.0f} times as large."

# %% [markdown]
# ## To go on
#
# Does it ever come free? The paper's network does, after about 100 epochs; with 200
# units and the learning rate 1, ours did at update 12,800 of 60,000. Watch it in the
# app while it trains, for some minutes:
#
# ```
# keras-xavier train --activation sigmoid \
#     --initializer standard --layers 4 --units 200 \
#     --learning-rate 1 --updates 30000 \
#     --run lessons/sigmoid-comes-free
# ```
#
# And how does a sigmoid network with one hidden layer fare?
