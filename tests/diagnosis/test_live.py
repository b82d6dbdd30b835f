"""Findings during training."""

import warnings
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

import keras_xavier as kx
from keras_xavier.diagnosis import (
    RULES,
    FigureSpec,
    Finding,
    FindingWarning,
    Number,
    Severity,
    Thresholds,
)
from keras_xavier.diagnosis.live import LiveOptions, Watch
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Measurement,
    Quantity,
    Statistic,
)

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(320, 6)).astype("float32")
Y = RANDOM.integers(0, 3, 320)


@pytest.fixture
def run(tmp_path):
    return str(tmp_path / "run")


def make_model(**options):
    keras.utils.set_random_seed(1)
    hidden = [layers.Dense(16, "tanh", **options) for _ in range(3)]
    model = keras.Sequential(
        [keras.Input((6,)), *hidden, layers.Dense(3, "softmax", **options)]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def fit(model, callback, x=X, epochs=3):
    return model.fit(
        x, Y, epochs=epochs, batch_size=32, verbose=0, shuffle=False,
        callbacks=[callback],
    )  # fmt: skip


def with_nan(batch):
    x = X.copy()
    x[32 * batch, 0] = np.nan
    return x


@pytest.mark.parametrize("source", ["batch", "probe"])
def test_healthy_training_has_no_findings(run, source):
    found = []
    probe = (X[:50], Y[:50]) if source == "probe" else None
    callback = kx.LayerStatistics(run, probe=probe, on_finding=found.append)
    fit(make_model(), callback)
    assert found == []


def test_each_finding_is_warned_of_once(run):
    callback = kx.LayerStatistics(run, on_finding="warn", every=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(make_model(kernel_initializer="zeros"), callback)
    messages = [str(one.message) for one in caught if one.category is FindingWarning]
    assert len({message.split(" in ")[0] for message in messages}) == len(messages)
    symmetry = [message for message in messages if "Symmetry not broken" in message]
    assert len(symmetry) == 1
    assert "Initialize the weights randomly" in symmetry[0]


def test_stop_ends_training_immediately_at_a_nonfinite_value(run):
    model = make_model()
    callback = kx.LayerStatistics(run, on_finding="stop", every=1)
    with pytest.warns(FindingWarning, match=r"Training has been stopped.*Nonfinite"):
        fit(model, callback, with_nan(7), epochs=5)
    stored = kx.open_run(run)
    assert stored.state == "stopped"
    # The update with batch 7, of step 7, is the last.
    assert stored.last_step == 7
    assert int(model.optimizer.iterations) == 8


@pytest.mark.parametrize("mode", ["warn", "stop"])
@pytest.mark.parametrize("severity", list(Severity))
def test_severities_that_warn_and_that_stop_training(write, mode, severity):
    share = {(Quantity.ACTIVATION, Statistic.SATURATED): 0.95}
    (found,) = kx.diagnose(write(share))
    found = replace(found, severity=severity)
    stopped = []
    options = LiveOptions(mode, rules=[lambda *_: [found]])
    watch = Watch(write().path, options, lambda: stopped.append(True))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch.diagnose()
        watch.diagnose()
    assert len(caught) == (severity is not Severity.NOTE)
    assert bool(stopped) == (mode == "stop" and severity is Severity.ERROR)
    found = replace(found, severity=Severity.ERROR)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch.diagnose()
    assert len(caught) == (severity is not Severity.ERROR)


def test_a_function_receives_each_finding_once(run):
    found = []
    callback = kx.LayerStatistics(run, on_finding=found.append, every=1)
    fit(make_model(), callback, with_nan(3))
    (nonfinite,) = [one for one in found if one.name == "nonfinite_values"]
    assert nonfinite.severity is Severity.ERROR
    assert nonfinite.steps[0] == 3
    assert "receives them as inputs" in nonfinite.explanation


def test_a_function_that_raises_ends_the_diagnosis_not_the_training(run):
    def fails(finding):
        raise OSError("no mail server")

    model = make_model()
    callback = kx.LayerStatistics(run, on_finding=fails, every=1)
    with pytest.warns(RuntimeWarning, match="no mail server") as caught:
        fit(model, callback, with_nan(3))
    # Other packages, such as JAX, may warn too.
    ours = [one for one in caught if "diagnosis of" in str(one.message)]
    assert len(ours) == 1
    assert int(model.optimizer.iterations) == 30
    assert kx.open_run(run).records == 30


def test_a_diagnosis_does_not_change_training(run):
    weights = []
    for on_finding in (None, "warn"):
        model = make_model()
        callback = kx.LayerStatistics(
            f"{run}-{on_finding}", probe=(X[:50], Y[:50]), on_finding=on_finding
        )
        fit(model, callback)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def loss_falls(run, thresholds):
    """A custom rule that reports a finding after two losses."""
    step, loss = run.metrics().get("loss", ((), ()))
    if len(loss) > 1:
        yield Finding(
            name="loss_falls",
            severity="error",
            layers=(),
            steps=(int(step[0]), int(step[-1])),
            numbers=(Number("share of dead units", thresholds.dead_share),),
            figure=FigureSpec("training-curves"),
            summary="The loss falls.",
            explanation="It learns.",
            remedy="None.",
            command="",
            source="A user",
        )


def test_custom_rules_and_thresholds(run):
    found = []
    callback = kx.LayerStatistics(
        run,
        on_finding=found.append,
        rules=(*RULES, loss_falls),
        thresholds=Thresholds(dead_share=0.3),
    )
    fit(make_model(kernel_initializer="zeros"), callback)
    by_name = {one.name: one for one in found}
    assert {"loss_falls", "symmetry_not_broken"} <= {*by_name}
    assert by_name["loss_falls"].numbers[0].value == 0.3


def test_findings_can_be_ignored(run):
    found = []
    callback = kx.LayerStatistics(
        run,
        on_finding=found.append,
        rules=(*RULES, loss_falls),
        ignore=["symmetry_not_broken"],
    )
    fit(make_model(kernel_initializer="zeros"), callback)
    names = [one.name for one in found]
    assert "loss_falls" in names
    assert "symmetry_not_broken" not in names


def test_a_custom_rule_ends_training(run):
    model = make_model()
    callback = kx.LayerStatistics(run, on_finding="stop", every=1, rules=[loss_falls])
    with pytest.warns(FindingWarning, match=r"Training has been stopped.*Loss falls"):
        fit(model, callback, epochs=9)
    # The second loss comes after 20 updates, the next diagnosis some records later.
    assert 20 < int(model.optimizer.iterations) <= 30


def test_a_rule_that_raises_ends_the_diagnosis_not_the_training(run):
    def fails(run, thresholds):
        raise KeyError("no such layer")

    model = make_model()
    callback = kx.LayerStatistics(run, on_finding="warn", rules=[fails])
    with pytest.warns(
        RuntimeWarning, match="The diagnosis of .* has stopped.*no such layer"
    ):
        fit(model, callback)
    assert int(model.optimizer.iterations) == 30


def test_nonfinite_values_trigger_one_diagnosis_even_if_no_rule_reports_them(
    monkeypatch,
):
    diagnoses = []
    monkeypatch.setattr(
        Watch, "diagnose", lambda watch: diagnoses.append(watch._records)
    )
    watch = Watch("nowhere", LiveOptions("warn", rules=[]), lambda: None)
    statistics = np.ones((len(QUANTITIES), 1, len(STATISTICS)), np.float32)
    histogram = np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32)
    for _ in range(1000):
        watch.recorded(Measurement(statistics, histogram), lambda: None)
    assert len(diagnoses) < 35


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"on_finding": "raise"}, "'warn', 'stop', or a function of a Finding"),
        ({"on_finding": 1}, "'warn', 'stop', or a function of a Finding"),
        ({"on_finding": ["warn"]}, "'warn', 'stop', or a function of a Finding"),
        (
            {"on_finding": "warn", "rules": ["nonfinite_values"]},
            r"\(\*kx.diagnosis.RULES",
        ),
        ({"on_finding": "warn", "rules": loss_falls}, r"\(\*kx.diagnosis.RULES"),
        ({"on_finding": "warn", "thresholds": {"dead_share": 1}}, "a kx.diagnosis.Thr"),
        ({"rules": [loss_falls]}, "`ignore` require `on_finding`"),
        ({"thresholds": Thresholds()}, "`ignore` require `on_finding`"),
        ({"ignore": ["dead_units"]}, "`ignore` require `on_finding`"),
        ({"on_finding": "warn", "ignore": "dead_units"}, "a sequence of names"),
        ({"on_finding": "warn", "ignore": [3]}, "a sequence of names"),
        ({"on_finding": "warn", "ignore": ["deadunits"]}, "dead_units, .*'deadunits'"),
    ],
)
def test_invalid_arguments_of_a_diagnosis(run, wrong, message):
    with pytest.raises(ValueError, match=message):
        kx.LayerStatistics(run, **wrong)
    with (
        pytest.raises(ValueError, match=message),
        kx.measuring(make_model(), run, **wrong),
    ):
        pytest.fail("the loop has started")


def test_diagnoses_become_less_frequent_as_the_run_grows(monkeypatch):
    diagnoses = []
    monkeypatch.setattr(
        Watch, "diagnose", lambda watch: diagnoses.append(watch._records)
    )
    watch = Watch("nowhere", LiveOptions("warn"), lambda: None)
    statistics = np.zeros((len(QUANTITIES), 1, len(STATISTICS)), np.float32)
    histogram = np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32)
    for _ in range(1000):
        watch.recorded(Measurement(statistics, histogram), lambda: None)
    assert diagnoses[:9] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert len(diagnoses) < 35
    statistics[0, 0, STATISTICS.index(Statistic.NONFINITE)] = 0.5
    watch.recorded(Measurement(statistics, histogram), lambda: None)
    assert diagnoses[-1] == 1001


def test_a_run_that_cannot_be_read_ends_the_diagnosis_with_a_warning(tmp_path):
    watch = Watch(str(tmp_path / "none"), LiveOptions("warn"), lambda: None)
    with pytest.warns(RuntimeWarning, match="has stopped"):
        watch.diagnose()
    watch.diagnose()


def test_a_cause_is_reported_once_with_its_consequences(write):
    share = {(Quantity.ACTIVATION, Statistic.SATURATED): 0.95}
    (found,) = kx.diagnose(write(share))
    symptom = replace(found, name="vanishing_gradient", severity=Severity.WARNING)
    results = [[symptom], [found, symptom], [found], [symptom]]
    reported = []
    watch = Watch(
        write().path,
        LiveOptions(reported.append, rules=[lambda *_: results[0]]),
        lambda: None,
    )
    while results:
        watch.diagnose()
        del results[0]
    assert [one.name for one in reported] == ["vanishing_gradient", "saturated_layer"]
    assert [one.name for one in reported[1].consequences] == ["vanishing_gradient"]


def test_a_consequence_is_not_reported_again_alone(write):
    share = {(Quantity.ACTIVATION, Statistic.SATURATED): 0.95}
    (found,) = kx.diagnose(write(share))
    symptom = replace(found, name="vanishing_gradient")
    results = [[found, symptom], [symptom]]
    reported = []
    watch = Watch(
        write().path,
        LiveOptions(reported.append, rules=[lambda *_: results[0]]),
        lambda: None,
    )
    while results:
        watch.diagnose()
        del results[0]
    assert [one.name for one in reported] == ["saturated_layer"]


def test_a_warning_contains_the_whole_finding(write):
    run = write({(Quantity.ACTIVATION, Statistic.SATURATED): 0.95})
    (found,) = kx.diagnose(run)
    watch = Watch(run.path, LiveOptions("warn"), lambda: None)
    with pytest.warns(FindingWarning) as caught:
        watch.diagnose()
    first, *lines = str(caught[0].message).splitlines()
    assert first.startswith(f"{run.path}: error: Saturated layer (hidden_1, hidden_2")
    assert lines[0].strip() == found.summary
    assert f"    Remedy: {found.remedy}".strip() in [line.strip() for line in lines]
    assert any("Show: keras-xavier view" in line for line in lines)
