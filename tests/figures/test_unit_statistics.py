"""Statistics of units and examples in overview, profile and curves."""

import numpy as np
import pytest

from keras_xavier.figures.functions import make_plot
from keras_xavier.statistics import Quantity, Statistic

UNITS = ("unit_std", "cosine", "dead", "constant", "saturated_units")


@pytest.fixture
def run(record_units):
    return record_units()


@pytest.fixture
def old(record_units, monkeypatch):
    """A run whose statistics end before those of units, as in earlier versions."""
    run = record_units("old", lacks=UNITS)
    known = tuple(one for one in Statistic if one not in UNITS)
    monkeypatch.setattr(type(run), "statistic_names", known)
    return run


def drawn(name, runs, *args, **options):
    plot = make_plot(name, runs, **options)
    plot.figure.draw_without_rendering()
    return plot


def texts(plot):
    return " | ".join(text.get_text() for text in plot.figure.texts)


def test_the_default_of_overview_and_profile_is_the_std_within_units(run):
    plot = drawn("overview", run)
    assert "standard deviation within units" in texts(plot)
    profile = drawn("depth-profile", run)
    data = profile._given["data"][0]
    assert {*data.statistics.values()} == {Statistic.UNIT_STD}
    expected = run.read_statistics("activation", "unit_std")[-1]
    np.testing.assert_allclose(data.values[Quantity.ACTIVATION], expected[[1, 3]])
    assert [one.get_yscale() for one in profile.layout.axes] == ["log", "log"]
    assert "unit_std_activation" in profile.table().columns


def test_runs_that_lack_units_are_named(run, record_units):
    lacking = record_units("lacking", lacks=UNITS)
    both = drawn("depth-profile", [run, lacking])
    assert "of lacking: standard deviation of all values" in texts(both)
    both = drawn("overview", [run, lacking])
    assert "lacking: std of all values, as units were not recorded" in texts(both)


def test_weights_and_runs_without_units_fall_back_to_the_std_of_all_values(run, old):
    weights = drawn("depth-profile", run, quantities="weights")
    assert "W, ∂C/∂W: standard deviation of all values" in texts(weights)
    assert "std_weight" in weights.table().columns
    profile = drawn("depth-profile", old)
    assert "z, ∂C/∂s: standard deviation of all values" in texts(profile)
    assert "std of all values" in texts(drawn("overview", old))
    curves = drawn("layer-curves", old, band="unit-std")
    assert "old: std of all values" in texts(curves)


@pytest.mark.parametrize("statistic", UNITS)
def test_each_statistic_has_its_scale(run, statistic):
    profile = drawn("depth-profile", run, statistic=statistic)
    overview = drawn("overview", run, statistic=statistic)
    curves = drawn("layer-curves", run, band=statistic.replace("_", "-"))
    is_log = statistic == "unit_std"
    axes = [profile.layout.axes[0], curves.layout.axes[0]]
    assert {one.get_yscale() for one in axes} == {"log" if is_log else "linear"}
    assert Statistic(statistic).label in texts(curves).lower()
    if statistic == "cosine":
        assert overview._colorbar.colors.get_clim() == (-1.0, 1.0)
    elif not is_log:
        assert overview._colorbar.colors.get_clim() == (0.0, 1.0)
        ticks = [text.get_text() for one in axes for text in one.get_yticklabels()]
        assert {text[-1] for text in ticks} == {"%"}
    assert list(curves.table().columns)[-1] == statistic


def test_an_older_run_has_no_such_statistic(old):
    message = "has no mean cosine between examples: it was recorded by an earlier"
    for name in ("overview", "depth-profile"):
        with pytest.raises(ValueError, match=message):
            make_plot(name, old, statistic="cosine")
    curves = drawn("layer-curves", old, band="cosine")
    assert "Mean cosine between examples: not defined or not recorded" in texts(curves)


def test_statistics_that_weights_lack_leave_a_reason(run):
    overview = drawn("overview", run, quantity="weight", statistic="dead")
    assert "Share of dead units: not defined for the weight" in texts(overview)
    curves = drawn("layer-curves", run, quantity="weight", band="dead")
    assert "Share of dead units: not defined" in texts(curves)


def test_a_single_undefined_value_is_gray_and_not_called_nan(record_units):
    run = record_units("tanh")
    values = run.read_several("activation", list(Statistic))
    plot = make_plot("overview", run, statistic="cosine")
    (data,) = plot._given["data"]
    data.values[0, 0] = np.nan
    plot.update(data)
    plot.figure.draw_without_rendering()
    assert np.isfinite(values).any()
    assert "gray: not defined in dense" in texts(plot)
    assert "NaN" not in texts(plot)
