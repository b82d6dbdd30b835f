"""Measures on the PyTorch backend; see `Backend`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import torch

from keras_xavier.probing import host_reduction, introspection
from keras_xavier.probing.backend import (
    Difference,
    Marks,
    Reduced,
    Task,
    Tensor,
    subtracted,
)
from keras_xavier.probing.torch_reduction import norm, reduce_all

UPDATE_METHOD = "apply"
END_OF_DATA = (StopIteration,)
STEPS_ARE_PURE = False
REDUCES_IN_PASS = True


def mark(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    marks[name] = tensor if isinstance(tensor, Difference) else marked(tensor)
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
    for name, tensor in list(marks.items()):
        if isinstance(tensor, torch.Tensor) and tensor.changes < tensor._version:
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


def difference(tensor: Tensor, other: Tensor) -> Tensor | Difference:
    tensor = tensor.detach()
    if tensor.device.type == "cpu" and tensor.dtype == torch.float32:
        return Difference(tensor, other)
    return tensor - other


def whole_batch(tensor: Tensor) -> Tensor:
    return tensor


def over_replicas(gradient: Tensor) -> Tensor:
    return gradient


def prepare(tensor: Tensor) -> Tensor:
    if isinstance(tensor, Difference):
        return tensor
    return tensor.detach().to(torch.float32)


def summarize(
    tensors: Sequence[Tensor],
    masks: Sequence[Tensor | None],
    tasks: Sequence[Task],
    limit: int,
) -> Reduced:
    if are_on_host(tensors):
        return host_reduction.summarize(
            on_host(tensors),
            [None if mask is None else mask.numpy() for mask in masks],
            tasks,
            limit,
        )
    # Other tensors may be on another device.
    return reduce_all(subtracted(tensors), masks, tasks, limit)


def are_on_host(tensors: Sequence[Tensor]) -> bool:
    """Returns whether NumPy can read tensors where they are."""
    return all(
        isinstance(values, Difference) or values.device.type == "cpu"
        for values in tensors
    )


def on_host(tensors: Sequence[Tensor]) -> list[Any]:
    return [
        Difference(values.tensor.numpy(), values.subtracted.numpy())
        if isinstance(values, Difference)
        else values.numpy()
        for values in tensors
    ]


def norms(tensors: Sequence[Tensor]) -> Tensor:
    if are_on_host(tensors):
        return host_reduction.norms(on_host(tensors))
    return torch.stack([norm(values.reshape(-1)) for values in tensors])


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    chosen = tensor.detach().requires_grad_()
    with torch.enable_grad():
        result = function(chosen)
    if not result.requires_grad:
        return False
    (gradient,) = torch.autograd.grad(result.sum(), [chosen], allow_unused=True)
    return gradient is not None
