"""Metrics and settings of the listed runs that the user can add as columns. No Qt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keras_xavier_gui.run_panel.columns import Extra, Kind
from keras_xavier_gui.run_panel.formatting import differs
from keras_xavier_gui.run_panel.tree_nodes import RunNode

FIRST_METRICS = ("loss", "val_loss")


@dataclass(frozen=True)
class Available:
    """Columns that the listed runs can fill.

    Attributes:
        metrics: Metrics, the loss first.
        differing: Settings in which the runs differ.
        alike: Settings that all runs share.
    """

    metrics: tuple[Extra, ...]
    differing: tuple[Extra, ...]
    alike: tuple[Extra, ...]


def available(runs: Sequence[RunNode]) -> Available:
    """Finds the metrics and settings of runs."""
    metrics = unique_names(run.digest.last for run in runs if run.digest)
    metrics.sort(key=lambda name: (name not in FIRST_METRICS, name))
    with_settings = [run.settings for run in runs if run.settings]
    settings = unique_names(with_settings)
    differing = [
        name for name in settings if differs([one.get(name) for one in with_settings])
    ]
    return Available(
        tuple(Extra(Kind.METRIC, name) for name in metrics),
        tuple(Extra(Kind.SETTING, name) for name in differing),
        tuple(Extra(Kind.SETTING, name) for name in settings if name not in differing),
    )


def has_value(run: RunNode, extra: Extra) -> bool:
    """Whether a run has a metric or a setting."""
    if extra.kind is Kind.SETTING:
        return extra.name in run.settings
    return run.digest is not None and extra.name in run.digest.last


def unique_names(mappings: Iterable[Iterable[str]]) -> list[str]:
    return [*dict.fromkeys(name for one in mappings for name in one)]
