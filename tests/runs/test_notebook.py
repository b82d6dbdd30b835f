"""Runs as HTML in notebooks."""

import base64
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.diagnosis import diagnose
from keras_xavier.notebook import run_page
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.runs.samples import SAMPLES_FOLDER
from keras_xavier.statistics import Layer

HOSTILE = "<script>alert('1')</script>\"><img src=x onerror=alert(1)>$\\frac{"


class Page(HTMLParser):
    """Collects the elements of a page, their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = set(), set(), ""
        self.open = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


KNOWN = {"div", "p", "strong", "img", "details", "summary", "table", "tr", "td", "th"}
KNOWN |= {"code"}
SICK = SAMPLES_FOLDER / "sigmoid-standard.zarr"
HEALTHY = SAMPLES_FOLDER / "tanh-normalized.zarr"


@pytest.fixture
def run(write):
    return open_run(write(hyperparameters={"learning_rate": 0.1, "tags": ["a"]}))


def test_a_run_shows_its_state_hyperparameters_layers_and_figures(run):
    html = run_page.html(run)
    page = Page(html)
    assert page.tags <= KNOWN
    for word in ("finished", "3 records", "last step 20", "learning_rate", "hidden_1"):
        assert word in page.words
    images = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    assert len(images) == 2
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in images)
    assert len(html) < 300_000


def test_names_are_escaped(tmp_path, measure, layers):
    hostile = [Layer(HOSTILE, HOSTILE, HOSTILE, 20, 220), *layers[1:]]
    options = {"hyperparameters": {HOSTILE: HOSTILE}}
    with RunWriter(tmp_path / "run", layers=hostile, **options) as writer:
        writer.record(0, measure(0))
        writer.log(0, {HOSTILE: 1.0})
        writer.close("failed", HOSTILE)
    page = Page(run_page.html(open_run(tmp_path / "run")))
    assert page.tags <= KNOWN
    assert page.attributes <= {"alt", "width", "style", "src", "open"}
    assert HOSTILE in page.words


def test_a_run_shows_its_diagnosis():
    run = open_run(SICK)
    html = run_page.html(run)
    assert "<details open><summary>Diagnosis: 1 finding (" in html
    page = Page(html)
    (finding,) = diagnose(run)
    for text in (finding.summary, finding.explanation, finding.remedy):
        assert page.words.count(text) == 1
    assert "keras-xavier view" in page.words


def test_the_diagnosis_of_a_healthy_run_is_folded():
    html = run_page.html(open_run(HEALTHY))
    assert "<details><summary>Diagnosis: no problems found (" in html
    assert "Passed: " in Page(html).words


@given(st.text())
def test_any_text_is_displayed_literally(value):
    page = Page(f'<p title="{run_page.text(value)}">{run_page.text(value)}</p>')
    assert page.tags == {"p"}
    assert page.attributes == {"title"}


def test_a_damaged_run_shows_the_error(run, tmp_path):
    for chunk in (tmp_path / "run.zarr" / "statistics").glob("c*"):
        chunk.write_bytes(b"damaged")
    html = run_page.html(run)
    assert "Overview: " in html
    assert "cannot be read" in html
    assert html.count("<img") == 1
    assert Page(html).tags <= KNOWN


def test_a_run_with_deleted_chunks_says_so(run, tmp_path):
    for chunk in (tmp_path / "run.zarr").glob("*/c*"):
        if chunk.is_file():
            chunk.unlink()
    page = Page(run_page.html(run))
    assert page.tags <= KNOWN
    assert "cannot be read" in page.words
    assert "hidden_1" in page.words


def test_a_run_without_records(write):
    page = Page(run_page.html(open_run(write(records=0))))
    assert "0 records" in page.words


def test_long_tables_are_truncated(tmp_path):
    layers = [Layer(f"layer_{i}", "Dense", None, 1, 1) for i in range(50)]
    settings = {"long": "x" * 5000}
    with RunWriter(tmp_path / "deep", layers=layers, hyperparameters=settings):
        pass
    page = Page(run_page.html(open_run(tmp_path / "deep")))
    assert "layer_29" in page.words
    assert "layer_30" not in page.words
    assert "… and 20 more" in page.words
    assert "x" * 100 not in page.words


def test_without_matplotlib_the_extra_is_named(run):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from keras_xavier.notebook.run_page import html\n"
        "from keras_xavier.runs import open_run\n"
        f"print(html(open_run({run.path!r})))"
    )
    html = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    page = Page(html)
    assert page.tags <= KNOWN - {"img"}
    assert "keras-xavier[figures]" in page.words
    assert "hidden_2" in page.words


def test_opening_a_run_draws_nothing(run):
    code = (
        "import sys\nfrom keras_xavier.runs import open_run\n"
        f"repr(open_run({run.path!r}))\n"
        "assert not {'matplotlib', 'keras_xavier.figures'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ipython_shows_a_run(run):
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "import sys\n"
        "from keras_xavier.runs import open_run\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"run = open_run({run.path!r})\n"
        "print(shell.display_formatter.format(run)[0]['text/html'])"
    )
    html = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert html.count("<img") == 2
    assert "hidden_2" in html
