"""Phrases that the project's code and pages do not use.

codespell checks single words (`scripts/banned_words.txt`); these need a context.
"""

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PHRASES = {
    r"(?<!part )(?<!word )(?<!\" )\bin words\b": "name the words, or leave it out",
    r"as it should be": "valid, expected",
    r"goes on\b": "continues",
    r"(?<!\w )is there\b(?! (?:a|an|any)\b)": "exists, is available",
    r"broken off": "interrupted",
    r"none of ours": "not a … of this project",
    r"(?:of )?the paper's kind": "the paper's networks",
    r"\bof their own\b": "separate",
    r"\bso many\b": "as many, the number of",
    r"\b(?:labels|drawn|chosen) by chance\b": "random",
    r"\btell(?:s|ing)? of\b": "report, describe",
    r"\bfrom where on\b": "the threshold above which",
    r"[\d}] %(?![\w%])": "5%, without a space",
}
"""Patterns, and what to write instead."""
BRITISH = re.compile(
    r"(?i)(?:colour|centre|grey|behaviour|neighbour|labelled|licence)(?=s?(?:_|[A-Z]|\b))"
)
"""Parts of identifiers, which codespell does not split."""
LINE_BREAK = re.compile(r'"?\s*\n\s*(?:#\s*|[fr]?")?')
"""A break within a comment or an implicitly concatenated string."""
FILES = sorted(
    path
    for folder in ("keras_xavier", "gui", "tests", "scripts", "docs")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".pyi", ".md"} or path.parent == ROOT / "scripts"
    if path.is_file() and path != Path(__file__)
    # Generated pages, and reports of finished runs.
    if not re.search(
        r"/(_build|pictures|figures|pages|reproduction.*)/.*\.md$", f"{path}"
    )
)
FILES += [
    path for name in ("README.md", "CONTRIBUTING.md") if (path := ROOT / name).exists()
]


@functools.cache
def text_of(path):
    return LINE_BREAK.sub(" ", path.read_text("utf-8"))


@pytest.mark.parametrize("phrase", PHRASES)
def test_phrase_is_not_used(phrase):
    found = [
        f"{path.relative_to(ROOT)}: …{text[max(0, at.start() - 30) : at.end() + 10]}…"
        for path in FILES
        for text in [text_of(path)]
        for at in re.finditer(phrase, text, re.IGNORECASE)
    ]
    if found:
        pytest.fail(
            "\n".join([f"Write instead: {PHRASES[phrase]}", *found]), pytrace=False
        )


def test_identifiers_have_american_spelling():
    identifier = re.compile(r"\b(?:\w+_\w+|[a-z]+[A-Z]\w+)\b")
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in FILES
        for name in identifier.findall(path.read_text("utf-8"))
        if BRITISH.search(name)
    }
    if found:
        pytest.fail("\n".join(sorted(found)), pytrace=False)
