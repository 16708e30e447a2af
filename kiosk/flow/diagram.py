"""The flow's diagram, drawn from the transition table: `python -m kiosk.flow.diagram` prints Mermaid."""

from collections import defaultdict

from kiosk.flow.machine import transitions


def mermaid() -> str:
    """A Mermaid state diagram of every move from one screen to another. Moves within a screen are left out."""
    moves: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in transitions():
        for target in line.targets:
            source = "anywhere" if line.source is None else line.source.__name__
            if source != target.__name__:
                moves[source, target.__name__].add(line.event.__name__)
    drawn = ["stateDiagram-v2", "    [*] --> Welcome"]
    drawn += [
        f"    {source} --> {target}: {', '.join(sorted(events))}" for (source, target), events in sorted(moves.items())
    ]
    return "\n".join(drawn) + "\n"


if __name__ == "__main__":
    print(mermaid(), end="")  # noqa: T201  (this module's output is what it prints)
