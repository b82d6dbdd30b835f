"""Builds the documentation site with warnings as errors, and checks its contents."""

import importlib
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from keras_xavier.figure_spec import FIGURES

ROOT = Path(__file__).parent.parent
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
ELSEWHERE = {
    "keras_xavier.diagnose",
    "keras_xavier.export_run",
    "keras_xavier.find_runs",
    "keras_xavier.open_run",
    "keras_xavier.try_remedies",
    "keras_xavier.FigureSpec",
    "keras_xavier.remedies.CodeChange",
    "keras_xavier.diagnosis.FigureSpec",
    "keras_xavier.datasets.DATASETS",
}
"""Aliases of names that are documented elsewhere."""


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
    assert missing == ELSEWHERE


def test_every_figure_has_a_page_in_the_gallery(site):
    pages = {page.stem for page in (site / "gallery" / "figures").glob("*.html")}
    assert pages == FIGURES.keys()
    index = (site / "gallery" / "index.html").read_text("utf-8")
    for name in FIGURES:
        assert f'href="figures/{name}.html"' in index
        assert f"_images/{name}.png" in index


def test_site_needs_no_network(site):
    loaded = re.compile(r"<(?:script|img|link)[^>]+(?:src|href)=\"(\w+:)?//[^\"]+\"")
    for page in site.rglob("*.html"):
        assert not loaded.search(page.read_text("utf-8")), page
