"""LayerStatistics with an existing run: resuming it, overwriting it, errors."""

import keras
import numpy as np
import pytest
from four_updates import PROBE, AtStep, both_sources, fit, make_model, statistics

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import RunError, open_run


@both_sources
def test_a_run_is_resumed_from_the_step_of_the_optimizer(model, run, source, tmp_path):
    saved = tmp_path / "model.keras"
    save = AtStep(4, lambda: model.save(saved))
    fit(model, statistics(run, source, every=2), save, shuffle=False)
    expected = open_run(run).read_statistics("weight", "std")
    loaded = keras.models.load_model(saved)
    callback = statistics(run, source, every=1, mode="resume")
    fit(loaded, callback, epochs=1, shuffle=False)
    stored = open_run(run)
    steps = [0, 2, 4, 5, 6, 7] + [8] * (source == "probe")
    assert stored.steps.tolist() == steps
    found = stored.read_statistics("weight", "std")
    np.testing.assert_array_equal(found[:3], expected[:3])
    np.testing.assert_allclose(found[4], expected[3], rtol=1e-5)


@both_sources
def test_an_existing_run_raises_an_error_before_training(model, run, source):
    fit(model, LayerStatistics(run, probe=PROBE))
    other = make_model(seed=2)
    with pytest.raises(RunError, match=r"mode='resume'.*mode='overwrite'"):
        fit(other, statistics(run, source))
    assert int(other.optimizer.iterations) == 0
    assert len(open_run(run).steps) == 5


@both_sources
def test_an_existing_run_can_be_overwritten(model, run, source):
    fit(model, LayerStatistics(run, probe=PROBE), epochs=1)
    fit(make_model(), statistics(run, source, every=4, mode="overwrite"))
    stored = open_run(run)
    assert stored.attributes["source"] == source
    assert stored.steps.tolist() == [0, 4, 8 if source == "probe" else 7]


@pytest.mark.parametrize("sources", [("probe", "batch"), ("batch", "probe")])
def test_a_run_cannot_be_resumed_from_another_source(model, run, sources):
    fit(model, statistics(run, sources[0]), epochs=1)
    with pytest.raises(RunError, match=f"on a {sources[0]}.*on a {sources[1]}"):
        fit(model, statistics(run, sources[1], mode="resume"))


@both_sources
def test_a_missing_run_cannot_be_resumed(model, run, source):
    with pytest.raises(RunError, match="no run"):
        fit(model, statistics(run, source, mode="resume"))
    assert int(model.optimizer.iterations) == 0


@both_sources
def test_a_run_cannot_be_resumed_with_an_untrained_model(model, run, source):
    fit(model, statistics(run, source), epochs=1)
    steps, other = open_run(run).steps.tolist(), make_model(seed=2)
    with pytest.raises(RunError, match=r"at step 0.*mode='overwrite'"):
        fit(other, statistics(run, source, mode="resume"))
    assert int(other.optimizer.iterations) == 0
    assert open_run(run).steps.tolist() == steps


@both_sources
def test_a_run_cannot_be_resumed_with_another_model(model, run, source):
    fit(model, statistics(run, source, layers="hidden"), epochs=1)
    steps = open_run(run).steps.tolist()
    with pytest.raises(RunError, match="its layers are"):
        fit(model, statistics(run, source, mode="resume"), epochs=1)
    assert open_run(run).steps.tolist() == steps


@pytest.mark.parametrize(("source", "last"), [("probe", 8), ("batch", 7)])
def test_an_untrained_model_needs_another_callback(model, run, source, last):
    callback = statistics(run, source)
    fit(model, callback)
    other = make_model()
    with pytest.warns(
        RuntimeWarning, match=r"step 8.*at step 0.*another LayerStatistics"
    ):
        fit(other, callback)
    assert int(other.optimizer.iterations) == 8
    stored = open_run(run)
    assert int(stored.steps[-1]) == last
    assert stored.state == "finished"
    # The model that was recorded continues its run.
    fit(model, callback, epochs=1)
    assert int(open_run(run).steps[-1]) == last + 4
