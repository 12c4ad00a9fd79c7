"""The documentation's build: MyST Markdown, no network."""

import forefield

project = "Forefield"
author = "The Forefield authors"
copyright = "the Forefield authors; Apache-2.0. Map data © OpenStreetMap contributors"
version = release = forefield.__version__
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "pictures", "conftest.py"]
html_theme = "furo"
html_title = "Forefield"
suppress_warnings = ["myst.header"]
