"""``python -m face calibrate``: what the models and the camera do at this site, with staff who consent."""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from random import SystemRandom

from face.cli.common import Commands, add_json_option, add_pack_option, complain, print_json
from face.errors import FaceError


def add_parser(commands: Commands) -> None:
    parser = commands.add_parser(
        "calibrate",
        help="measure the models with consenting staff at this site",
        description="Takes templates of staff before the camera, in memory alone, and prints figures. Each is asked.",
    )
    parser.add_argument("--source", default="0", help="camera: device number, file or URL")
    add_pack_option(parser)
    parser.add_argument("--fmr", help="false match rate of the policy's threshold (default: the default policy's)")
    parser.add_argument("--stays", type=int, default=2, help="how often each person steps before the camera")
    parser.add_argument("--templates", type=int, default=3, help="templates in each stay")
    parser.add_argument("--photos", action="store_true", help="ask for a reference photo of each person")
    parser.add_argument("--light", action="store_true", help="also light each person with the screen (needs a display)")
    parser.add_argument("--site", default="site", help="what the figures will say they were measured at")
    parser.add_argument(
        "--simulated", action="store_true", help="the camera is a simulation: say so beside the figures"
    )
    parser.add_argument("--out", type=Path, metavar="FIGURES.json", help="write the figures, and nothing else")
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit code 0: measured, 2: nothing was."""
    from face.camera import Camera
    from face.cli.window import ScreenLamp, Window, has_display
    from face.evaluation.outcomes import operating_scores
    from face.evaluation.reading import decidable
    from face.evaluation.site import Collection, Plan, collect
    from face.evaluation.site_light import LightProbe
    from face.evaluation.site_report import site_json, site_text, summarise
    from face.models.pack import load_pack
    from face.verify import Verifier

    if options.light and not has_display():
        return complain("--light needs a display")
    if options.out is not None and not options.out.resolve().parent.is_dir():
        return complain(f"there is no folder for {options.out}")
    try:
        plan = Plan(stays=options.stays, templates=options.templates, photos=options.photos)
        pack = load_pack(options.pack)
        at = operating_scores(pack, options.fmr) if pack.recogniser.threshold else None
        verifier = Verifier(decidable(pack))
    except (ValueError, FaceError) as error:
        return complain(str(error))
    with contextlib.ExitStack() as stack:
        taken = stack.enter_context(Collection())
        light = None
        if options.light:
            lamp = ScreenLamp(stack.enter_context(Window("light", full_screen=True)))
            light = LightProbe(pack, lamp, SystemRandom())
        camera = stack.enter_context(Camera(options.source))
        collect(taken, verifier, camera, plan, ask=_ask, tell=_tell, light=light)
        if not taken.people:
            return complain("nobody took part")
        report = summarise(
            taken.people, taken.observed, at, pack.hashes, site=options.site, simulated=options.simulated
        )
    if options.out is not None:
        options.out.write_text(json.dumps(site_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.json:
        print_json(site_json(report))
    else:
        print(site_text(report))
    return 0


def _ask(question: str) -> str:
    _tell(question)
    try:
        return input()
    except EOFError:
        return ""


def _tell(text: str) -> None:
    """On standard error: standard output may be a file of figures."""
    print(text, file=sys.stderr, flush=True)
