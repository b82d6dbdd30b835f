"""Philox4x32-10: random numbers as a function of a key and a counter.

For each key it is a one-to-one map of 128-bit counters to 128-bit numbers, so that any
number can be computed without the preceding numbers.

It is implemented here so that an image of Shapeset-3×2 depends only on seed and index,
on every platform and with every version of NumPy: `numpy.random.Philox` computes
consecutive counters only, and methods of `numpy.random.Generator` may change between
versions.

Source: Salmon, Moraes, Dror & Shaw (2011), *Parallel random numbers: as easy as 1, 2,
    3*.
"""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

ROUNDS = 10
MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
KEY_STEPS = 0x9E3779B9, 0xBB67AE85
MASK = 0xFFFFFFFF
LOW, HALF = np.uint64(MASK), np.uint64(32)


def philox4x32(counters: Words, key: int) -> Words:
    """Maps 128-bit counters to 128 random bits each.

    Args:
        counters: Array of uint64, of shape `(4, n)`. Words of 32 bits, lowest first.
        key: int. From 0 to 2^64 - 1.

    Returns:
        Array of uint64, of shape `(4, n)`. Words of 32 bits.

    Example:

    >>> words = philox4x32(np.zeros((4, 1), np.uint64), key=0)
    >>> [hex(word) for word in words[:, 0]]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    a, b, c, d = counters
    low, high = key & MASK, key >> 32
    for _ in range(ROUNDS):
        left, right = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        a, b, c, d = (
            (right >> HALF) ^ b ^ np.uint64(low),
            right & LOW,
            (left >> HALF) ^ d ^ np.uint64(high),
            left & LOW,
        )
        low, high = (low + KEY_STEPS[0]) & MASK, (high + KEY_STEPS[1]) & MASK
    return np.array([a, b, c, d])
