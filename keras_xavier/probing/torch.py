"""Measures on the PyTorch backend; see `Backend`."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import torch

from keras_xavier.histogram_bins import SMALLEST_NORMAL
from keras_xavier.probing import host_reduction, introspection
from keras_xavier.probing.backend import Marks, Reduced, Task, Tensor
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

UPDATE_METHOD = "apply"
END_OF_DATA = (StopIteration,)
STEPS_ARE_PURE = False
REDUCES_IN_PASS = True
SQUARABLE = (1e-28, 1e28)
"""Mean squares at which the squares of single values fit into float32, too."""
WELL_CONDITIONED = 0.1
"""Smallest ratio of variance to mean square at which their difference is accurate."""

BATCH = 32
"""Tables of fine bins that are reduced together."""


def mark(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    marks[name] = marked(tensor)
    return tensor


def marked(tensor: Tensor) -> Tensor:
    """Detaches a tensor, and stores how often it has been changed in place so far."""
    tensor = tensor.detach()
    tensor.changes = tensor._version
    return tensor


def mark_gradient(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    def keep(gradient: Tensor) -> None:
        marks[name] = marked(gradient)

    if tensor.requires_grad:
        # A new view, so that the hook applies only to this use of the tensor.
        tensor = tensor.view_as(tensor)
        tensor.register_hook(keep)
    return tensor


def run_marked(function: Callable[..., Any], marks: Marks, *arguments: Any) -> Any:
    result = function(*arguments)
    # Copies would cost too much, so tensors that were changed in place are left out.
    for name in [name for name in marks if marks[name].changes < marks[name]._version]:
        del marks[name]
    return result


def value_and_gradients(
    loss_of: Callable[[list[Tensor]], Tensor],
    values: Sequence[Tensor],
    wanted: Sequence[int],
) -> tuple[Tensor, list[Tensor | None]]:
    chosen = {i: differentiable(values[i]) for i in wanted}
    with torch.enable_grad():
        loss = loss_of([chosen.get(i, value) for i, value in enumerate(values)])
    gradients = torch.autograd.grad(loss, list(chosen.values()), allow_unused=True)
    return loss.detach(), list(gradients)


def differentiable(tensor: Tensor) -> Tensor:
    # Modules of PyTorch compute with the parameter itself.
    return tensor if tensor.requires_grad else tensor.detach().requires_grad_()


def compiled(function: Callable[..., Any]) -> Any:
    return function


repeatable = compiled


def random_state() -> tuple[Tensor, Tensor | None]:
    cuda = torch.cuda.is_available()
    return torch.get_rng_state(), torch.cuda.get_rng_state() if cuda else None


@contextmanager
def unchanged_random_state(state: Any = None) -> Iterator[None]:
    cuda = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=cuda):
        if state is not None:
            torch.set_rng_state(state[0])
            if cuda:
                torch.cuda.set_rng_state(state[1])
        yield


@contextmanager
def unchanged_buffers(model: keras.Model) -> Iterator[None]:
    # Keras does not list modules of PyTorch among the modules of a model.
    layers = introspection.all_layers(model)
    buffers = {id(b): b for layer in layers for b in layer.buffers()}.values()
    before = [(buffer, buffer.clone()) for buffer in buffers]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, values in before:
                buffer.copy_(values)


def is_traced(*arguments: Any) -> bool:
    return False


def is_out_of_memory(error: Exception) -> bool:
    # On the CPU it is a RuntimeError.
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(
        error
    )


def trace(function: Any, *arguments: Any) -> None:
    function(*arguments)


def read(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    return [variable.value.detach().clone() for variable in variables]


kept = read


def current(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    return [variable.value for variable in variables]


def whole_batch(tensor: Tensor) -> Tensor:
    return tensor


def over_replicas(gradient: Tensor) -> Tensor:
    return gradient


def prepare(tensor: Tensor) -> Tensor:
    return tensor.detach().reshape(-1).to(torch.float32)


def summarize(tensors: Sequence[Tensor], tasks: Sequence[Task], limit: int) -> Reduced:
    if are_on_host(tensors):
        return host_reduction.summarize(
            (values.numpy() for values in tensors),
            tasks,
            limit,
            lambda part, task: float(saturated(torch.from_numpy(part), task)),
        )
    moments, zeros, nonfinite = exact_parts(tensors)
    parts = [counted_part(values, limit) for values in tensors]
    all_values, counted = (
        torch.tensor([len(values) for values in given], device=moments.device)
        for given in (tensors, parts)
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
    return {
        "moments": moments,
        "sizes": torch.stack([all_values, counted, zeros, nonfinite], 1),
        "ranks": torch.stack(ranks),
        "histogram": torch.stack(histogram),
        "saturated": torch.stack(
            [saturated(part, task) for part, task in zip(parts, tasks, strict=True)]
        ),
    }


def are_on_host(tensors: Sequence[Tensor]) -> bool:
    """Returns whether NumPy can read tensors where they are."""
    return all(values.device.type == "cpu" for values in tensors)


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


def saturated(values: Tensor, task: Task) -> Tensor:
    if task.activation is None:
        return torch.tensor(torch.nan, device=values.device)
    flags = saturation(task.activation, task.from_value)(values)
    # Several times as fast as a sum.
    return torch.count_nonzero(flags).to(torch.float32) / flags.numel()


def norms(tensors: Sequence[Tensor]) -> Tensor:
    if are_on_host(tensors):
        return host_reduction.norms(values.numpy() for values in tensors)
    return torch.stack([norm(values) for values in tensors])


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


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    chosen = tensor.detach().requires_grad_()
    with torch.enable_grad():
        result = function(chosen)
    if not result.requires_grad:
        return False
    (gradient,) = torch.autograd.grad(result.sum(), [chosen], allow_unused=True)
    return gradient is not None
