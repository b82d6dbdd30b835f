"""Reports a compilation that keeps a training run waiting."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

from keras_xavier.probing import print_message

PATIENCE = 5.0
"""Seconds without output after which a user wonders whether the training run hangs."""


class CompilationNotice:
    """Prints one line while the first record compiles, if that takes over 5 s.

    The line appears where Keras prints its progress: on the console or, with
    `keras.config.disable_interactive_logging()`, in the log.

    Args:
        source: str. The measured data: `"probe"` or `"batch"`.
    """

    def __init__(self, source: str) -> None:
        compiled = "recorded step" if source == "batch" else "pass over the probe"
        self._text = f"LayerStatistics: compiling the {compiled}, once ..."
        # PyTorch executes the model without compiling it.
        self._is_over = keras.backend.backend() == "torch"

    @contextmanager
    def waiting(
        self, params: Mapping[str, Any] | None, *, last: bool = True
    ) -> Iterator[None]:
        """Prints the line if the block takes long.

        Args:
            params: Dict. The parameters of `fit`; nothing is printed if its `verbose`
                is 0.
            last: bool. Whether nothing is compiled after the block. Defaults to True.
        """
        if self._is_over or not (params or {}).get("verbose"):
            yield
            return
        timer = threading.Timer(PATIENCE, self._print)
        # An interrupted program does not wait for it.
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._is_over |= last

    def _print(self) -> None:
        self._is_over = True
        print_message(self._text)
