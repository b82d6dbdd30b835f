"""What our runs show in each of the paper's figures, in a sentence with numbers."""

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
    """Of figure 1: what the images are like."""
    images, _ = dataset.test
    height, width = images.shape[1:3]
    low, high = float(images.min()), float(images.max())
    return (
        f"{len(dataset.class_names)} classes of {height} × {width} pixels, from "
        f"{low:g} to {high:g}."
    )


def sigmoid_layers(sigmoid: Run) -> str:
    """Of figure 2: how far the top layer goes, and when it comes back."""
    means = hidden(sigmoid, Statistic.MEAN)
    share = top_saturation(sigmoid)
    _, errors = sigmoid.metrics()[METRIC]
    return (
        f"The mean of the top hidden layer falls from {means[0, -1]:.2f} to "
        f"{means[:, -1].min():.3f}, and up to {share.max():.0%} of its values are "
        f"saturated; {leaving(sigmoid)}, and ends with "
        f"{at_the_end(sigmoid, share):.0%}. The means of the layers end at "
        f"{text(at_the_end(sigmoid, means))}; the test error goes from "
        f"{errors[0]:.1%} to {errors[-1]:.1%}."
    )


def extremes(runs: Mapping[str, Run]) -> str:
    """Of figures 3 and 10: where the 98th percentiles of the layers begin and end."""
    return " ".join(
        f"{name}: from layer 1 on, the 98th percentile goes from "
        f"{text(hidden(run, Statistic.P98)[0])} to "
        f"{text(at_the_end(run, hidden(run, Statistic.P98)))}, the std from "
        f"{text(hidden(run, Statistic.STD)[0])} to "
        f"{text(at_the_end(run, hidden(run, Statistic.STD)))}."
        for name, run in runs.items()
    )


def ends(runs: Mapping[str, Run]) -> str:
    """Of figure 4: where activations of the first and the last layer gather."""

    def densities(run: Run, layer: int) -> str:
        return text(sizes(run, layer, 5))

    return (
        "Density in fifths of the range from 0 to ±1, relative to an even spread. "
        + " ".join(
            f"{name}: {densities(run, 0)} in the first layer, {densities(run, -1)} in "
            "the last one."
            for name, run in runs.items()
        )
    )


def plateaus() -> str:
    """Of figure 5: how much of each surface is nearly level."""
    return (
        "; ".join(
            f"{one.plateau_share():.0%} of the area is nearly level with the "
            f"{one.name.lower()}"
            for one in cost_surfaces()
        )
        + "."
    )


def at_initialization(standard: Run, normalized: Run, quantity: Quantity) -> str:
    """Of figures 6 to 8: standard deviations of the layers at initialization."""
    return " ".join(
        f"{name}: the std from layer 1 to the last is {text(std)}, a factor of "
        f"{per_layer(std):.2f} for each layer."
        for name, std in (
            ("Standard", at_first(standard, quantity)),
            ("Normalized", at_first(normalized, quantity)),
        )
    )


def weight_gradients(standard: Run, normalized: Run) -> str:
    """Of figure 9: how far layers get apart."""
    return " ".join(
        "{}: the largest std of layers 2 to the last is {:.1f} times the smallest at "
        "first, and up to {:.1f} times later.".format(name, *apart(run))
        for name, run in (("Standard", standard), ("Normalized", normalized))
    )


def online(schemes: Mapping[str, Sequence[Run]], svm_error: float | None = None) -> str:
    """Of figures 11 and 12: last errors, from the highest to the lowest."""
    errors = {
        name.partition("\n")[0]: float(last_errors(runs).mean())
        for name, runs in schemes.items()
    }
    order = sorted(errors, key=lambda name: -errors[name])
    machine = (
        "" if svm_error is None else f" A support vector machine: {svm_error:.1%}."
    )
    return (
        "From the highest error to the lowest: "
        + "; ".join(f"{name} {errors[name]:.1%}" for name in order)
        + f".{machine}"
    )
