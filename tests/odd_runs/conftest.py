"""Makes the strategies importable."""

import sys
from pathlib import Path

# Tests are not a package, so the helper module is imported from its folder.
sys.path.insert(0, str(Path(__file__).parent))
