"""Quality of a training step: where the step lands on the loss of its own batch."""

from collections.abc import Mapping, Sequence
from math import isfinite, nan

STEP_QUALITY = ("loss_before", "loss_after", "step_alpha", "step_sharpness")
"""Names of the metrics in a run."""


def step_quality(losses: Sequence[float], slopes: Sequence[float]) -> dict[str, float]:
    """Computes the quality of a step from both ends of the step.

    The loss L of one batch along the step is a function of t, which is 0 at the weights
    before the step and 1 at the weights after it. With the update d and the gradients
    g₀ and g₁ at both ends, its slopes are s₀ = g₀·d and s₁ = g₁·d.

    `step_alpha` is the position of the step on a parabola, fitted to both losses and
    both slopes by least squares. The parabola has the curvature κ = s₁ − s₀ and, in the
    middle of the step, the slope p = (L₁ − L₀ + 2s₀ + 2s₁) / 5. Its minimum lies at
    t* = 1/2 − p/κ, and α = 1/t* − 1 = (κ + 2p) / (κ − 2p):

    - −1: the step is too short to move on the parabola.
    - 0: the step reaches the minimum along its direction.
    - 1: the step lands on the other side, as high as it began; above 1 it lands higher.
    - Below −1: the step leads uphill from its beginning.

    α is NaN if the parabola is not convex (κ ≤ 0) or begins at its minimum.

    `step_sharpness` is −κ / s₀, the curvature along the step relative to the slope at
    which the step begins. With plain gradient descent, d = −ηg₀ and the sharpness is
    η gᵀHg / gᵀg, where H is the Hessian averaged over the step: learning rate times
    curvature along the gradient. With other optimizers it has no unit either, and 2
    means the same: the slope at the end is as steep as at the beginning, uphill. On a
    parabola, α is the sharpness minus 1. It is negative where the loss is concave, and
    NaN if the step does not begin downhill (s₀ ≥ 0).

    Args:
        losses: Sequence of two floats. Loss before and after the step, L₀ and L₁.
        slopes: Sequence of two floats. Slopes before and after the step, s₀ and s₁.

    Returns:
        dict of str to float. The metrics `STEP_QUALITY`.

    References:
        [Mutschler & Zell, 2020](https://arxiv.org/abs/1903.11991);
        [Schneider et al., 2021](https://arxiv.org/abs/2102.06604), whose α is −1 where
        the parabola is not convex;
        [Cohen et al., 2021](https://arxiv.org/abs/2103.00065).

    Example:

    One step of gradient descent with the learning rate 0.25 on L(w) = 4w², from w = 1:
    d = −2 leads to w = −1.

    >>> step_quality(losses=(4.0, 4.0), slopes=(8 * -2.0, -8 * -2.0))
    {'loss_before': 4.0, 'loss_after': 4.0, 'step_alpha': 1.0, 'step_sharpness': 2.0}
    """
    (before, after), (first, last) = losses, slopes
    alpha = sharpness = nan
    if all(map(isfinite, (before, after, first, last))):
        curvature = last - first
        middle = (after - before + 2 * (first + last)) / 5
        if curvature > 0 and curvature != 2 * middle:
            alpha = (curvature + 2 * middle) / (curvature - 2 * middle)
        if first < 0:
            sharpness = -curvature / first
    values = (before, after, alpha, sharpness)
    return dict(zip(STEP_QUALITY, values, strict=True))


def without_step_quality(metrics: Mapping[str, float]) -> dict[str, float]:
    """Returns the metrics other than `STEP_QUALITY`."""
    return {name: metrics[name] for name in metrics if name not in STEP_QUALITY}
