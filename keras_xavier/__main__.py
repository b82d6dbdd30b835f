"""Runs the command line: `python -m keras_xavier`."""

import sys

from keras_xavier.cli import main

if __name__ == "__main__":
    sys.exit(main())
