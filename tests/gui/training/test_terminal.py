import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from keras_xavier_gui.training.terminal import MAX_LINE_LENGTH, MAX_LINES, Terminal


def shown(*pieces):
    terminal = Terminal()
    for piece in pieces:
        terminal.feed(piece)
    return terminal.text()


def test_a_progress_bar_is_one_line():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=60)
    with Progress(console=console, auto_refresh=False) as progress:
        task = progress.add_task("train", total=100)
        for _ in range(100):
            progress.update(task, advance=1)
            progress.refresh()
        console.print("evaluated")
        progress.refresh()
    first, second = shown(file.getvalue().encode()).splitlines()
    assert first == "evaluated"
    assert second.startswith("train")
    assert "100%" in second


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10%\r20%", "20%"),
        ("long line\rshort", "shortline"),
        ("long line\r\x1b[2Kshort", "short"),
        ("abc\b\bX", "aXc"),
        ("one\ntwo\x1b[1A\r\x1b[2KONE", "ONE\ntwo"),
        ("one\r\ntwo", "one\ntwo"),
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain", "red plain"),
        ("a\x00\x07b", "ab"),
        ("\x1b[999999999999A\x1b[99999Gx", "x"),
    ],
)
def test_control_characters_are_applied(written, read):
    assert shown(written.encode()).strip() == read


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_the_pieces_of_the_output_do_not_matter(data, cuts):
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]
    assert shown(*pieces, b"\r\n") == shown(data, b"\r\n")


@given(st.text("\x1b[]0123;AKJ\r\n\bxyz \x07", max_size=200))
def test_invalid_escapes_are_removed(text):
    assert "\x1b" not in shown(text.encode())


def test_endless_output_is_bounded():
    terminal = Terminal()
    for number in range(3 * MAX_LINES):
        terminal.feed(f"line {number}\n".encode())
    lines = terminal.text().splitlines()
    assert len(lines) < MAX_LINES
    assert lines[-1] == f"line {3 * MAX_LINES - 1}"
    terminal.feed(b"x" * 10 * MAX_LINE_LENGTH)
    assert len(terminal.text().splitlines()[-1]) == MAX_LINE_LENGTH
