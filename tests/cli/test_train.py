"""`keras-xavier train` for jobs that may be restarted."""

from keras_xavier.cli import main
from keras_xavier.runs import open_run

SMALL = ("train", "--layers", "1", "--units", "4", "--every", "5")


def test_a_restarted_job_resumes_its_run_until_it_is_complete(tmp_path, capsys):
    job = (*SMALL, "--run", str(tmp_path / "job"), "--resume-or-create")
    assert main([*job, "--updates", "10"]) == 0
    assert main([*job, "--updates", "20"]) == 0
    steps = open_run(tmp_path / "job").steps.tolist()
    assert {0, 5, 10, 15, 20} <= {*steps}
    capsys.readouterr()
    assert main([*job, "--updates", "20"]) == 0
    printed = capsys.readouterr()
    assert "already has its 20 updates" in printed.err
    assert "20 updates" in printed.out
    assert open_run(tmp_path / "job").steps.tolist() == steps


def test_the_quality_of_steps_is_recorded_if_asked_for(tmp_path):
    run = str(tmp_path / "quality")
    assert main([*SMALL, "--run", run, "--updates", "10", "--step-quality"]) == 0
    steps, alpha = open_run(run).metrics()["step_alpha"]
    assert {0, 5} <= {*steps.tolist()}
    assert (alpha < 0).all()
