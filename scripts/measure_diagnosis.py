"""Measures false alarms and detections of the diagnosis.

Usage: python scripts/measure_diagnosis.py [--seeds 1 2] [--folder FOLDER]

Trains small healthy networks and small networks that are broken on purpose, and
diagnoses each run with the default thresholds. With `--folder`, runs are kept, and
finished runs are not repeated.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.experiments.keras_startup import start_keras

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Finding
    from networks.cases import Case, Training

REPORT = Path(__file__).parent.parent / "docs" / "diagnosis.md"
SEEDS = (1, 2)
"""Seed 0 was used to set the thresholds and is excluded."""


@dataclass(frozen=True)
class Outcome:
    """Findings of one training run."""

    case: "Case"
    seed: int
    source: str
    findings: "tuple[Finding, ...]"
    seconds: float

    @property
    def reported(self) -> set[str]:
        """Names of the errors and warnings."""
        from keras_xavier.diagnosis import FAILING

        return {one.name for one in self.findings if one.severity in FAILING}

    @property
    def noted(self) -> set[str]:
        """Names of findings that are only notes."""
        return {one.name for one in self.findings} - self.reported

    @property
    def detected(self) -> bool:
        """Whether the problem of a broken network was found, if only as a note."""
        return bool(self.case.expected & (self.reported | self.noted))

    @property
    def only_noted(self) -> bool:
        """Whether the problem was found only as a note, as it was over at the end."""
        return self.detected and not self.case.expected & self.reported


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--folder", help="folder of the runs (default: temporary)")
    parser.add_argument("--output", type=Path, default=REPORT)
    parser.add_argument(
        "--only",
        default="",
        help="run only cases with this text in their function name",
    )
    options = parser.parse_args()
    if options.only and options.output == REPORT:
        parser.error(f"--only needs --output: {REPORT.name} covers all cases")
    start_keras()
    from networks.broken import BROKEN
    from networks.healthy import HEALTHY

    chosen = [
        case for case in (*HEALTHY, *BROKEN) if options.only in case.make.__name__
    ]
    outcomes = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        for seed in options.seeds:
            for case in chosen:
                for source in sources(case, first=seed == options.seeds[0]):
                    outcome = train(case, seed, source, folder)
                    outcomes.append(outcome)
                    print(describe(outcome), flush=True)
    options.output.write_text(report(outcomes, options.seeds))


def sources(case: "Case", *, first: bool) -> tuple[str, ...]:
    """Sources to record: batches, and with the first seed also a probe."""
    only_updates = case.expected and all("updates" in name for name in case.expected)
    return ("batch", "probe") if first and not only_updates else ("batch",)


def train(case: "Case", seed: int, source: str, folder: str) -> Outcome:
    import keras

    import keras_xavier as kx

    started = time.monotonic()
    path = f"{folder}/{case.make.__name__}-{seed}-{source}"
    if not (kx.runs.run_exists(path) and kx.open_run(path).state == "finished"):
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        record(case.make(seed), path, source)
    findings = tuple(kx.diagnose(kx.open_run(path)))
    return Outcome(case, seed, source, findings, time.monotonic() - started)


def record(training: "Training", path: str, source: str) -> None:
    import keras_xavier as kx

    probe = (training.x[:200], training.y[:200]) if source == "probe" else None
    callback = kx.LayerStatistics(path, probe=probe, mode="overwrite")
    training.model.fit(
        training.x,
        training.y,
        epochs=training.epochs,
        batch_size=training.batch_size,
        verbose=0,
        callbacks=[callback],
    )


def describe(outcome: Outcome) -> str:
    found = [*sorted(outcome.reported), *(f"({one})" for one in sorted(outcome.noted))]
    name = f"{outcome.case.name}, seed {outcome.seed}, {outcome.source}"
    return f"{name}: {', '.join(found) or 'nothing'} [{outcome.seconds:.0f} s]"


def report(outcomes: Sequence[Outcome], seeds: Sequence[int]) -> str:
    healthy = [one for one in outcomes if not one.case.expected]
    broken = [one for one in outcomes if one.case.expected]
    alarms = sum(bool(one.reported) for one in healthy)
    detections = sum(one.detected for one in broken)
    notes = sum(one.only_noted for one in broken)
    seed_text = " and ".join(map(str, seeds))
    return "\n".join(
        [
            "# Accuracy of the diagnosis",
            "",
            "Written by `python scripts/measure_diagnosis.py`, which trains the small "
            "networks in `scripts/networks` and diagnoses their runs with the default "
            f"thresholds. Each network is trained with the seeds {seed_text} (for "
            "weights and data) and recorded on its batches; with the first seed, it is "
            "also recorded on a probe, except for problems of updates, which a probe "
            "does not record. [`Thresholds`](reference/thresholds.md) gives the reason "
            "for each threshold; only seed 0 was used to set them.",
            "",
            f"- **False alarms**: {alarms} of {len(healthy)} training runs of healthy "
            "networks had an error or a warning.",
            f"- **Detections**: in {detections} of {len(broken)} training runs of "
            f"broken networks, the expected finding was reported, in {notes} of them "
            "as a note, as the problem was over at the end.",
            "",
            "## Healthy networks",
            "",
            "| network | training runs | with findings | findings |",
            "|---|---|---|---|",
            *(healthy_row(group) for group in groups(healthy)),
            "",
            "## Networks that are broken on purpose",
            "",
            "Additional findings are expected: one fault causes others.",
            "",
            "| network | expected finding | found | additional findings |",
            "|---|---|---|---|",
            *(broken_row(group) for group in groups(broken)),
            "",
            "Numbers in parentheses count training runs. Notes are marked: they "
            "describe problems that were over at the end.",
            "",
        ]
    )


def groups(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Groups outcomes by case, in the order of the cases."""
    names = dict.fromkeys(one.case.name for one in outcomes)
    return [[one for one in outcomes if one.case.name == name] for name in names]


def healthy_row(group: Sequence[Outcome]) -> str:
    alarms = sum(bool(one.reported) for one in group)
    return f"| {group[0].case.name} | {len(group)} | {alarms} | {tally(group)} |"


def broken_row(group: Sequence[Outcome]) -> str:
    expected = group[0].case.expected
    names = " or ".join(f"`{name}`" for name in sorted(expected))
    detected = sum(one.detected for one in group)
    notes = sum(one.only_noted for one in group)
    found = f"{detected} of {len(group)}{f', {notes} as a note' if notes else ''}"
    others = tally(group, omit=expected)
    remark = f" ({group[0].case.remark})" if group[0].case.remark else ""
    return f"| {group[0].case.name}{remark} | {names} | {found} | {others} |"


def tally(group: Sequence[Outcome], omit: frozenset[str] = frozenset()) -> str:
    found = Counter(name for one in group for name in sorted(one.reported - omit))
    noted = Counter(name for one in group for name in sorted(one.noted - omit))
    return ", ".join(
        [
            *(f"`{name}` ({count})" for name, count in found.most_common()),
            *(f"*note* `{name}` ({count})" for name, count in noted.most_common()),
        ]
    )


if __name__ == "__main__":
    main()
