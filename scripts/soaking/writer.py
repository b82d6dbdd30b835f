"""Process that writes a run of known values until it is killed.

Usage: writer.py RUN WRITER MODE RESUME_FROM SECONDS_BETWEEN_RECORDS RECORDS
"""

import sys
import time

import numpy as np
from soaking.values import LAYERS, loss, measurement

from keras_xavier.runs import RunError, RunWriter, open_run


def main(path: str, writer: int, mode: str, last: int, pause: float, most: int) -> None:
    if mode == "auto":
        mode = "resume" if exists(path) else "create"
    print("begin", flush=True)
    run = RunWriter(
        path, layers=LAYERS, mode=mode, resume_from=last if last >= 0 else None
    )
    steps = open_run(path).steps
    step = int(steps[-1]) if len(steps) else -1
    print("resumed", step, flush=True)
    for _ in range(most):
        step += 1
        run.record(step, measurement(step, writer))
        run.log(step, {"loss": loss(step, writer), "nan": np.nan})
        print(step, time.time(), flush=True)
        time.sleep(pause)
    run.close()
    print("closed", flush=True)


def exists(path: str) -> bool:
    """Returns whether a writer got as far as creating the run."""
    try:
        open_run(path)
    except RunError as error:
        if "zarr.json is missing" in str(error) or "There is no run" in str(error):
            return False
        raise
    return True


if __name__ == "__main__":
    path, writer, mode, last, pause, most = sys.argv[1:]
    main(path, int(writer), mode, int(last), float(pause), int(most))
