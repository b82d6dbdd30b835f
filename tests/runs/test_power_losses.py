"""Power losses: every state that a disk may be in after one opens and resumes."""

import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from keras_xavier.runs import RunError, RunWriter, open_run, store


@dataclass
class Disk:
    """A disk that keeps only what was synced.

    Attributes:
        contents: Content of each file at its last `fsync`, by inode.
        names: Names that have reached the disk, and their inodes.
        pending: Names that were changed since their folder was synced.
        states: Copies of the above after each change.
    """

    folder: Path
    contents: dict[int, bytes] = field(default_factory=dict)
    names: dict[Path, int] = field(default_factory=dict)
    pending: list[tuple[Path, int | None]] = field(default_factory=list)
    states: list[tuple[dict, dict, list]] = field(default_factory=list)

    def sync(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path.is_dir():
            kept = []
            for name, inode in self.pending:
                if name.parent != path:
                    kept.append((name, inode))
                elif inode is None:
                    self.names.pop(name, None)
                else:
                    self.names[name] = inode
            self.pending = kept
        else:
            self.contents[os.fstat(descriptor).st_ino] = path.read_bytes()
        self.remember()

    def rename(self, path: Path) -> None:
        self.pending.append((path, path.stat().st_ino))
        self.remember()

    def remove(self, path: Path) -> None:
        self.pending.append((path, None))
        self.remember()

    def remember(self) -> None:
        self.states.append((dict(self.contents), dict(self.names), [*self.pending]))

    def restore(self, state: int, target: Path, chance: random.Random) -> None:
        """Creates the files after a power loss: any changes that were not synced."""
        contents, names, pending = self.states[state]
        names = dict(names)
        for name, inode in pending:
            if chance.random() < 0.5:
                names[name] = inode
        for name, inode in names.items():
            path = target / name.relative_to(self.folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            if inode is not None:
                path.write_bytes(contents.get(inode, b""))


@pytest.fixture
def disk(tmp_path, monkeypatch):
    folder = tmp_path / "run.zarr"
    found = Disk(folder)
    fsync, replace, unlink = os.fsync, Path.replace, Path.unlink

    def sync(descriptor):
        fsync(descriptor)
        found.sync(descriptor)

    def rename(path, target):
        replace(path, target)
        found.rename(Path(target))

    def remove(path, missing_ok=False):
        unlink(path, missing_ok)
        found.remove(path)

    monkeypatch.setattr(store.os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    monkeypatch.setattr(Path, "unlink", remove)
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_any_power_loss_keeps_what_was_flushed(tmp_path, layers, measure, disk):
    flushed = []
    with RunWriter(tmp_path / "run", layers=layers) as run:
        for step in range(12):
            run.record(step, measure(step))
            run.log(step, {"loss": step / 2})
            run.flush()
            flushed.append(len(disk.states))
    with RunWriter(
        tmp_path / "run", layers=layers, mode="resume", resume_from=8
    ) as run:
        resumed = len(disk.states)
        for step in range(9, 14):
            run.record(step, measure(step))
            run.flush()

    chance = random.Random(0)  # noqa: S311 - no secrets
    opened = 0
    for state in sorted(chance.sample(range(len(disk.states)), 50)):
        path = tmp_path / "after.zarr"
        shutil.rmtree(path, ignore_errors=True)
        disk.restore(state, path, chance)
        kept = sum(state >= when for when in flushed)
        if state >= resumed:
            kept = 9
        try:
            reader = open_run(path)
        except RunError:
            assert not kept
            continue
        assert reader.damage is None
        assert reader.steps.tolist() == [*range(reader.records)]
        assert reader.records >= min(kept, 9 if state > flushed[-1] else 12)
        for record, step in enumerate(reader.steps):
            found = reader.read_histogram("weight", record)
            np.testing.assert_array_equal(found, measure(int(step)).histogram[3])
        check_units(reader, measure)
        assert reader.unit_steps.tolist() == [*range(reader.records)]
        if chance.random() < 0.1:
            last = reader.last_step
            with RunWriter(path, layers=layers, mode="resume") as run:
                run.record((-1 if last is None else last) + 1, measure(0))
            assert open_run(path).records == reader.records + 1
            opened += 1
    assert opened


@pytest.mark.parametrize("array", ["histogram", "statistics", "step", "wall_time"])
@pytest.mark.parametrize("damage", ["empty", "short", "missing", "older"])
@pytest.mark.filterwarnings("ignore:.*is resumed after")
def test_a_damaged_tail_ends_the_run_before_it(write, layers, measure, array, damage):
    path = write(records=25)
    chunk = sorted(path.glob(f"{array}/c.*"))[-1]
    content = chunk.read_bytes()
    older = write("older", records=22)
    if damage == "empty":
        chunk.write_bytes(b"")
    elif damage == "short":
        chunk.write_bytes(content[: len(content) // 2])
    elif damage == "missing":
        chunk.unlink()
    else:
        shutil.copy(older / chunk.relative_to(path), chunk)

    run = open_run(path)

    assert run.records == len(run.steps) == len(run.wall_times) < 25
    assert run.missing == 25 - run.records
    assert f"the last {run.missing} records cannot be read" in run.reason
    check(run, measure)
    assert run.statistics("weight", "std").notnull().all()
    with pytest.warns(RuntimeWarning, match=r"is resumed after .*records cannot be"):
        writer = RunWriter(path, layers=layers, mode="resume")
    with writer:
        writer.record(1000, measure(1000))
        writer.log(1000, {"loss": 1.0})
    after = open_run(path)
    assert after.steps.tolist() == [*run.steps, 1000]
    assert (after.missing, after.damage) == (0, None)
    check(after, measure)


@pytest.mark.parametrize("array", ["units", "unit_step", "unit_checksums"])
@pytest.mark.parametrize("damage", ["empty", "missing", "older"])
@pytest.mark.filterwarnings("ignore:.*is resumed after")
def test_damaged_units_leave_the_records(write, layers, measure, array, damage):
    path = write(records=16)
    (chunk,) = path.glob(f"{array}/c.*")
    older = write("older", records=12)
    if damage == "empty":
        chunk.write_bytes(b"")
    elif damage == "missing":
        chunk.unlink()
    else:
        shutil.copy(older / chunk.relative_to(path), chunk)

    run = open_run(path)

    assert (run.records, run.missing) == (16, 0)
    assert len(run.unit_steps) < 16
    lost = 16 - len(run.unit_steps)
    assert f"the units of the last {lost} records with units cannot be" in run.reason
    check(run, measure)
    check_units(run, measure)
    with RunWriter(path, layers=layers, mode="resume") as writer:
        writer.record(1000, measure(1000))
    after = open_run(path)
    assert after.steps.tolist() == [*run.steps, 1000]
    assert after.unit_steps.tolist() == [*run.unit_steps, 1000]
    assert after.damage is None
    check_units(after, measure)


def check_units(run, measure):
    """Compares the statistics of units with those that were written."""
    for row, layer in enumerate(run.layers):
        for step, found in zip(run.unit_steps, run.read_units(row), strict=True):
            expected = measure(int(step)).units[row, : layer.units]
            np.testing.assert_array_equal(found, expected)


def check(run, measure):
    """Compares all values of a run with those that were written."""
    expected = [measure(int(step)) for step in run.steps]
    (*rows,) = run.read_records("histogram")
    for found, one in zip(np.concatenate(rows), expected, strict=bool(run.records)):
        np.testing.assert_array_equal(found, one.histogram)
    for row, quantity in enumerate(run.quantities):
        found = run.read_several(quantity, run.statistic_names)
        for values, one in zip(found, expected, strict=True):
            np.testing.assert_array_equal(values, one.statistics[row])
