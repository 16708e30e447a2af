"""``python -m face.degradation IN OUT``: look at what the generator makes of a portrait.

python -m face.degradation portrait.jpg frame.png --level poor --seed 1
python -m face.degradation portrait.jpg frame.png --effect glare --strength 0.5
python -m face.degradation portrait.jpg chip.jp2 --chip jp2 --size 480x640 --limit 12000
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from face.degradation import chip
from face.degradation.effects import RANGES, Effect, apply
from face.degradation.live import Level, degrade
from face.errors import FaceError
from face.opencv import Image, cv2


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: written, 2: the portrait cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m face.degradation",
        description="Simulated chip pictures and live frames from a portrait. Years of ageing are not included.",
        epilog="strengths: " + "; ".join(f"{effect}: {entry.unit}" for effect, entry in RANGES.items()),
    )
    parser.add_argument("source", type=Path, metavar="IN", help="a portrait, any format OpenCV reads")
    parser.add_argument("target", type=Path, metavar="OUT", help="the frame (.png, .jpg) or, with --chip, the file")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--level", type=Level, choices=list(Level), help="a live frame as bad as this")
    what.add_argument("--effect", type=Effect, choices=list(Effect), help="a live frame with one effect alone")
    what.add_argument("--chip", choices=("jp2", "jpeg"), help="the picture as a chip holds it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strength", type=float, help="of the effect; by default a frame that must not do")
    parser.add_argument("--size", type=_size, help="of the chip's picture, WIDTHxHEIGHT; cropped about the face")
    parser.add_argument("--limit", type=int, default=chip.LIMIT_BYTES, help="bytes of the chip's picture")
    options = parser.parse_args(arguments)
    read = cv2.imread(str(options.source), cv2.IMREAD_COLOR)
    if read is None:
        print(f"{options.source} cannot be read as a picture", file=sys.stderr)
        return 2
    portrait = np.asarray(read, dtype=np.uint8)
    try:
        options.target.write_bytes(_made(portrait, options))
    except (FaceError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _made(portrait: Image, options: argparse.Namespace) -> bytes:
    if options.chip is not None:
        return chip.encode(portrait, kind=options.chip, size=options.size, limit_bytes=options.limit)
    if options.level is not None:
        frame = degrade(portrait, options.level, options.seed)
    else:
        frame = apply(options.effect, portrait, options.seed, strength=options.strength)
    try:
        return bytes(cv2.imencode(options.target.suffix or ".png", frame)[1])
    except cv2.error:
        raise ValueError(f"{options.target.suffix} is no picture format") from None


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError("WIDTHxHEIGHT, for example 480x640")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main())
