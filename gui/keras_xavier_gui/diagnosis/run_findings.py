"""The findings of a run, from its report."""

from collections.abc import Sequence

from keras_xavier.diagnosis import Report
from keras_xavier_gui.diagnosis.items import RunFinding
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.training.remedies import can_try


def findings_of(run: Snapshot, report: Report) -> list[RunFinding]:
    """Returns the causes of a run."""
    return [
        RunFinding(
            run.path,
            run.name,
            finding,
            can_try=can_try(run),
            last_step=report.last_step,
        )
        for finding in report.findings
    ]


def with_consequences(causes: Sequence[RunFinding]) -> list[RunFinding]:
    """Returns causes and consequences."""
    return [one for cause in causes for one in (cause, *cause.children)]
