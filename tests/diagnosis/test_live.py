"""Findings while a model trains."""

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
from keras_xavier.diagnosis.live import Watch, describe
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
def test_a_healthy_training_is_told_nothing_of(run, source):
    found = []
    probe = (X[:50], Y[:50]) if source == "probe" else None
    callback = kx.LayerStatistics(run, probe=probe, on_finding=found.append)
    fit(make_model(), callback)
    assert found == []


def test_warnings_name_the_finding_and_come_once(run):
    callback = kx.LayerStatistics(run, on_finding="warn", every=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(make_model(kernel_initializer="zeros"), callback)
    told = [str(one.message) for one in caught if one.category is FindingWarning]
    assert len({message.split(" in ")[0] for message in told}) == len(told)
    symmetry = [message for message in told if "symmetry not broken" in message]
    assert len(symmetry) == 1
    assert "Draw the weights at random" in symmetry[0]


def test_stop_ends_training_at_once_where_a_value_is_not_finite(run):
    model = make_model()
    callback = kx.LayerStatistics(run, on_finding="stop", every=1)
    with pytest.warns(FindingWarning, match=r"Training is stopped.*nonfinite"):
        fit(model, callback, with_nan(7), epochs=5)
    stored = kx.open_run(run)
    assert stored.state == "finished"
    # Batch 7 is that of step 7; it is trained with, and no other after it.
    assert stored.last_step == 7
    assert int(model.optimizer.iterations) == 8


@pytest.mark.parametrize("mode", ["warn", "stop"])
@pytest.mark.parametrize("severity", list(Severity))
def test_what_is_told_and_what_ends_training(write, mode, severity):
    share = {(Quantity.ACTIVATION, Statistic.SATURATED): 0.95}
    (found,) = kx.diagnose(write(share))
    found = replace(found, severity=severity)
    stopped = []
    watch = Watch(
        write().path, mode, lambda: stopped.append(True), rules=[lambda *_: [found]]
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch.look()
        watch.look()
    assert len(caught) == (severity is not Severity.NOTE)
    assert bool(stopped) == (mode == "stop" and severity is Severity.ERROR)
    found = replace(found, severity=Severity.ERROR)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch.look()
    assert len(caught) == (severity is not Severity.ERROR)


def test_a_function_gets_findings_once(run):
    found = []
    callback = kx.LayerStatistics(run, on_finding=found.append, every=1)
    fit(make_model(), callback, with_nan(3))
    (nonfinite,) = [one for one in found if one.name == "nonfinite"]
    assert nonfinite.severity is Severity.ERROR
    assert nonfinite.steps[0] == 3
    assert "come with the inputs" in nonfinite.explanation


def test_a_function_that_raises_ends_the_diagnosis_not_the_training(run):
    def fails(finding):
        raise OSError("no mail server")

    model = make_model()
    callback = kx.LayerStatistics(run, on_finding=fails, every=1)
    with pytest.warns(RuntimeWarning, match="no mail server") as caught:
        fit(model, callback, with_nan(3))
    # Others, such as JAX, have warnings of their own.
    ours = [one for one in caught if "not diagnosed" in str(one.message)]
    assert len(ours) == 1
    assert int(model.optimizer.iterations) == 30
    assert kx.open_run(run).records == 30


def test_training_is_the_same_with_and_without(run):
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
    """A user's rule: a finding as soon as there are two losses."""
    step, loss = run.metrics().get("loss", ((), ()))
    if len(loss) > 1:
        yield Finding(
            name="loss_falls",
            severity="error",
            layers=(),
            steps=(int(step[0]), int(step[-1])),
            numbers=(Number("share of dead units", thresholds.dead_share),),
            figure=FigureSpec("training-curves"),
            explanation="It learns.",
            remedy="None.",
            command="",
            source="A user",
        )


def test_own_rules_and_thresholds(run):
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


def test_an_own_rule_ends_training(run):
    model = make_model()
    callback = kx.LayerStatistics(run, on_finding="stop", every=1, rules=[loss_falls])
    with pytest.warns(FindingWarning, match=r"Training is stopped.*loss falls"):
        fit(model, callback, epochs=9)
    # There are two losses after the second epoch of 10; then it is some records until
    # the run is diagnosed again.
    assert 20 < int(model.optimizer.iterations) <= 30


def test_a_rule_that_raises_ends_the_diagnosis_not_the_training(run):
    def fails(run, thresholds):
        raise KeyError("no such layer")

    model = make_model()
    callback = kx.LayerStatistics(run, on_finding="warn", rules=[fails])
    with pytest.warns(RuntimeWarning, match="not diagnosed any more.*no such layer"):
        fit(model, callback)
    assert int(model.optimizer.iterations) == 30


def test_values_that_are_not_finite_are_looked_at_once_if_no_rule_tells_them(
    monkeypatch,
):
    looks = []
    monkeypatch.setattr(Watch, "look", lambda watch: looks.append(watch._records))
    watch = Watch("nowhere", "warn", lambda: None, rules=[])
    statistics = np.ones((len(QUANTITIES), 1, len(STATISTICS)), np.float32)
    histogram = np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32)
    for _ in range(1000):
        watch.recorded(Measurement(statistics, histogram), lambda: None)
    assert len(looks) < 35


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"on_finding": "raise"}, "'warn', 'stop', or a function of a Finding"),
        ({"on_finding": 1}, "'warn', 'stop', or a function of a Finding"),
        ({"on_finding": ["warn"]}, "'warn', 'stop', or a function of a Finding"),
        ({"on_finding": "warn", "rules": ["nonfinite"]}, r"\(\*kx.diagnosis.RULES"),
        ({"on_finding": "warn", "rules": loss_falls}, r"\(\*kx.diagnosis.RULES"),
        ({"on_finding": "warn", "thresholds": {"dead_share": 1}}, "a kx.diagnosis.Thr"),
        ({"rules": [loss_falls]}, "`on_finding` asks for. Give it, too"),
        ({"thresholds": Thresholds()}, "`on_finding` asks for. Give it, too"),
    ],
)
def test_what_is_no_way_to_diagnose(run, wrong, message):
    with pytest.raises(ValueError, match=message):
        kx.LayerStatistics(run, **wrong)
    with (
        pytest.raises(ValueError, match=message),
        kx.measuring(make_model(), run, **wrong),
    ):
        pytest.fail("the loop has begun")


def test_diagnoses_become_rarer_as_the_run_grows(monkeypatch):
    looks = []
    monkeypatch.setattr(Watch, "look", lambda watch: looks.append(watch._records))
    watch = Watch("nowhere", "warn", lambda: None)
    statistics = np.zeros((len(QUANTITIES), 1, len(STATISTICS)), np.float32)
    histogram = np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32)
    for _ in range(1000):
        watch.recorded(Measurement(statistics, histogram), lambda: None)
    assert looks[:9] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert len(looks) < 35
    statistics[0, 0, STATISTICS.index(Statistic.NONFINITE)] = 0.5
    watch.recorded(Measurement(statistics, histogram), lambda: None)
    assert looks[-1] == 1001


def test_a_run_that_cannot_be_read_ends_the_diagnosis_with_a_warning(tmp_path):
    watch = Watch(str(tmp_path / "none"), "warn", lambda: None)
    with pytest.warns(RuntimeWarning, match="not diagnosed any more"):
        watch.look()
    watch.look()


def test_a_finding_in_a_paragraph(write, find):
    run = write({(Quantity.ACTIVATION, Statistic.SATURATED): 0.95})
    text = describe("runs/tanh", find(run, "saturated_layer"))
    assert text.startswith("runs/tanh: saturated layer in hidden_1, hidden_2, hidden_3")
    assert "from step 0 to 300. Up to 95%" in text
