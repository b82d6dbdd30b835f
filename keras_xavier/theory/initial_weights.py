"""Variances of the weights that the initializers draw."""

from keras_xavier.initializer_table import INITIALIZER_TABLE

VARIANCES = {
    known.name: known.variance
    for known in INITIALIZER_TABLE
    if known.variance is not None
}
"""Var[W] as a function of fan-in and fan-out, by initializer. Initializers that depend
on the data or on the activation function are omitted."""


def initial_variance(initializer: str, *, fan_in: int, fan_out: int) -> float:
    """Returns the variance Var[W] of the weights that an initializer draws.

    Multiply it by the fan-in to get the σ_w² of the mean-field functions.

    Args:
        initializer: str. `"standard"` (PyTorch-style uniform), `"normalized"` (Glorot
            uniform), `"lecun_normal"`, `"lecun_uniform"`, `"he_normal"`, `"he_uniform"`
            or `"orthogonal"`.
        fan_in: int. Number of inputs of a unit.
        fan_out: int. Number of units that an input reaches.

    Returns:
        float. The variance of a weight.

    Raises:
        ValueError: If the variance of `initializer` is unknown.

    Reference:

    - Glorot & Bengio (2010), equations 1 and 16; LeCun et al. (1998); He et al.
      (2015); Saxe et al. (2014).

    Example:

    >>> initial_variance("normalized", fan_in=1000, fan_out=1000)
    0.001
    """
    if initializer not in VARIANCES:
        raise ValueError(
            f"`initializer` must be one of {', '.join(VARIANCES)}. "
            f"Received: initializer={initializer!r}"
        )
    return VARIANCES[initializer](fan_in, fan_out)
