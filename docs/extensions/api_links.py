"""Links the names of the package in texts and code to their entries in the reference.

Names such as `kx.open_run` and, in the reference, names of classes such as `Run` become
links. Aliases are registered, so that sphinx-codeautolink finds them in code, too.
"""

import importlib
import re
from collections import Counter
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

import keras_xavier

PACKAGE = keras_xavier.__name__
QUALIFIED = re.compile(rf"(?:kx|{PACKAGE})((?:\.\w+)+)(?:\(.*)?")
CLASS = re.compile(r"[A-Z]\w+(?:\.\w+)?(?:\(\))?")
HISTORY = "changelog"
"""The page that may name what no longer exists."""
logger = logging.getLogger(__name__)


def find_object(name: str) -> Any:
    """Returns the object of a dotted name in the package; `None` if there is none."""
    thing: Any = keras_xavier
    for depth, part in enumerate(name.split(".")[1:], 1):
        try:
            thing = getattr(thing, part)
        except AttributeError:
            try:
                module = ".".join(name.split(".")[: depth + 1])
                thing = importlib.import_module(module)
            except ImportError:
                return None
    return thing


def add_aliases(app: Sphinx, env: BuildEnvironment) -> None:
    """Registers every public name of a documented class or function."""
    objects = env.domains.python_domain.objects
    documented: dict[int, ObjectEntry] = {}
    for name, entry in objects.items():
        thing = find_object(name)
        if entry.objtype in ("class", "exception", "function") and thing is not None:
            documented.setdefault(id(thing), entry)
    modules = [name for name, entry in objects.items() if entry.objtype == "module"]
    for module in (PACKAGE, *modules):
        for name in getattr(find_object(module), "__all__", ()):
            alias = f"{module}.{name}"
            entry = documented.get(id(find_object(alias)))
            if entry and alias not in objects:
                objects[alias] = entry._replace(aliased=True)


def short_names(env: BuildEnvironment) -> dict[str, ObjectEntry]:
    """Documented classes and their members by the names that docstrings use."""
    found = Counter[str]()
    entries = {}
    for name, entry in env.domains.python_domain.objects.items():
        parts = name.split(".")
        start = next((i for i, part in enumerate(parts) if part[:1].isupper()), None)
        if start is not None and not entry.aliased:
            short = ".".join(parts[start:])
            found[short] += 1
            entries[short] = entry
    return {name: entries[name] for name, count in found.items() if count == 1}


def link_names(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replaces code in texts that is the name of a documented object by a link."""
    env = app.env
    objects = env.domains.python_domain.objects
    short = short_names(env) if docname.startswith("reference/") else {}
    for literal in [*doctree.findall(nodes.literal)]:
        text = literal.astext()
        entry = None
        if name := QUALIFIED.fullmatch(text):
            entry = objects.get(PACKAGE + name[1])
            unknown = entry is None and find_object(PACKAGE + name[1]) is None
            if unknown and docname != HISTORY:
                logger.warning("%s does not exist", text, location=literal)
        elif CLASS.fullmatch(text):
            entry = short.get(text.removesuffix("()"))
        if entry is None or isinstance(literal.parent, (nodes.reference, nodes.title)):
            continue
        literal.replace_self(
            make_refnode(
                app.builder, docname, entry.docname, entry.node_id, literal.deepcopy()
            )
        )


def link_documentation(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Corrects links from code to the reference.

    All links of a module begin with the name of the package under which its first
    object is documented.
    """
    if not pagename.startswith("_modules/"):
        return
    objects = app.env.domains.python_domain.objects
    short = short_names(app.env)

    def correct(link: re.Match[str]) -> str:
        start, name = link.groups()
        entry = objects.get(name) or short.get(name.removeprefix(f"{PACKAGE}."))
        return f"{start}#{entry.node_id}" if entry else link[0]

    context["body"] = re.sub(
        rf'(href="[^"#]*)#({PACKAGE}\.[\w.]+)', correct, context["body"]
    )


def setup(app: Sphinx) -> dict[str, bool]:
    # Before sphinx-codeautolink, which looks names up with priority 500.
    app.connect("env-updated", add_aliases, priority=400)
    app.connect("doctree-resolved", link_names)
    app.connect("html-page-context", link_documentation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
