"""Measures how often a diagnosis is right: false alarms and detections.

Usage: python scripts/measure_diagnosis.py [--seeds 1 2] [--folder FOLDER]

Small networks of many kinds are trained, healthy ones and ones that are broken on
purpose, and each run is diagnosed with the default thresholds. With a folder, runs are
kept there, and those that are finished are not made again.
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
"""Seed 0 is for setting thresholds, and counts for nothing."""


@dataclass(frozen=True)
class Outcome:
    """What was found of one network."""

    case: "Case"
    seed: int
    source: str
    findings: "tuple[Finding, ...]"
    seconds: float

    @property
    def counted(self) -> set[str]:
        """Names of what is no mere note."""
        from keras_xavier.diagnosis import FAILING

        return {one.name for one in self.findings if one.severity in FAILING}

    @property
    def noted(self) -> set[str]:
        """Names of what is."""
        return {one.name for one in self.findings} - self.counted

    @property
    def detected(self) -> bool:
        """Whether what is wrong with a broken network was named, if only as a note."""
        return bool(self.case.expected & (self.counted | self.noted))

    @property
    def merely_noted(self) -> bool:
        """Whether it was named as something that is over by the end."""
        return self.detected and not self.case.expected & self.counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--folder", help="where to keep the runs (default: nowhere)")
    parser.add_argument("--output", type=Path, default=REPORT)
    parser.add_argument("--only", default="", help="cases whose function is named so")
    options = parser.parse_args()
    start_keras()
    from networks.broken import BROKEN
    from networks.healthy import HEALTHY

    chosen = [
        case for case in (*HEALTHY, *BROKEN) if options.only in case.make.__name__
    ]
    outcomes = []
    with tempfile.TemporaryDirectory() as passing:
        folder = options.folder or passing
        for seed in options.seeds:
            for case in chosen:
                for source in sources(case, first=seed == options.seeds[0]):
                    outcome = train(case, seed, source, folder)
                    outcomes.append(outcome)
                    print(told(outcome), flush=True)
    options.output.write_text(report(outcomes, options.seeds))


def sources(case: "Case", *, first: bool) -> tuple[str, ...]:
    """What to record: with the first seed a probe too, where it can tell."""
    of_updates = case.expected and all("updates" in name for name in case.expected)
    return ("batch", "probe") if first and not of_updates else ("batch",)


def train(case: "Case", seed: int, source: str, folder: str) -> Outcome:
    import keras

    import keras_xavier as kx

    begun = time.monotonic()
    path = f"{folder}/{case.make.__name__}-{seed}-{source}"
    if not (kx.runs.run_exists(path) and kx.open_run(path).state == "finished"):
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        record(case.make(seed), path, source)
    findings = tuple(kx.diagnose(kx.open_run(path)))
    return Outcome(case, seed, source, findings, time.monotonic() - begun)


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


def told(outcome: Outcome) -> str:
    found = [*sorted(outcome.counted), *(f"({one})" for one in sorted(outcome.noted))]
    name = f"{outcome.case.name}, seed {outcome.seed}, {outcome.source}"
    return f"{name}: {', '.join(found) or 'nothing'} [{outcome.seconds:.0f} s]"


def report(outcomes: Sequence[Outcome], seeds: Sequence[int]) -> str:
    healthy = [one for one in outcomes if not one.case.expected]
    broken = [one for one in outcomes if one.case.expected]
    alarms = sum(bool(one.counted) for one in healthy)
    detections = sum(one.detected for one in broken)
    mere = sum(one.merely_noted for one in broken)
    return "\n".join(
        [
            "# How often a diagnosis is right",
            "",
            "Written by `python scripts/measure_diagnosis.py`, which trains small "
            "networks in `scripts/networks` and diagnoses their runs with the default "
            f"thresholds: each with the seeds {', '.join(map(str, seeds))} (of weights "
            "and data), recorded on its batches, and with the first seed on a probe "
            "too, but for what is about updates, which a probe does not see. The "
            "thresholds have the reasons that `Thresholds` tells, and were tried with "
            "seed 0 only.",
            "",
            f"- **False alarms**: {alarms} of {len(healthy)} trainings of healthy "
            "networks had a finding that is an error or a warning.",
            f"- **Detections**: {detections} of {len(broken)} trainings of broken "
            f"networks had the finding that names what was broken, {mere} of them as a "
            "note: by the end it was over.",
            "",
            "## Healthy networks",
            "",
            "| network | trainings | with findings | what was found |",
            "|---|---|---|---|",
            *(healthy_row(group) for group in groups(healthy)),
            "",
            "## Networks that are broken on purpose",
            "",
            "Other findings are no errors: what is broken has consequences.",
            "",
            "| network | should be found | was found | other findings |",
            "|---|---|---|---|",
            *(broken_row(group) for group in groups(broken)),
            "",
            "Numbers in brackets say in how many of the trainings; notes, of what is "
            "over by the end, are told apart.",
            "",
        ]
    )


def groups(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Those of the same case together, in the order of the cases."""
    names = dict.fromkeys(one.case.name for one in outcomes)
    return [[one for one in outcomes if one.case.name == name] for name in names]


def healthy_row(group: Sequence[Outcome]) -> str:
    alarms = sum(bool(one.counted) for one in group)
    return f"| {group[0].case.name} | {len(group)} | {alarms} | {tally(group)} |"


def broken_row(group: Sequence[Outcome]) -> str:
    expected = group[0].case.expected
    names = " or ".join(f"`{name}`" for name in sorted(expected))
    detected = sum(one.detected for one in group)
    mere = sum(one.merely_noted for one in group)
    found = f"{detected} of {len(group)}{f', {mere} as a note' if mere else ''}"
    others = tally(group, leave_out=expected)
    remark = f" ({group[0].case.remark})" if group[0].case.remark else ""
    return f"| {group[0].case.name}{remark} | {names} | {found} | {others} |"


def tally(group: Sequence[Outcome], leave_out: frozenset[str] = frozenset()) -> str:
    found = Counter(name for one in group for name in sorted(one.counted - leave_out))
    noted = Counter(name for one in group for name in sorted(one.noted - leave_out))
    return ", ".join(
        [
            *(f"`{name}` ({count})" for name, count in found.most_common()),
            *(f"*note* `{name}` ({count})" for name, count in noted.most_common()),
        ]
    )


if __name__ == "__main__":
    main()
