"""The support vector machine's error, computed once."""

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


def test_a_known_error_is_not_computed_again(computed, tmp_path):
    errors = [svm.known_svm_error(DATASET, 100, tmp_path) for _ in range(2)]
    assert errors == [0.25, 0.25]
    assert computed == [100]
    assert len(list(tmp_path.iterdir())) == 1


def test_another_machine_is_not_taken_for_this_one(computed, tmp_path, monkeypatch):
    svm.known_svm_error(DATASET, 100, tmp_path)
    svm.known_svm_error(DATASET, 200, tmp_path)
    monkeypatch.setattr(svm, "COST", 1.0)
    svm.known_svm_error(DATASET, 200, tmp_path)
    monkeypatch.setattr(svm, "GAMMA", "auto")
    svm.known_svm_error(DATASET, 200, tmp_path)
    assert computed == [100, 200, 200, 200]


@pytest.mark.parametrize("content", ["nan", "", "inf", "-0.1", "2", "half"])
def test_what_is_no_error_is_computed_anew(computed, tmp_path, content):
    svm.known_svm_error(DATASET, 100, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(content)
    assert svm.known_svm_error(DATASET, 100, tmp_path) == 0.25
    assert computed == [100, 100]
    assert float(path.read_text()) == 0.25
