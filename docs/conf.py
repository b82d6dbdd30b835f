"""Configuration of the documentation site, which `scripts/docs` builds."""

import contextlib
import importlib.util
import io
import os
import sys
from pathlib import Path

# Must be set before Keras is imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent / "extensions"))

import keras_xavier
from keras_xavier.experiments.keras_startup import start_keras

start_keras()
# An example imports this module, so sphinx-codeautolink does, too. It prints a poem.
with contextlib.redirect_stdout(io.StringIO()):
    import this  # noqa: F401

project = "keras-xavier"
author = "the authors of keras-xavier"
project_copyright = f"{author}. Apache License 2.0"
version = release = keras_xavier.__version__

extensions = [
    # Pages in Markdown; those with code cells are run.
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_codeautolink",
    "sphinx_copybutton",
    "sphinx_design",
    # In docs/extensions.
    "docstrings",
    "api_links",
    "summary",
    "narrow_tables",
    "command_line",
    "gallery",
    "lessons",
    "examples",
]
exclude_patterns = ["_build", "extensions", "lessons/pages/cards.md"]
nitpicky = True
# Links to other projects would need their inventories from the network.
nitpick_ignore_regex = [
    (r"py:.*", rf"{name}(\..*)?")
    for name in (
        # Parts of the package that types name and the reference leaves out.
        *(r"keras_xavier\.network", r"keras_xavier\.runs\.exports\.exporting"),
        *(r"keras_xavier\.figure_spec\.definition", r"keras_xavier\.figures\.\w+\.\w+"),
        *(r"keras_xavier\.diagnosis\.live", r"keras_xavier\.diagnosis\.trial_results"),
        *("abc", "collections", "enum", "os", "pathlib", "types", "typing"),
        *("jax", "keras", "matplotlib", "numpy", "rich", "tf", "xarray", "Figure"),
        "MissingExtraError",
    )
]

myst_enable_extensions = [
    *("attrs_inline", "colon_fence", "dollarmath", "fieldlist", "substitution")
]
myst_substitutions = {"version": release}
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
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 78
napoleon_use_ivar = True
# Docstrings name the types.
napoleon_attr_annotations = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Reference", "References")]
# Code blocks of a page are one program.
codeautolink_global_preface = "import keras_xavier as kx"
codeautolink_concat_default = True
codeautolink_custom_blocks = {"ipython3": "sphinx_codeautolink.clean_ipython"}
# The extension replaces the blocks above by functions, which Sphinx cannot cache.
suppress_warnings = ["config.cache"]
# Docstrings use single backticks for code, as in Markdown.
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = "keras-xavier"
# SVG needs no fonts and looks the same in all browsers. The rest of the package, which
# is ten times as large, is not copied to the site.
mathjax = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
html_static_path = ["_static", str(mathjax / "static" / "mathjax" / "tex-svg.js")]
mathjax_path = "tex-svg.js"
# The menu of formulas would load further scripts.
mathjax3_config = {"options": {"enableMenu": False}}
html_css_files = ["pages.css"]
# Otherwise the script of the theme logs an error on the first page.
html_context = {"default_mode": "auto"}
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
