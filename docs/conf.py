"""How the documentation site is built; `scripts/docs` does it."""

import os
import sys
from pathlib import Path

# Before anything imports Keras: the pages show its callbacks.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent / "extensions"))

import keras_xavier

project = "keras-xavier"
author = "the authors of keras-xavier"
project_copyright = f"{author}. Apache License 2.0"
version = release = keras_xavier.__version__

extensions = [
    # Pages in Markdown; those with code cells are run.
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    # Our own, in docs/extensions.
    "docstrings",
    "mathml",
    "command_line",
    "gallery",
    "lessons",
]
exclude_patterns = ["_build", "extensions"]
nitpicky = True
# Names of other projects: their inventories would have to be fetched.
nitpick_ignore_regex = [
    (r"py:.*", rf"{name}(\..*)?")
    for name in (
        r"keras_xavier\.runs\.exports\.exporting",
        *("abc", "collections", "enum", "os", "pathlib", "typing"),
        *("jax", "keras", "matplotlib", "numpy", "tf", "xarray"),
    )
]

myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parent / "_build" / "executed")
nb_execution_raise_on_error = True
# Pages record runs, which are not to be found beside the pages afterwards.
nb_execution_in_temp = True
nb_execution_timeout = 120
# Backends tell there what hardware they miss.
nb_output_stderr = "remove"

autodoc_member_order = "bysource"
# Types are told in words, as in Keras's own pages: those of callbacks fill lines.
autodoc_typehints = "none"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 78
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = [("Reference", "References")]
# Docstrings have Markdown's backticks.
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = "keras-xavier"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {"tutorial": []}
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
# Widgets would bring in scripts from elsewhere; there are none.
nb_ipywidgets_js = {}
