import numpy as np
import pytest

from keras_xavier.figures import contact_sheet
from keras_xavier.figures.contact_sheet import COLUMNS, mosaic

NAMES = ["triangle", "ellipse"]


def sheet(images, labels, names=NAMES):
    figure = contact_sheet(images, labels, names)
    (image,) = figure.axes[0].images
    return figure, np.asarray(image.get_array())


def test_each_class_has_its_row():
    images = np.zeros((4, 8, 8, 1), np.uint8)
    images[1::2] = 255
    figure, pixels = sheet(images, [0, 1, 0, 1])
    assert pixels.shape == (17, 17, 3)
    assert (pixels[:8, :8] == 0).all()
    assert (pixels[9:, 9:] == 1).all()
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == NAMES


@pytest.mark.parametrize(
    ("images", "brightness"),
    [
        (np.full((1, 8, 8), 128, np.uint8), 128 / 255),
        (np.full((1, 8, 8, 3), 0.25), 0.25),
        (np.linspace(-1, 1, 64).reshape(1, 8, 8, 1), 0.5),
    ],
)
def test_ranges_of_pixels(images, brightness):
    _, pixels = sheet(images, [0])
    assert pixels[:8, :8].mean() == pytest.approx(brightness, abs=1e-3)


def test_colors_are_preserved():
    red = np.zeros((1, 4, 4, 3), np.uint8)
    red[..., 0] = 255
    _, pixels = sheet(red, [1])
    assert pixels[5:, :4].reshape(-1, 3).tolist() == [[1, 0, 0]] * 16


def test_the_first_images_of_a_class_are_shown_in_order():
    images = np.arange(40, dtype=np.float32).reshape(40, 1, 1, 1) / 40
    pixels = mosaic(images, np.zeros(40, int), 1)
    assert pixels.shape == (1, 2 * COLUMNS - 1, 1)
    np.testing.assert_allclose(pixels[0, ::2, 0], np.arange(COLUMNS) / 40)


def test_no_images(tmp_path):
    figure, pixels = sheet(np.zeros((0, 8, 8)), [])
    assert (pixels == 1).all()
    figure.savefig(tmp_path / "empty.png")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 8)), [0, 1], r"Received: \(2, 8, 1\)|Received: \(2, 8\)"),
        (np.zeros((2, 8, 8, 4)), [0, 1], r"Received: \(2, 8, 8, 4\)"),
        (np.zeros((2, 8, 8)), [0], "2 images, 1 labels"),
        (np.zeros((2, 8, 8)), [0, 2], "Received: 0 to 2"),
        (np.zeros((2, 8, 8)), [-1, 0], "Received: -1 to 0"),
    ],
)
def test_inconsistent_arguments_raise_an_error(images, labels, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(images, labels, NAMES)
