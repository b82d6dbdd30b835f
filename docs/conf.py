"""Configuration of the documentation site, which `scripts/docs` builds."""

import os
import sys
from pathlib import Path

# Must be set before Keras is imported.
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
    # In docs/extensions.
    "docstrings",
    "mathml",
    "command_line",
    "gallery",
    "lessons",
    "examples",
]
exclude_patterns = ["_build", "extensions"]
nitpicky = True
# Links to other projects would need their inventories from the network.
nitpick_ignore_regex = [
    (r"py:.*", rf"{name}(\..*)?")
    for name in (
        *(r"keras_xavier\.network", r"keras_xavier\.runs\.exports\.exporting"),
        *("abc", "collections", "enum", "os", "pathlib", "typing"),
        *("jax", "keras", "matplotlib", "numpy", "tf", "xarray"),
    )
]

myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parent / "_build" / "executed")
nb_execution_raise_on_error = True
# Code cells record runs, which must not appear in the source folder.
nb_execution_in_temp = True
nb_execution_timeout = 120
# Examples contain their outputs.
nb_execution_excludepatterns = ["examples/*"]
# Backends log missing hardware to stderr.
nb_output_stderr = "remove"

autodoc_member_order = "bysource"
# Docstrings give the types, as in Keras: type hints of callbacks fill lines.
autodoc_typehints = "none"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 78
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = [("Reference", "References")]
# Docstrings use single backticks for code, as in Markdown.
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = "keras-xavier"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = dict.fromkeys(
    ("tutorial", "architecture", "contributing", "changelog"), ()
)
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
# Widgets would load scripts from the network; no page uses them.
nb_ipywidgets_js = {}
