# %% [markdown] minutes=20 thumbnail=1
# # Width and the learning rate
#
# The initialization makes signal and gradient independent of the *depth* of a network.
# This lesson is about its *width*: with the usual initialization and learning rate, a
# wide network changes more with each update than a narrow one, so a learning rate that
# was tuned on a small network is too high for a large one. The *maximal update
# parametrization* (µP) scales initial weights and learning rates with the width, so that
# all widths learn alike.
#
# Source: Yang et al. (2022), *Tensor Programs V: Tuning Large Neural Networks via
# Zero-Shot Hyperparameter Transfer*, table 3 and figure 5.

# %% tags=["parameters"]
import json
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

import keras_xavier as kx
from keras_xavier.lessons import record, track, verify
from keras_xavier.lessons.faulty_programs import spirals

folder = "lessons/lesson-8"
seed = 0

# %% [markdown]
# ## Two ways to scale a network
#
# The networks have three hidden layers of n ReLU units, with n from 64 to 1,024, and
# learn the spirals of lesson 7 with Adam. Compared with a network of 64 units,
#
# - **standard** changes the initialization only: Var[W] = 2/inputs, the He
#   initialization, and 1/inputs in the output layer.
# - **mup** also divides the learning rates of hidden_2, hidden_3 and the output layer by
#   n/64, and the standard deviation of the output layer's weights by √(n/64).
#
# At n = 64, the two are the same network, **width-64**.

# %% [markdown] folded="Derivation: random sums and coherent sums"
# A unit of hidden_2 adds up n inputs: s = Σⱼ Wⱼ zⱼ.
#
# **Before training**, the terms are independent with random signs. Their sum grows like
# √n, so weights of size 1/√n give s a size of 1.
#
# **An update is not random.** Adam changes each weight by about the learning rate η, in
# the direction of its gradient, and the gradient of Wⱼ is zⱼ ∂C/∂s: it has the sign of
# zⱼ (or always the opposite sign). The terms of the change, Σⱼ ΔWⱼ zⱼ, therefore all have
# the *same* sign, and their sum grows like η n.
#
# For a change of s that is independent of the width, η must fall like 1/n. In hidden_1,
# the number of inputs does not depend on the width, so its learning rate stays. In the
# output layer, the terms of later updates are coherent, too; smaller initial weights
# keep the output from growing when the layer below changes.
#
# Relative to the weights, an update has the size η √n: it *grows* like √n in
# **standard**, and *falls* like 1/√n in **mup**. Many small changes in the same direction
# add up to as much as a few large ones in random directions.

# %% [markdown] answer=1
# ## Your prediction
#
# The networks make five updates with a learning rate of 0.0005. How does the relative
# change of the activations of hidden_3 depend on the width, from 64 to 1,024 units?
#
# 1. In **standard** it grows several times, in **mup** it stays about the same.
#    > A wide unit adds up more changes with the same sign. Only a learning rate that
#    > falls like 1/n compensates for this.
# 2. It stays about the same in both: the He initialization makes layers independent of
#    their width.
#    > It does so before training, when weights are random. Updates are not random: all
#    > changes of a unit's weights push the unit in the same direction.
# 3. In **standard** it stays about the same, in **mup** it falls, because its learning
#    rates are smaller.
#    > Each weight changes less in **mup**, but there are more weights. The two effects
#    > cancel.


# %%
class WidthAdam(keras.optimizers.Adam):
    """Adam with a lower learning rate for matrices with `width` inputs."""

    def __init__(self, learning_rate, width, factor):
        super().__init__(learning_rate)
        self.width, self.factor = width, factor

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) == 2 and variable.shape[0] == self.width:
            learning_rate = learning_rate * self.factor
        super().update_step(gradient, variable, learning_rate)


BASE = 64


def network(width, learning_rate, *, mup):
    """Returns a compiled network."""
    ratio = BASE / width if mup else 1.0
    x = inputs = keras.Input((2,))
    for number in range(1, 4):
        kernel = keras.initializers.HeNormal(seed=seed + number)
        x = keras.layers.Dense(
            width, "relu", kernel_initializer=kernel, name=f"hidden_{number}"
        )(x)
    kernel = keras.initializers.RandomNormal(
        stddev=(ratio / width) ** 0.5, seed=seed + 4
    )
    output = keras.layers.Dense(3, "softmax", kernel_initializer=kernel, name="output")
    model = keras.Model(inputs, output(x))
    model.compile(
        WidthAdam(learning_rate, width, ratio),
        "sparse_categorical_crossentropy",
        jit_compile=False,
    )
    return model


class Change(keras.callbacks.Callback):
    """Adds the relative change of the activations of hidden_3 to the metrics."""

    def activations(self):
        layer = self.model.get_layer("hidden_3")
        outputs = keras.Model(self.model.input, layer.output)(x[:300])
        return keras.ops.convert_to_numpy(outputs)

    def on_train_begin(self, logs=None):
        self.before = self.activations()

    def on_epoch_end(self, epoch, logs=None):
        change = self.activations() - self.before
        logs["change"] = float(np.sqrt(np.mean(change**2) / np.mean(self.before**2)))


x, y = spirals(6400, seed)
WIDTHS = (64, 256, 1024)
runs = {
    name: record(
        f"{folder}/{name}",
        network(width, 0.0005, mup=name.startswith("mup")),
        (x, y),
        updates=5,
        every=1,
        callbacks=[Change()],
        width=width,
        seed=seed,
    )
    for name, width in (
        ("width-64", 64),
        *((f"standard-{width}", width) for width in WIDTHS[1:]),
        *((f"mup-{width}", width) for width in WIDTHS[1:]),
    )
}


# %%
def by_width(measure):
    """Returns a measure of the runs at all widths, for each parametrization."""
    return {
        name: [measure(runs["width-64"])]
        + [measure(runs[f"{name}-{width}"]) for width in WIDTHS[1:]]
        for name in ("standard", "mup")
    }


def update_ratio(run):
    """Returns the mean ratio of update and weight in hidden_2."""
    return float(run.update_ratio().sel(layer="hidden_2").mean())


changes = by_width(lambda run: float(run.metrics()["change"][1][-1]))
ratios = by_width(update_ratio)


def draw_widths():
    """Plots the two measures against the width."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    titles = ("relative change of hidden_3", "update / weight in hidden_2")
    ticks = ((0.05, 0.1, 0.2, 0.5), (0.0005, 0.001, 0.002, 0.005))
    for axes, title, values, marks in zip(
        figure.subplots(1, 2), titles, (changes, ratios), ticks, strict=True
    ):
        for name, style in (("standard", "o-"), ("mup", "s--")):
            axes.loglog(WIDTHS, values[name], style, label=name)
        axes.set(xlabel="width n", ylabel=title)
        axes.set_xticks(WIDTHS, [f"{width:,}" for width in WIDTHS])
        axes.set_yticks(marks, marks)
        axes.minorticks_off()
        axes.legend()
    return figure


# %% [markdown] image=1 runs="width-64 standard-256 standard-1024 mup-256 mup-1024"
# ## The coordinate check
#
# The left panel shows by how much five updates change the activations of hidden_3,
# relative to their size: the *coordinate check* of the paper. From 64 to 1,024 units,
# the change grows almost fivefold in **standard**; in **mup**, it stays within a factor
# of 1.5.
#
# The right panel shows the ratio of update and weight in hidden_2, on average over the
# updates. It grows about threefold in **standard** and falls about fourfold in **mup**;
# the derivation expects √16 = 4.

# %%
draw_widths()

# %% tags=["check"]
for name, (low, high) in (("standard", (4, 5)), ("mup", (1 / 1.5, 1.5))):
    grown = changes[name][-1] / changes[name][0]
    listed = ", ".join(f"{one:.3f}" for one in changes[name])
    assert low < grown < high, f"{name}, change by width: {listed} ({grown:.1f} times)."
for name, expected in (("standard", 3), ("mup", 1 / 4)):
    grown = ratios[name][-1] / ratios[name][0]
    listed = ", ".join(f"{one:.4f}" for one in ratios[name])
    assert 0.85 < grown / expected < 1.15, (
        f"{name}, update / weight by width: {listed} ({grown:.2g} times)."
    )

# %% [markdown] spec="--figure update-ratio" runs="width-64 standard-1024 mup-1024"
# ## Layer by layer
#
# The same ratio in each layer, at each update. At the first update,
#
# - hidden_1, which has two inputs at every width, is the same in all three networks;
# - hidden_2 and hidden_3 have four times the ratio in **standard-1024**, and a quarter
#   of it in **mup-1024**;
# - the output layer has four times the ratio in **standard-1024**. In **mup-1024**, it
#   is the same as in **width-64**, because its weights are smaller, too.
#
# The rule of thumb that an update should be a thousandth of the weights is therefore a
# rule for one width: in **mup**, a healthy ratio is smaller in wider layers.

# %%
compared = [runs["width-64"], runs["standard-1024"], runs["mup-1024"]]
kx.figures.update_ratio(compared)

# %% tags=["check"]
base, *wide = (run.update_ratio()[0] for run in compared)
for name, ratio, expected in (
    ("standard-1024", wide[0], (1, 4, 4, 4)),
    ("mup-1024", wide[1], (1, 1 / 4, 1 / 4, 1)),
):
    for layer, factor in zip(base.layer.values, expected, strict=True):
        found = float((ratio / base).sel(layer=layer))
        assert abs(found / factor - 1) < 0.15, (
            f"{name}, first update: {found:.2f} times the ratio of {layer}."
        )

# %% [markdown] answer=2
# ## Your prediction
#
# Now we look for the best learning rate: five rates from 0.0005 to 0.128, at the widths
# 64, 256 and 1,024. The measure is the mean loss of the first 100 updates. With 64
# units, 0.032 is best. Which rate is best for **standard** with 1,024 units?
#
# 1. A higher one: a larger network is easier to train.
#    > It has more ways to lower the loss, but each update changes it more. At 0.032, its
#    > mean loss is more than ten times the loss of guessing.
# 2. A lower one, by a factor of 4 or more.
#    > An update changes activations in proportion to the learning rate and, with
#    > coherent terms, to the width: 16 times the width takes a much lower rate.
# 3. The same: the learning rate is a matter of the data.
#    > This is true with the maximal update parametrization, which was made for this.

# %%
RATES = [0.0005 * 4**power for power in range(5)]
UPDATES = 100
NETWORKS = {
    "64 units": (64, False),
    "standard, 256 units": (256, False),
    "standard, 1,024 units": (1024, False),
    "mup, 256 units": (256, True),
    "mup, 1,024 units": (1024, True),
}


def sweep(width, mup):
    """Returns the losses of all learning rates, each from the same initial weights."""
    model = network(width, RATES[0], mup=mup)
    model.optimizer.build(model.trainable_variables)
    variables = model.variables + model.optimizer.variables
    initial = [keras.ops.convert_to_numpy(variable) for variable in variables]
    count = 32 * UPDATES
    losses = []
    for rate in RATES:
        for variable, value in zip(variables, initial, strict=True):
            variable.assign(value)
        model.optimizer.learning_rate = rate
        history = model.fit(
            x[:count], y[:count], batch_size=32, shuffle=False, verbose=0
        )
        losses.append(history.history["loss"][0])
    return losses


def load_sweep(path):
    """Returns losses by network; trains the networks unless the file has them."""
    settings = [RATES, UPDATES, list(NETWORKS), seed]
    if path.exists():
        stored = json.loads(path.read_text())
        if stored["settings"] == settings:
            return stored["losses"]
    losses = {name: sweep(*NETWORKS[name]) for name in track(NETWORKS, "sweep")}
    path.write_text(json.dumps({"settings": settings, "losses": losses}))
    return losses


losses = load_sweep(Path(folder, "sweep.json"))


def draw_sweep():
    """Plots losses against learning rates."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    styles = {"64": "k-", "st": "C1-", "mu": "C0--"}
    for name, values in losses.items():
        marker = "^" if "256" in name else "o"
        axes.loglog(RATES, values, styles[name[:2]] + marker, label=name)
    axes.axhline(np.log(3), color="gray", linestyle=":", label="guessing")
    axes.set(xlabel="learning rate", ylabel="mean loss of the first 100 updates")
    axes.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    axes.minorticks_off()
    axes.legend()
    return figure


# %% [markdown] image=3 runs="width-64 standard-256 standard-1024 mup-256 mup-1024"
# ## The best learning rate
#
# The curves of **standard** move to the left with the width: with 256 units, 0.008 is
# best, and with 1,024 units, 0.002 or less, at most a sixteenth of the best rate at 64
# units. With **mup**, 0.032 is best at all widths: the rate that was found with 64 units
# can be used as it is. In the paper, rates found with a network of 40 million weights
# served for one of 6.7 billion.

# %%
draw_sweep()

# %% tags=["check"]
best = {name: RATES[int(np.argmin(values))] for name, values in losses.items()}
for name, rates in (
    ("64 units", [0.032]),
    ("standard, 256 units", [0.008]),
    ("standard, 1,024 units", [0.0005, 0.002]),
    ("mup, 256 units", [0.032]),
    ("mup, 1,024 units", [0.032]),
):
    assert best[name] in rates, f"{name}: best at {best[name]:g}."
worst = losses["standard, 1,024 units"][3] / np.log(3)
assert worst > 10, f"standard, 1,024 units: {worst:.0f} times guessing at 0.032."

# %% [markdown]
# ## Next steps
#
# The initialization of the paper of Glorot & Bengio makes the *beginning* of training
# independent of the size of a network; the maximal update parametrization does so for the
# updates. The package `mup` has it for PyTorch. To see whether your own network is
# parametrized in this way, record five updates at several widths and compare
# `run.update_ratio()` and the activations, as above.

# %% [markdown]
# ## Exercise: a learning rate for 512 units
#
# For **standard** with 512 units, choose a learning rate from the best rate at 64 units,
# 0.032, without a sweep. The mean loss of the first 100 updates should be below 1. At
# 0.032, how large is it?


# %% tags=["exercise"]
def learning_rate(width):
    """Returns the learning rate of a network with the standard parametrization."""
    return 0.032


# %% tags=["solution"]
def learning_rate(width):
    """Returns the learning rate of a network with the standard parametrization."""
    return 0.032 * 64 / width


# %% tags=["exercise-check"]
x = inputs = keras.Input((2,))
for number in range(1, 4):
    kernel = keras.initializers.HeNormal(seed=seed + number)
    x = keras.layers.Dense(512, "relu", kernel_initializer=kernel)(x)
model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(x))
rate = learning_rate(512)
model.compile(
    keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", jit_compile=False
)
points, arms = spirals(3200, seed)
history = model.fit(points, arms, batch_size=32, shuffle=False, verbose=0)
loss = history.history["loss"][0]
verify(loss < 1, f"At {rate:g}, the mean loss is {loss:.2f}; the goal is less than 1.")
