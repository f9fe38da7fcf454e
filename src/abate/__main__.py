"""``python -m abate``: the command line."""

import sys

from abate.cli import main

sys.exit(main())
