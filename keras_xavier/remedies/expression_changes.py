"""Remedies for layers that compute an expression of the user."""

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.probing.naming import snake_case
from keras_xavier.remedies.editing import line
from keras_xavier.remedies.graph_edits import (
    Entry,
    entries,
    insert_after,
    new_layer,
    remove,
)
from keras_xavier.remedies.program import Facts, Program, Remedy

BLOCKS = ("Round", "Floor", "Ceil", "Trunc", "Sign", "StopGradient")
"""Operations that leave the shape of their input, and have no gradient."""


def positive_before_logarithm(program: Program, facts: Facts) -> Remedy | None:
    """Makes inputs of a logarithm or a root positive with a softplus."""
    config = program.network.copied()
    for one in entries(config):
        text = f"{one.settings.get('function', '')} {one.kind} {one.name}".lower()
        if one.kind in ("Lambda", "Log", "Sqrt", "Log10", "Log2", "Rsqrt") and any(
            word in text for word in ("log", "sqrt", "root")
        ):
            name = f"{one.name}_positive"
            place = one.owner["layers"].index(one.layer)
            if "output_layers" in one.owner or not place:
                return None
            earlier = Entry(one.owner, one.owner["layers"][place - 1])
            added = new_layer("Activation", name, activation="softplus")
            insert_after(earlier, [added])
            own = line(program, one.layer)
            change = CodeChange(own, f"{line(program, added)},\n{own}")
            title = f"Positive inputs of {one.name}"
            return Remedy(title, program.with_config(config), (change,))
    return None


def without_blocks(program: Program, facts: Facts) -> Remedy | None:
    """Removes functions without a gradient, such as rounding."""
    config = program.network.copied()
    blocks = [one for one in entries(config) if one.kind in BLOCKS]
    names = [one.name for one in blocks]
    before = "\n".join(f"keras.ops.{snake_case(one.kind)}(...)" for one in blocks)
    # Removing one of a chain changes the inputs of the next.
    if not blocks or not all(remove(one) for one in blocks):
        return None
    change = CodeChange(before, "")
    title = f"Without {' and '.join(names)}"
    return Remedy(title, program.with_config(config), (change,))


def without_layer(program: Program, facts: Facts) -> Remedy | None:
    """Removes a layer that computes an expression of the user."""
    config = program.network.copied()
    for one in entries(config):
        if one.kind == "Lambda":
            before = line(program, one.layer)
            if not remove(one):
                return None
            title = f"Without the layer {one.name}"
            change = CodeChange(before, "")
            return Remedy(title, program.with_config(config), (change,))
    return None
