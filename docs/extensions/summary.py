"""Adds tables of all functions and classes to the pages of the Python reference."""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

PAGES = "reference/api/"
FEWEST = 3
"""Pages with fewer entries need no table."""
HEADINGS = {
    "Functions": ("function",),
    "Classes": ("class",),
    "Exceptions": ("exception",),
    "Constants and types": ("data", "attribute"),
}
SENTENCE = re.compile(r"(?s).*?\.(?=\s|$)")


def add_summary(app: Sphinx, doctree: nodes.document) -> None:
    """Inserts the tables before the first entry of a page."""
    if not app.env.docname.startswith(PAGES):
        return
    entries = [one for one in doctree.findall(addnodes.desc) if is_outer(one)]
    if len(entries) < FEWEST:
        return
    parent = entries[0].parent
    # The targets of a module and of index entries precede its entry.
    place = parent.index(entries[0])
    while place and isinstance(parent[place - 1], (addnodes.index, nodes.target)):
        place -= 1
    parent[place:place] = [*tables(entries)]


def is_outer(entry: addnodes.desc) -> bool:
    """Whether an entry is not a member of another one."""
    above = entry.parent
    while above is not None and not isinstance(above, addnodes.desc):
        above = above.parent
    return above is None


def tables(entries: list[addnodes.desc]) -> Iterator[nodes.table]:
    for heading, kinds in HEADINGS.items():
        rows = [row(one) for one in entries if one["objtype"] in kinds]
        if rows:
            group = nodes.tgroup(cols=2)
            group += [nodes.colspec(colwidth=30), nodes.colspec(colwidth=70)]
            head = nodes.row("", cell(nodes.Text(heading)), cell())
            group += nodes.thead("", head)
            group += nodes.tbody("", *rows)
            yield nodes.table("", group, classes=["summary"])


def row(entry: addnodes.desc) -> nodes.row:
    signature = next(entry.findall(addnodes.desc_signature))
    name = signature["fullname"]
    content = next(entry.findall(addnodes.desc_content))
    link = nodes.reference("", "", nodes.literal("", name), refid=signature["ids"][0])
    return nodes.row("", cell(link), cell(*first_sentence(content)))


def first_sentence(content: addnodes.desc_content) -> Iterator[nodes.Node]:
    """Nodes of the first sentence of a description."""
    first = next(iter(content.findall(nodes.paragraph)), None)
    if first is None or not isinstance(first.parent, addnodes.desc_content):
        return
    for node in first.children:
        if isinstance(node, nodes.Text) and (end := SENTENCE.match(node.astext())):
            yield nodes.Text(end[0])
            return
        yield node.deepcopy()


def cell(*content: nodes.Node) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", add_summary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
