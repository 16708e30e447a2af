"""``python -m face pad-evaluate``: error rates of presentation attack detection on clips."""

import argparse
from pathlib import Path

from face.cli.common import (
    DEFAULT_PEOPLE,
    Commands,
    add_json_option,
    add_pack_option,
    complain,
    print_json,
    progress_of,
)
from face.errors import FaceError

SPECIES = ("bona_fide", "print", "replay", "cut_in", "injected")


def add_parser(commands: Commands) -> None:
    parser = commands.add_parser(
        "pad-evaluate",
        help="error rates of presentation attack detection on clips",
        description="Plays clips through the real session: folders with clip.avi, script.json and label.json, or "
        "simulated people and attacks. Rates are those of ISO/IEC 30107-3.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="folder of clips")
    source.add_argument("--simulated", type=int, metavar="N", help="N simulated clips of each species")
    parser.add_argument(
        "--species", type=lambda text: text.split(","), help=f"only these, comma between them (simulated: {SPECIES})"
    )
    parser.add_argument("--people", type=Path, default=DEFAULT_PEOPLE, help="portraits that are simulated")
    parser.add_argument("--policy", default="active", help="named PAD policy: active, advisory")
    parser.add_argument("--seed", type=int, default=0, help="the first clip's seed")
    add_pack_option(parser)
    parser.add_argument("--jobs", type=int, help="processes (default: the processor's cores)")
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit code 0: evaluated, 2: nothing could be."""
    from face.evaluation.gather import default_jobs
    from face.evaluation.pad_clips import ClipError, ClipSource, SimulatedClip, find_folders, is_simulated
    from face.evaluation.pad_report import pad_json, pad_text, report_trials
    from face.evaluation.pad_run import play_all
    from face.models.pack import load_pack
    from face.pad.policy import PadPolicy

    try:
        policy = PadPolicy.named(options.policy)
        sources: list[ClipSource]
        if options.folder is not None:
            sources, simulated = list(find_folders(options.folder, options.species)), is_simulated(options.folder)
        else:
            species = options.species or SPECIES
            unknown = sorted(set(species) - set(SPECIES))
            if unknown or options.simulated < 1:
                return complain(
                    f"no simulated species {', '.join(unknown)}" if unknown else "--simulated is at least 1"
                )
            seeds = range(options.seed, options.seed + options.simulated)
            sources, simulated = [SimulatedClip(name, seed, options.people) for name in species for seed in seeds], True
        pack = load_pack(options.pack)
        trials = play_all(sources, options.pack, policy, options.jobs or default_jobs(), progress_of("clips"))
    except (ValueError, ClipError, FaceError, OSError) as error:
        return complain(str(error))
    report = report_trials(trials, policy=options.policy, pack=f"{pack.name} {pack.version}", simulated=simulated)
    if options.json:
        print_json(pad_json(report))
    else:
        print(pad_text(report))
    return 0
