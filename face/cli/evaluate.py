"""``python -m face evaluate PAIRS.csv``: error rates of verification on pictures of a test set."""

import argparse
from pathlib import Path

from face.cli.common import Commands, add_json_option, add_pack_option, complain, print_json, progress_of
from face.errors import FaceError

LABELS = "images.csv"
LEVELS = ("none", "normal", "poor", "worst")


def add_parser(commands: Commands) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="error rates on a list of pairs of pictures",
        description="Reads a CSV file with the columns a (chip), b (live), same (1 or 0); paths relative to it.",
    )
    parser.add_argument("pairs", type=Path)
    add_json_option(parser)
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw histograms and the DET curve")
    add_pack_option(parser)
    parser.add_argument("--fmr", help="false match rate of the policy's threshold (default: the default policy's)")
    parser.add_argument("--chip", choices=("jp2", "jpeg", "original"), default="jp2", help="how side a is encoded")
    parser.add_argument("--chip-bytes", type=int, default=12_000, metavar="N", help="at most so many bytes on the chip")
    parser.add_argument("--level", choices=LEVELS, default="none", help="degrade side b to this level (simulated)")
    parser.add_argument("--frames", type=int, default=5, metavar="N", help="frames of a degraded live picture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labels", type=Path, help=f"who is on the pictures (default: {LABELS} beside the pairs)")
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=0,
        metavar="N",
        help="draw the labels' people N times for more intervals",
    )
    parser.add_argument(
        "--jobs", type=int, default=None, metavar="N", help="processes (default: the processor's cores)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit code 0: evaluated, 2: nothing could be."""
    from face.degradation.live import Level
    from face.evaluation.experiment import run_experiment
    from face.evaluation.gather import default_jobs
    from face.evaluation.labels import read_labels
    from face.evaluation.pairs import read_pairs
    from face.evaluation.reading import Settings
    from face.evaluation.report import to_json, to_text
    from face.evaluation.table import TableError

    if options.frames < 1 or options.chip_bytes < 500 or options.seed < 0:
        return complain("--frames is at least 1, --chip-bytes at least 500, --seed not negative")
    if options.plot is not None and not options.plot.resolve().parent.is_dir():
        return complain(f"there is no folder for {options.plot}")
    settings = Settings(
        chip=options.chip,
        chip_bytes=options.chip_bytes,
        level=None if options.level == "none" else Level(options.level),
        frames=options.frames,
        seed=options.seed,
    )
    try:
        pairs = read_pairs(options.pairs)
        labels_path = options.labels or options.pairs.parent / LABELS
        labels = read_labels(labels_path) if options.labels or labels_path.is_file() else {}
        result = run_experiment(
            pairs,
            options.pack,
            settings,
            data=options.pairs.resolve().parent.name + "/" + options.pairs.name,
            labels=labels,
            fmr=options.fmr,
            jobs=options.jobs or default_jobs(),
            bootstrap=max(0, options.bootstrap),
            progress=progress_of("pictures"),
        )
        if options.plot is not None:
            from face.evaluation.plot import draw

            options.plot.write_bytes(draw(result))
    except (TableError, FaceError, OSError) as error:
        return complain(str(error))
    if options.json:
        print_json(to_json(result))
    else:
        print(to_text(result))
    return 0
