"""Shapeset-3×2: images of one or two shapes, without end.

The data set of Glorot & Bengio (2010), section 2.1, after the program of its
first authors: 32 × 32 grey images of one or two out of triangle, parallelogram
and ellipse, and nine classes, which tell the shapes that are there.

- A shape is a regular polygon of 3, 4 or 20 corners (20 stand for the ellipse),
  turned, stretched to 0.2–0.8 of the image along each axis, and turned again, all
  of it uniformly distributed. It lies wherever the whole of it is within the
  image and a pixel away from the border: nothing is cut off.
- Shapes have grey levels of 0.55–1 and the background has one of 0–0.45, all
  uniformly distributed; an image is inverted with a probability of 0.5.
- The second shape lies on top of the first and hides at most half of it. One
  that would hide more is drawn anew, up to 50 tries in all. Should all of them
  fail, about once in 10^13 images, the first shape stays alone and the label is
  that of a single shape.

One shape or two are equally probable, and each shape is of either kind with equal
probability: 1/6 of the images for each single, 1/9 for each pair of different
kinds, 1/18 for each pair of one kind. Who always answers with the most frequent
class is wrong on 83.3 % of the images, which is where the paper's sigmoid networks
stay (table 1: 82.61 %).
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
"""The kinds of shapes; also the classes of images with one alone."""
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
"""Classes, each as often as it is drawn among 18 images."""
TRIES = 50
SMALLEST, LARGEST = 0.2 * SIZE / 2, 0.8 * SIZE / 2
"""Range of the distance from a shape's middle to its corners, in pixels."""
MARGIN = 1
"""Pixels between shapes and the border of the image."""
DARK, LIGHT = range(115), range(141, 256)
"""Bytes that are grey levels of 0–0.45 and of 0.55–1."""
TURN = np.linspace(0, 2 * np.pi, 1024, endpoint=False)
COSINE, SINE = np.cos(TURN).astype(np.float32), np.sin(TURN).astype(np.float32)
BLOCK = 8192
"""Images that are generated at a time: few calls, and little memory."""


class Split(StrEnum):
    """Sets of images that share no random number, whatever their seeds."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


SIZES = {Split.TRAIN: 100_000, Split.VALIDATION: 10_000, Split.TEST: 10_000}
"""Images in sets of a fixed size; Glorot & Bengio (2010) train support vector
machines, which cannot learn online, on 100,000."""
FIXED_SEED = 0


def generate(
    seed: int, start: int, count: int, *, split: Split = Split.TRAIN
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Generates consecutive images of Shapeset-3×2.

    An image is a function of `seed`, `split` and its index alone, so that a
    sequence can be cut, spread over machines and resumed anywhere.

    Args:
        seed: Integer from 0 to 2^64 - 1.
        start: Index of the first image; indices reach from 0 to 2^63 - 1.
        count: Number of images.
        split: Set that they belong to.

    Returns:
        Images, array of uint8, `(count, 32, 32, 1)`, from 0 black to 255 white,
        and labels, array of int64, `(count,)`, indices into `CLASS_NAMES`.

    Raises:
        ValueError: If `seed` or an index is out of range, or `split` unknown.

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
            "Indices of images reach from 0 to 2^63 - 1, and `count` is not "
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
    """What images show, before it is painted; arrays of n scenes.

    Attributes:
        labels: Classes.
        lower, upper: Masks, `(n, 32)`, of the shapes; empty where there is none.
        background, lower_grey, upper_grey: Grey levels as bytes.
    """

    labels: NDArray[np.int64]
    lower: Masks
    upper: Masks
    background: NDArray[np.uint8]
    lower_grey: NDArray[np.uint8]
    upper_grey: NDArray[np.uint8]


def arrange(seed: int, indices: Words, split: Split) -> Scenes:
    """Draws the scenes at `indices`, an array of uint64."""
    stream = 3 * list(Split).index(split)
    words = _random_words(seed, indices, stream, attempt=0)
    labels = CLASS_DRAW[_below(len(CLASS_DRAW), words[0])]
    lower_kind, upper_kind = STACKS[_below(2, words[1]), labels].T
    inversion = np.where(_below(2, words[3]), 255, 0).astype(np.uint8)
    background = _grey(DARK, words[2])
    lower, lower_grey = _shapes(seed, indices, stream + 1, lower_kind, attempt=0)
    upper, upper_grey = np.zeros_like(lower), np.zeros_like(lower_grey)
    failed = np.flatnonzero(upper_kind != NONE)
    for attempt in range(TRIES):
        upper[failed], upper_grey[failed] = _shapes(
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
        lower_grey=lower_grey ^ inversion,
        upper_grey=upper_grey ^ inversion,
    )


def paint(scenes: Scenes) -> NDArray[np.uint8]:
    """Paints scenes as images, `(n, 1024)`."""
    lower, upper = scenes.lower, scenes.upper
    images = polygons.paint(~(lower | upper), scenes.background)
    images |= polygons.paint(lower & ~upper, scenes.lower_grey)
    images |= polygons.paint(upper, scenes.upper_grey)
    return images


def _shapes(
    seed: int, indices: Words, stream: int, kinds: NDArray[np.int64], *, attempt: int
) -> tuple[Masks, NDArray[np.uint8]]:
    """Random shapes of given kinds: masks, `(n, 32)`, and grey levels."""
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
    return masks, _grey(LIGHT, words[3])


def _random_words(seed: int, indices: Words, stream: int, attempt: int) -> Words:
    """Four random words of 32 bits for each index, `(4, n)`."""
    counters = np.empty((4, len(indices)), np.uint64)
    counters[0], counters[1] = indices & np.uint64(2**32 - 1), indices >> np.uint64(32)
    counters[2], counters[3] = attempt, stream
    return philox4x32(counters, seed)


def _below(limit: int, words: Words) -> NDArray[np.uint64]:
    """Uniformly distributed integers from 0 to `limit` - 1."""
    return words * np.uint64(limit) >> np.uint64(32)


def _fractions(words: Words) -> Floats:
    """Two numbers between 0 and 1 for each word, of 16 bits each, `(2, n)`."""
    halves = np.array([words >> np.uint64(16), words & np.uint64(2**16 - 1)])
    return (halves.astype(np.float32) + np.float32(0.5)) / np.float32(2**16)


def _grey(levels: range, words: Words) -> NDArray[np.uint8]:
    """Uniformly distributed grey levels."""
    return (levels.start + _below(len(levels), words)).astype(np.uint8)
