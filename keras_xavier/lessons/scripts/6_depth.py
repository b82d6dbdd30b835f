# %% [markdown] minutes=20 thumbnail=2
# # Depth 50 and the edge of chaos
#
# In a wide random network, the only relevant property of the weights is σ_w² = n
# Var[W]. For tanh without biases, there are two phases:
#
# - **ordered**, σ_w² < 1: signals fade, all images become the same, gradients vanish;
# - **chaotic**, σ_w² > 1: similar images diverge, gradients explode.
#
# Between them, at σ_w² = 1, is the *edge of chaos*, where signal and gradient reach any
# depth. The normalized (Glorot uniform) initialization puts layers of equal width
# there. This lesson shows networks of fifty layers on the edge and on both sides of it.
#
# Sources: Poole et al. (2016); Schoenholz et al. (2017), *Deep information
# propagation*; Saxe et al. (2014) for orthogonal weights.

# %% tags=["parameters"]
import keras
import numpy as np
from matplotlib.figure import Figure

import keras_xavier as kx
from keras_xavier.lessons import record_untrained, train, verify

folder = "lessons/lesson-6"
seed = 0

# %% [markdown]
# ## Three networks
#
# Fifty hidden layers of 100 tanh units, 600 updates with a learning rate of 0.02:
#
# - **ordered** has the standard (PyTorch-style uniform) initialization, σ_w² = 1/3.
# - **critical** has orthogonal weights, σ_w² = 1.
# - **chaotic** has the He normal initialization, σ_w² = 2, which was designed for ReLU.
#
# Orthogonal weights have the variance of normal weights, but without random deviations
# that accumulate over fifty layers. The theory, which assumes infinite width, therefore
# holds at 100 units.

# %% [markdown] folded="Derivation: the edge of chaos"
# **The signal.** In a wide layer, s is normally distributed with a variance q. The next
# layer has q′ = σ_w² E[φ(s)²] + σ_b² (lesson 4). For tanh, φ(s)² = s² − ⅔ s⁴ + …, and
# E[s⁴] = 3 q² for a normal distribution, so without biases q′ = σ_w² (q − 2q² + …).
#
# For σ_w² < 1, q falls exponentially to 0; for σ_w² > 1, it approaches a positive fixed
# point. At σ_w² = 1, q′ = q − 2q²: for small q, 1/q grows by 2 in each layer, so 1/q ≈
# 2l in layer l, and a standard deviation is √q ≈ 1/√(2l).
#
# **Two images.** Let an image change by a small ε. Each s changes by δ, and z by φ′(s)
# δ, so the next layer has E[δ′²] = σ_w² E[φ′(s)²] E[δ²] = χ E[δ²]. For χ < 1, similar
# images become the same; for χ > 1, they separate.
#
# **The gradient.** On the way back, ∂C/∂s is multiplied by the same φ′(s) and the same
# weights, so its variance is multiplied by the same χ. The edge of chaos is χ = 1. For
# tanh without biases, it is at σ_w² = 1, as q falls to 0, where φ′ = 1.

# %% [markdown] answer=2
# ## Your prediction
#
# Only one of the networks learns. In the chaotic network, signal and gradient reach
# every layer. Which network learns?
#
# 1. **ordered**: its small weights are a safe start.
#    > Each layer divides the variance by 3. After fifty layers, nothing is left of
#    > the image, and nothing of the gradient.
# 2. **critical**: it is between the extremes.
#    > Signal and gradient reach all layers, and similar images stay similar.
# 3. **chaotic**: it has the largest gradients.
#    > Its gradients reach all layers, but similar images become unlike: what it learns
#    > from one image does not transfer to the next.

# %%
LAYERS = np.array([1, 10, 20, 30, 40, 50])
hyperparameters = {
    "activation": "tanh",
    "layers": 50,
    "learning_rate": 0.02,
    "updates": 600,
}
SCHEMES = {
    "ordered": ("standard", 1 / 3),
    "critical": ("orthogonal", 1.0),
    "chaotic": ("he_normal", 2.0),
}
runs = {
    name: train(
        f"{folder}/{name}",
        initializer=initializer,
        recorded=[f"hidden_{layer}" for layer in LAYERS],
        seed=seed,
        **hyperparameters,
    )
    for name, (initializer, _) in SCHEMES.items()
}

# %% [markdown] spec="--figure training-curves" runs="ordered critical chaotic"
# ## The network on the edge learns
#
# After 600 updates, **critical** has an error below 80%. The other two are at chance,
# at 83% or above.

# %%
kx.figures.training_curves(list(runs.values()))

# %% tags=["check"]
for name, run in runs.items():
    error = float(run.metrics()["val_error"][1][-3:].mean())
    learns = name == "critical"
    assert (error < 0.8) == learns, f"{name} has an error of {error:.1%}."
    assert (error > 0.81) != learns, (
        f"{name} is {'below' if learns else 'at'} chance: {error:.1%}."
    )

# %% [markdown] spec="--figure depth-profile --step 0 --statistic std" runs="ordered critical chaotic"
# ## Signal and gradient before training
#
# The signal is on the left, the gradient on the right, for six of the fifty layers.
#
# - **ordered**: the signal falls to 4 · 10⁻¹² of its first value, and the gradient to 3
#   · 10⁻¹² on its way down. hidden_1 learns nothing, and hidden_50 receives nothing of the
#   image.
# - **critical**: the signal falls slowly. In theory, q ≈ 1/(2l) in layer l: a standard
#   deviation of 0.1 in hidden_50.
# - **chaotic**: the signal is level. But the gradient grows 15-fold on its way down, and
#   similar images do not stay similar: in theory, a correlation of 0.99 falls below 0.6
#   within fifty layers. What the network learns from one image hardly transfers to
#   similar images.

# %%
kx.figures.depth_profile(list(runs.values()), step=0, statistic="std")

# %% tags=["check"]
signal = {
    name: run.statistics("activation", "std")[0].values for name, run in runs.items()
}
gradient = {
    name: run.statistics("preactivation_gradient", "std")[0].values
    for name, run in runs.items()
}
faded = signal["ordered"][-1] / signal["ordered"][0]
assert 3e-12 < faded < 5e-12, (
    f"ordered: the signal falls to {faded:.0e} of its first value."
)
faded = gradient["ordered"][0] / gradient["ordered"][-1]
assert 2e-12 < faded < 4e-12, f"ordered: the gradient falls to {faded:.0e}."
for layer, std in zip(LAYERS[2:], signal["critical"][2:], strict=True):
    expected = (2 * layer) ** -0.5
    assert abs(std / expected - 1) < 0.15, (
        f"critical, hidden_{layer}: {std:.3f}; 1/√(2·{layer}) = {expected:.3f}."
    )
level = signal["chaotic"].max() / signal["chaotic"].min()
assert level < 1.1, f"chaotic: the signal stays within a factor of {level:.2f}."
grown = gradient["chaotic"][0] / gradient["chaotic"][-1]
assert 12 < grown < 18, f"chaotic: the gradient grows {grown:.0f} times."
variance, correlation = kx.theory.fixed_point("tanh", weight_variance=2), 0.99
for _ in range(50):
    correlation = kx.theory.correlation_map(
        correlation, "tanh", variance=variance, weight_variance=2
    )
assert correlation < 0.6, f"chaotic: a correlation of 0.99 falls to {correlation:.2f}."

# %% [markdown] image=3 runs="ordered-similar chaotic-similar"
# ## Similar images become equal or unlike
#
# Whether a network can distinguish two images depends on the *cosine* between their
# vectors in a layer: 1 means that they look the same. We measure untrained networks on 100
# variations of one image, whose mean cosine is 0.9 in the first layer.
#
# - **ordered-similar**, σ_w² = 1/3 with random biases of variance 0.01: the cosine
#   converges to 1. The biases, which are the same for all images, outweigh the images.
# - **chaotic-similar**, σ_w² = 2 without biases: the cosine falls to 0.2. Images that
#   were alike end almost as unlike as any two.
#
# Dots are measurements, lines are the map of the correlation, iterated from the first
# layer (`kx.theory.predicted`).

# %%
image = np.random.default_rng(seed).normal(size=(1, 32, 32, 1))
noise = np.random.default_rng(seed + 1).normal(size=(100, 32, 32, 1))
similar = (np.sqrt(0.9) * image + np.sqrt(0.1) * noise).astype("float32")
labels = np.zeros(100, "int64")


def untrained(weight_variance, bias_variance):
    """Returns a network of fifty tanh layers with orthogonal weights."""
    initialize = {
        "kernel_initializer": keras.initializers.Orthogonal(
            weight_variance**0.5, seed=seed
        ),
        "bias_initializer": keras.initializers.RandomNormal(
            stddev=bias_variance**0.5, seed=seed
        ),
    }
    hidden = [
        keras.layers.Dense(100, "tanh", name=f"hidden_{layer}", **initialize)
        for layer in range(1, LAYERS[-1] + 1)
    ]
    output = keras.layers.Dense(9, "softmax", name="output")
    return keras.Sequential(
        [keras.Input((32, 32, 1)), keras.layers.Flatten(), *hidden, output]
    )


similar_runs = {
    name: record_untrained(
        f"{folder}/{name}-similar",
        untrained(weight_variance, bias_variance),
        probe=(similar, labels),
        weight_variance=weight_variance,
        bias_variance=bias_variance,
        seed=seed,
    )
    for name, weight_variance, bias_variance in (
        ("ordered", 1 / 3, 0.01),
        ("chaotic", 2.0, 0.0),
    )
}


# %%
def draw_cosines():
    """Plots measured cosines as dots and the predictions of theory as lines."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, (name, run) in enumerate(similar_runs.items()):
        measured = run.statistics("preactivation", "cosine")[0, :50]
        theory = kx.theory.predicted(run, "preactivation", "cosine")[0, :50]
        depth = np.arange(1, 51)
        axes.plot(depth, measured, "o", color=f"C{number}", label=f"{name}, measured")
        axes.plot(depth, theory, "-", color=f"C{number}", label=f"{name}, theory")
    axes.set(xlabel="layer", ylabel="mean cosine between images", ylim=(-0.1, 1.1))
    axes.set_title("Preactivations before training")
    axes.legend()
    return figure


draw_cosines()

# %% tags=["check"]
cosines = {
    name: run.statistics("preactivation", "cosine")[0, :50].values
    for name, run in similar_runs.items()
}
for name, measured in cosines.items():
    assert 0.85 < measured[0] < 0.95, (
        f"{name}: the cosine is {measured[0]:.2f} in hidden_1."
    )
    theory = kx.theory.predicted(similar_runs[name], "preactivation", "cosine")[0, :50]
    farthest = float(abs(measured - theory).max())
    assert farthest < 0.1, f"{name}: theory is at most {farthest:.2f} away."
same, strangers = cosines["ordered"][9], cosines["chaotic"][-1]
assert same > 0.999, f"ordered: the cosine is {same:.4f} in hidden_10."
assert abs(strangers - 0.2) < 0.05, (
    f"chaotic: the cosine is {strangers:.2f} in hidden_50."
)

# %% [markdown] image=4 runs="ordered critical chaotic"
# ## How deep a signal reaches
#
# A layer multiplies the variance of gradients by χ = σ_w² E[φ′(s)²], so that the
# variance changes by a factor of 1/e over ξ = −1/ln χ layers. In the ordered phase, χ =
# 1/3, and ξ is less than one layer; in the chaotic phase, χ > 1. On the edge, χ
# approaches 1 and ξ is unbounded: gradients fall only as a power of the depth, by a
# factor of about 4 here. Dots are measurements, dashed lines are predictions from χ.


# %%
def draw_depths():
    """Plots measured gradients as dots and predictions from χ as dashed lines."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, (name, (_, weight_variance)) in enumerate(SCHEMES.items()):
        gain = np.exp(
            -1
            / kx.theory.depth_scales("tanh", weight_variance=weight_variance).gradient
        )
        line = gradient[name][-1] * gain ** ((50 - LAYERS) / 2)
        color = f"C{number}"
        axes.semilogy(LAYERS, gradient[name], "o", color=color, label=name)
        axes.semilogy(LAYERS, line, "--", color=color, label=f"χ = {gain:.2f}")
    axes.set(xlabel="layer", ylabel="std. of ∂C/∂s before training")
    axes.legend()
    return figure


draw_depths()

# %% tags=["check"]
ordered = kx.theory.depth_scales("tanh", weight_variance=1 / 3).gradient
assert 0 < ordered < 1, f"In the ordered phase, ξ is {ordered:.2f} layers."
measured = np.log(gradient["ordered"][3] / gradient["ordered"][1]) / 20
assert abs(measured * 2 * ordered - 1) < 0.15, (
    f"Measured from hidden_10 to hidden_30: {1 / (2 * measured):.2f} layers."
)
chaotic = kx.theory.depth_scales("tanh", weight_variance=2).gradient
assert chaotic < 0, (
    f"In the chaotic phase, gradients grow e-fold in {-chaotic:.0f} layers."
)
power = gradient["critical"][-1] / gradient["critical"][0]
assert 3.5 < power < 5, f"On the edge, the gradient falls by a factor of {power:.1f}."

# %% [markdown] spec="--figure overview --quantity activation --statistic std" runs="ordered critical"
# ## Changes during training
#
# Each row is a layer, each column is a step. In the ordered network, only the upper
# layers change: hidden_50 grows from nearly 0, while hidden_20 stays the same to three
# digits. In the critical network, all layers above the first grow together.

# %%
kx.figures.overview([runs["ordered"], runs["critical"]], "activation", "std")

# %% tags=["check"]
moved = {
    name: (std[-1] / std[0]).values
    for name, run in runs.items()
    for std in [run.statistics("activation", "std")]
}
top, middle = moved["ordered"][-1], moved["ordered"][2]
assert top > 1e6, f"ordered: hidden_50 grows {top:.0e} times."
assert abs(middle - 1) < 1e-3, f"ordered: hidden_20 changes by {abs(middle - 1):.0e}."
rest = moved["critical"][1:]
assert rest.min() > 1.05, (
    f"critical: hidden_10 to hidden_50 grow {rest.min():.1f} to {rest.max():.1f} times."
)

# %% [markdown]
# ## Next steps
#
# Each activation function has its own edge of chaos: for ReLU, it is σ_w² = 2 of the He
# initialization; for GELU, it is 1.98, with biases. `kx.theory.edge_of_chaos` computes
# it, and the initializer `critical` draws weights from it. Does a network of 100 units
# per layer learn with normal weights instead of orthogonal weights?
#
# ```
# keras-xavier train --activation tanh \
#     --initializer critical --layers 50 --units 100 \
#     --learning-rate 0.02 --updates 600 \
#     --run lessons/critical-normal
# ```

# %% tags=["check"]
relu, gelu = map(kx.theory.edge_of_chaos, ("relu", "gelu"))
assert abs(relu.weight_variance - 2) < 1e-6, f"ReLU: σ_w² = {relu.weight_variance:.2f}."
assert abs(gelu.weight_variance - 1.98) < 0.01, f"GELU: {gelu.weight_variance:.2f}."

# %% [markdown]
# ## Exercise: the edge of chaos of another function
#
# The activation function φ(s) = tanh(2s) is twice as steep as tanh. Change σ_w² so that
# the network is on its edge of chaos: over fifty layers, signal and gradient should each
# change by less than a factor of 20. With σ_w² = 1, is the network ordered or chaotic?

# %% tags=["exercise"]
weight_variance = 1.0

# %% tags=["solution"]
# At q = 0, φ′ = 2, so χ = σ_w² · 2² = 1.
weight_variance = 0.25


# %% tags=["exercise-check"]
def steep(s):
    return keras.ops.tanh(2 * s)


images = keras.Input((32, 32, 1))
x = keras.layers.Flatten()(images)
for number in range(1, 51):
    x = keras.layers.Dense(
        100,
        steep,
        kernel_initializer=keras.initializers.Orthogonal(
            weight_variance**0.5, seed=seed + number
        ),
        name=f"hidden_{number}",
    )(x)
model = keras.Model(images, keras.layers.Dense(9, "softmax")(x), name="steep")
run = record_untrained(
    f"{folder}/exercise",
    model,
    recorded=["hidden_1", "hidden_50"],
    seed=seed,
    weight_variance=weight_variance,
)
for quantity, name in (
    ("activation", "signal"),
    ("preactivation_gradient", "gradient"),
):
    first, last = run.statistics(quantity, "std")[0].values
    change = max(first / last, last / first)
    verify(change < 20, f"The {name} changes {change:,.1f}-fold; the goal is below 20.")
