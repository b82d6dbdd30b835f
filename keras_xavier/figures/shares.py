"""Remarks on the share of the values of layers that a figure does not show."""

from collections.abc import Mapping


def share_remarks(what: str, shares: Mapping[str, float]) -> list[str]:
    """Returns a remark on values that are not drawn, if there are any.

    Args:
        what: Reason why they are not drawn.
        shares: Share of the values of each layer, between 0 and 1.

    >>> share_remarks("exactly 0", {"hidden_1": 1.0, "hidden_2": 1.0, "output": 0.02})
    ['exactly 0: all values of 2 layers, 2.0% of output']
    """
    full = [name for name, share in shares.items() if share >= 1]
    part = {name: share for name, share in shares.items() if 0 < share < 1}
    texts = []
    if full:
        texts.append(f"all values of {layers_text(full)}")
    if part:
        most = max(part, key=part.__getitem__)
        size = f"{100 * part[most]:.1f}" if part[most] >= 0.001 else "< 0.1"
        texts.append(
            f"{size}% of {most}"
            if len(part) == 1
            else f"up to {size}% of {len(part):,} layers ({most})"
        )
    return [f"{what}: {', '.join(texts)}"] if texts else []


def layers_text(names: list[str]) -> str:
    """Returns the name of one layer, or the number of several."""
    return names[0] if len(names) == 1 else f"{len(names):,} layers"
