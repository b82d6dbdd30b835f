"""Values of the inputs and targets of a run."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from keras_xavier.diagnosis.reading import Array, read_all_rows, read_counts
from keras_xavier.histogram_bins import NONFINITE_BINS
from keras_xavier.runs import Run
from keras_xavier.statistics import UNIT_STATISTICS, Quantity, Statistic

QUANTILES = {
    **{Statistic.MIN: 0.0, Statistic.P2: 0.02, Statistic.P25: 0.25},
    **{Statistic.P50: 0.5, Statistic.P75: 0.75, Statistic.P98: 0.98},
    Statistic.MAX: 1.0,
}
DISTINCT = 32
"""Whole numbers below this one have a separate bin each."""
EQUAL = 1e-6
"""Relative difference of float32 numbers that count as equal."""


@dataclass(frozen=True)
class DataValues:
    """Values of an input or a target in all records without NaN or Inf.

    Attributes:
        run: `Run`.
        row: int. Row of the layer table.
        records: Array of int. Indices of the records.
    """

    run: Run
    row: int
    records: np.ndarray

    def of(self, statistic: Statistic) -> Array:
        """Returns a statistic of each record."""
        values = read_all_rows(self.run, Quantity.ACTIVATION, statistic)
        return values[self.records, self.row]

    @property
    def name(self) -> str:
        """Name without the role."""
        return self.run.layers[self.row].name.partition(":")[2]

    @property
    def units(self) -> int:
        """Length of the last axis."""
        return self.run.layers[self.row].units

    @cached_property
    def lowest(self) -> float:
        return float(self.of(Statistic.MIN).min())

    @cached_property
    def highest(self) -> float:
        return float(self.of(Statistic.MAX).max())

    @cached_property
    def size(self) -> float:
        """Root mean square."""
        squares = self.of(Statistic.MEAN) ** 2 + self.of(Statistic.STD) ** 2
        return float(np.sqrt(squares.mean()))

    @cached_property
    def examples(self) -> float:
        """Number of examples, or positions, in all records."""
        counts = read_counts(self.run, Quantity.ACTIVATION)[self.row]
        return float(counts / max(self.units, 1) * len(self.records))

    @cached_property
    def is_binary(self) -> bool:
        """Whether all values are 0 or 1: only then x² and x have the same mean."""
        if self.lowest < 0 or self.highest > 1:
            return False
        mean, std = self.of(Statistic.MEAN), self.of(Statistic.STD)
        return bool((np.abs(mean**2 + std**2 - mean) < 1e-4).all())

    @cached_property
    def sums(self) -> Array:
        """Mean sum of an example's units in each record."""
        return self.of(Statistic.MEAN) * self.units

    @cached_property
    def sums_to_one(self) -> bool:
        """Whether the units of each example sum to 1, such as one-hot labels."""
        return self.units > 1 and bool((np.abs(self.sums - 1) < 1e-3).all())

    @cached_property
    def is_constant(self) -> bool:
        """Whether all examples are equal."""
        spread = self.of(Statistic.UNIT_STD if self.units > 1 else Statistic.STD)
        mean = self.of(Statistic.MEAN)
        tolerance = EQUAL * np.abs(mean).max()
        return bool((spread <= tolerance).all() and np.ptp(mean) <= 2 * tolerance)

    @cached_property
    def has_integers(self) -> bool:
        """Whether all values of the first record are integers."""
        ends, _ = self.bins(self.records[:1])
        small = np.abs(ends) < DISTINCT
        return bool((ends[small] == np.round(ends[small])).all())

    def bins(self, records: np.ndarray) -> tuple[Array, Array]:
        """Returns the occupied bins of the histograms of some records.

        Returns:
            Tuple of arrays of shape (bin,): the edge nearer to 0, at which bins are
            closed, and the number of values. Up to `DISTINCT`, each integer has a bin
            of its own, and is at its edge.
        """
        counts = self.run.read_histograms(
            Quantity.ACTIVATION, [*map(int, records)], layers=[self.row]
        ).sum(axis=(0, 1), dtype=np.float64)[: -len(NONFINITE_BINS)]
        edges = self.run.edges(Quantity.ACTIVATION)[self.row]
        used = np.flatnonzero(counts)
        near = np.where(edges[used] >= 0, edges[used], edges[used + 1])
        return np.where(np.abs(near) < 1e-30, 0.0, near), counts[used]

    def share_outside(self, lower: float, upper: float) -> float:
        """Returns a lower bound of the share of values outside a range."""
        points = np.array([*QUANTILES.values()])
        values = np.stack([self.of(statistic) for statistic in QUANTILES], axis=-1)
        below = np.where(values < lower, points, 0).max(axis=-1)
        above = np.where(values > upper, 1 - points, 0).max(axis=-1)
        return float(np.minimum(below + above, 1).mean())

    def least_distance(self, lower: float, upper: float, power: int) -> float:
        """Returns a lower bound of the mean distance from a range, to some power."""
        values = np.stack([self.of(statistic) for statistic in QUANTILES], axis=-1)
        above = np.maximum(values - upper, 0)[:, :-1]
        below = np.maximum(lower - values, 0)[:, 1:]
        widths = np.diff([*QUANTILES.values()])
        return float((np.maximum(above, below) ** power @ widths).mean())


def data_values(run: Run, row: int | None) -> DataValues | None:
    """Returns the values of an input or a target; `None` if they are not recorded."""
    if row is None or not run.records:
        return None
    known = np.isfinite(
        [
            read_all_rows(run, Quantity.ACTIVATION, statistic)[:, row]
            for statistic in (Statistic.MEAN, Statistic.STD, Statistic.MIN)
        ]
    ).all(axis=0)
    records = np.flatnonzero(known)
    return DataValues(run, row, records) if len(records) else None


def feature_sizes(run: Run, row: int) -> Array:
    """Returns the root mean square of features that are mostly not 0, ascending."""
    units = run.read_units(row).astype(np.float64)
    if not len(units):
        return np.empty(0)
    mean, std, zero = (
        units[..., UNIT_STATISTICS.index(statistic)]
        for statistic in (Statistic.MEAN, Statistic.STD, Statistic.ZERO)
    )
    sizes = np.sqrt((mean**2 + std**2).mean(axis=0))
    is_dense = (zero.mean(axis=0) < 0.5) & np.isfinite(sizes) & (sizes > 0)
    return np.sort(sizes[is_dense])
