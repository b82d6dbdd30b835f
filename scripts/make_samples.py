"""Trains the sample runs, which are part of the package.

Usage: python scripts/make_samples.py [FOLDER]

Smaller versions of the networks of scripts/demo: the four runs take about 2 MB.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from keras_xavier.experiments.keras_startup import start_keras
from keras_xavier.runs.samples import SAMPLES_FOLDER

UNITS, UPDATES, EVERY = 120, 4_000, 200
# Run name: activation, initializer, learning rate.
NETWORKS = {
    "sigmoid-standard": ("sigmoid", "standard", 0.1),
    "tanh-standard": ("tanh", "standard", 0.1),
    "tanh-normalized": ("tanh", "normalized", 0.1),
    "softsign-standard": ("softsign", "standard", 0.1),
}


def main(folder: Path) -> None:
    start_keras()
    from keras_xavier.experiments.experiment import Experiment
    from keras_xavier.experiments.progress import ProgressBar
    from keras_xavier.experiments.training import checkpoint_path, train
    from keras_xavier.runs.schema import encode_root
    from keras_xavier.runs.validation import decode

    for name, (activation, initializer, learning_rate) in NETWORKS.items():
        experiment = Experiment(
            activation=activation,
            initializer=initializer,
            layers=4,
            units=UNITS,
            learning_rate=learning_rate,
            updates=UPDATES,
        )
        run = folder / f"{name}.zarr"
        shutil.rmtree(run, ignore_errors=True)
        train(
            experiment,
            str(run),
            every=EVERY,
            step_quality=True,
            callbacks=[ProgressBar(UPDATES)],
        )
        # A reader needs neither the weights nor the name of this machine.
        checkpoint_path(str(run)).unlink()
        root = run / "zarr.json"
        metadata = decode(root.read_bytes(), str(run))
        writer = replace(metadata.writer, host="sample")
        root.write_bytes(encode_root(replace(metadata, writer=writer)))
        print(run)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES_FOLDER)
