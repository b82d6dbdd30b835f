"""Variances of the weights that each initializer of this package draws."""

from keras_xavier.theory import linear

INITIALIZERS = (
    *("standard", "normalized", "lecun_normal", "lecun_uniform"),
    *("he_normal", "he_uniform", "orthogonal"),
)
"""Those whose variance is known without data, and for any activation."""


def initial_variance(initializer: str, *, fan_in: int, fan_out: int) -> float:
    """Var[W] of an initializer.

    Args:
        initializer: One of `INITIALIZERS`.
        fan_in: Inputs of one unit.
        fan_out: Units that one input reaches.

    Returns:
        The variance of a weight; times the fan-in it is the σ_w² of the mean field.

    Raises:
        ValueError: If there is none of that name.

    Reference:

    - Glorot & Bengio (2010), equations 1 and 16; LeCun et al. (1998); He et al.
      (2015); Saxe et al. (2014).

    Example:

    >>> initial_variance("normalized", fan_in=1000, fan_out=1000)
    0.001
    """
    if initializer not in INITIALIZERS:
        raise ValueError(
            f"`initializer` must be one of {', '.join(INITIALIZERS)}. "
            f"Received: initializer={initializer!r}"
        )
    if initializer == "standard":
        return 1 / (3 * fan_in)
    if initializer == "normalized":
        return linear.compromise(fan_in, fan_out)
    if initializer == "orthogonal":
        return 1 / max(fan_in, fan_out)
    return (2 if initializer.startswith("he") else 1) / fan_in
