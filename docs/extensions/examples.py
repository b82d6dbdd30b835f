"""Shows the notebooks in examples/ as pages, with the outputs that they contain."""

from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = "examples"
CONTROLS = "application/vnd.jupyter.widget-view+json"


def write_pages(app: Sphinx) -> None:
    folder = Path(app.srcdir, PAGES)
    folder.mkdir(exist_ok=True)
    names = []
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                # Controls need a kernel; their text remains.
                output.get("data", {}).pop(CONTROLS, None)
        nbformat.write(notebook, folder / path.name)
        names.append(path.stem)
    listed = "\n".join(["```{toctree}", ":hidden:", "", *names, "```", ""])
    (folder / "index.md").write_text(f"{overview()}\n{listed}", "utf-8")


def overview() -> str:
    """The page of the folder, with links to pages of the site."""
    page = (EXAMPLES / "README.md").read_text("utf-8")
    return page.replace("](../docs/", "](../")


def describe_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Describes figures without a description, which are outputs of code cells."""
    for image in doctree.findall(nodes.image):
        image.setdefault("alt", "The figure that the code above draws")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    app.connect("doctree-read", describe_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
