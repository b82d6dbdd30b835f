"""Reduces tensors on a device of PyTorch; see `Backend.summarize`."""

import math
from collections.abc import Iterator, Sequence

import torch

from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import SMALLEST_NORMAL
from keras_xavier.probing.backend import Reduced, Task, Tensor
from keras_xavier.probing.fine_bins import (
    SHIFT,
    SHIFT_FOR_LINEAR,
    find_ranks,
    linear_histogram,
    logarithmic_histogram,
    table_size,
)
from keras_xavier.probing.sampling import positions
from keras_xavier.probing.saturation import saturation
from keras_xavier.probing.unit_reduction import (
    by_unit,
    stacked,
    summarize_units,
    without_units,
)

SQUARABLE = (1e-28, 1e28)
"""Mean squares at which the squares of single values fit into float32, too."""
WELL_CONDITIONED = 0.1
"""Smallest ratio of variance to mean square at which their difference is accurate."""
BATCH = 32
"""Tables of fine bins that are reduced together."""


def reduce_all(
    tensors: Sequence[Tensor],
    masks: Sequence[Tensor | None],
    tasks: Sequence[Task],
    limit: int,
) -> Reduced:
    """Returns the rows of all tensors."""
    chosen = [
        values.reshape(-1) if mask is None else by_unit(values)[mask].reshape(-1)
        for values, mask in zip(tensors, masks, strict=True)
    ]
    moments, zeros, nonfinite = exact_parts(chosen)
    parts = [counted_part(values, limit) for values in chosen]
    all_values, counted = (
        torch.tensor([len(values) for values in given], device=moments.device)
        for given in (chosen, parts)
    )
    ranks: list[Tensor] = [moments] * len(tasks)
    histogram: list[Tensor] = [moments] * len(tasks)
    for bounds, rows in batches(tasks):
        shift = SHIFT if bounds is None else SHIFT_FOR_LINEAR
        counts = torch.stack([fine_counts(parts[row], shift) for row in rows])
        if bounds is None:
            stored = logarithmic_histogram(counts)
        else:
            stored = linear_histogram(counts, bounds)
        found = find_ranks(counts)
        for place, row in enumerate(rows):
            ranks[row], histogram[row] = found[place], stored[place]
    units = [
        unit_rows(values, mask, task)
        if task.has_units
        else without_units(share_of(part, task))
        for values, mask, part, task in zip(tensors, masks, parts, tasks, strict=True)
    ]
    return {
        "moments": moments,
        "sizes": torch.stack([all_values, counted, zeros, nonfinite], 1),
        "ranks": torch.stack(ranks),
        "histogram": torch.stack(histogram),
        **stacked(units),
    }


def batches(tasks: Sequence[Task]) -> Iterator[tuple[int | None, Sequence[int]]]:
    """Yields bounds and rows of tensors with the same bins.

    Each operation takes long to start, so tables are reduced together.
    """
    for bounds in dict.fromkeys(task.bounds for task in tasks):
        rows = [row for row, task in enumerate(tasks) if task.bounds == bounds]
        for first in range(0, len(rows), BATCH):
            yield bounds, rows[first : first + BATCH]


def exact_parts(tensors: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Returns moments, number of zeros and number of nonfinite values of tensors.

    What most tensors do not need is computed for the others only; all tensors wait once
    for the device.
    """
    quick = torch.stack([quick_moments(values) for values in tensors])
    moments = quick[:, :4].clone()
    zeros, nonfinite = torch.zeros((2, len(tensors)), dtype=torch.int64)
    for i, (mean, _, _, _, square, smallest) in enumerate(quick.tolist()):
        values = tensors[i]
        if not len(values):
            continue
        variance = square - mean**2
        if not (
            SQUARABLE[0] < square < SQUARABLE[1]
            and variance > WELL_CONDITIONED * square
        ):
            moments[i] = scaled_moments(values)
        if not math.isfinite(square):
            nonfinite[i] = torch.count_nonzero(~torch.isfinite(values))
        if not smallest >= SMALLEST_NORMAL:
            zeros[i] = torch.count_nonzero(values.abs() < SMALLEST_NORMAL)
    return moments, zeros.to(moments.device), nonfinite.to(moments.device)


def quick_moments(values: Tensor) -> Tensor:
    if not len(values):
        return values.new_full((6,), torch.nan)
    lowest, highest = torch.aminmax(values)
    mean = values.mean()
    square = torch.dot(values, values) / len(values)
    # A norm of the order -inf takes five times as long.
    smallest = values.abs().min()
    return torch.stack(
        [mean, (square - mean**2).sqrt(), lowest, highest, square, smallest]
    )


def scaled_moments(values: Tensor) -> Tensor:
    # float64 is not available on every device.
    lowest, highest = torch.aminmax(values)
    scale = torch.maximum(-lowest, highest)
    scale = torch.where(scale > 0, scale, 1)
    center = (values / scale).mean()
    deviations = values / scale - center
    # The rounding error of the center.
    rest = deviations.mean()
    std = (deviations**2).mean().sub(rest**2).clamp(min=0).sqrt()
    return torch.stack([(center + rest) * scale, std * scale, lowest, highest])


def counted_part(values: Tensor, limit: int) -> Tensor:
    if len(values) < limit:
        return values
    return values[torch.from_numpy(positions(len(values))).to(values.device)]


def unit_rows(tensor: Tensor, mask: Tensor | None, task: Task) -> Reduced:
    values = by_unit(tensor)
    known, flags = task.activation, None
    if known is not None:
        flags = saturated_flags(values, known, task.from_value)
    return summarize_units(values, mask, flags, task, reinterpreted)


def share_of(values: Tensor, task: Task) -> Tensor:
    """Returns the share of saturated values; NaN without an activation function."""
    if task.activation is None:
        return torch.tensor(torch.nan, device=values.device)
    flags = saturated_flags(values, task.activation, task.from_value)
    # Several times as fast as a sum.
    return torch.count_nonzero(flags).to(torch.float32) / flags.numel()


def saturated_flags(values: Tensor, activation: Facts, from_value: bool) -> Tensor:
    return saturation(activation, from_value)(values)


def reinterpreted(tensor: Tensor, data_type: str) -> Tensor:
    return tensor.contiguous().view(getattr(torch, data_type))


def norm(values: Tensor) -> Tensor:
    norm = torch.linalg.vector_norm(values)
    if SQUARABLE[0] < norm**2 < SQUARABLE[1]:
        return norm
    scale = values.abs().max()
    return scale * torch.linalg.vector_norm(values / torch.where(scale > 0, scale, 1))


def fine_counts(values: Tensor, shift: int) -> Tensor:
    bits = values.view(torch.int32) >> shift
    # The shift copies the sign into the upper bits.
    bits &= table_size(shift) - 1
    return torch.bincount(bits, minlength=table_size(shift)).to(torch.int32)
