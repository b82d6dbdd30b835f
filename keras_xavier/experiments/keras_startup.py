"""Starts Keras and its backend without the messages of TensorFlow's C++ code.

TensorFlow 2.21 writes a dozen lines about the machine before it looks at
TF_CPP_MIN_LOG_LEVEL, and no setting keeps it from doing so.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

SMALL_WIDTH = 400
"""Units up to which a layer is computed sooner than its parts are handed out."""


def start_keras(*, one_processor: bool = False) -> None:
    """Imports Keras and computes once, so that all devices are set up.

    Args:
        one_processor: Whether TensorFlow uses only one of several processors, which
            makes small networks about 1.5 times as fast; see `SMALL_WIDTH`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with native_messages_held_back():
        if one_processor:
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        import keras

        keras.ops.zeros(()) + 1


@contextmanager
def native_messages_held_back() -> Iterator[None]:
    """Keeps what is written to the file descriptor of stderr; shows it on failure."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
