"""Whether a `fit` is executing, as another thread sees it."""

import sys
import threading

import pytest

from keras_xavier.recording.fit_watch import FitWatch

REPLACED = object()
"""A frame that ends while it is read: it has no `f_back`."""
CUT_OFF = None


@pytest.mark.parametrize(
    ("stacks", "is_over"),
    [
        ([REPLACED], False),
        ([CUT_OFF, "executing"], False),
        ([CUT_OFF, REPLACED], False),
        ([CUT_OFF, CUT_OFF], True),
    ],
)
def test_a_stack_that_changes_while_it_is_read(monkeypatch, stacks, is_over):
    def fit():
        watch = FitWatch()
        tops = iter(stacks)

        def frames():
            top = next(tops)
            return {threading.get_ident(): here if top == "executing" else top}

        here = sys._getframe()
        monkeypatch.setattr(sys, "_current_frames", frames)
        return watch.is_over()

    assert fit() is is_over
