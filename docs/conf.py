"""How Sphinx makes the site: `make docs`. Nothing is fetched: there are no references to other sites' inventories."""

from __future__ import annotations

import sys
from pathlib import Path

from restpath.version import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "restpath"
author = "The restpath authors"
copyright = "the restpath authors"
version = release = __version__

extensions = ["sphinx.ext.autodoc", "site_extension"]
exclude_patterns = ["_ext"]
default_role = "literal"  # docstrings write names in single backquotes
highlight_language = "python3"
nitpicky = True
# Names of Python itself, of requests and of modules inside the package: the site has no pages on them.
nitpick_ignore_regex = [("py:.*", r"(?!restpath\.\w+$).*")]
show_warning_types = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
smartquotes = False  # they would make a dash of the two before an option

html_theme = "furo"
html_title = f"restpath {release}"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
