"""Findings, their numbers, commands and JSON."""

import json
import shlex

import pytest

from keras_xavier import cli
from keras_xavier.diagnosis import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.figure_spec import FigureSpec, spec_from_options
from keras_xavier.statistics import Quantity, Statistic


def parsed(command):
    program, *words = shlex.split(command)
    assert program == "keras-xavier"
    return cli.make_parser().parse_args(words)


EVIDENCE = [
    FigureSpec("histograms", Quantity.ACTIVATION, step=5),
    FigureSpec("overview", Quantity.WEIGHT, Statistic.MAX, step=5),
    FigureSpec("layer-curves", Quantity.ACTIVATION, band="percentiles"),
    FigureSpec("training-curves"),
]


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_figures_of_findings_are_valid_commands(evidence):
    viewed = parsed(evidence.view_command("my runs/a.zarr"))
    assert viewed.paths == ["my runs/a.zarr"]
    assert spec_from_options(viewed) == evidence
    drawn = parsed(evidence.figure_command("my runs/a.zarr", "a b.png"))
    cli.figure.check(drawn)
    assert drawn.output == "a b.png"
    assert drawn.quantity == evidence.quantity


def test_numbers_are_formatted_with_units():
    assert str(Number("stuck for", 12_000.0, "updates")) == "stuck for 12,000 updates"
    assert str(Number("recovered at", 3200, "step")) == "recovered at step 3,200"
    assert str(Number("ratio", 0.000123456)) == "ratio 0.000123"
    assert str(Number("parameters", 123_456)) == "parameters 123,456"


def test_json_has_no_nan_and_no_infinity():
    finding = Finding(
        FindingName.NONFINITE_VALUES,
        Severity.ERROR,
        ("hidden_1",),
        (0, 5),
        (Number("ratio", float("inf")), Number("std", float("nan")), Number("n", 1)),
        EVIDENCE[0],
        *("Why.", "What to do.", "keras-xavier train", "Someone (2010)"),
    )
    assert finding.title == "Nonfinite values"
    found = json.loads(json.dumps(finding.document(), allow_nan=False))
    assert [number["value"] for number in found["numbers"]] == [None, None, 1]
    assert found["name"] == "nonfinite_values"
    assert found["figure"]["quantity"] == "activation"
