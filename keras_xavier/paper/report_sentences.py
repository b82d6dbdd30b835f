"""Sentences that describe the figures of our runs with numbers."""

from collections.abc import Mapping, Sequence

from keras_xavier.datasets import Dataset
from keras_xavier.paper.claims.reading import (
    apart,
    at_first,
    at_the_end,
    hidden,
    leaving,
    per_layer,
    sizes,
    text,
    top_saturation,
)
from keras_xavier.paper.cost_surface import cost_surfaces
from keras_xavier.paper.test_error_curves import METRIC, last_errors
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic


def samples(dataset: Dataset) -> str:
    """Describes figure 1: size and range of the images."""
    images, _ = dataset.test
    height, width = images.shape[1:3]
    low, high = float(images.min()), float(images.max())
    return (
        f"{len(dataset.class_names)} classes; images of {height} × {width} pixels with "
        f"values from {low:g} to {high:g}."
    )


def sigmoid_layers(sigmoid: Run) -> str:
    """Describes figure 2: saturation of the top layer and when it ends."""
    means = hidden(sigmoid, Statistic.MEAN)
    share = top_saturation(sigmoid)
    _, errors = sigmoid.metrics()[METRIC]
    return (
        f"The mean of the top hidden layer falls from {means[0, -1]:.2f} to "
        f"{means[:, -1].min():.3f}, with up to {share.max():.0%} of its values "
        f"saturated; {leaving(sigmoid)} and ends with {at_the_end(sigmoid, share):.0%} "
        "saturated. The final means of the layers are "
        f"{text(at_the_end(sigmoid, means))}; the test error goes from {errors[0]:.1%} "
        f"to {errors[-1]:.1%}."
    )


def extremes(runs: Mapping[str, Run]) -> str:
    """Describes figures 3 and 10: first and last 98th percentiles and stds."""
    return " ".join(
        f"{name}, layers from first to last: the 98th percentiles go from "
        f"{text(hidden(run, Statistic.P98)[0])} to "
        f"{text(at_the_end(run, hidden(run, Statistic.P98)))}; the stds go from "
        f"{text(hidden(run, Statistic.STD)[0])} to "
        f"{text(at_the_end(run, hidden(run, Statistic.STD)))}."
        for name, run in runs.items()
    )


def ends(runs: Mapping[str, Run]) -> str:
    """Describes figure 4: densities of activations in the first and the last layer."""

    def densities(run: Run, layer: int) -> str:
        return text(sizes(run, layer, 5))

    return (
        "Density in fifths of the range from 0 to ±1, relative to a uniform "
        "distribution. "
        + " ".join(
            f"{name}: {densities(run, 0)} in the first layer, {densities(run, -1)} in "
            "the last layer."
            for name, run in runs.items()
        )
    )


def plateaus() -> str:
    """Describes figure 5: share of each surface that is nearly level."""
    return (
        "; ".join(
            f"{one.plateau_share():.0%} of the area is nearly level with the "
            f"{one.name.lower()}"
            for one in cost_surfaces()
        )
        + "."
    )


def at_initialization(standard: Run, normalized: Run, quantity: Quantity) -> str:
    """Describes figures 6 to 8: standard deviations of the layers at initialization."""
    return " ".join(
        f"{name}: the std of the layers, from first to last, is {text(std)}, a factor "
        f"of {per_layer(std):.2f} per layer."
        for name, std in (
            ("Standard", at_first(standard, quantity)),
            ("Normalized", at_first(normalized, quantity)),
        )
    )


def weight_gradients(standard: Run, normalized: Run) -> str:
    """Describes figure 9: growth of the ratio between layers."""
    return " ".join(
        "{}: from layer 2 on, the largest std is {:.1f} times the smallest at "
        "initialization, and up to {:.1f} times later.".format(name, *apart(run))
        for name, run in (("Standard", standard), ("Normalized", normalized))
    )


def online(schemes: Mapping[str, Sequence[Run]], svm_error: float | None = None) -> str:
    """Describes figures 11 and 12: last errors, from highest to lowest."""
    errors = {
        name.partition("\n")[0]: float(last_errors(runs).mean())
        for name, runs in schemes.items()
    }
    order = sorted(errors, key=lambda name: -errors[name])
    machine = "" if svm_error is None else f" Support vector machine: {svm_error:.1%}."
    return (
        "From the highest to the lowest error: "
        + "; ".join(f"{name} {errors[name]:.1%}" for name in order)
        + f".{machine}"
    )
