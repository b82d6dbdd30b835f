"""Histograms of the layers at one step, one over the other."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.ticker import AutoLocator, NullLocator

from keras_xavier.figures import binning
from keras_xavier.figures import layers as layers_
from keras_xavier.figures.data import NAMES, SYMBOLS, HistogramData, histogram_data
from keras_xavier.figures.limits import Limits, common, padded, round_out
from keras_xavier.figures.picture import FIGURE_SIZE, Picture, View
from keras_xavier.figures.style import (
    LIGHT,
    PowerLocator,
    Style,
    ValueFormatter,
    line_style,
    shorten_all,
)
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity

ROBUST = (0.01, 0.99)
"""Quantiles, of the layer that is the widest, to which the view reaches."""
FAR_APART = 20.0
"""Ratio of the widest layer to the narrowest that asks for a logarithmic axis."""
PER_DECADE = 10
"""Intervals in each decade of a logarithmic axis."""


class Scale(StrEnum):
    """How values lie along their axis."""

    AUTOMATIC = "automatic"
    """linear, unless the layers are so different that some could not be seen"""
    LINEAR = "linear"
    LOG = "log"
    """logarithmic to both sides, and linear close to 0"""


class Histograms(Picture):
    """One outline for each layer: the share of its values per unit.

    Stored bins are merged to intervals that can be seen; zooming in shows finer
    ones, down to the stored bins. Under the axes stands what is not in view.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._axes = self._add_axes()
        self._patches: list[StepPatch] = []
        self._data: HistogramData | None = None
        self._histograms: list[binning.Histogram] = []
        self._visible = np.zeros(0, bool)
        self._shown: object = None
        self._drawn: object = None
        self._full_range = False
        self._scale = Scale.AUTOMATIC
        self._threshold: float | None = None
        self._set_message("No run")

    def update(
        self,
        data: HistogramData,
        *,
        visible: Collection[str] | None = None,
        scale: Scale | str = Scale.AUTOMATIC,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show.
            visible: Names of the layers to draw, or `None` for all.
            scale: Of the axis of values.
            full_range: Whether the view reaches the farthest values, and not
                only the 1st to the 99th percentile.
        """
        scale = Scale(scale)
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda picture: picture.update(
            data, visible=visible, scale=scale, full_range=full_range
        )
        before = self._data
        follow = (
            before is None
            or before.quantity is not data.quantity
            or scale is not self._scale
            or full_range != self._full_range
            or self.follow
        )
        if before is None or before.layers != data.layers:
            self._names = shorten_all(data.layers)
            self._make_artists(len(data.layers))
        self._data, self._scale, self._full_range = data, scale, full_range
        self._histograms = [
            binning.histogram(counts, edges)
            for counts, edges in zip(data.counts, data.edges, strict=True)
        ]
        self._visible = layers_.select(data.layers, visible)
        self._drawn = None
        shown = (data.layers, tuple(self._visible))
        if shown != self._shown:
            self._shown = shown
            self._show(data)
        self._set_title(f"{NAMES[data.quantity]}s at step {data.step:,}", data.run)
        self._set_message(self._why_empty(data))
        if follow:
            self._set_scale(self._find_threshold(data))
            self.reset_view()

    def _make_artists(self, layers: int) -> None:
        for patch in self._patches:
            patch.remove()
        self._patches = [
            self._axes.stairs(
                [0.0],
                [0.0, 1.0],
                edgecolor=color,
                linewidth=1.6,
                linestyle=line_style(i),
                fill=False,
            )
            for i, color in enumerate(self.style.layer_colors(layers))
        ]

    def _show(self, data: HistogramData) -> None:
        for patch, visible in zip(self._patches, self._visible, strict=True):
            patch.set_visible(bool(visible))
        self._set_legend(
            [(self._patches[i], self._names[i]) for i in np.flatnonzero(self._visible)],
            what="layers",
        )

    def _chosen(self) -> list[binning.Histogram]:
        """The visible histograms that have finite values other than 0."""
        return [
            one
            for one, visible in zip(self._histograms, self._visible, strict=True)
            if visible and one.counts.sum() + one.below + one.above
        ]

    def _find_threshold(self, data: HistogramData) -> float | None:
        """Where the axis becomes logarithmic; `None` if it is linear."""
        chosen = self._chosen()
        bounded = np.isfinite(np.array(data.bounds or [(-np.inf, np.inf)])).all()
        if not chosen or self._scale is Scale.LINEAR:
            return None
        if self._scale is Scale.AUTOMATIC and bounded:
            return None
        sizes = [size(one) for one in chosen]
        far_apart = common(sizes) > FAR_APART * min(sizes)
        if self._scale is Scale.AUTOMATIC and not far_apart:
            return None
        return float(10.0 ** np.floor(np.log10(min(sizes) / 20)))

    def _set_scale(self, threshold: float | None) -> None:
        """Makes the axis of values linear, or logarithmic from `threshold` on."""
        axis = self._axes.xaxis
        if threshold is None:
            if self._threshold is not None or not self._fitted:
                self._axes.set_xscale("linear")
                axis.set_major_locator(AutoLocator())
                axis.set_major_formatter(ValueFormatter())
        elif threshold != self._threshold:
            self._axes.set_xscale("symlog", linthresh=threshold, linscale=0.7)
            axis.set_major_locator(PowerLocator(threshold))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(ValueFormatter())
        self._threshold = threshold
        if self._data is not None:
            name = NAMES[self._data.quantity].lower()
            self._axes.set_xlabel(f"{name} {SYMBOLS[self._data.quantity]}")
        self._axes.set_ylabel(
            "density: share of values per unit"
            if threshold is None
            else "share of values per decade"
        )

    def _why_empty(self, data: HistogramData) -> str:
        if not data.layers:
            return f"No layer of this run has the quantity {data.quantity}"
        if not self._visible.any():
            return "No layer is chosen"
        chosen = [
            one
            for one, visible in zip(self._histograms, self._visible, strict=True)
            if visible
        ]
        if not any(one.total for one in chosen):
            return "No values were counted"
        if not any(one.finite for one in chosen):
            return "No finite values"
        if not self._chosen():
            return "All values are exactly 0"
        return ""

    def _fit(self) -> Mapping[Axes, View]:
        left, right = self._fit_x()
        heights = [
            float(heights[(edges[1:] > left) & (edges[:-1] < right)].max(initial=0.0))
            for heights, edges in self._outlines((left, right)).values()
        ]
        top = 1.06 * (
            max(heights, default=0.0) if self._full_range else common(heights)
        )
        return {self._axes: ((left, right), (0.0, top or 1.0))}

    def _fit_x(self) -> Limits:
        data = self._data
        if data is None:
            return 0.0, 1.0
        bounds = data.bounds or ((-np.inf, np.inf),) * len(data.layers)
        visible = [int(i) for i in np.flatnonzero(self._visible)]
        # Against its bounds, saturation shows.
        views = [padded(*bounds[i], pad=0.02) for i in visible if is_bounded(bounds[i])]
        others = [
            self._histograms[i]
            for i in visible
            if not is_bounded(bounds[i]) and np.isfinite(size(self._histograms[i]))
        ]
        cut = not self._full_range and self._threshold is None
        widest = common([size(one) for one in others]) if cut else np.inf
        levels = (0.0, 1.0) if self._full_range else ROBUST
        views += [
            round_out(*binning.quantiles(one, *levels))
            for one in others
            if size(one) <= widest
        ]
        if not views:
            return 0.0, 1.0
        return min(low for low, _ in views), max(high for _, high in views)

    def _outlines(
        self, limits: Limits
    ) -> dict[int, tuple[binning.Floats, binning.Floats]]:
        """Heights and edges of the intervals of each visible layer, for a view."""
        transform = self._axes.xaxis.get_transform()
        decade = self._threshold or 1.0
        outlines = {}
        for i in np.flatnonzero(self._visible):
            one = self._histograms[i]
            if self._threshold is None:
                grid = binning.linear_grid(one, *limits)
            else:
                first, last = transform.transform(np.array(limits)) / decade
                ticks = np.arange(
                    np.floor(first * PER_DECADE) - 1, np.ceil(last * PER_DECADE) + 2
                )
                grid = transform.inverted().transform(ticks / PER_DECADE * decade)
            counts, edges = binning.merge(one, grid)
            # A symmetric logarithm has its threshold for a unit.
            widths = np.diff(transform.transform(edges)) / decade
            outlines[int(i)] = counts / max(one.total, 1.0) / widths, edges
        return outlines

    def _refine(self) -> None:
        limits = self._axes.get_xlim()
        view = limits, self._axes.get_ylim()
        if self._data is None or view == self._drawn:
            return
        self._drawn = view
        outlines = self._outlines(limits)
        for i, (heights, edges) in outlines.items():
            self._patches[i].set_data(heights, edges)
        self._note.set_text(self._remarks(limits, outlines))

    def _remarks(
        self,
        limits: Limits,
        outlines: Mapping[int, tuple[binning.Floats, binning.Floats]],
    ) -> str:
        """What cannot be seen: shares, each of the layer where it is largest."""
        left, right = limits
        top = self._axes.get_ylim()[1]
        taller = []
        outside, zeros, nonfinite = {}, {}, {}
        for i, (heights, edges) in outlines.items():
            one = self._histograms[i]
            total = max(one.total, 1.0)
            if (heights[(edges[1:] > left) & (edges[:-1] < right)] > top).any():
                taller.append(self._names[i])
            out = (one.edges[1:] <= left) | (one.edges[:-1] >= right)
            outside[i] = (one.counts[out].sum() + one.below + one.above) / total
            zeros[i] = one.zeros / total
            nonfinite[i] = one.nonfinite / total
        shown = max((len(heights) for heights, _ in outlines.values()), default=0)
        stored = max((len(self._histograms[i].counts) for i in outlines), default=0)
        return "  ·  ".join(
            [
                *(["taller than the view: " + ", ".join(taller)] if taller else []),
                f"out of view: {self._largest(outside)}",
                f"exactly 0: {self._largest(zeros)}",
                f"NaN or ±Inf: {self._largest(nonfinite)}",
                f"{stored} bins drawn as {shown} intervals",
            ]
        )

    def _largest(self, shares: Mapping[int, float]) -> str:
        known = {i: share for i, share in shares.items() if share > 0}
        if not known or self._data is None:
            return "none"
        i = max(known, key=lambda i: known[i])
        share = f"{100 * known[i]:.1f} %" if known[i] >= 0.001 else "< 0.1 %"
        return f"{share} of {self._names[i]}"


def is_bounded(bounds: Limits) -> bool:
    """Whether both bounds are finite."""
    return bool(np.isfinite(bounds).all())


def size(data: binning.Histogram) -> float:
    """How far from 0 the values reach; NaN without values."""
    return max(abs(x) for x in binning.quantiles(data, *ROBUST))


def histograms(
    run: Run,
    quantity: Quantity,
    *,
    step: int | None,
    layers: Collection[str] | None,
) -> Figure:
    """Draws the histograms of one quantity at a recorded step."""
    record = -1 if step is None else record_of(run, step)
    figure = Figure(figsize=FIGURE_SIZE)
    picture = Histograms(figure)
    if len(run.steps):
        data = histogram_data(run, quantity, record)
        layers_.require(data.layers, layers)
        picture.update(data, visible=layers)
    return figure


def record_of(run: Run, step: int) -> int:
    """Index of the record of a step.

    Raises:
        ValueError: If the step was not recorded.
    """
    steps = np.asarray(run.steps)
    after = int(np.searchsorted(steps, step))
    if after < len(steps) and steps[after] == step:
        return after
    nearest = " and ".join(f"{s}" for s in steps[max(after - 1, 0) : after + 1])
    raise ValueError(
        f"Step {step} was not recorded; the nearest are {nearest or 'none'}. "
        "Choose one of run.steps"
    )


def gradient_histograms(
    run: Run,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    quantity: Quantity | str = Quantity.PREACTIVATION_GRADIENT,
) -> Figure:
    """Draws the histograms of the gradients of each layer at one step.

    With the default quantity, the back-propagated gradients ∂C/∂s, these are
    those of figure 7 in Glorot & Bengio (2010); with `"weight_gradient"`, of
    figure 8.

    Args:
        run: An opened run.
        step: A recorded step, or `None` for the last one.
        layers: Names of the layers to draw, or `None` for all.
        quantity: Which gradients.

    Returns:
        A matplotlib figure; save it with `figure.savefig("gradients.png")`.

    Raises:
        ValueError: If the step was not recorded, or the run has no such layer.

    Example:

    ```python
    gradient_histograms(open_run("runs/tanh"), step=0).savefig("gradients.pdf")
    ```
    """
    return histograms(run, Quantity(quantity), step=step, layers=layers)


def activation_histograms(
    run: Run, *, step: int | None = None, layers: Collection[str] | None = None
) -> Figure:
    """Draws the histograms of the activations of each layer at one step.

    Args:
        run: An opened run.
        step: A recorded step, or `None` for the last one.
        layers: Names of the layers to draw, or `None` for all.

    Returns:
        A matplotlib figure; save it with `figure.savefig("activations.png")`.

    Raises:
        ValueError: If the step was not recorded, or the run has no such layer.

    Example:

    ```python
    activation_histograms(open_run("runs/tanh"), step=0).savefig("activations.pdf")
    ```
    """
    return histograms(run, Quantity.ACTIVATION, step=step, layers=layers)
