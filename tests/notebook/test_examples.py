"""The notebooks in examples/, executed on real kernels."""

import base64
import json
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
# JAX detects its devices when it starts, so this example comes first.
BY_BACKEND = {
    "tensorflow": ("gan", "lora-transformer", "custom-loop-tensorflow"),
    "jax": ("several-devices", "convolutional-network", "custom-loop-jax"),
    "torch": ("keras-tuner", "custom-loop-torch", "follow-a-run"),
}
"""Examples that share a kernel, which imports their backend once."""
LIVE = {"gan": 1, "lora-transformer": 2, "keras-tuner": 1, "several-devices": 1}
LIVE |= {"convolutional-network": 2}
"""Number of outputs of LiveFigure."""
SHORTER = {
    "gan": ("epochs=60", "epochs=12"),
    "lora-transformer": ("epochs=8", "epochs=3"),
    "several-devices": ('"epochs": 8', '"epochs": 3'),
}
"""Epochs in the notebook and in these tests, which do not look at the digits, texts and
numbers that training yields."""
pytestmark = pytest.mark.timeout(900)
RESET = "%reset -f"


def images(notebook):
    """The images in the outputs of each cell with images."""
    found = [
        [output["data"]["image/png"] for output in cell.get("outputs", ())
         if "image/png" in output.get("data", {})]
        for cell in notebook.cells
    ]  # fmt: skip
    return [each for each in found if each]


def figures_of(name):
    return images(nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4))


@pytest.fixture(
    scope="module",
    params=[
        "tensorflow",
        pytest.param("jax", marks=pytest.mark.nightly),
        pytest.param("torch", marks=pytest.mark.nightly),
    ],
)
def executed(request, tmp_path_factory):
    """The examples of a backend after their execution in one kernel, by name."""
    notebooks = {}
    for name in BY_BACKEND[request.param]:
        notebooks[name] = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    together = nbformat.v4.new_notebook()
    for name, notebook in notebooks.items():
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"{name}-{number}"
            cell.source = cell.source.replace(*SHORTER.get(name, ("", "")))
        together.cells += [nbformat.v4.new_code_cell(RESET), *notebook.cells]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    folder = {"metadata": {"path": str(tmp_path_factory.mktemp("examples"))}}
    client = NotebookClient(together, timeout=250, resources=folder)
    client.execute(env=os.environ | {"PYTHONPATH": path})
    return notebooks


def test_examples_run_and_show_the_figures_that_are_stored(executed):
    for name, notebook in executed.items():
        shown = images(notebook)
        # One image for each cell: nothing is displayed twice.
        assert [len(each) for each in shown] == [1] * len(shown), name
        assert len(shown) == len(figures_of(name)), name
        for (image,) in shown:
            data = base64.b64decode(image)
            assert data.startswith(b"\x89PNG"), name
            assert len(data) > 10_000, name


def test_examples_show_the_last_state_of_live_figures(executed):
    for name, notebook in executed.items():
        live = [
            output
            for cell in notebook.cells
            if "callbacks" in cell.source or "kx.LiveFigure" in cell.source
            for output in cell.get("outputs", ())
            if output.output_type == "display_data"
        ]
        assert len(live) == LIVE.get(name, 0), name
        # An empty figure is smaller.
        assert all(len(one["data"]["image/png"]) > 80_000 for one in live), name


def test_examples_issue_no_warnings(executed):
    for name, notebook in executed.items():
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                assert "Warning" not in output.get("text", ""), name


def test_every_example_is_listed_and_executed():
    for name, (epochs, _) in SHORTER.items():
        assert (EXAMPLES / f"{name}.ipynb").read_text().count(json.dumps(epochs)[1:-1])
    names = {path.stem for path in EXAMPLES.glob("*.ipynb")}
    assert names == {name for each in BY_BACKEND.values() for name in each}
    page = (EXAMPLES / "README.md").read_text()
    assert all(f"({name}.ipynb)" in page for name in names)


def test_stored_notebooks_are_small_and_contain_no_path_of_a_machine():
    for path in EXAMPLES.glob("*.ipynb"):
        assert path.stat().st_size < 1_500_000
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", ()):
                text = json.dumps({**output, "data": {}}) + str(output.get("text"))
                assert "/tmp/" not in text  # noqa: S108
                assert "/home/" not in text
                assert output.get("name") != "stderr"
