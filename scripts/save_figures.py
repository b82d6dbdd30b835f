"""Saves figures of some runs as PNG files.

Usage: python scripts/save_figures.py RUN_OR_FOLDER FOLDER_FOR_FIGURES
"""

import sys
from pathlib import Path

import keras_xavier as kx
from keras_xavier.runs import State


def main(source: str, target: str) -> None:
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    runs = [
        kx.open_run(found.path)
        for found in kx.find_runs(source)
        if found.state is not State.BROKEN and found.records
    ]
    if not runs:
        raise SystemExit(f"No runs with records in {source}.")
    figures = {"training-curves": kx.figures.training_curves(runs)}
    for run in runs:
        figures |= {
            f"{run.name}-layer-curves": kx.figures.layer_curves(run),
            f"{run.name}-activations": kx.figures.histograms(run, "activation"),
            f"{run.name}-gradients": kx.figures.histograms(
                run, "preactivation_gradient"
            ),
        }
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=150)
        print(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
