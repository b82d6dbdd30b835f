"""The definitions of all figures.

The command line, the functions of `keras_xavier.figures`, the tabs and help of the
app, the gallery and the reference are made from this table.
"""

from collections.abc import Mapping

from keras_xavier.figure_spec.definition import Example, FigureDefinition
from keras_xavier.figure_spec.options import (
    BAND,
    FULL_RANGE,
    LAYER,
    LAYERS,
    LOG_STEPS,
    OUTPUT,
    PANELS,
    PROFILE_STATISTIC,
    QUANTITY,
    QUANTITY_PAIR,
    SMOOTHING,
    STATISTIC,
    STEP,
    THEORY,
    UNIT_STATISTIC,
    AxisScale,
    Facet,
    Option,
    scale,
)
from keras_xavier.runs.samples import SAMPLES
from keras_xavier.statistics import Quantity

CURVE_SCALE = scale(AxisScale.LINEAR, AxisScale.LINEAR, AxisScale.LOG, AxisScale.SYMLOG)
STATISTIC_SCALE = scale(AxisScale.AUTO, *AxisScale)
HISTOGRAM_SCALE = scale(
    AxisScale.AUTO, AxisScale.AUTO, AxisScale.LINEAR, AxisScale.SYMLOG
)
LOG_SCALE = scale(AxisScale.LOG, AxisScale.LOG, AxisScale.LINEAR, AxisScale.SYMLOG)
RIDGE_PANELS = Option(
    *(PANELS.name, PANELS.type, Facet.RUNS, PANELS.label),
    "panels for each run, or one panel for each layer with all runs",
    {one: PANELS.choices[one] for one in (Facet.RUNS, Facet.LAYERS)},
)
_DEFINITIONS = (
    FigureDefinition(
        name="overview",
        title="Overview",
        summary="Draws one statistic of all layers over the steps, as a map of colors.",
        shows="The whole model at a glance: one row for each layer, the first layer at "
        "the top, and the training steps from left to right. Colors show one statistic "
        "of one quantity: by default the standard deviation within units, the part of "
        "the standard deviation that depends on the input.",
        look_for="If colors fade from one row to the next, the signal or the gradient "
        "vanishes on its way through the layers (equations 5 and 6 of Glorot & Bengio "
        "2010). If they change along a row, training changed that layer.",
        options=(
            QUANTITY,
            STATISTIC,
            LAYERS,
            LOG_STEPS,
            FULL_RANGE,
        ),
        example=Example(
            ("tanh-standard", "tanh-normalized"),
            "The gradient of a tanh network fades from the output to the first layer "
            "with the standard initialization (PyTorch-style uniform), and hardly "
            "fades with the normalized initialization (Glorot uniform).",
            {"quantity": "preactivation_gradient"},
        ),
    ),
    FigureDefinition(
        name="layer-curves",
        title="Layer curves",
        summary="Draws one quantity of each layer over the steps, with a band.",
        shows="One line for each layer over the training steps: the mean of its values "
        "with the standard deviation as a band, percentiles, or one statistic of its "
        "units or of its examples.",
        look_for="Look for a sigmoid layer whose mean falls to 0 (figure 2 and section "
        "3.1 of Glorot & Bengio 2010), for tanh layers that reach ±1 one after another "
        "from the bottom (figure 3, section 3.2), and for gradients that are smaller "
        "in layers nearer the input (section 4.2). If the standard deviation within "
        "units falls to 0, or the mean cosine between examples rises to 1, the layer "
        "answers every input alike.",
        options=(
            QUANTITY,
            BAND,
            LAYERS,
            PANELS,
            STATISTIC_SCALE,
            SMOOTHING,
            LOG_STEPS,
            FULL_RANGE,
            THEORY,
        ),
        example=Example(
            ("sigmoid-standard",),
            "The activations of the sigmoid network's top hidden layer fall to 0; "
            "the activations of the layers below stay near 0.5.",
            {"quantity": "activation"},
        ),
        paper_figures=(2, 3, 9, 10),
    ),
    FigureDefinition(
        name="saturation",
        title="Saturation",
        summary="Draws the share of saturated activations in each layer.",
        shows="The share of saturated activations in each layer over the training "
        "steps. An activation is saturated if its absolute slope is under 5% of the "
        "largest absolute slope.",
        look_for="Hardly any gradient passes through saturated units. Look for layers "
        "that saturate one after another, and for a layer that stays saturated "
        "(sections 3.1 to 3.3 of Glorot & Bengio 2010).",
        options=(LAYERS, PANELS, SMOOTHING, LOG_STEPS),
        example=Example(
            ("tanh-normalized", "softsign-standard"),
            "The first tanh layer saturates long before the others; the softsign "
            "layers hardly saturate within 4,000 updates.",
        ),
    ),
    FigureDefinition(
        name="update-ratio",
        title="Update ratio",
        summary="Draws the size of updates relative to the size of the weights.",
        shows="The size of the updates of each layer relative to the size of its "
        "weights, √⟨ΔW²⟩ / √⟨W²⟩, over the training steps.",
        look_for="As a rule of thumb, a ratio of about 0.001 is healthy; 0.0001 to "
        "0.01 (shaded) is usual. Above 0.1 a layer is unstable, and below 0.00001 it "
        "hardly learns: the diagnosis reports layers beyond these two values.",
        options=(LAYERS, PANELS, LOG_SCALE, SMOOTHING, LOG_STEPS, FULL_RANGE),
        example=Example(
            ("tanh-standard",),
            "A tanh network with the standard initialization (PyTorch-style uniform): "
            "relative to its weights, the output layer moves most.",
        ),
    ),
    FigureDefinition(
        name="histograms",
        title="Histograms at one step",
        summary="Draws the distribution of one quantity in each layer at one step.",
        shows="The distribution of the values of each layer at one step. The axis is "
        "linear unless the layers differ so much that some would be a single bar; the "
        "label of the axis says which.",
        look_for="At step 0 with the standard initialization (PyTorch-style uniform), "
        "layers nearer the input have smaller gradients, and layers nearer the output "
        "have smaller activations: on a linear axis they have a taller peak at 0. On a "
        "logarithmic axis they form two humps, of negative and of positive values, "
        "closer to 0. With the normalized initialization (Glorot uniform) all layers "
        "look alike (figures 6 to 8 and section 4.2 of Glorot & Bengio 2010). Peaks at "
        "the bounds of an activation are saturated units (figure 4, section 3.3).",
        options=(QUANTITY, STEP, LAYERS, PANELS, HISTOGRAM_SCALE, FULL_RANGE),
        example=Example(
            ("tanh-standard", "tanh-normalized"),
            "Before training. With the standard initialization, deeper layers have a "
            "taller peak at 0; with the normalized initialization the layers look more "
            "alike.",
            {"quantity": "activation", "step": 0},
        ),
        paper_figures=(4, 6, 7, 8),
    ),
    FigureDefinition(
        name="histogram-map",
        title="Histogram map",
        summary="Draws the histograms of all steps, as a map of colors.",
        shows="The histograms of all steps: colors show the share of the values, lines "
        "the 2nd, 50th and 98th percentile. Each run has a column of maps with the "
        "same axes and colors.",
        look_for="Values that move to a bound show when each layer saturates.",
        options=(QUANTITY, LAYERS, HISTOGRAM_SCALE, LOG_STEPS, FULL_RANGE),
        example=Example(
            ("sigmoid-standard",),
            "All values of the top hidden layer move to 0 together.",
            {"quantity": "activation"},
        ),
        paper_figures=(3,),
    ),
    FigureDefinition(
        name="ridgelines",
        title="Ridgelines",
        summary="Draws the histograms of up to 20 steps, one below the other.",
        shows="The histograms of up to 20 steps, one below the other. Each run has a "
        "row of ridgelines, or the runs overlap in one panel for each layer.",
        look_for="Look for humps that separate, or that move to a bound.",
        options=(
            QUANTITY,
            LAYERS,
            RIDGE_PANELS,
            HISTOGRAM_SCALE,
            LOG_STEPS,
            FULL_RANGE,
        ),
        example=Example(
            ("tanh-normalized",),
            "The values of the first layer separate, and pile up at ±1.",
            {"quantity": "activation", "layers": ["hidden_1", "hidden_4"]},
        ),
        paper_figures=(3, 4),
    ),
    FigureDefinition(
        name="depth-profile",
        title="Depth profile",
        summary="Draws one statistic against depth at one step.",
        shows="One statistic against depth at one step: activations on the left, "
        "back-propagated gradients on the right, one line for each run. By default it "
        "is the standard deviation within units, which is near 0 if all inputs look "
        "alike to a layer, even if its units differ from each other. The output layer "
        "is left out by default.",
        look_for="With the standard initialization (PyTorch-style uniform), "
        "activations fade toward the last layer and gradients toward the first layer. "
        "With the normalized initialization (Glorot uniform) both lines are level at "
        "step 0 (equations 5, 6 and 16, section 4.2 of Glorot & Bengio 2010). A mean "
        "cosine between examples that rises to 1 with depth shows that all examples "
        "look more and more alike. The dots of theory are for wide layers, and for "
        "examples of equal norm. If all layers are alike, the depth scales of the "
        "variance (ξ_q) and of the correlation between examples (ξ_c) stand beside "
        "them: the numbers of layers over which the distance to the limit falls to "
        "1/e.",
        options=(
            *(PROFILE_STATISTIC, QUANTITY_PAIR, STEP, LAYERS, STATISTIC_SCALE),
            *(THEORY, OUTPUT),
        ),
        example=Example(
            ("tanh-standard", "tanh-normalized"),
            "Before training; the dots are the prediction of mean-field theory.",
            {"step": 0, "theory": True},
        ),
        paper_figures=(6, 7),
    ),
    FigureDefinition(
        name="unit-map",
        title="Unit map",
        summary="Draws the units of each layer over the steps, as a map of colors.",
        shows="The units of each layer, one below the other, and the training steps "
        "from left to right. Colors show the mean activation of each unit; each side "
        "of the middle has its own color. Units are sorted by the first step at which "
        "they are saturated (at least 95% of their values) or dead (all values are "
        "0), then by their mean.",
        look_for="Look for units that turn to the color of a bound, one after another, "
        "and never turn back: they are saturated (section 3 of Glorot & Bengio 2010). "
        "Gray units are dead. The mean of a unit that saturates on both sides is in "
        "the middle; the share of saturated values shows such units.",
        options=(UNIT_STATISTIC, LAYERS, OUTPUT, LOG_STEPS, FULL_RANGE),
        example=Example(
            ("sigmoid-standard",),
            "A sigmoid network: the means of all units of the top hidden layer fall to "
            "0, while the units of the layer below it move apart.",
        ),
    ),
    FigureDefinition(
        name="units-at-step",
        title="Units at one step",
        summary="Draws the mean activation of each unit at one step.",
        shows="The mean activation of each unit of a layer at one step, with the "
        "standard deviation over examples and positions as a band. Units are sorted by "
        "their mean, and features of an input or a target by their index. Marks show "
        "saturated and dead units.",
        look_for="A unit with a narrow band answers every input alike. If the means "
        "differ much and the bands are narrow, the signal of the input is lost, "
        "although the standard deviation over all units is large.",
        options=(STEP, LAYERS, OUTPUT, FULL_RANGE),
        example=Example(
            ("sigmoid-standard",),
            "The same network at the end: only units of the first layer have bands; "
            "the units of all other layers answer every input alike.",
        ),
    ),
    FigureDefinition(
        name="layer-card",
        title="Layer card",
        summary="Draws all quantities of one layer at one step, with their statistics.",
        shows="All recorded quantities of one layer at one step: a small "
        "histogram for each quantity, with its mean, standard deviation and "
        "percentiles, and the shares of saturated, zero and non-finite values. Runs "
        "overlap in different colors.",
        look_for="Compare the preactivations with the activations: values that spread "
        "before the activation function and pile up behind it are saturated (section "
        "3 of Glorot & Bengio 2010). Then compare the gradients with the gradients of "
        "another layer, and the size of the updates with the size of the weights.",
        options=(LAYER, STEP, HISTOGRAM_SCALE, FULL_RANGE),
        example=Example(
            ("tanh-normalized", "softsign-standard"),
            "The first hidden layer after 4,000 updates: the tanh activations pile up "
            "at ±1, where 43% are saturated; the softsign activations stay between.",
            {"layer": "hidden_1"},
        ),
    ),
    FigureDefinition(
        name="network",
        title="Network",
        summary="Draws the network as a graph, with one statistic as colors.",
        shows="The layers and their connections, from the inputs at the top to the "
        "outputs, with branches and residual connections as recorded. Colors show one "
        "statistic of one quantity at one step, with the same colors at all steps. A "
        "block whose inner connections are not recorded is one node with a cell for "
        "each of its layers. Long networks are broken into columns.",
        look_for="See where in the network a signal fades or grows, and whether "
        "residual connections carry it past the layers that lose it. Layers in one "
        "branch that differ from the other branches are seen at once.",
        options=(QUANTITY, STATISTIC, STEP, LAYERS, FULL_RANGE),
        example=Example(
            ("sigmoid-standard",),
            "The back-propagated gradient before training: it shrinks from the output "
            "to the first layer.",
            {"quantity": "preactivation_gradient", "step": 0},
        ),
    ),
    FigureDefinition(
        name="training-curves",
        title="Training curves",
        summary="Draws the loss, the error and other metrics of training runs.",
        shows="Loss, error and other metrics of all runs. Training, validation, test "
        "and probe metrics differ in line style, runs in color.",
        look_for="If the error stays level at first, the other figures show which "
        "layer stops it (figures 11 and 12 and section 5 of Glorot & Bengio 2010).",
        options=(CURVE_SCALE, SMOOTHING, LOG_STEPS, FULL_RANGE),
        example=Example(
            SAMPLES,
            "The sigmoid network stays at chance for all 4,000 updates.",
        ),
        paper_figures=(11, 12),
    ),
    FigureDefinition(
        name="step-quality",
        title="Step quality",
        summary="Draws where each training step lands on the loss of its batch.",
        shows="For runs recorded with step_quality=True: how the loss of the training "
        "batch changes in the step on this batch, and where the step lands on a "
        "parabola along its direction. Alpha is −1 if the step hardly moves, 0 if it "
        "reaches the minimum, and 1 if it lands as high on the other side. The "
        "sharpness is the curvature along the step relative to the slope at its "
        "beginning: with plain gradient descent, learning rate times curvature.",
        look_for="A loss that rises in many steps, alpha above 1 and a sharpness above "
        "2 mean that the learning rate is too high, already in the first steps. Alpha "
        "close to −1 throughout means that it could be higher. Training often settles "
        "where the sharpness is near 2.",
        options=(SMOOTHING, LOG_STEPS, FULL_RANGE),
        example=Example(
            ("tanh-normalized",),
            "A tanh network with the normalized initialization (Glorot uniform): each "
            "recorded step reduces the loss of its batch, and ends before the minimum.",
        ),
    ),
)
FIGURES: Mapping[str, FigureDefinition] = {one.name: one for one in _DEFINITIONS}
"""All figures, by name, in the order of menus and of the gallery."""
DEFAULT_FIGURE = "overview"
DEFAULT_QUANTITY = Quantity.ACTIVATION
