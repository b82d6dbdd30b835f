"""Measures what the diagnosis finds in healthy programs and in programs with faults.

Usage: python scripts/measure_diagnosis.py [--seeds 3 4] [--folder FOLDER] [--repair]

Trains the programs in `scripts/networks` without and with faults, diagnoses their runs
with the default thresholds, and writes docs/diagnosis.md. With `--folder`, runs are
kept, so that you can interrupt and resume at any time. Needs the extras `tensorflow`
and `paper`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from networks.measuring import Outcome, measure, seconds_of_200_layers, tasks
from networks.report import report

REPORT = Path(__file__).parent.parent / "docs" / "diagnosis.md"
SEEDS = (3,)
"""Thresholds may have been tried on the seeds 0 to 2."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--folder", type=Path, help="folder of the runs")
    parser.add_argument("--output", type=Path, default=REPORT)
    parser.add_argument("--only", default="", help="only faults with this text")
    parser.add_argument(
        "--repair", action="store_true", help="also try three remedies of each fault"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.only and options.output == REPORT:
        parser.error(f"--only needs --output: {REPORT.name} covers all faults")
    chosen = tasks(options.seeds, options.only)
    outcomes = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for one in measure(chosen, folder, jobs=options.jobs, repair=options.repair):
            outcomes.append(one)
            print(f"{len(outcomes)} of {len(chosen)}: {describe(one)}", flush=True)
        seconds = seconds_of_200_layers(folder)
    options.output.write_text(report(outcomes, options.seeds, seconds))


def describe(outcome: Outcome) -> str:
    task = outcome.task
    title = f"{task.fault or 'healthy'}, {task.program}, seed {task.seed}"
    found = [
        f"{one.severity} {one.name}"
        + (f" -> {' '.join(one.consequences)}" if one.consequences else "")
        for one in outcome.found
    ]
    return f"{title}: score {outcome.score:.2f}, {'; '.join(found) or 'no problems'}"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted. With --folder, finished runs are kept.")
