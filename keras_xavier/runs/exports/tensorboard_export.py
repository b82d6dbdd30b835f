"""Exports runs as event files of TensorBoard, without TensorFlow.

The dashboards HISTOGRAMS and DISTRIBUTIONS show histograms, such as
`hidden_1/activation`; SCALARS shows statistics, such as `hidden_1/activation/std`, and
metrics.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import (
    DATA_CLASS_SCALAR,
    DATA_CLASS_TENSOR,
    SummaryMetadata,
)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE, DT_FLOAT
from tensorboard.plugins.histogram.metadata import (
    create_summary_metadata as histogram_metadata,
)
from tensorboard.plugins.scalar.metadata import (
    create_summary_metadata as scalar_metadata,
)
from tensorboard.summary.writer.record_writer import RecordWriter

from keras_xavier.runs.exports.tables import measured
from keras_xavier.statistics import PERCENTILES, Statistic

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run

Floats = NDArray[np.float64]

FILE_VERSION = "brain.Event:2"


def write(run: "Run", path: Path) -> None:
    """Writes histograms, statistics and metrics with their wall times."""
    with path.open("wb") as file:
        records = RecordWriter(file)
        first = Event(wall_time=run.created, file_version=FILE_VERSION)
        for event in chain([first], events_of_records(run), events_of_metrics(run)):
            records.write(event.SerializeToString())


def events_of_records(run: "Run") -> Iterator[Any]:
    """Yields one event for each record, with all histograms and statistics."""
    present = np.argwhere(measured(run)).tolist()
    edges = [run.edges(quantity) for quantity in run.quantities]
    columns = list(run.statistic_names)
    records = zip(
        run.steps.tolist(),
        run.wall_times.tolist(),
        each(run.read_records("statistics")),
        each(run.read_records("histogram")),
        strict=True,
    )
    for step, wall_time, statistics, histogram in records:
        event = Event(step=step, wall_time=wall_time)
        for quantity, layer in present:
            tag = f"{run.layers[layer].name}/{run.quantities[quantity]}"
            values = dict(
                zip(columns, statistics[quantity, layer].tolist(), strict=True)
            )
            add_histogram(
                event,
                tag,
                buckets(
                    histogram[quantity, layer],
                    edges[quantity][layer],
                    lowest=values.get(Statistic.MIN, np.nan),
                    highest=values.get(Statistic.MAX, np.nan),
                ),
            )
            for name, value in values.items():
                # DISTRIBUTIONS shows the percentiles.
                if name not in PERCENTILES:
                    add_scalar(event, f"{tag}/{name}", value)
        yield event


def each(chunks: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Yields the records of chunks one by one."""
    for chunk in chunks:
        yield from chunk


def events_of_metrics(run: "Run") -> Iterator[Any]:
    """Yields one event for each step and metric.

    The wall time of a metric is interpolated between the records before and after it.
    """
    steps, wall_times = run.steps, run.wall_times
    for name, (at, values) in run.metrics().items():
        times = (
            np.interp(at, steps, wall_times)
            if len(steps)
            else np.full(len(at), run.created)
        )
        for step, time, value in zip(
            at.tolist(), times.tolist(), values.tolist(), strict=True
        ):
            event = Event(step=step, wall_time=time)
            add_scalar(event, name, value)
            yield event


def buckets(
    counts: NDArray[np.integer], edges: Floats, *, lowest: float, highest: float
) -> Floats:
    """Converts a stored histogram to the buckets of TensorBoard.

    Bins that are not empty are kept; empty bins between them are merged. The outermost
    bins, which are unbounded, end at the lowest and the highest value. If these are
    unknown, their width is 0.

    Args:
        counts: Array of int, of shape `(BIN_COUNT,)`. Nonfinite values are ignored.
        edges: Array of float64, of shape `(EDGE_COUNT,)`.
        lowest: float. Lowest value, or NaN.
        highest: float. Highest value, or NaN.

    Returns:
        Array of float64, of shape `(bucket, 3)`: left edge, right edge and count.
    """
    known = edges[~np.isnan(edges)]
    between = counts[: len(known) - 1]
    ends = known.copy()
    ends[0] = lowest if -np.inf < lowest < known[1] else known[1]
    ends[-1] = highest if known[-2] < highest < np.inf else known[-2]
    filled = np.flatnonzero(between)
    if not filled.size:
        return np.empty((0, 3))
    inside = np.arange(filled[0], filled[-1] + 1)
    # An empty bin begins a bucket only if the bin before it is not empty.
    begins = inside[(between[inside] > 0) | (between[inside - 1] > 0)]
    stops = np.append(begins[1:], inside[-1] + 1)
    return np.stack([ends[begins], ends[stops], between[begins]], axis=1).astype(float)


def add_histogram(event: Any, tag: str, rows: Floats) -> None:
    """Adds a histogram to an event, unless it is empty."""
    if len(rows):
        metadata = histogram_metadata(None, None)
        metadata.data_class = DATA_CLASS_TENSOR
        add(event, tag, metadata, tensor(DT_DOUBLE, rows.astype("<f8")))


def add_scalar(event: Any, tag: str, value: float) -> None:
    """Adds a number to an event, unless it is NaN, which means no value."""
    if not np.isnan(value):
        metadata = scalar_metadata(None, None)
        metadata.data_class = DATA_CLASS_SCALAR
        with np.errstate(over="ignore"):
            # Values beyond float32 become Inf.
            single = np.array(value, "<f4")
        add(event, tag, metadata, tensor(DT_FLOAT, single))


def add(event: Any, tag: str, metadata: SummaryMetadata, value: TensorProto) -> None:
    event.summary.value.add(tag=tag, metadata=metadata, tensor=value)


def tensor(data_type: int, values: NDArray[Any]) -> TensorProto:
    lengths: Sequence[int] = values.shape
    dimensions = [TensorShapeProto.Dim(size=length) for length in lengths]
    return TensorProto(
        dtype=data_type,
        tensor_shape=TensorShapeProto(dim=dimensions),
        tensor_content=values.tobytes(),
    )
