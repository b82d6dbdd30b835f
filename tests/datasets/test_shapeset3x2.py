import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.datasets import polygons, shapeset3x2
from keras_xavier.datasets.shapeset3x2 import (
    CLASS_NAMES,
    NONE,
    SHAPES,
    Scenes,
    Split,
    arrange,
    generate,
)

MANY = 20_000


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    return arrange(5, np.arange(MANY, dtype=np.uint64), Split.TRAIN)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return generate(5, 0, MANY)[0].reshape(MANY, 32, 32)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**64 - 1),
    start=st.one_of(st.integers(0, 100), st.integers(0, 2**63 - 200)),
    cuts=st.lists(st.integers(0, 200), max_size=4),
    split=st.sampled_from(Split),
)
def test_any_part_of_a_sequence_is_the_same(seed, start, cuts, split):
    whole = generate(seed, start, 200, split=split)
    ends = [0, *sorted(cuts), 200]
    parts = [
        generate(seed, start + first, last - first, split=split)
        for first, last in pairwise(ends)
    ]
    for value, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(value, np.concatenate(pieces))


def test_images_do_not_depend_on_blocks(monkeypatch):
    expected = generate(3, 10, 500)
    monkeypatch.setattr(shapeset3x2, "BLOCK", 64)
    for value, other in zip(expected, generate(3, 10, 500), strict=True):
        np.testing.assert_array_equal(value, other)


def test_pixels_never_change():
    """Changed pixels change published results: raise the version of the dataset."""
    digest = hashlib.sha256()
    for split in Split:
        images, labels = generate(0, 0, 1000, split=split)
        digest.update(images.tobytes() + labels.astype("<i8").tobytes())
    assert digest.hexdigest() == (
        "74dcf9c3125efb63f7bac25d1a92af11ce88c69b6927538f20a5ee13b6b687f7"
    )


def test_shapes_and_types():
    images, labels = generate(0, 0, 7)
    assert images.shape == (7, 32, 32, 1)
    assert images.dtype == np.uint8
    assert labels.shape == (7,)
    assert labels.dtype == np.int64
    assert generate(0, 0, 0)[0].shape == (0, 32, 32, 1)


def test_seeds_and_splits_share_no_image():
    variants = [generate(seed, 0, 2000)[0] for seed in (0, 1, 2**63)]
    variants += [generate(0, 0, 2000, split=s)[0] for s in ("validation", "test")]
    variants += [generate(0, 2**32, 2000)[0]]
    flat = np.concatenate(variants).reshape(-1, 1024)
    assert len(np.unique(flat, axis=0)) == len(flat)


def test_number_and_kinds_of_shapes_are_independently_drawn(scenes):
    counts = np.bincount(scenes.labels, minlength=9)
    assert len(counts) == len(CLASS_NAMES) == len(SHAPES) == 9
    expected = np.repeat([1 / 6, 1 / 9, 1 / 18], 3)
    deviation = np.sqrt(MANY * expected * (1 - expected))
    assert (np.abs(counts - MANY * expected) < 4 * deviation).all()


def test_labels_match_the_number_of_shapes(scenes):
    pairs = np.array([NONE not in shapes for shapes in SHAPES])[scenes.labels]
    assert (polygons.area(scenes.lower) > 0).all()
    np.testing.assert_array_equal(polygons.area(scenes.upper) > 0, pairs)


def test_labels_match_the_kinds_of_shapes(scenes):
    """The ratio area / √det(covariance) is invariant under affine maps."""
    kinds = {"triangle": np.sqrt(108), "parallelogram": 12.0, "ellipse": 4 * np.pi}
    for label, (name, expected) in enumerate(kinds.items()):
        assert CLASS_NAMES[label] == name
        one = np.full((scenes.labels == label).sum(), 1, np.uint8)
        shapes = polygons.paint(scenes.lower[scenes.labels == label], one)
        shapes = shapes.reshape(-1, 32, 32)[shapes.sum(axis=1) > 120]
        ratios = []
        for shape in shapes:
            points = np.argwhere(shape).T
            ratios.append(shape.sum() / np.sqrt(np.linalg.det(np.cov(points))))
        assert np.mean(ratios) == pytest.approx(expected, rel=0.02)


def test_the_upper_shape_hides_at_most_half_of_the_lower(scenes):
    hidden = polygons.area(scenes.lower & scenes.upper).astype(int)
    assert (2 * hidden <= polygons.area(scenes.lower)).all()
    assert (hidden > 0).mean() > 0.2


def test_either_kind_of_a_pair_is_on_top(scenes):
    triangle_and_ellipse = scenes.labels == CLASS_NAMES.index("triangle + ellipse")
    larger_on_top = polygons.area(scenes.upper) > polygons.area(scenes.lower)
    # Ellipses are much larger, so with a fixed order this would be near 0 or 1.
    assert 0.4 < larger_on_top[triangle_and_ellipse].mean() < 0.6


def test_failed_attempts_leave_single_shapes_with_their_labels(scenes, monkeypatch):
    monkeypatch.setattr(shapeset3x2, "TRIES", 1)
    hasty = arrange(5, np.arange(MANY, dtype=np.uint64), Split.TRAIN)
    failed = hasty.labels != scenes.labels
    assert 0.1 < failed.mean() < 0.2
    assert (hasty.labels[failed] < 3).all()
    assert not hasty.upper[failed].any()
    np.testing.assert_array_equal(hasty.lower, scenes.lower)
    np.testing.assert_array_equal(hasty.upper[~failed], scenes.upper[~failed])
    shapes = np.array(SHAPES)[scenes.labels[failed]]
    assert (shapes == hasty.labels[failed][:, np.newaxis]).any(axis=1).all()
    hidden = polygons.area(hasty.lower & hasty.upper).astype(int)
    assert (2 * hidden <= polygons.area(hasty.lower)).all()


def test_shapes_keep_away_from_the_border(images):
    background = images[:, :1, :1]
    for border in (images[:, [0, -1]], images[:, :, [0, -1]]):
        assert (border == background).all()


def test_shapes_reach_all_parts_of_the_image(images):
    touched = (images != images[:, :1, :1]).mean(axis=0)[1:-1, 1:-1]
    # Few shapes have a corner in the corner of the image.
    assert touched.max(axis=0).min() > 0
    assert touched.max(axis=1).min() > 0
    np.testing.assert_allclose(touched, touched[::-1, ::-1], atol=0.03)
    np.testing.assert_allclose(touched, touched.T, atol=0.03)


def test_sizes_of_shapes(scenes):
    ellipses = scenes.lower[scenes.labels == CLASS_NAMES.index("ellipse")]
    area = polygons.area(ellipses)
    full = 10 * np.sin(np.pi / 10)  # area of 20 corners on the unit circle
    assert area.min() < full * 3.2**2 * 1.8
    assert area.min() > full * 3.2**2 * 0.7
    assert full * 12.8**2 * 0.8 < area.max() < full * 12.8**2 * 1.02
    assert area.mean() == pytest.approx(full * 8**2, rel=0.03)


def test_gray_levels(scenes, images):
    light = images[:, 0, 0] / 255 > 0.5
    assert light.mean() == pytest.approx(0.5, abs=0.02)
    inverted = np.where(light[:, np.newaxis, np.newaxis], 255 - images, images)
    background = inverted[:, 0, 0] / 255
    assert background.min() == 0
    assert 0.44 < background.max() <= 0.45
    objects = inverted[inverted != inverted[:, :1, :1]] / 255
    assert 0.55 <= objects.min() < 0.56
    assert objects.max() == 1
    levels = np.array([len(np.unique(image)) for image in images[:5000]])
    pairs = scenes.labels[:5000] >= 3
    assert set(levels[~pairs]) == {2}
    assert set(levels[pairs]) == {2, 3}  # two shapes can have the same gray


@pytest.mark.parametrize(
    ("seed", "start", "count"), [(-1, 0, 1), (2**64, 0, 1), (0, -1, 1), (0, 0, -1)]
)
def test_numbers_out_of_range(seed, start, count):
    with pytest.raises(ValueError, match="Received"):
        generate(seed, start, count)


def test_unknown_split():
    with pytest.raises(ValueError, match=r"train, validation, test.*holdout"):
        generate(0, 0, 1, split="holdout")
