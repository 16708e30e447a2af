"""``python -m face survey PORTRAIT...``: which guidance does each simulated effect lead to?"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from face.cli.common import Commands, add_json_option, add_pack_option, complain, print_json
from face.errors import FaceError


def add_parser(commands: Commands) -> None:
    parser = commands.add_parser(
        "survey",
        help="effect by guidance: what the quality gate says to degraded frames",
        description="Puts every portrait under every simulated effect, mild and severe, and counts the guidance: for "
        "whoever changes a limit of the quality gate.",
    )
    parser.add_argument("portraits", type=Path, nargs="+", metavar="PORTRAIT")
    add_pack_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit code 0: counted, 2: a portrait cannot be used."""
    from face.degradation.survey import survey
    from face.evaluation.pictures import read_picture
    from face.models.pack import load_pack
    from face.opencv import Image
    from face.verify import Verifier

    path: Path | None = None

    def pictures() -> Iterator[Image]:
        nonlocal path
        for path in options.portraits:
            yield read_picture(path)

    try:
        table = survey(Verifier(load_pack(options.pack)), pictures())
    except (FaceError, OSError) as error:
        return complain(f"{path}: {error}" if path else str(error))
    if options.json:
        rows = [{"effect": effect, "strength": strength, **counts} for (effect, strength), counts in table.items()]
        print_json({"portraits": len(options.portraits), "simulated": True, "rows": rows})
        return 0
    print(f"{len(options.portraits)} portraits, frames simulated")
    for (effect, strength), counts in table.items():
        shown = "" if strength is None else f"{strength:g}"
        print(f"{effect:<14}{shown:>6}  " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))
    return 0
