"""Singular values of a matrix J that is known by its products with vectors only."""

from collections.abc import Callable

import numpy as np

Product = Callable[[np.ndarray], np.ndarray]
"""Multiplies a matrix, or its transpose, with each row of an array."""

EXACT_UNITS = 1000
"""Most units of a layer for which the whole Jacobian is computed."""
LEADING = 32
"""How many singular values there are of others."""
BLOCK = LEADING + 10
"""How many vectors are multiplied at once to approximate them."""
ITERATIONS = 6


def can_be_exact(columns: int, rows: int) -> bool:
    """Whether all singular values of J are found, and not only the largest."""
    few, many = sorted((columns, rows))
    # With so few units, approximation would take as many products.
    return many <= EXACT_UNITS or few <= BLOCK * (ITERATIONS + 1)


def exact_values(
    times: Product, transposed: Product, columns: int, rows: int
) -> np.ndarray:
    """All singular values.

    Args:
        times: Multiplies J, approximately.
        transposed: Multiplies its transpose.
        columns: Number of columns of J.
        rows: Number of its rows.
    """
    if rows <= max(EXACT_UNITS, columns):
        return singular_values(transposed(np.eye(rows)))
    # Of a tall J, a basis of the range leaves a small matrix.
    basis = np.linalg.qr(times(np.eye(columns)).T)[0]
    return singular_values(transposed(basis.T))


def leading_values(times: Product, transposed: Product, columns: int) -> np.ndarray:
    """Approximates the largest singular values of a matrix J.

    The range of J is sought in that of (J Jᵀ)ᵏ J G for all k up to `ITERATIONS` and
    a few random vectors G. All of these blocks together make the basis, not only the
    last: singular values of random matrices lie close together, and powers alone
    are slow to separate them.

    What is found is exact within that basis, so that small errors of `times`, which
    choose the basis, hardly matter.

    Args:
        times: Multiplies J, approximately.
        transposed: Multiplies its transpose.
        columns: Number of columns of J.
    """
    start = np.random.default_rng(0).normal(size=(BLOCK, columns))
    basis = np.linalg.qr(times(start).T)[0]
    block = transposed(basis.T)
    projected = [block]
    for _ in range(ITERATIONS):
        known = basis.shape[1]
        basis = np.linalg.qr(np.hstack([basis, times(block).T]))[0]
        block = transposed(basis[:, known:].T)
        projected.append(block)
    return singular_values(np.vstack(projected))[:LEADING]


def singular_values(matrix: np.ndarray) -> np.ndarray:
    if not np.isfinite(matrix).all():
        return np.full(min(matrix.shape), np.nan, np.float32)
    return np.linalg.svd(matrix, compute_uv=False)
