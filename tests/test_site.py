"""Builds the documentation site with warnings as errors, and checks its contents."""

import importlib
import os
import re
import subprocess
import sys
import zlib
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import keras_xavier
from keras_xavier.figure_spec import FIGURES
from keras_xavier.lessons.reading import NUMBERS, read_lesson

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.nightly
DOCUMENTED = (
    "keras_xavier",
    "keras_xavier.datasets",
    "keras_xavier.diagnosis",
    "keras_xavier.figures",
    "keras_xavier.lessons",
    "keras_xavier.remedies",
    "keras_xavier.runs",
    "keras_xavier.theory",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site. The build runs the code cells of the pages."""
    target = tmp_path_factory.mktemp("site") / "html"
    options = ("--fail-on-warning", "--keep-going", "--quiet", "--builder", "html")
    finished = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ROOT / "docs", target],
        cwd=ROOT,
        # JAX compiles small networks faster than TensorFlow.
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return target


def test_reference_contains_every_public_name(site):
    data = (site / "objects.inv").read_bytes()
    entries = zlib.decompress(data.split(b"\n", 4)[4]).decode()
    documented = {line.split(" ", 1)[0] for line in entries.splitlines()}
    missing = {
        f"{module}.{name}"
        for module in DOCUMENTED
        for name in importlib.import_module(module).__all__
        if f"{module}.{name}" not in documented
    }
    assert missing == set()


def test_every_figure_has_a_page_in_the_gallery(site):
    pages = {page.stem for page in (site / "gallery" / "figures").glob("*.html")}
    assert pages == FIGURES.keys()
    index = (site / "gallery" / "index.html").read_text("utf-8")
    for name in FIGURES:
        assert f'href="figures/{name}.html"' in index
        assert f"_images/{name}.png" in index


def test_names_of_the_package_are_links_in_texts_and_in_code(site):
    literal = re.compile(r'(<a [^>]*>)?<code[^>]*><span class="pre">(kx\.[^<]*)<')
    found = {
        (name, bool(link))
        for page in site.rglob("*.html")
        if page.stem != "changelog" and "_modules" not in page.parts
        for link, name in literal.findall(page.read_text("utf-8"))
    }
    assert {name for name, is_link in found if not is_link} == set()
    assert {"kx.diagnose", "kx.LayerStatistics", "kx.theory"} <= {
        one for one, _ in found
    }
    page = (site / "how-to" / "diagnose.html").read_text("utf-8")
    code = page.partition("sample_run</span>")[0]
    assert "reference/api/runs.html#keras_xavier.runs.sample_run" in code[-200:]


def test_reference_has_types_sources_and_summaries(site):
    page = (site / "reference" / "api" / "runs.html").read_text("utf-8")
    assert "_modules/keras_xavier/runs/reader.html#open_run" in page
    (summary,) = re.findall(
        r"(?s)<tr[^>]*><td>(?:(?!</tr>).)*?>open_run<.*?</tr>", page
    )
    assert "Opens a run, even while it is still recorded." in summary
    signature = page.partition('id="keras_xavier.runs.open_run"')[2].partition("</dt>")[
        0
    ]
    assert "PathLike" in signature
    assert 'href="#keras_xavier.runs.Run"' in signature


def test_formulas_are_drawn_by_a_script_of_the_site(site):
    page = (site / "explanation" / "theory.html").read_text("utf-8")
    assert 'src="../_static/tex-svg.js' in page
    assert (site / "_static" / "tex-svg.js").stat().st_size > 1_000_000
    assert "<math" not in page
    assert "tex-svg.js" not in (site / "index.html").read_text("utf-8")


def test_cells_of_wide_tables_repeat_the_head_for_small_screens(site):
    page = (site / "reference" / "findings.html").read_text("utf-8")
    (row,) = re.findall(r"(?s)<tr[^>]*>(?:(?!</tr>).)*dead_units.*?</tr>", page)
    assert re.findall(r'cell-label">([^<]+)<', row) == [
        "finding",
        "what happens",
        "remedy",
    ]


def test_index_has_version_and_installation(site):
    page = (site / "index.html").read_text("utf-8")
    assert f"Version {keras_xavier.__version__} needs Python" in page
    assert "[tensorflow,gui]" in page
    assert 'href="how-to/diagnose.html"' in page


def test_lessons_have_numbered_cards(site):
    page = (site / "lessons" / "index.html").read_text("utf-8")
    numbers = re.findall(r'lesson-number">(\d+)<', page)
    assert numbers == [str(number) for number in NUMBERS]
    for number in NUMBERS:
        assert f'href="pages/lesson-{number}/index.html"' in page
        assert f"<em>{read_lesson(number).minutes} minutes</em>" in page


@pytest.fixture(scope="module")
def pages(site):
    """The text of each page, by path."""
    return {page: page.read_text("utf-8") for page in site.rglob("*.html")}


def test_all_links_lead_to_pages_and_their_sections(site, pages):
    identifiers = {
        page: set(map(unescape, re.findall(r'\bid="([^"]+)"', text)))
        for page, text in pages.items()
    }
    missing = []
    for page, text in pages.items():
        for link in set(re.findall(r'<(?:a|img)\b[^>]*?(?:href|src)="([^"]+)"', text)):
            parts = urlsplit(unescape(link))
            if parts.scheme:
                continue
            target = page
            if parts.path:
                target = Path(os.path.normpath(page.parent / unquote(parts.path)))
            known = identifiers.get(target)
            if not target.exists() or (
                parts.fragment and unquote(parts.fragment) not in (known or ())
            ):
                missing.append(f"{page.relative_to(site)}: {link}")
    assert missing == []


def test_figures_have_descriptions_and_keep_their_proportions(site, pages):
    for page, text in pages.items():
        for alt in re.findall(r'<img[^>]* alt="([^"]*)"', text):
            assert not alt.endswith(".png"), page
    # Outputs of notebooks state a height, and a narrow page reduces the width only.
    style = (site / "_static" / "pages.css").read_text()
    assert ".bd-article img { height: auto; }" in style


def test_site_needs_no_network(pages):
    loaded = re.compile(r"<(?:script|img|link)[^>]+(?:src|href)=\"(\w+:)?//[^\"]+\"")
    for page, text in pages.items():
        assert not loaded.search(text), page
