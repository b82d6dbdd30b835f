"""Labels the cells of wide tables, which small screens show one below the other.

The style sheet hides the labels on wide screens, where the table has a head.
"""

from docutils import nodes
from sphinx.application import Sphinx

FEWEST_COLUMNS = 3
"""Tables with fewer columns fit on small screens."""


def label_cells(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for table in doctree.findall(nodes.table):
        heads = [*table.findall(nodes.thead)]
        if not heads or len([*table.findall(nodes.colspec)]) < FEWEST_COLUMNS:
            continue
        labels = [cell.astext() for cell in heads[0].findall(nodes.entry)]
        table["classes"].append("stacked")
        for body in table.findall(nodes.tbody):
            for row in body.findall(nodes.row):
                for label, cell in zip(labels, row.children, strict=True):
                    # The content in one box beside the label.
                    content = nodes.container("", *cell.children)
                    inline = nodes.inline("", label, classes=["cell-label"])
                    cell.children = []
                    cell += [inline, content]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", label_cells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
