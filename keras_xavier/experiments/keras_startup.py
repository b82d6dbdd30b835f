"""Starts Keras and its backend without the log messages of TensorFlow's C++ code.

TensorFlow 2.21 logs a dozen lines about the machine before it reads
TF_CPP_MIN_LOG_LEVEL, and has no other option to suppress them.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

SMALL_WIDTH = 400
"""Layers with at most this many units run faster on one processor than on several."""


def start_keras(*, one_processor: bool = False) -> None:
    """Imports Keras and runs one operation, so that all devices are initialized.

    Args:
        one_processor: bool. Whether TensorFlow uses one processor only, which makes
            small networks about 1.5 times as fast; see `SMALL_WIDTH`. Defaults to
            False.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if one_processor:
        # TensorFlow's functions for this raise once an operation has run, so they fail
        # in programs that have used it before.
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    with native_messages_held_back():
        import keras

        keras.ops.zeros(()) + 1


@contextmanager
def native_messages_held_back() -> Iterator[None]:
    """Captures the file descriptor of stderr; replays the output on failure."""
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
