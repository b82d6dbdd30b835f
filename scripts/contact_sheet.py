"""Saves an image of Shapeset-3×2 samples, one row for each class.

Usage: python scripts/contact_sheet.py FILE.png
"""

import sys

from keras_xavier import datasets, figures


def main(path: str) -> None:
    dataset = datasets.load("shapeset3x2")
    images, labels = dataset.test
    figure = figures.contact_sheet(images, labels, dataset.class_names)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
