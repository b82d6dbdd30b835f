import numpy as np
import pytest

from keras_xavier.datasets.philox import philox4x32

# Known answers from Random123, the authors' library.
ANSWERS = [
    (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), ANSWERS)
def test_known_answers(counter, key, answer):
    low, high = words(key)
    counters = np.array([words(counter)], np.uint64).T
    assert philox4x32(counters, low + (high << 32))[:, 0].tolist() == words(answer)


def test_counters_are_independent():
    counters = np.arange(40, dtype=np.uint64).reshape(4, 10)
    together = philox4x32(counters, 7)
    alone = [philox4x32(counters[:, [i]], 7)[:, 0] for i in range(10)]
    np.testing.assert_array_equal(together.T, alone)


def test_words_are_uniformly_distributed():
    counters = np.zeros((4, 100_000), np.uint64)
    counters[0] = np.arange(100_000)
    values = philox4x32(counters, 1)
    assert values.max() < 2**32
    shares = [np.bincount((w >> np.uint64(28)).astype(int)) / 100_000 for w in values]
    np.testing.assert_allclose(shares, 1 / 16, atol=0.004)
