"""The sample runs, as opened by name in Python and on the command line."""

import pytest

import keras_xavier as kx
from keras_xavier.cli import main
from keras_xavier.runs.samples import SAMPLES, SAMPLES_FOLDER


def test_every_sample_run_opens_by_its_name():
    shipped = {found.name for found in kx.find_runs(SAMPLES_FOLDER)}
    assert shipped == {kx.sample_run(name).name for name in SAMPLES}


@pytest.mark.parametrize("name", ["sigmoid", "", "../runs", "sigmoid-standard.zarr"])
def test_an_unknown_name_is_refused_with_the_list(name, capsys):
    with pytest.raises(ValueError, match="sigmoid-standard, tanh-standard") as refused:
        kx.sample_run(name)
    assert str(refused.value).endswith(f"Received: {name!r}")
    with pytest.raises(SystemExit):
        main(["diagnose", f"sample:{name}"])
    assert str(refused.value) in capsys.readouterr().err


def test_commands_accept_the_names_of_sample_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["diagnose", "sample:tanh-normalized"]) == 0
    assert "no problems found" in capsys.readouterr().out
    assert main(["export", "sample:tanh-normalized", "-o", "run.csv"]) == 0
    # A file of this name comes before the sample run.
    (tmp_path / "sample:tanh-normalized").mkdir()
    assert main(["diagnose", "sample:tanh-normalized"]) == 2
