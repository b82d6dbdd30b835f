"""Measures what the diagnosis finds in healthy programs and in programs with faults.

Usage: python scripts/measure_diagnosis.py [--seeds 3] [--healthy-seeds 4 5]
    [--variants 3] [--repair 40] [--folder FOLDER]

Trains the programs in `scripts/networks` without and with faults, diagnoses their runs
with the default thresholds, and writes docs/diagnosis.md. With `--folder`, runs are
kept, so that you can interrupt and resume at any time. Needs the extras `tensorflow`
and `paper`.
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from networks.measuring import (
    Outcome,
    Task,
    healthy_tasks,
    measure,
    seconds_of_200_layers,
    tasks,
)
from networks.report import is_killed, report, scores_of

REPORT = Path(__file__).parent.parent / "docs" / "diagnosis.md"
SEEDS = (3,)
"""Thresholds may have been tried on the seeds 0 to 2."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument(
        "--healthy-seeds",
        nargs="*",
        type=int,
        default=[],
        help="further seeds, of healthy programs only",
    )
    parser.add_argument(
        "--variants",
        type=int,
        default=0,
        help="variants of each healthy program with these seeds",
    )
    parser.add_argument("--folder", type=Path, help="folder of the runs")
    parser.add_argument("--output", type=Path, default=REPORT)
    parser.add_argument("--only", default="", help="only faults with this text")
    parser.add_argument(
        "--repair",
        type=int,
        default=0,
        metavar="N",
        help="also try three remedies of N faults with an effect, drawn at random",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.only and options.output == REPORT:
        parser.error(f"--only needs --output: {REPORT.name} covers all faults")
    chosen = tasks(options.seeds, options.only)
    chosen += healthy_tasks(options.healthy_seeds, options.variants)
    outcomes = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for one in measure(chosen, folder, jobs=options.jobs):
            outcomes.append(one)
            print(f"{len(outcomes)} of {len(chosen)}: {describe(one)}", flush=True)
        faulty = drawn(outcomes, chosen, options.repair)
        for one in measure(faulty, folder, jobs=options.jobs, repair=True):
            outcomes = [one if each.task == one.task else each for each in outcomes]
            print(
                f"score {one.repaired:.2f} with a remedy: {describe(one)}", flush=True
            )
        seconds = seconds_of_200_layers(folder)
    load, *_ = os.getloadavg()
    options.output.write_text(
        report(outcomes, options.seeds, seconds, options.healthy_seeds, load=load)
    )


def drawn(outcomes: list[Outcome], chosen: list[Task], count: int) -> list[Task]:
    """Draws faults with an effect at random; more of them begin with the same."""
    scores = scores_of(outcomes)
    by_task = {one.task: one for one in outcomes}
    order = [task for task in chosen if task.fault]
    random.Random(1).shuffle(order)  # noqa: S311
    return [task for task in order if is_killed(by_task[task], scores)][:count]


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
