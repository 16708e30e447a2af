"""`python -m cccd_reader`: the command line of the room."""

import sys

from cccd_reader.cli import main

if __name__ == "__main__":
    sys.exit(main())
