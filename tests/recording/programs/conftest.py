"""Makes the tables of programs importable."""

import sys
from pathlib import Path

# Tests are not a package, so the tables are imported from their folder.
sys.path.insert(0, str(Path(__file__).parent))
