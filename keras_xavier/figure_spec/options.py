"""Options of figures: names, types, defaults and labels, without matplotlib."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from keras_xavier.statistics import UNIT_STATISTICS, Quantity, Statistic


class Band(StrEnum):
    """The statistics that layer curves show of each layer."""

    STD = "std"
    """The mean, and mean ± standard deviation as a band."""
    PERCENTILES = "percentiles"
    """The median, and the 2nd to 98th percentile as a band."""
    P98_AND_STD = "p98-and-std"
    """The standard deviation, and the 98th percentile as marks: figure 3 of the
    paper."""
    UNIT_STD = "unit-std"
    """The standard deviation within units."""
    COSINE = "cosine"
    """The mean cosine between examples."""
    DEAD = "dead"
    """The share of dead units."""
    CONSTANT = "constant"
    """The share of constant units."""
    SATURATED_UNITS = "saturated-units"
    """The share of saturated units."""


class Facet(StrEnum):
    """The lines that share a panel; all panels have the same axis limits."""

    AUTO = "auto"
    """One panel, or one for each run if there are several."""
    TOGETHER = "together"
    """One panel with everything."""
    LAYERS = "layers"
    """One panel for each layer, with all runs."""
    RUNS = "runs"
    """One panel for each run, with all layers."""
    STACKED = "stacked"
    """Like `RUNS`, with the panels one below the other."""


class AxisScale(StrEnum):
    """The scale of an axis of values."""

    AUTO = "auto"
    """Chosen automatically from the data."""
    LINEAR = "linear"
    LOG = "log"
    """Logarithmic; only values above 0 are drawn."""
    SYMLOG = "symlog"
    """Logarithmic on both sides of 0, and linear near 0."""


class QuantityPair(StrEnum):
    """The two quantities that a depth profile shows side by side."""

    SIGNALS = "signals"
    """Activations and back-propagated gradients."""
    WEIGHTS = "weights"
    """Weights and their gradients."""


@dataclass(frozen=True)
class Option:
    """An option of a figure: an argument in Python and a control in the app.

    Attributes:
        name: str. Name of the argument in Python, such as `"log_steps"`. On the
            command line, the option is `--log-steps`.
        type: Type of its value: `bool`, `int`, `float`, `str`, or an enum.
        default: Default value.
        label: str. Name of its control in the app, with `&` before the mnemonic.
        help: str. Description in a phrase, for tooltips, `--help` and docstrings.
        choices: Mapping of values to str. Short names of the values that the figure
            accepts, if `type` is an enum.
        in_app: bool. Whether the app has a control for it. The app has one list of
            layers and one step for all figures.
        is_subject: bool. Whether it selects the content of the figure rather than its
            presentation.
        is_read: bool. Whether it selects the data to read from a run. `Plot.update`
            takes the other options.
        metavar: str. Name of its value in `--help`, such as `"STEPS"`.
    """

    name: str
    type: type
    default: object
    label: str
    help: str
    choices: Mapping[Any, str] = field(default_factory=dict)
    in_app: bool = True
    is_subject: bool = False
    is_read: bool = False
    metavar: str = ""

    @property
    def flag(self) -> str:
        """Option on the command line, such as `--log-steps`."""
        return f"--{self.name.replace('_', '-')}"

    def parse(self, value: Any, name: str = "") -> Any:
        """Converts a value to the type of the option.

        Args:
            value: Value, or the name of an enum member. `None` stands for the default.
            name: str. Name of the option in errors. Defaults to its name in Python.

        Returns:
            The converted value.

        Raises:
            ValueError: If the value is not allowed.
        """
        name = name or f"`{self.name}`"
        if value is None:
            return self.default
        if self.type is list:
            return [value] if isinstance(value, str) else list(value)
        if self.choices:
            if value not in self.choices:
                allowed = ", ".join(map(str, self.choices))
                raise ValueError(f"{name} must be one of {allowed}. Received: {value}")
            return self.type(value)
        if self.type is float and not 0 <= value < math.inf:
            raise ValueError(f"{name} must be 0 or more. Received: {value}")
        return value


QUANTITIES = {one: one.short_label for one in Quantity}
SCALES = {
    AxisScale.LINEAR: "linear",
    AxisScale.LOG: "log",
    AxisScale.SYMLOG: "symlog",
}


QUANTITY = Option(
    *("quantity", Quantity, Quantity.ACTIVATION, "&Quantity:", "quantity to draw"),
    QUANTITIES,
    is_subject=True,
    is_read=True,
)


def scale(default: AxisScale, *choices: AxisScale) -> Option:
    names = {AxisScale.AUTO: "automatic", **SCALES}
    return Option(
        *("scale", AxisScale, default, "A&xis:"),
        "scale of the axis of values",
        {one: names[one] for one in choices or SCALES},
    )


STATISTIC = Option(
    *("statistic", Statistic, Statistic.UNIT_STD, "S&tatistic:"),
    "statistic to draw",
    {one: one.short_label for one in Statistic},
    is_subject=True,
    is_read=True,
)
PROFILE_STATISTIC = replace(
    STATISTIC,
    choices={
        one: one.short_label
        for one in (
            *(Statistic.UNIT_STD, Statistic.STD, Statistic.COSINE, Statistic.DEAD),
            *(Statistic.CONSTANT, Statistic.SATURATED_UNITS, Statistic.SATURATED),
            Statistic.ZERO,
        )
    },
)
UNIT_STATISTIC = replace(
    STATISTIC,
    default=Statistic.MEAN,
    choices={one: one.short_label for one in UNIT_STATISTICS},
    is_read=False,
)
BAND = Option(
    *("band", Band, Band.STD, "&Band:", "statistics to draw of each layer"),
    {
        Band.STD: "mean ± std. deviation",
        Band.PERCENTILES: "percentiles 2, 50, 98",
        Band.P98_AND_STD: "std. and 98th percentile",
        Band.UNIT_STD: Statistic.UNIT_STD.short_label,
        Band.COSINE: Statistic.COSINE.short_label,
        Band.DEAD: Statistic.DEAD.short_label,
        Band.CONSTANT: Statistic.CONSTANT.short_label,
        Band.SATURATED_UNITS: Statistic.SATURATED_UNITS.short_label,
    },
    is_subject=True,
)
QUANTITY_PAIR = Option(
    *("quantities", QuantityPair, QuantityPair.SIGNALS, "&Quantities:"),
    "quantities to draw side by side",
    {
        QuantityPair.SIGNALS: "activations and their gradients",
        QuantityPair.WEIGHTS: "weights and their gradients",
    },
    is_subject=True,
    is_read=True,
)
STEP = Option(
    *("step", int, None, "Step:"),
    "recorded step to draw; the last one by default",
    in_app=False,
    is_read=True,
    metavar="N",
)
LAYERS = Option(
    *("layers", list, None, "Layers:"),
    "names of the layers to draw, or globs such as `*/bias`; all layers by default",
    in_app=False,
    metavar="LAYER",
)
LAYER = Option(
    *("layer", str, None, "Layer:"),
    "name of the layer; by default the first layer with the most quantities",
    is_subject=True,
    is_read=True,
    metavar="LAYER",
)
PANELS = Option(
    *("panels", Facet, Facet.AUTO, "&Panels:"),
    "one panel, or one for each layer or run; by default one for each of several runs",
    {
        Facet.AUTO: "automatic",
        Facet.TOGETHER: "one",
        Facet.LAYERS: "one per layer",
        Facet.RUNS: "one per run",
        Facet.STACKED: "one per run, stacked",
    },
)
SMOOTHING = Option(
    *("smoothing", float, 0.0, "S&moothing:"),
    "number of steps over which lines are averaged; the raw lines stay visible",
    metavar="STEPS",
)
LOG_STEPS = Option(
    *("log_steps", bool, False, "Log st&eps"),
    "make the axis of steps logarithmic, which spreads the early steps",
)
FULL_RANGE = Option(
    *("full_range", bool, False, "Include o&utliers"),
    "show the farthest outliers too, not only the 1st to 99th percentile",
)
THEORY = Option(
    *("theory", bool, False, "The&ory"),
    "draw the prediction of theory before training, as dots",
    is_subject=True,
    is_read=True,
)
OUTPUT = Option(
    *("with_output", bool, False, "Output layer"),
    "draw output layers that are not named, too",
    is_read=True,
)
