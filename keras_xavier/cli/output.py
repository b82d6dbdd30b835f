"""What the command says."""

import argparse
import sys
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


DATA_DIR_HELP = (
    "folder in which tensorflow-datasets has prepared MNIST and CIFAR-10 "
    "(default: its own, ~/tensorflow_datasets or $TFDS_DATA_DIR)"
)


def say(message: str) -> None:
    """Tells something on stderr: stdout is for results."""
    print(message, file=sys.stderr, flush=True)
