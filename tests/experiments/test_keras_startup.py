"""TensorFlow's log messages are kept from stderr."""

import os
import subprocess
import sys

import pytest

from keras_xavier.experiments.keras_startup import (
    native_messages_held_back,
    start_keras,
)


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


def test_a_program_that_has_used_tensorflow_can_start_keras_again():
    import tensorflow as tf

    tf.zeros(()) + 1
    start_keras(one_processor=True)


@pytest.mark.skipif(
    not os.path.exists("/proc/self/task") or len(os.sched_getaffinity(0)) == 1,
    reason="Threads are counted where Linux lists them, if there are more than one",
)
def test_tensorflow_uses_one_processor_if_asked_to():
    number_of_threads = (
        "import os\n"
        "from keras_xavier.experiments.keras_startup import start_keras\n"
        "start_keras(one_processor={})\n"
        "import tensorflow as tf\n"
        "a = tf.random.normal((2000, 2000))\n"
        "a @ a\n"
        "threads = [open(f'/proc/self/task/{{thread}}/comm').read().strip()\n"
        "           for thread in os.listdir('/proc/self/task')]\n"
        "print(threads.count('tf_Compute'))"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    }
    one, several = (
        int(
            subprocess.check_output(
                [sys.executable, "-c", number_of_threads.format(one_processor)],
                env=environment | {"KERAS_BACKEND": "tensorflow"},
            )
        )
        for one_processor in (True, False)
    )
    assert one < several
