"""A fake of keras-xavier: python trainer.py BEHAVIOR train …

It records a simulated run at the path after --run. BEHAVIOR:
    records=N  writes N records or until SIGINT, and exits with 0
    stubborn   writes one record and ignores SIGINT
    fails      writes binary output and exits with 3
"""

import runpy
import signal
import sys
import time
from pathlib import Path

SIMULATION = runpy.run_path(str(Path(__file__).parents[1] / "simulation.py"))
EVERY = 100
GARBAGE = b"\x1b[31m\xff\xfe\x00loss \x1b[2K\rprogress 1\rprogress 2\x1b]0;title\x07\n"


def train(run, records):
    stopped = []
    signal.signal(signal.SIGINT, lambda *_: stopped.append(1))
    layers = SIMULATION["layers_of"](2)
    random = SIMULATION["np"].random.default_rng(0)
    with SIMULATION["RunWriter"](run, layers=layers) as writer:
        for record in range(records + 1):
            step = record * EVERY
            writer.record(step, SIMULATION["measure"](layers, step, random))
            writer.flush()
            print(f"update {step}", flush=True)
            time.sleep(0.02)
            if stopped:
                break
    print(f"{run}  validation error 12.30%")


def stay(run):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    SIMULATION["write"](run, records=1, close=False)
    print("I stay", flush=True)
    time.sleep(300)


def fail():
    sys.stdout.buffer.write(GARBAGE * 5000)
    sys.stdout.buffer.flush()
    print("keras-xavier: the data are not there", file=sys.stderr)
    sys.exit(3)


if __name__ == "__main__":
    behavior, run = sys.argv[1], sys.argv[sys.argv.index("--run") + 1]
    if behavior.startswith("records="):
        train(run, int(behavior.removeprefix("records=")))
    elif behavior == "stubborn":
        stay(run)
    else:
        fail()
