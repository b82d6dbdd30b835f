"""Kills a writing process again and again (`kill -9`), and resumes its run."""

import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from soaking.processes import kill, output_of, recorded, start
from soaking.values import WrongValueError, check

from keras_xavier.runs import RunError, open_run

KILLS_PER_RUN = 20


@dataclass
class Outcome:
    """What was lost.

    Attributes:
        tries: Number of kills, power losses or readings.
        lost_runs: Number of runs that could not be opened or resumed.
        wrong: Number of readings with wrong values.
        refused: Number of readings that ended in an error, not in values.
        seconds: Time from the first record that was lost to the end, for each try; of
            readers, the age of the last record.
        problems: First messages.
    """

    tries: int = 0
    lost_runs: int = 0
    wrong: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add_problem(self, text: str) -> None:
        if len(self.problems) < 20:
            self.problems.append(text)


def soak(kills: int, seed: int = 0) -> Outcome:
    """Kills a writer `kills` times."""
    moments = random.Random(seed)  # noqa: S311 - no secrets
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run.zarr"
        for number in range(kills):
            if number % KILLS_PER_RUN == 0:
                shutil.rmtree(run, ignore_errors=True)
            before = expected_records(run)
            process = start(run, number % KILLS_PER_RUN + 1)
            output_of(process).readline()
            early = moments.random() < 0.2
            time.sleep(moments.uniform(0, 0.08 if early else 1.5))
            killed = time.time()
            lines, errors = kill(process)
            outcome.tries += 1
            if errors:
                outcome.lost_runs += 1
                outcome.add_problem(errors[-300:])
            judge(outcome, run, before, recorded(lines), killed)
    return outcome


def expected_records(run: Path) -> int:
    try:
        return open_run(run).records
    except RunError:
        return 0


def judge(
    outcome: Outcome, run: Path, before: int, written: dict[int, float], ended: float
) -> None:
    """Opens a run after its writer has ended, and counts what was lost."""
    try:
        opened = open_run(run)
        records = check(opened, max(0, before - 1))
        last = opened.last_step
    except RunError as error:
        last, records = None, 0
        if before or not ("is missing in" in str(error) or "no run" in str(error)):
            outcome.lost_runs += 1
            outcome.add_problem(str(error))
    except WrongValueError as error:
        outcome.wrong += 1
        outcome.add_problem(str(error))
        return
    if records < before:
        outcome.lost_runs += 1
        outcome.add_problem(f"{before} records became {records}")
    lost = [when for step, when in written.items() if last is None or step > last]
    outcome.seconds.append(ended - min(lost) if lost else 0.0)
