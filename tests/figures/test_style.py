import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from keras_xavier.figures import DARK, LIGHT, style
from keras_xavier.figures.style import LINE_STYLES, THEORY_LOOK, line_style, marker


def luminance(color):
    """Relative luminance as in WCAG 2.1."""
    channels = np.array(to_rgb(color))
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first, second):
    brighter, darker = sorted([luminance(first), luminance(second)], reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_text_can_be_read(style):
    assert contrast(style.foreground, style.background) > 7
    assert contrast(style.muted, style.background) > 4.5


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_lines_stand_out_from_the_background(style):
    for color in (*style.layer_colors(10), *style.runs):
        assert contrast(color, style.background) > 1.75


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_layers_get_lighter_with_depth(style):
    brightness = [luminance(color) for color in style.layer_colors(8)]
    assert brightness == sorted(brightness)


def test_colors_of_layers_for_any_count():
    assert len(LIGHT.layer_colors(1)) == 1
    assert len(set(LIGHT.layer_colors(100))) > 50


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_colors_of_many_runs_differ(style):
    colors = [style.run_color(index) for index in range(200)]
    assert colors[: len(style.runs)] == list(style.runs)
    assert len({*colors}) == len(colors)
    assert min(contrast(color, style.background) for color in colors) > 1.75


def test_both_styles_have_as_many_runs():
    assert len(LIGHT.runs) == len(DARK.runs)


@pytest.mark.parametrize("sign", [marker, line_style])
def test_neighbors_differ(sign):
    signs = [sign(i) for i in range(20)]
    assert all(a != b for a, b in itertools.pairwise(signs))


def test_theory_looks_unlike_layers_and_runs():
    assert THEORY_LOOK["linestyle"] not in LINE_STYLES
    _, (dot, gap) = THEORY_LOOK["linestyle"]
    assert dot < gap / 10
    assert not any(
        one != "solid" and len(one[1]) == 2 and one[1][0] < one[1][1]
        for one in LINE_STYLES
    )


def test_each_color_of_a_deep_network_is_computed_once(monkeypatch):
    computed = []
    monkeypatch.setattr(style, "to_hex", lambda color: computed.append(color) or "#000")
    style.colors_along.cache_clear()
    for _ in range(1000):
        LIGHT.layer_colors(1000)
    style.colors_along.cache_clear()
    assert len(computed) == 1000
