"""Finds operations of TensorFlow that cannot be repeated."""

from itertools import chain

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

REPEATABLE = (
    *("Assert", "Case", "If", "StatefulPartitionedCall", "While"),
    *("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarHandleOp"),
    *("LookupTableFindV2", "LookupTableSizeV2", "StatelessRandomGetKeyCounter"),
)
"""Operations that TensorFlow counts as stateful, although they can be repeated."""


def check_effects(graph: tf.Graph) -> None:
    """Raises an error if operations of a function cannot be repeated."""
    definition = graph.as_graph_def()
    inner = (function.node_def for function in definition.library.function)
    for name in sorted({node.op for node in chain(definition.node, *inner)}):
        known = op_def_registry.get(name)
        if known is not None and known.is_stateful and name not in REPEATABLE:
            raise ValueError(
                f"measuring would repeat its operation {name} of TensorFlow, which has "
                "effects or draws other random numbers each time"
            )
