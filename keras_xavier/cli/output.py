"""What the command says."""

import argparse
import sys
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def say(message: str) -> None:
    """Tells something on stderr: stdout is for results."""
    print(message, file=sys.stderr, flush=True)
