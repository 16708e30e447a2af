"""How `--help` is laid out: descriptions are wrapped, examples and tables stay as they are written."""

import argparse

_WIDEST_NAME = 28


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Wraps texts of one line; those of several lines are laid out by hand."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_WIDEST_NAME)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text.strip():
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)
