"""Saves the pictures of some runs as PNG files.

Usage: python scripts/save_figures.py RUN_OR_FOLDER FOLDER_FOR_FIGURES
"""

import sys
from pathlib import Path

from keras_xavier import figures
from keras_xavier.runs import State, find_runs, open_run


def main(source: str, target: str) -> None:
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    runs = [
        open_run(found.path)
        for found in find_runs(source)
        if found.state is not State.BROKEN and found.records
    ]
    if not runs:
        raise SystemExit(f"No runs with records in {source}.")
    pictures = {"training_curves": figures.training_curves(runs)}
    for run in runs:
        pictures |= {
            f"{run.name}_activations_over_time": figures.activations_over_time(run),
            f"{run.name}_activation_histograms": figures.activation_histograms(run),
            f"{run.name}_gradient_histograms": figures.gradient_histograms(run),
        }
    for name, figure in pictures.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=150)
        print(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
