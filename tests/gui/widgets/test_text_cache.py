"""Cached texts look like the texts that matplotlib draws."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox

from keras_xavier_gui.widgets import text_cache
from keras_xavier_gui.widgets.text_cache import CachingRenderer

SIZE = 300, 200, 100
TEXTS = [
    ("hidden_1 · 0.25", 0, False),
    ("∂C/∂s gjpq", 90, False),
    ("$10^{-4}$", 0, True),
]


def drawn(renderer, *texts, clip=None, color="black", alpha=None):
    gc = renderer.new_gc()
    gc.set_foreground(color)
    if alpha is not None:
        gc.set_alpha(alpha)
    gc.set_clip_rectangle(clip)
    for x, y, text, angle, is_math in texts:
        renderer.draw_text(gc, x, y, text, FontProperties(size=12), angle, is_math)
    return np.asarray(renderer.buffer_rgba()).astype(int)


@pytest.mark.parametrize(("text", "angle", "is_math"), TEXTS)
def test_a_cached_text_looks_like_the_text_drawn_first(text, angle, is_math):
    placed = [(60, 150, text, angle, is_math), (150, 120, text, angle, is_math)]
    renderer = CachingRenderer(*SIZE)
    expected = drawn(RendererAgg(*SIZE), *placed)
    found = drawn(renderer, *placed)
    assert found[..., 3].any()
    # Pixels are blended twice, which rounds twice.
    assert np.abs(found - expected)[..., 3].max() <= 2
    renderer.clear()
    np.testing.assert_array_equal(drawn(renderer, *placed), found)


def test_a_text_is_rasterized_once(monkeypatch):
    renderer = CachingRenderer(*SIZE)
    rendered = []
    whole = CachingRenderer._rasterize
    monkeypatch.setattr(
        CachingRenderer,
        "_rasterize",
        lambda self, *args: rendered.append(args[1]) or whole(self, *args),
    )
    drawn(renderer, (10, 50, "a", 0, False), (20, 60, "a", 0, False))
    drawn(renderer, (10, 50, "b", 0, False))
    assert rendered == ["a", "b"]


def test_a_cached_text_keeps_its_color():
    renderer = CachingRenderer(*SIZE)
    drawn(renderer, (10, 50, "a", 0, False))
    renderer.clear()
    red = drawn(renderer, (10, 50, "a", 0, False), color="red")
    assert red[red[..., 3] > 100][:, 0].min() == 255


@pytest.mark.parametrize("alpha", [None, 0.3])
def test_clipped_and_transparent_texts_look_as_drawn_by_matplotlib(alpha):
    clip = Bbox([[0, 0], [70, 200]]) if alpha is None else None
    placed = (60, 150, "a long text", 0, False)
    found = drawn(CachingRenderer(*SIZE), placed, clip=clip, alpha=alpha)
    expected = drawn(RendererAgg(*SIZE), placed, clip=clip, alpha=alpha)
    np.testing.assert_array_equal(found, expected)


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(text_cache, "MAX_TEXTS", 3)
    renderer = CachingRenderer(*SIZE)
    drawn(renderer, *[(10, 50, str(number), 0, False) for number in range(20)])
    assert len(renderer._texts) <= 3
