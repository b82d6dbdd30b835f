"""TensorFlow's log messages are kept from stderr."""

import os
import subprocess
import sys

import pytest

from keras_xavier.experiments.keras_startup import native_messages_held_back


def test_messages_are_held_back_and_stderr_works_afterwards(capfd):
    with native_messages_held_back():
        os.write(2, b"chatter\n")
    print("news", file=sys.stderr)
    assert capfd.readouterr().err == "news\n"


def test_messages_are_shown_when_something_fails(capfd):
    def fail():
        with native_messages_held_back():
            os.write(2, b"the reason\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == "the reason\n"


def test_starting_keras_is_quiet():
    finished = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from keras_xavier.experiments.keras_startup import start_keras\n"
            "start_keras()",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stderr == ""
