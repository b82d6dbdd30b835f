import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.figures.records import common_steps, match, nearest

steps = st.sets(st.integers(0, 1000), min_size=1).map(sorted).map(np.array)


@given(steps, steps)
def test_no_other_record_is_nearer(recorded, wanted):
    found = recorded[nearest(recorded, wanted)]
    distances = np.abs(recorded[:, np.newaxis] - wanted).min(axis=0)
    np.testing.assert_array_equal(np.abs(found - wanted), distances)


def test_without_records_there_is_no_nearest_record():
    assert len(nearest(np.zeros(0, int), np.array([1, 2]))) == 0


@given(st.lists(steps, min_size=1, max_size=4), st.integers(2, 20))
def test_each_record_is_matched_to_its_nearest_step(runs, most):
    chosen, matched = match(runs, most)
    assert len(chosen) <= most
    assert chosen[-1] == max(one[-1] for one in runs)
    for one, records in zip(runs, matched, strict=True):
        assert len(records) == len(chosen)
        kept = [record for record in records if record is not None]
        assert kept == sorted(set(kept))
        for step, record in zip(chosen, records, strict=True):
            if record is not None:
                distance = abs(one[record] - step)
                assert distance == np.abs(one - step).min()
                assert distance == np.abs(chosen - one[record]).min()


def test_runs_with_the_same_steps_are_compared_at_these_steps():
    every = np.arange(0, 1000, 10)
    chosen, matched = match([every, every[:50]], 10)
    assert chosen.tolist() == [0, 110, 220, 330, 440, 550, 660, 770, 880, 990]
    np.testing.assert_array_equal(every[matched[0]], chosen)
    np.testing.assert_array_equal(every[matched[1][:5]], chosen[:5])
    assert matched[1][5:] == [None] * 5


def test_a_run_without_records_matches_no_step():
    chosen, matched = match([np.zeros(0, int), np.array([0, 5])], 20)
    assert chosen.tolist() == [0, 5]
    assert matched == [[None, None], [0, 1]]
    assert match([], 20)[1] == []


def test_common_steps_come_from_the_longest_run():
    short, long = np.arange(0, 500, 7), np.arange(0, 1000, 10)
    found = common_steps([short, long], 5)
    assert found[0] == 0
    assert found[-1] == 990
    assert set(found) <= set(long)
    assert len(found) == 5
    early = common_steps([short, long], 5, log_steps=True)
    assert np.median(early) < np.median(found)
