"""Short versions of scripts/soak: kills, power losses and late files."""

import os
import shutil

import pytest


@pytest.fixture
def soaking(monkeypatch, request):
    monkeypatch.syspath_prepend(request.config.rootpath / "scripts")
    from soaking import kills, late_files, power_losses

    return {"kills": kills, "late_files": late_files, "power_losses": power_losses}


def test_kills(soaking):
    outcome = soaking["kills"].soak(6, seed=os.getpid())

    assert outcome.problems == []
    assert (outcome.tries, outcome.lost_runs, outcome.wrong) == (6, 0, 0)


def test_readers_of_late_files(soaking):
    outcome = soaking["late_files"].soak(
        0.15, os.getpid(), latest=2.0, replaced=2.5, pause=0.05
    )

    assert outcome.problems == []
    assert outcome.tries > 10
    assert (outcome.lost_runs, outcome.wrong) == (0, 0)


@pytest.mark.skipif(
    not (hasattr(os, "geteuid") and os.geteuid() == 0 and os.path.exists("/dev/loop0"))
    or shutil.which("mkfs.ext4") is None,
    reason="needs root and a loop device",
)
def test_power_losses(soaking):
    outcome = soaking["power_losses"].soak(3, seed=os.getpid())

    assert outcome.problems == []
    assert (outcome.tries, outcome.lost_runs, outcome.wrong) == (3, 0, 0)
