"""``python -m face packs``, ``adopt`` and ``recalibrate``: model packs, and making one of what a site has."""

import argparse
from dataclasses import asdict
from pathlib import Path

from face.cli.common import DEFAULT_PACK, Commands, add_json_option, complain, print_json
from face.errors import FaceError
from face.models.pack import ModelPack, load_pack
from face.models.registry import PackSummary, find_packs


def add_parser(commands: Commands) -> None:
    packs = commands.add_parser("packs", help="list the model packs and why one is refused")
    packs.add_argument(
        "--dir", type=Path, action="append", default=[], help="a further folder of packs; may be repeated"
    )
    add_json_option(packs)
    packs.set_defaults(run=_list)

    adopt = commands.add_parser(
        "adopt",
        help="make a pack of an InsightFace folder you hold a licence for",
        description="Writes manifest.toml into DIR and pins each file by SHA-256. InsightFace's published packs are "
        "for non-commercial research only; commercial use needs a licence from InsightFace.",
    )
    adopt.add_argument("folder", type=Path, metavar="DIR")
    adopt.add_argument("--licence", required=True, help="the licence you hold, as the match log's reader shall see it")
    adopt.add_argument("--licence-file", type=Path, required=True, help="its text; copied into DIR")
    adopt.add_argument(
        "--commercial-use", choices=("yes", "no"), required=True, help="whether it allows commercial use"
    )
    adopt.add_argument("--recogniser", metavar="FILE", help="which .onnx file, if several would do")
    source = adopt.add_mutually_exclusive_group()
    source.add_argument("--calibration", type=Path, metavar="JSON", help="what evaluate or calibrate printed for it")
    source.add_argument(
        "--known-figures",
        action="store_true",
        help="use this project's figures for w600k_mbf.onnx, known by its name only",
    )
    adopt.add_argument("--replace", action="store_true", help="overwrite a manifest.toml that is there")
    adopt.set_defaults(run=_adopt)

    recalibrate = commands.add_parser("recalibrate", help="copy a pack with thresholds measured on site")
    recalibrate.add_argument("pack", type=Path, metavar="PACK")
    recalibrate.add_argument("calibration", type=Path, metavar="JSON", help="what evaluate or calibrate printed for it")
    recalibrate.add_argument("target", type=Path, metavar="DIR", help="a new folder; its name is the copy's name")
    recalibrate.set_defaults(run=_recalibrate)


def _list(options: argparse.Namespace) -> int:
    found = find_packs([DEFAULT_PACK.parent, *options.dir])
    if options.json:
        print_json({"packs": [asdict(item) | {"ok": item.ok, "folder": str(item.folder)} for item in found]})
    else:
        for item in found:
            print(_line(item))
    return 0 if any(item.ok for item in found) else 1


def _line(item: PackSummary) -> str:
    state = "ok" if item.ok else f"refused for decisions: {item.reason}" if item.usable else f"refused: {item.reason}"
    if item.commercial_use is None:
        return f"{item.name}: {state}"
    use = "commercial use allowed" if item.commercial_use else "NO commercial use"
    return f"{item.name} {item.version} ({item.runtime}; {item.licence}; {use}): {state}"


def _adopt(options: argparse.Namespace) -> int:
    from face.models.adopt import Licence, adopt
    from face.models.site_calibration import read_site_calibration

    licence = Licence(options.licence, options.licence_file, options.commercial_use == "yes")
    try:
        calibration = read_site_calibration(options.calibration) if options.calibration else None
        pack = adopt(
            options.folder,
            licence,
            load_pack(DEFAULT_PACK),
            recogniser=options.recogniser,
            calibration=calibration,
            known_figures=options.known_figures,
            replace=options.replace,
        )
    except FaceError as error:
        return complain(error.detail)
    return _report(pack)


def _recalibrate(options: argparse.Namespace) -> int:
    from face.models.adopt import recalibrate
    from face.models.site_calibration import read_site_calibration

    try:
        pack = recalibrate(load_pack(options.pack), read_site_calibration(options.calibration), options.target)
    except FaceError as error:
        return complain(error.detail)
    return _report(pack)


def _report(pack: ModelPack) -> int:
    for role, weights in pack.manifest.roles.items():
        print(f"{role}: {weights.file} {weights.sha256}")
    if not pack.recogniser.threshold:
        print("no thresholds: it can be evaluated and calibrated, but decides nothing yet")
    for item in pack.recogniser.threshold:
        print(f"FMR {item.fmr}: measured {item.score:.3f}, asked for {_asked(pack, item.fmr)}")
    return 0


def _asked(pack: ModelPack, fmr: str) -> str:
    point = pack.accept_score(fmr)
    return f"{point.score:.3f}{' (extrapolated)' if point.extrapolated else ''}"
