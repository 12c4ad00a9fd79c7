"""Every python block of the documentation runs as a test, page by page.

The blocks of a page share names, so a page stays on one worker (--dist loadfile).
"""

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["*.md"],
).pytest()
