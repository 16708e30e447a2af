"""Writes the generated parts of the pages: the flow from the transition table, and the card reader's tables."""

import re
from pathlib import Path

from cccd_reader.cli.exit_codes import exit_code_table, fault_table
from kiosk.flow.diagram import mermaid

FOLDER = Path(__file__).parent


def main() -> None:
    _replace("architecture.md", r"```mermaid\n.*?```", f"```mermaid\n{mermaid()}```")
    for name, table in (("exit codes", exit_code_table()), ("faults", fault_table())):
        _replace("cccd_reader.md", rf"<!-- {name} -->.*?<!-- end -->", f"<!-- {name} -->\n{table}\n<!-- end -->")


def _replace(page: str, pattern: str, text: str) -> None:
    path = FOLDER / page
    path.write_text(re.sub(pattern, lambda _: text, path.read_text("utf-8"), flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()
