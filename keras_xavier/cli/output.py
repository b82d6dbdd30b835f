"""What the command says."""

import argparse
import re
import sys
from typing import NoReturn, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"

DATA_DIR_HELP = (
    "folder in which tensorflow-datasets has prepared MNIST and CIFAR-10 "
    "(default: its own, ~/tensorflow_datasets or $TFDS_DATA_DIR)"
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong, and where to read on.

    The usage that argparse would print first is longer than a window is high.
    """

    def error(self, message: str) -> NoReturn:
        told = self._name_options(message)
        self.exit(2, f"{self.prog}: error: {told}\nSee {self.prog} --help\n")

    def _name_options(self, message: str) -> str:
        """Names arguments of the library as on the command line."""

        def option(match: re.Match[str]) -> str:
            name = f"--{match[1].replace('_', '-')}"
            return name if name in self._option_string_actions else match[0]

        told = re.sub(r"`([a-z_]+)`", option, message)
        return re.sub(r"(?<=Received: )[a-z_]+=", "", told)


def say(message: str) -> None:
    """Tells something on stderr: stdout is for results."""
    print(message, file=sys.stderr, flush=True)
