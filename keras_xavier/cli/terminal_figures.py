"""Figures in terminals that can show images."""

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

QUERY = "\x1b[c"
"""Request for device attributes, which almost every terminal answers."""
TIMEOUT = 0.5
PROMPT_ANSWER = 0.08
"""Seconds. textual-image waits 0.1 s for an answer; a later one would be typed text."""
WIDTH = 100
"""Characters. Larger images are slow over a network."""


def is_interactive() -> bool:
    """Returns whether a person reads stdout and can type.

    A process in the background would be stopped if it read from its terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if not hasattr(os, "tcgetpgrp"):
        return True
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def shows_images() -> bool:
    """Returns whether the terminal shows images and textual-image is installed.

    Nothing is written unless stdout is a terminal, and an answer is awaited for half a
    second at most.
    """
    if not find_spec("textual_image") or not is_interactive():
        return False
    # A terminal without a size, as that of some containers, cannot place images.
    has_size = os.get_terminal_size().columns > 0
    if not has_size or os.environ.get("TERM", "dumb") == "dumb":
        return False
    if not answers_promptly():
        return False
    from textual_image import renderable

    shown = (renderable.SixelImage, renderable.TGPImage)
    return renderable.Image in shown


def answers_promptly() -> bool:
    """Returns whether the terminal answers a query before textual-image gives up."""
    try:
        import select
        import termios
        import tty
    except ImportError:
        # Windows, where textual-image reads from the console.
        return True
    terminal = sys.stdin.fileno()
    mode = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        started = time.monotonic()
        sys.stdout.write(QUERY)
        sys.stdout.flush()
        answer = b""
        while select.select([terminal], [], [], TIMEOUT)[0]:
            answer += os.read(terminal, 1)
            if answer.endswith(b"c"):
                return time.monotonic() - started < PROMPT_ANSWER
        return False
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, mode)


def image(path: Path) -> "RenderableType":
    """Returns an image for rich, as wide as the terminal, 100 characters at most."""
    from textual_image.renderable import Image

    width = min(WIDTH, os.get_terminal_size().columns)
    return Image(path, width=width, height="auto")
