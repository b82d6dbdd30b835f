"""Each figure is defined once; everything else follows from its definition."""

import inspect

import pytest

from keras_xavier import cli, figures
from keras_xavier.figure_spec import FIGURES
from keras_xavier.figures.functions import FUNCTIONS, make_plot
from keras_xavier.figures.registry import PLOTS

each_figure = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


def test_every_figure_has_a_class_and_a_function():
    assert list(PLOTS) == list(FIGURES)
    assert list(FUNCTIONS) == [one.function for one in FIGURES.values()]


@each_figure
def test_its_function_has_the_options_of_the_definition(figure):
    function = getattr(figures, figure.function)
    assert figure.function in figures.__all__
    assert (function.__name__, function.__module__) == (
        figure.function,
        "keras_xavier.figures",
    )
    runs, *parameters = inspect.signature(function).parameters.values()
    assert runs.name == "runs"
    assert {one.name: one.default for one in parameters} == {
        one.name: one.default for one in figure.options
    }
    for one in parameters:
        is_positional = one.name in ("quantity", "statistic")
        assert (one.kind is one.POSITIONAL_OR_KEYWORD) == is_positional


@each_figure
def test_its_function_is_documented_in_the_form_of_keras(figure):
    text = inspect.getdoc(getattr(figures, figure.function))
    assert text.startswith(f"{figure.summary}\n\n")
    for part in ("Args:", "Returns:", "Raises:", "Example:"):
        assert f"\n{part}\n" in text
    for option in figure.options:
        assert f"    {option.name}: " in text
    assert max(map(len, text.splitlines())) <= 88
    code = text.partition("```python\n")[2].partition("```")[0]
    compile(code, figure.name, "exec")


@each_figure
def test_its_plot_accepts_exactly_its_drawing_options(figure, record):
    plot = make_plot(figure.name, record())
    data = plot._given["data"]
    drawing = {one.name: one.default for one in figure.drawing_options}
    plot.update(data, visible=None, **drawing)
    for option in figure.options:
        if option.is_read:
            with pytest.raises(ValueError, match=f"no option `{option.name}`"):
                plot.update(data, **{option.name: option.default})
    for option in figure.drawing_options:
        for value in option.choices:
            plot.update(data, **{option.name: value})
        if option.choices:
            with pytest.raises(ValueError, match="Received: nonsense"):
                plot.update(data, **{option.name: "nonsense"})


@each_figure
def test_its_example_is_valid_in_python_and_on_the_command_line(figure):
    example = figure.example
    assert example.runs
    assert example.caption.endswith(".")
    values = figure.parse_options(example.options)
    assert values.keys() == {one.name for one in figure.options}
    words = ["figure", *example.runs, figure.name, "-o", "figure.png"]
    for name, value in example.options.items():
        values = value if isinstance(value, list) else [value]
        words += [figure.option(name).flag]
        words += [str(one) for one in values if one is not True]
    given = cli.make_parser().parse_args(words)
    assert given.name == figure.name


@each_figure
def test_its_options_have_labels_and_help(figure):
    for option in figure.options:
        assert option.help
        assert option.label
        assert not option.choices or option.default in option.choices
        assert option.help == option.help.rstrip(".")


def test_the_definitions_and_the_parser_have_the_same_commands():
    parser = cli.make_parser()
    for figure in FIGURES.values():
        for option in figure.options:
            value = ["1"] if option.type in (int, float) else []
            if option.choices:
                value = [str(next(iter(option.choices)))]
            elif option.type in (str, list):
                value = ["name"]
            given = parser.parse_args(
                ["figure", "run", figure.name, "-o", "f.png", option.flag, *value]
            )
            assert getattr(given, option.name) is not None
