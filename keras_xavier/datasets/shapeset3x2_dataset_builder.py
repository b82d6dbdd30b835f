"""Builder of Shapeset-3×2 for tensorflow-datasets, which generates the images."""

from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds
from numpy.typing import NDArray

from keras_xavier.datasets.polygons import SIZE
from keras_xavier.datasets.shapeset3x2 import (
    CLASS_NAMES,
    FIXED_SEED,
    SIZES,
    Split,
    generate,
)

CHUNK = 10_000
CITATION = """\
@inproceedings{glorot2010understanding,
  title = {Understanding the difficulty of training deep feedforward neural networks},
  author = {Glorot, Xavier and Bengio, Yoshua},
  booktitle = {Proceedings of the 13th International Conference on Artificial
    Intelligence and Statistics},
  pages = {249--256},
  year = {2010},
}
"""


class Builder(tfds.core.GeneratorBasedBuilder):
    """Generates Shapeset-3×2 for `tfds.load("shapeset3x2")`.

    The validation and test splits are the same as in `keras_xavier.datasets.load`. The
    training split is the beginning of its stream with seed 0.

    Example:

    ```python
    import keras_xavier.datasets
    import tensorflow_datasets as tfds

    examples = tfds.load("shapeset3x2", split="test", as_supervised=True)
    ```
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=(
                "32 × 32 gray images of one or two shapes out of triangle, "
                "parallelogram and ellipse; the nine classes are the combinations."
            ),
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(SIZE, SIZE, 1)),
                    "label": tfds.features.ClassLabel(names=CLASS_NAMES),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://proceedings.mlr.press/v9/glorot10a.html",
            citation=CITATION,
            # Images are independent; in order, they can be looked up by index.
            disable_shuffling=True,
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[int, dict[str, NDArray[np.uint8] | int]]]]:
        return {
            split.value: self._generate_examples(split, size)
            for split, size in SIZES.items()
        }

    def _generate_examples(
        self, split: Split, size: int
    ) -> Iterator[tuple[int, dict[str, NDArray[np.uint8] | int]]]:
        for start in range(0, size, CHUNK):
            count = min(CHUNK, size - start)
            images, labels = generate(FIXED_SEED, start, count, split=split)
            for number, (image, label) in enumerate(zip(images, labels, strict=True)):
                yield start + number, {"image": image, "label": int(label)}
