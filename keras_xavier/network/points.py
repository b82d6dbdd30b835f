"""Places of nodes and edges in a drawing, and distances between them."""

Point = tuple[float, float]
"""Place across, in widths of a node, and rank."""
Pair = tuple[int, int]
"""Indices of two connected nodes."""
LANE, GAP = 0.2, 0.25
"""Width of an edge that passes nodes, and the gap beside nodes and edges."""
