"""Writes the generated part of docs/architecture.md: the flow's diagram, from the transition table."""

import re
from pathlib import Path

from kiosk.flow.diagram import mermaid

PAGE = Path(__file__).parent / "architecture.md"


def main() -> None:
    text = PAGE.read_text("utf-8")
    drawn = re.sub(r"```mermaid\n.*?```", lambda _: f"```mermaid\n{mermaid()}```", text, flags=re.DOTALL)
    PAGE.write_text(drawn, "utf-8")


if __name__ == "__main__":
    main()
