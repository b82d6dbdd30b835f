"""All figures of the paper, drawn from synthetic runs."""

import io

import numpy as np
import pytest

from keras_xavier.datasets import load
from keras_xavier.paper import figures
from keras_xavier.paper.report_figures import report_figures
from keras_xavier.paper.reproduction import SHAPESET, Reproduction
from keras_xavier.paper.schemes import SCHEMES, SIGMOID, SOFTSIGN, TANH, TANH_N
from keras_xavier.statistics import Quantity, Statistic

MEAN = (Quantity.ACTIVATION, Statistic.MEAN)
STD = (Quantity.ACTIVATION, Statistic.STD)
RANDOM = np.random.default_rng(0)
FINAL = [RANDOM.uniform(-1, 1, 500)] * 5


@pytest.fixture
def all_runs(reproduction, write_run):
    """Writes the runs of all experiments on all datasets."""
    complete = Reproduction(
        reproduction.folder,
        reproduction.size,
        datasets=(SHAPESET, "mnist", "cifar10"),
        learning_rate=reproduction.learning_rate,
    )
    for dataset in complete.datasets:
        for seed in range(2):
            for i, scheme in enumerate(SCHEMES):
                errors = [0.9, 0.1 * i + 0.1 + 0.02 * seed]
                write_run(
                    scheme, {}, errors=errors, final=FINAL, dataset=dataset, seed=seed
                )
    # Close to 0, so that the band of mean ± std extends below it.
    write_run(SIGMOID, {MEAN: 0.02, STD: 0.1}, errors=[0.83, 0.83], layers=4)
    write_run(TANH, {}, errors=[0.9, 0.1], pretrained=True)
    return complete


def written(figure):
    """Returns the texts of a figure and its SVG."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    texts = [text.get_text() for text in figure.findobj(match=is_text)]
    return [text for text in texts if text], buffer.getvalue()


def is_text(artist):
    return hasattr(artist, "get_text") and artist.get_visible()


def axes_titles(figure):
    return [axes.get_title(loc) for axes in figure.axes for loc in ("left", "center")]


def test_figure_1_has_a_row_for_each_class():
    dataset = load(SHAPESET)
    texts, _ = written(figures.figure_1(dataset))
    assert set(dataset.class_names) <= set(texts)


def test_figure_2_shows_the_hidden_layers_with_their_whole_bands(all_runs):
    figure = figures.figure_2(all_runs.run(SIGMOID, layers=4))
    texts, _ = written(figure)
    assert {f"hidden_{i}" for i in range(1, 5)} <= set(texts)
    assert "output" not in texts
    low, high = figure.axes[0].get_ylim()
    assert low < 0.02 - 0.1
    assert high >= 1
    assert not any("out of view" in text for text in texts)


@pytest.mark.parametrize(
    ("draw", "schemes", "titles"),
    [
        (figures.figure_3, (TANH, SOFTSIGN), ("Tanh", "Softsign")),
        (figures.figure_4, (TANH, SOFTSIGN), ("Tanh", "Softsign")),
        (figures.figure_6, (TANH, TANH_N), ("Tanh", "Tanh N")),
        (figures.figure_7, (TANH, TANH_N), ("Tanh", "Tanh N")),
        (figures.figure_8, (TANH, TANH_N), ("Tanh", "Tanh N")),
        (figures.figure_9, (TANH, TANH_N), ("Tanh", "Tanh N")),
    ],
)
def test_two_networks_have_panels_one_below_the_other(all_runs, draw, schemes, titles):
    figure = draw(*(all_runs.run(scheme) for scheme in schemes))
    texts, svg = written(figure)
    assert [title for title in axes_titles(figure) if title] == list(titles)
    upper, lower = (axes.get_position() for axes in figure.axes[:2])
    assert lower.y1 < upper.y0
    assert {f"hidden_{i}" for i in range(1, 6)} <= set(texts)
    assert svg.startswith("<?xml")


def test_figure_5_has_both_costs():
    figure = figures.figure_5()
    assert len(figure.axes) == 2
    titles = " ".join(axes.get_title() for axes in figure.axes).lower()
    assert "cross-entropy" in titles
    assert "quadratic" in titles


def test_figure_10_has_one_panel(all_runs):
    figure = figures.figure_10(all_runs.run(TANH_N))
    written(figure)
    assert len(figure.axes) == 1


def test_figure_11_labels_the_numbers_of_seeds_and_examples(all_runs):
    schemes = {one.name: all_runs.runs(one) for one in SCHEMES}
    schemes["Alone"] = [all_runs.run(TANH, pretrained=True)]
    figure = figures.figure_11(schemes, svm_error=0.7, svm_examples=5000)
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    # From the highest to the lowest last error.
    assert labels == [
        "Sigmoid, 2 seeds",
        "Tanh N, 2 seeds",
        "Tanh, 2 seeds",
        "Softsign N, 2 seeds",
        "Softsign, 2 seeds",
        "Alone, 1 seed",
        "RBF SVM, 5,000 examples",
    ]
    line = next(line for line in axes.lines if line.get_label().startswith("Tanh,"))
    assert line.get_ydata()[-1] == pytest.approx(31)


def test_figure_12_has_a_panel_for_each_dataset(all_runs):
    datasets = {
        title: {one.name: all_runs.runs(one, name) for one in SCHEMES}
        for title, name in (("MNIST", "mnist"), ("CIFAR-10", "cifar10"))
    }
    figure = figures.figure_12(datasets)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title.partition(":")[0] for title in titles] == ["MNIST", "CIFAR-10"]
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    assert all(len(axes.lines) == len(SCHEMES) for axes in figure.axes)


def test_each_figure_of_the_report_has_a_sentence_with_numbers(all_runs):
    found = report_figures(all_runs, 0.7)
    assert [figure.number for figure in found] == list(range(1, 13))
    for figure in found:
        assert figure.ours.endswith(".")
        assert any(letter.isdigit() for letter in figure.ours)
    by_number = {figure.number: figure.ours for figure in found}
    assert "Tanh 31.0%" in by_number[11]
    assert "Support vector machine: 70.0%" in by_number[11]
    assert by_number[12].startswith("MNIST. From the highest to the lowest error")
    assert "CIFAR-10. From" in by_number[12]
