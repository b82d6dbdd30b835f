"""Renders the output of a program as a terminal does, with lines overwritten. No Qt."""

import codecs
import re

MAX_LINES = 1000
MAX_LINE_LENGTH = 2000
TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[0-9;?<=>]*)[ -/]*(?P<command>[@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # such as the title of a window
    r"|\x1b[^\[\]]"
    r"|(?P<move>[\r\n\b])"
    r"|(?P<text>[^\x00-\x1f\x7f]+|\t)"
)
UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?<=>]*[ -/]*|\][^\x07\x1b]*\x1b?)?\Z")
MAX_ESCAPE_LENGTH = 200


class Terminal:
    """Renders arbitrary output, piece by piece.

    Carriage returns and escape sequences move the cursor, as for progress bars.
    Colors and everything else that is not text is dropped.

    Example:

    >>> terminal = Terminal()
    >>> terminal.feed(b"10%\\r20%\\n\\x1b[31mred\\x1b[0m")
    >>> terminal.text()
    '20%\\nred'
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._lines = [""]
        self._row = 0
        self._column = 0

    def feed(self, data: bytes) -> None:
        """Renders the next bytes."""
        text = self._rest + self._decoder.decode(data)
        self._rest = ""
        # The rest of an escape sequence comes with the next bytes.
        if (cut := UNFINISHED.search(text)) and len(cut[0]) <= MAX_ESCAPE_LENGTH:
            text, self._rest = text[: cut.start()], cut[0]
        for token in TOKEN.finditer(text):
            if token["text"]:
                self._write(token["text"].replace("\t", "    "))
            elif token["move"]:
                self._move(token["move"])
            elif token["command"]:
                self._execute(token["command"], token["numbers"])

    def text(self) -> str:
        """The last lines, without empty lines at the end."""
        return "\n".join(line.rstrip() for line in self._lines).rstrip("\n")

    def _write(self, text: str) -> None:
        text = text[: MAX_LINE_LENGTH - self._column]
        line = self._lines[self._row].ljust(self._column)
        end = self._column + len(text)
        self._lines[self._row] = line[: self._column] + text + line[end:]
        self._column = end

    def _move(self, character: str) -> None:
        if character == "\b":
            self._column = max(0, self._column - 1)
            return
        self._column = 0
        if character == "\n":
            self._row += 1
            if self._row == len(self._lines):
                self._lines.append("")
            surplus = len(self._lines) - MAX_LINES
            if surplus > 0:
                del self._lines[:surplus]
                self._row -= surplus

    def _execute(self, command: str, numbers: str) -> None:
        first = numbers.partition(";")[0]
        # No move is longer than the number of lines.
        number = int(first) if first.isdecimal() and len(first) < 5 else 0
        line = self._lines[self._row]
        if command == "A":
            self._row = max(0, self._row - max(number, 1))
        elif command == "B":
            self._row = min(len(self._lines) - 1, self._row + max(number, 1))
        elif command == "G":
            self._column = min(max(number, 1), MAX_LINE_LENGTH) - 1
        elif command == "K" and number == 0:
            self._lines[self._row] = line[: self._column]
        elif command == "K":
            self._lines[self._row] = ""
        elif command == "J":
            self._lines[self._row] = line[: self._column] if number == 0 else ""
            del self._lines[self._row + 1 :]
