"""``python -m face.simulation clips OUT``: write clips of simulated people and attacks, a folder each."""

import argparse
import sys
from pathlib import Path

from face.simulation.cast import UnknownPersonError
from face.simulation.clip_folder import write_clip
from face.simulation.clips import ClipMaker
from face.simulation.staging import Species

PEOPLE = Path(__file__).resolve().parents[2] / "assets" / "people"


def main(arguments: list[str]) -> int:
    """Exit code 0, or 2 when there are no people or nothing can be written. A line a clip on standard output."""
    parser = argparse.ArgumentParser(prog="python -m face.simulation clips", description="Write simulated clips.")
    parser.add_argument("out", type=Path, help="OUT/SPECIES-SEED/ takes clip.avi, script.json and label.json")
    parser.add_argument("--species", choices=[*Species, "all"], default="all")
    parser.add_argument("--count", type=int, default=1, help="of each species")
    parser.add_argument("--seed", type=int, default=1, help="of the first clip; the next ones count up")
    parser.add_argument("--people", type=Path, default=PEOPLE, help="PERSON/live.jpg, or plain portraits")
    options = parser.parse_args(arguments)
    try:
        maker = ClipMaker(options.people)
        for species in Species if options.species == "all" else (Species(options.species),):
            for seed in range(options.seed, options.seed + options.count):
                clip = maker.make(species, seed)
                folder = options.out / f"{species}-{seed}"
                frames = write_clip(clip, folder)
                sys.stdout.write(f"{folder}: {clip.person}, {clip.notes}, {frames} frames\n")
    except (OSError, ValueError, UnknownPersonError) as error:
        sys.stderr.write(f"python -m face.simulation clips: {error}\n")
        return 2
    return 0
