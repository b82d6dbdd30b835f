"""Singular values of a matrix J, computed from products of J with vectors."""

from collections.abc import Callable

import numpy as np

Product = Callable[[np.ndarray], np.ndarray]
"""Multiplies a matrix, or its transpose, by each row of an array."""

EXACT_UNITS = 1000
"""Largest number of units for which the whole Jacobian is computed."""
LEADING = 32
"""Number of singular values of larger Jacobians."""
BLOCK = LEADING + 10
"""Number of vectors that are multiplied at once to approximate them."""
ITERATIONS = 6


def can_be_exact(columns: int, rows: int) -> bool:
    """Returns whether all singular values of J are computed, not only the largest."""
    few, many = sorted((columns, rows))
    # With few units, the approximation would take as many products.
    return many <= EXACT_UNITS or few <= BLOCK * (ITERATIONS + 1)


def exact_values(
    times: Product, transposed: Product, columns: int, rows: int
) -> np.ndarray:
    """Returns all singular values of J.

    Args:
        times: Function. Multiplies J, approximately.
        transposed: Function. Multiplies the transpose of J.
        columns: int. Number of columns of J.
        rows: int. Number of rows of J.
    """
    if rows <= max(EXACT_UNITS, columns):
        return singular_values(transposed(np.eye(rows)))
    # Projecting a tall J on a basis of its range leaves a small matrix.
    basis = np.linalg.qr(times(np.eye(columns)).T)[0]
    return singular_values(transposed(basis.T))


def leading_values(times: Product, transposed: Product, columns: int) -> np.ndarray:
    """Approximates the largest singular values of a matrix J.

    The range of J is approximated by the range of (J Jᵀ)ᵏ J G, for all k up to
    `ITERATIONS` and a few random vectors G. The basis contains all of these blocks, not
    only the last, because singular values of random matrices lie close together, and
    powers alone separate them slowly.

    The result is exact within the basis. Small errors of `times` affect only the choice
    of the basis, so they hardly matter.

    Args:
        times: Function. Multiplies J, approximately.
        transposed: Function. Multiplies the transpose of J.
        columns: int. Number of columns of J.
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
