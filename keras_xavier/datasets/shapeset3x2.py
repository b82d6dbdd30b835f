"""Shapeset-3×2: an infinite set of images of one or two shapes.

This is the data set of Glorot & Bengio (2010), section 2.1, reimplemented after the
authors' program: 32 × 32 gray images of one or two shapes, each a triangle, a
parallelogram or an ellipse. The nine classes are the combinations of shapes.

- A shape is a regular polygon with 3, 4 or 20 corners (20 approximate an ellipse). It
  is rotated, scaled to 0.2–0.8 of the image along each axis, and rotated again, each
  uniformly distributed. Its position is uniformly distributed over the positions where
  it lies within the image, one pixel from the border.
- Gray levels are uniformly distributed, between 0.55 and 1 for shapes and between 0 and
  0.45 for the background. An image is inverted with a probability of 0.5.
- The second shape lies on top of the first and hides at most half of it. A shape that
  would hide more is drawn again, for up to 50 attempts. If all fail, about once in
  10^13 images, the first shape remains alone, and the label is the class of a single
  shape.

One shape and two shapes are equally probable, and so are the kinds of each shape: a
single kind has 1/6 of the images, a pair of different kinds 1/9, a pair of the same
kind 1/18. Always predicting the most frequent class has an error of 83.3%, which is
where the paper's sigmoid networks stay (table 1: 82.61%).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from keras_xavier.datasets import polygons
from keras_xavier.datasets.philox import Words, philox4x32
from keras_xavier.datasets.polygons import SIZE, Floats, Masks

NAME = "shapeset3x2"
CLASS_NAMES = (
    "triangle",
    "parallelogram",
    "ellipse",
    "triangle + parallelogram",
    "parallelogram + ellipse",
    "triangle + ellipse",
    "two triangles",
    "two parallelograms",
    "two ellipses",
)
TRIANGLE, PARALLELOGRAM, ELLIPSE, NONE = 0, 1, 2, -1
"""Kinds of shapes, and the classes of images of a single shape."""
CORNERS = (3, 4, 20)
SHAPES = (
    (TRIANGLE, NONE),
    (PARALLELOGRAM, NONE),
    (ELLIPSE, NONE),
    (TRIANGLE, PARALLELOGRAM),
    (PARALLELOGRAM, ELLIPSE),
    (TRIANGLE, ELLIPSE),
    (TRIANGLE, TRIANGLE),
    (PARALLELOGRAM, PARALLELOGRAM),
    (ELLIPSE, ELLIPSE),
)
"""The shapes of each class."""
STACKS = np.array([SHAPES, [s if NONE in s else s[::-1] for s in SHAPES]])
"""Lower and upper shape of each class, in both orders."""
CLASS_DRAW = np.repeat(np.arange(9), (3, 3, 3, 2, 2, 2, 1, 1, 1))
"""Classes, each repeated by its frequency among 18 images."""
TRIES = 50
SMALLEST, LARGEST = 0.2 * SIZE / 2, 0.8 * SIZE / 2
"""Range of the distance from the center of a shape to its corners, in pixels."""
MARGIN = 1
"""Pixels between shapes and the border of the image."""
DARK, LIGHT = range(115), range(141, 256)
"""Bytes for gray levels of 0–0.45 and 0.55–1."""
TURN = np.linspace(0, 2 * np.pi, 1024, endpoint=False)
COSINE, SINE = np.cos(TURN).astype(np.float32), np.sin(TURN).astype(np.float32)
BLOCK = 8192
"""Number of images that are generated at once, to limit memory."""


class Split(StrEnum):
    """Sets of images that share no random numbers, even with the same seed."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


SIZES = {Split.TRAIN: 100_000, Split.VALIDATION: 10_000, Split.TEST: 10_000}
"""Number of images in sets of fixed size. Glorot & Bengio (2010) train support vector
machines, which do not learn online, on 100,000 images."""
FIXED_SEED = 0


def generate(
    seed: int, start: int, count: int, *, split: Split = Split.TRAIN
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Generates consecutive images of Shapeset-3×2.

    An image depends only on `seed`, `split` and its index, so a sequence can be split
    over machines and resumed at any index.

    Args:
        seed: int. From 0 to 2^64 - 1.
        start: int. Index of the first image, from 0 to 2^63 - 1.
        count: int. Number of images.
        split: str or `Split`. Set that the images belong to. Defaults to `Split.TRAIN`.

    Returns:
        Tuple `(images, labels)`: array of uint8, of shape `(count, 32, 32, 1)`, from 0
        (black) to 255 (white), and array of int64, of shape `(count,)`, indices into
        `CLASS_NAMES`.

    Raises:
        ValueError: If `seed` or an index is out of range, or `split` is unknown.

    Example:

    >>> images, labels = generate(seed=0, start=0, count=100)
    >>> images.shape, labels.shape
    ((100, 32, 32, 1), (100,))
    >>> image, label = generate(seed=0, start=42, count=1)
    >>> bool((image[0] == images[42]).all())
    True
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"`seed` must be from 0 to 2^64 - 1. Received: {seed}")
    if start < 0 or count < 0 or start + count > 2**63:
        raise ValueError(
            "Indices of images must be from 0 to 2^63 - 1, and `count` must not be "
            f"negative. Received: start={start}, count={count}"
        )
    if split not in tuple(Split):
        raise ValueError(
            f"`split` must be one of {', '.join(Split)}. Received: {split!r}"
        )
    images = np.empty((count, SIZE * SIZE), np.uint8)
    labels = np.empty(count, np.int64)
    for first in range(0, count, BLOCK):
        block = slice(first, min(first + BLOCK, count))
        indices = np.arange(start + first, start + block.stop, dtype=np.uint64)
        scenes = arrange(seed, indices, Split(split))
        images[block], labels[block] = paint(scenes), scenes.labels
    return images.reshape(count, SIZE, SIZE, 1), labels


@dataclass(frozen=True)
class Scenes:
    """Content of n images before they are painted.

    Attributes:
        labels: Array of int64, of shape `(n,)`. Classes.
        lower, upper: Masks of the shapes, of shape `(n, 32)`; 0 without a shape.
        background, lower_gray, upper_gray: Arrays of uint8, of shape `(n,)`.
    """

    labels: NDArray[np.int64]
    lower: Masks
    upper: Masks
    background: NDArray[np.uint8]
    lower_gray: NDArray[np.uint8]
    upper_gray: NDArray[np.uint8]


def arrange(seed: int, indices: Words, split: Split) -> Scenes:
    """Draws the scenes at `indices`, an array of uint64."""
    stream = 3 * list(Split).index(split)
    words = _random_words(seed, indices, stream, attempt=0)
    labels = CLASS_DRAW[_below(len(CLASS_DRAW), words[0])]
    lower_kind, upper_kind = STACKS[_below(2, words[1]), labels].T
    inversion = np.where(_below(2, words[3]), 255, 0).astype(np.uint8)
    background = _gray(DARK, words[2])
    lower, lower_gray = _shapes(seed, indices, stream + 1, lower_kind, attempt=0)
    upper, upper_gray = np.zeros_like(lower), np.zeros_like(lower_gray)
    failed = np.flatnonzero(upper_kind != NONE)
    for attempt in range(TRIES):
        upper[failed], upper_gray[failed] = _shapes(
            seed, indices[failed], stream + 2, upper_kind[failed], attempt=attempt
        )
        hidden = polygons.area(lower[failed] & upper[failed])
        failed = failed[2 * hidden > polygons.area(lower[failed])]
        if not failed.size:
            break
    upper[failed] = 0
    labels[failed] = lower_kind[failed]
    return Scenes(
        labels=labels,
        lower=lower,
        upper=upper,
        background=background ^ inversion,
        lower_gray=lower_gray ^ inversion,
        upper_gray=upper_gray ^ inversion,
    )


def paint(scenes: Scenes) -> NDArray[np.uint8]:
    """Paints scenes as images of shape `(n, 1024)`."""
    lower, upper = scenes.lower, scenes.upper
    images = polygons.paint(~(lower | upper), scenes.background)
    images |= polygons.paint(lower & ~upper, scenes.lower_gray)
    images |= polygons.paint(upper, scenes.upper_gray)
    return images


def _shapes(
    seed: int, indices: Words, stream: int, kinds: NDArray[np.int64], *, attempt: int
) -> tuple[Masks, NDArray[np.uint8]]:
    """Draws random shapes of given kinds: masks of shape `(n, 32)`, and gray levels."""
    words = _random_words(seed, indices, stream, attempt)
    a, b = SMALLEST + (LARGEST - SMALLEST) * _fractions(words[0])
    turns = (_fractions(words[1]) * len(TURN)).astype(np.intp)
    (cosine, cosine2), (sine, sine2) = COSINE[turns], SINE[turns]
    # The product of a rotation, a scaling and a rotation.
    matrix = np.array(
        [
            [
                cosine2 * a * cosine - sine2 * b * sine,
                -cosine2 * a * sine - sine2 * b * cosine,
            ],
            [
                sine2 * a * cosine + cosine2 * b * sine,
                cosine2 * b * cosine - sine2 * a * sine,
            ],
        ]
    )
    position = _fractions(words[2])
    masks = np.empty((len(indices), SIZE), np.uint32)
    for kind, corners in enumerate(CORNERS):
        here = np.flatnonzero(kinds == kind)
        matrices = matrix[..., here]
        low, high = polygons.extents(corners, matrices)
        room = SIZE - 2 * MARGIN - (high - low)
        center = MARGIN - low + position[:, here] * room
        masks[here] = polygons.draw(corners, matrices, center)
    return masks, _gray(LIGHT, words[3])


def _random_words(seed: int, indices: Words, stream: int, attempt: int) -> Words:
    """Draws four random words of 32 bits for each index, of shape `(4, n)`."""
    counters = np.empty((4, len(indices)), np.uint64)
    counters[0], counters[1] = indices & np.uint64(2**32 - 1), indices >> np.uint64(32)
    counters[2], counters[3] = attempt, stream
    return philox4x32(counters, seed)


def _below(limit: int, words: Words) -> NDArray[np.uint64]:
    """Maps words to uniformly distributed integers from 0 to `limit` - 1."""
    return words * np.uint64(limit) >> np.uint64(32)


def _fractions(words: Words) -> Floats:
    """Maps each word to two numbers between 0 and 1, of shape `(2, n)`."""
    halves = np.array([words >> np.uint64(16), words & np.uint64(2**16 - 1)])
    return (halves.astype(np.float32) + np.float32(0.5)) / np.float32(2**16)


def _gray(levels: range, words: Words) -> NDArray[np.uint8]:
    """Maps words to uniformly distributed gray levels."""
    return (levels.start + _below(len(levels), words)).astype(np.uint8)
