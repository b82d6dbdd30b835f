"""The cached error of the support vector machine."""

from types import SimpleNamespace

import pytest

from keras_xavier.paper import svm

DATASET = SimpleNamespace(name="shapeset3x2")


@pytest.fixture
def computed(monkeypatch):
    calls = []

    def svm_error(dataset, examples):
        calls.append(examples)
        return 0.25

    monkeypatch.setattr(svm, "svm_error", svm_error)
    return calls


def test_a_cached_error_is_not_computed_again(computed, tmp_path):
    errors = [svm.cached_svm_error(DATASET, 100, tmp_path) for _ in range(2)]
    assert errors == [0.25, 0.25]
    assert computed == [100]
    assert len(list(tmp_path.iterdir())) == 1


def test_other_parameters_have_their_own_cache(computed, tmp_path, monkeypatch):
    svm.cached_svm_error(DATASET, 100, tmp_path)
    svm.cached_svm_error(DATASET, 200, tmp_path)
    monkeypatch.setattr(svm, "COST", 1.0)
    svm.cached_svm_error(DATASET, 200, tmp_path)
    monkeypatch.setattr(svm, "GAMMA", "auto")
    svm.cached_svm_error(DATASET, 200, tmp_path)
    assert computed == [100, 200, 200, 200]


@pytest.mark.parametrize("content", ["nan", "", "inf", "-0.1", "2", "half"])
def test_an_invalid_cache_is_computed_again(computed, tmp_path, content):
    svm.cached_svm_error(DATASET, 100, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(content)
    assert svm.cached_svm_error(DATASET, 100, tmp_path) == 0.25
    assert computed == [100, 100]
    assert float(path.read_text()) == 0.25
