# %% [markdown] minutes=25 thumbnail=5
# # Why does it not learn?
#
# Six programs train a network on the same data, and none of them learns it. Each has
# one fault, of a kind that is frequent in practice. You look at one figure of each
# program and name the cause, before the diagnosis does. Then remedies are tried on one
# of the programs, and you repair a seventh.
#
# Sources: Wardat et al. (2022), *DeepDiagnosis*; Zhang et al. (2021), *AUTOTRAINER*:
# collections of such programs, and of their repairs.

# %% tags=["parameters"]
from tempfile import mkdtemp

import keras_xavier as kx
from keras_xavier.lessons import record, verify
from keras_xavier.lessons.faulty_programs import HEALTHY, PROGRAMS, build, spirals

folder = "lessons/lesson-7"
seed = 0

# %% [markdown]
# ## The task
#
# Points in a plane belong to one of three arms of a spiral, which are equally frequent:
# guessing is right for a third of them, and its loss is ln 3 = 1.10. A network of three
# hidden layers with 32 ReLU units, trained by plain gradient descent with a learning
# rate of 0.3, has a loss below 0.1 after 400 updates.
#
# The six programs differ from this healthy one in one or two lines. They are in the
# module `keras_xavier.lessons.faulty_programs`. Do not look yet: your own program is in
# plain sight, too, and you still do not see its fault. The app shows the findings of a
# program once you have named the cause.

# %% [markdown] folded="Derivation: why guessing has a loss of ln 3"
# The cross-entropy of an example is −ln p, where p is the probability that the network
# gives to the right class. A network that has learned nothing but the frequencies of
# the classes gives 1/3 to each of the three, so its loss is −ln ⅓ = ln 3 = 1.10.
#
# No other constant probabilities do better: with frequencies fₖ, the mean loss −Σₖ fₖ ln
# pₖ is smallest for pₖ = fₖ. A loss far above it means that the network is sure, and
# wrong.

# %%
x, y = spirals(2000, seed)
healthy = record(f"{folder}/healthy", HEALTHY.network(), (x, y), updates=400)
runs = {
    name: record(
        f"{folder}/{name}", program.network(), (program.scale * x, y), updates=400
    )
    for name, program in PROGRAMS.items()
}
findings = {name: kx.diagnose(run) for name, run in runs.items()}

# %% tags=["check"]
probe_loss = healthy.metrics()["probe_loss"][1]
assert probe_loss[-1] < 0.1, f"The healthy program has a loss of {probe_loss[-1]:.2f}."
for name, run in runs.items():
    accuracy = float(run.metrics()["accuracy"][1][-1])
    assert accuracy < 0.5, f"{name} has an accuracy of {accuracy:.0%}."
    assert len(findings[name]) >= 1, f"The diagnosis finds a cause in {name}."

# %% [markdown] spec="--figure histograms --quantity activation --step 0" runs="program-1"
# ## Program 1
#
# The network has tanh units. The figure shows the distribution of the activations before
# the first update, with one line for each layer. Look at hidden_1.

# %%
kx.figures.histograms(runs["program-1"], "activation", step=0)

# %% tags=["check"]
share = float(runs["program-1"].statistics("activation", "saturated")[0, 0])
assert share > 0.95, f"{share:.0%} of hidden_1 is saturated at step 0."

# %% [markdown] answer=3
# ## What is the cause?
#
# 1. The weights of hidden_1 grew too much during training.
#    > The figure shows step 0: nothing has been trained yet.
# 2. Tanh saturates, so it cannot be used here.
#    > hidden_2 and hidden_3 have the same function and are not saturated. Something
#    > makes the preactivations of the *first* layer large.
# 3. The inputs are not scaled.
#    > The initial weights are chosen for inputs of size 1. Inputs of size 400 lead to
#    > preactivations that are as large, and tanh to ±1.

# %% [markdown] spec="--figure histograms --quantity activation --step 0" runs="program-1"
# ## Inputs that are not scaled
#
# Nearly all values of hidden_1 are −1 or 1, whatever the weights are: the inputs were
# multiplied by 500. hidden_2 and hidden_3 look healthy, as their inputs are between −1
# and 1. The line of the program is `500 * x`.

# %%
print(findings["program-1"][0])

# %% [markdown] spec="--figure update-ratio" runs="program-2"
# ## Program 2
#
# The figure shows the size of each recorded update of the weights, relative to the size
# of the weights. The shaded range is usual. Where there is no line, an update was 0.

# %%
kx.figures.update_ratio(runs["program-2"])

# %% tags=["check"]
ratio = float(runs["program-2"].update_ratio()[0, :4].max())
assert ratio > 0.05, f"The first update changes a layer by {ratio:.0%} of its weights."
dead = float(runs["program-2"].statistics("activation", "dead")[-1, 2])
assert dead > 0.5, f"At the end, {dead:.0%} of the units of hidden_3 are dead."

# %% [markdown] answer=2
# ## What is the cause?
#
# 1. The learning rate is too low.
#    > The later updates are tiny, but the first ones are not: they are a hundred times
#    > as large as usual. Something happened to the network in between.
# 2. The learning rate is too high.
#    > The first updates throw the weights so far that most units are negative for all
#    > inputs. ReLU gives them 0 and no gradient, so they do not recover.
# 3. The initial weights are too small.
#    > Then gradients would be small from the beginning, and grow if anything.

# %% [markdown] spec="--figure update-ratio" runs="program-2"
# ## A learning rate that is too high
#
# First updates of a tenth of the weights or more, then hardly any: the units died. The
# line of the program is `learning_rate=5.0`. A learning rate that is too high can look
# like one that is too low, if you look at the end only.

# %%
print(findings["program-2"][0])

# %% [markdown] spec="--figure histograms --quantity activation" runs="program-3"
# ## Program 3
#
# The figure shows the last distribution of the activations. The loss is
# `sparse_categorical_crossentropy`, and it ends at 10, far above the 1.10 of guessing.
# Look at the output.

# %%
kx.figures.histograms(runs["program-3"], "activation")

# %% tags=["check"]
probe_loss = float(runs["program-3"].metrics()["probe_loss"][1][-1])
assert 9 < probe_loss < 11, f"The loss ends at {probe_loss:.1f}."
lowest = float(runs["program-3"].statistics("activation", "min")[-1, 3])
highest = float(runs["program-3"].statistics("activation", "max")[-1, 3])
assert lowest < 0 < 1 < highest, f"Outputs are between {lowest:.0f} and {highest:.0f}."
norm = float(runs["program-3"].metrics()["gradient_norm"][1][-1])
assert norm == 0, f"The norm of the gradient is {norm:.0f}."

# %% [markdown] answer=1
# ## What is the cause?
#
# 1. The output has no softmax.
#    > The loss takes the logarithm of probabilities. The outputs are between −12 and 13;
#    > Keras clips them to 0 and 1, where they have no gradient.
# 2. The hidden layers are dead.
#    > About half of their values are 0, as usual with ReLU; the others are not.
# 3. There are too few outputs.
#    > The output has three peaks for three units and three arms. But their values cannot
#    > be probabilities.

# %% [markdown] spec="--figure histograms --quantity activation" runs="program-3"
# ## Logits where the loss takes probabilities
#
# The line of the program is `Dense(3)`, without `activation="softmax"`. The loss of Keras
# takes probabilities unless it is created with `from_logits=True`; the loss of PyTorch,
# `CrossEntropyLoss`, takes logits. Programs that were translated often have this fault.

# %%
print(findings["program-3"][0])

# %% [markdown] spec="--figure histograms --quantity weight" runs="program-4"
# ## Program 4
#
# The figure shows the distribution of the weights after training. The loss falls a bit,
# from 1.10 to 1.02.

# %%
kx.figures.histograms(runs["program-4"], "weight")

# %% tags=["check"]
probe_loss = runs["program-4"].metrics()["probe_loss"][1]
assert 1.0 < probe_loss[-1] < probe_loss[0] < 1.2, (
    f"The loss falls from {probe_loss[0]:.2f} to {probe_loss[-1]:.2f}."
)

# %% [markdown] answer=2
# ## What is the cause?
#
# 1. The weights are too small.
#    > Weights of 0.07 are not unusual in layers with 32 inputs. Not their size is
#    > unusual, but that all of a layer are the same.
# 2. All units of a layer are the same.
#    > They began with equal weights, receive equal gradients, and stay equal: 32 units
#    > can do no more than one.
# 3. There are too few examples.
#    > With 2,000 examples, the healthy program learns in 400 updates.

# %% [markdown] spec="--figure histograms --quantity weight" runs="program-4"
# ## Symmetry that is not broken
#
# Each hidden layer has one or two narrow peaks in place of a broad distribution. The
# line of the program is `kernel_initializer=Constant(0.1)`. Random initial weights are
# not only about their size: they make units different.

# %% [markdown] folded="Derivation: why equal units stay equal"
# Two units i and j of a layer with equal weights compute the same sum, so zᵢ = zⱼ for
# every example. If their outgoing weights are equal, too, the chain rule gives them
# equal gradients: ∂C/∂zᵢ = Σₖ Wₖᵢ ∂C/∂sₖ = ∂C/∂zⱼ.
#
# The gradient of an incoming weight is ∂C/∂Wᵢₘ = xₘ φ′(sᵢ) ∂C/∂zᵢ, the same for i and j,
# and so is that of an outgoing weight, zᵢ ∂C/∂sₖ. Each update therefore keeps both
# pairs equal. Only random initial weights separate the units.

# %%
print(findings["program-4"][0])

# %% [markdown] spec="--figure depth-profile --step 0" runs="program-5"
# ## Program 5
#
# The left panel shows how much the activations of each layer vary from example to
# example, before training; the right panel shows the gradients. Both axes are
# logarithmic.

# %%
kx.figures.depth_profile(runs["program-5"], step=0)

# %% tags=["check"]
signal = runs["program-5"].statistics("activation", "unit_std")[0, :8].values
gradient = (
    runs["program-5"].statistics("preactivation_gradient", "unit_std")[0, :8].values
)
assert signal[-1] / signal[0] < 1e-4, (
    f"The signal falls to {signal[-1] / signal[0]:.0e}."
)
assert gradient[0] / gradient[-1] < 1e-4, (
    f"The gradient falls to {gradient[0] / gradient[-1]:.0e}."
)
per_layer = (signal[-1] / signal[0]) ** (1 / 7)
assert abs(per_layer - 0.25) < 0.03, f"A factor of {per_layer:.2f} per layer."

# %% [markdown] answer=3
# ## What is the cause?
#
# 1. The learning rate is too low.
#    > It would have to be 10,000 times as high for the first layer, and no higher for
#    > the last. No learning rate suits both.
# 2. The inputs are not scaled.
#    > Then the first layer would stand out. Here, each layer loses as much as the one
#    > before: a straight line.
# 3. Activation function and initial weights do not suit each other.
#    > Each layer multiplies signal and gradient by a quarter, the slope of the sigmoid.

# %% [markdown] spec="--figure depth-profile --step 0" runs="program-5"
# ## Vanishing signal and gradient
#
# Eight sigmoid layers with the initialization of Keras, Glorot uniform: a factor of a
# quarter per layer, the slope of the sigmoid at 0, as in lesson 1. The line of the
# program is `build("sigmoid", layers=8)`.

# %%
print(findings["program-5"][0])

# %% [markdown] spec="--figure layer-curves --quantity weight --band std" runs="program-6"
# ## Program 6
#
# The figure shows mean and standard deviation of the weights of each layer during
# training. The loss begins at 8, far above the loss of guessing, and ends at the loss of
# guessing.

# %%
kx.figures.layer_curves(runs["program-6"], "weight", band="std")

# %% tags=["check"]
losses = runs["program-6"].metrics()["probe_loss"][1]
assert 7 < losses[0] < 9, f"The loss begins at {losses[0]:.1f}."
assert abs(losses[-1] - 1.1) < 0.01, f"It ends at {losses[-1]:.2f}."
stds = runs["program-6"].statistics("weight", "std")[:, :4]
left = float((stds[5] / stds[0]).max())
assert left < 0.02, f"After 100 updates, {left:.1%} of the weights' std. is left."

# %% [markdown] answer=1
# ## What is the cause?
#
# 1. The regularization is too strong.
#    > The penalty on the weights is larger than anything they could gain: the loss
#    > falls from 8 to 1.10, the loss of guessing, as the weights go to 0.
# 2. The gradient vanishes.
#    > It does, but as a consequence: signal and gradient pass through weights that are
#    > 0.
# 3. The learning rate is too high.
#    > Then the loss would jump. Here it falls, smoothly.

# %% [markdown] spec="--figure layer-curves --quantity weight --band std" runs="program-6"
# ## Too much regularization
#
# All weights go to 0 within 100 updates. The line of the program is
# `kernel_regularizer=L2(0.1)`. Keras adds the penalty to the loss, which is why the loss
# begins at 8.

# %% [markdown] folded="Derivation: a loss of 8, and how fast the weights fall"
# The penalty is 0.1 Σ W². Glorot uniform weights have the variance 2/(nᵢ + nᵢ₊₁), and a
# layer has nᵢ nᵢ₊₁ of them, so Σ W² is about 4 + 32 + 32 + 5 = 73 from hidden_1 to the
# output, and the loss begins at 7.3 + 1.1 = 8.4.
#
# The gradient of the penalty is 0.2 W. With a learning rate of 0.3, it multiplies W by
# 1 − 0.3 · 0.2 = 0.94 in each update: after 100 updates, 0.94¹⁰⁰ = 0.2% is left, and
# not much more if the cross-entropy pulls in the other direction.

# %%
print(findings["program-6"][0])

# %% tags=["check"]
CAUSES = (
    "inputs_not_scaled",
    "learning_rate_too_high",
    "logits_as_probabilities",
    "symmetry_not_broken",
    "wrong_initial_scale",
    "too_much_regularization",
)
for name, cause in zip(PROGRAMS, CAUSES, strict=True):
    first = findings[name][0]
    assert first.name == cause, f"The cause in {name}: {first.title}."

# %% [markdown] image=7
# ## Try the remedies
#
# A diagnosis is a hypothesis. `kx.try_remedies` tests it: it changes the program in ways
# that suit its findings, and trains each changed program beside the original. Here, it
# tries two changes of program 1. Scaling the inputs removes the cause; batch
# normalization scales the preactivations instead. The first reaches an accuracy above
# 95%, the second above 60%, and the original stays below 50%.

# %%
program = PROGRAMS["program-1"]
# The app would list runs in the folder, with names that reveal the answer.
report = kx.try_remedies(
    runs["program-1"],
    program.network(),
    (program.scale * x, y),
    folder=mkdtemp(),
    updates=300,
    limit=2,
    seed=seed,
)
print(report)
report.figure()

# %% tags=["check"]
for one, low, high in (
    (report.original, 0, 0.5),
    (report.helpful[0], 0.95, 1),
    (report.helpful[1], 0.6, 1),
):
    assert low < one.value <= high, f"{one.title}: an accuracy of {one.value:.0%}."
assert report.helpful[0].title == "Scaled inputs", "The best is to scale the inputs."

# %% [markdown]
# ## Next steps
#
# In a notebook, replace `"program-1"` above. Which remedies of program 5 help?
#
# `kx.LayerStatistics(..., on_finding="warn")` issues a warning while your own program
# trains, as soon as a fault is visible. `keras-xavier diagnose RUN` reports the findings
# of a recorded run.

# %% [markdown]
# ## Exercise: a program with two faults
#
# This program has two faults at once. Find them with the diagnosis, `print(findings)`,
# and change the lines until the loss is below 0.5 after 400 updates, with no error among
# the findings.

# %% tags=["exercise"]
scale = 300
activation = "tanh"
learning_rate = 5.0

# %% tags=["solution"]
scale = 1
activation = "tanh"
learning_rate = 0.3

# %% tags=["exercise-check"]
x, y = spirals(2000, seed)
model = build(activation, learning_rate=learning_rate)
run = record(
    f"{folder}/exercise",
    model,
    (scale * x, y),
    updates=400,
    lines=[scale, activation, learning_rate],
)
loss = float(run.metrics()["probe_loss"][1][-1])
findings = kx.diagnose(run)
errors = [one.title for one in findings if one.severity == "error"]
verify(loss < 0.5, f"The loss is {loss:.2f}; the goal is less than 0.5.")
verify(not errors, f"Errors: {', '.join(errors) or 'none'}.")
