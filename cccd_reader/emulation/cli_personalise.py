"""`personalise`: the card of a person who does not exist, from a profile or made up by chance."""

import argparse
import sys
from pathlib import Path

from cccd_reader.emulation.authority_directory import AuthorityDirectory, SignerState
from cccd_reader.emulation.data_groups import ParentsLayout
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.invention import invent_citizen
from cccd_reader.emulation.personalise import (
    DEFAULT_ACTIVE_AUTHENTICATION,
    DEFAULT_CHIP_AUTHENTICATION,
    DEFAULT_PACE,
    personalise,
)
from cccd_reader.emulation.profile import SEX_TEXTS, CardGeneration, SyntheticCitizen, load_citizen
from cccd_reader.emulation.signer import SignerKind, TestSigner
from cccd_reader.emulation.variants import ActiveAuthenticationVariant, ChipAuthenticationVariant, PaceVariant

_NONE = "none"
_DESCRIPTION = (
    "Makes the card of a person who does not exist: one whom a profile describes, or with --random one who is made up. "
    "It is signed by a new test authority, or by the one of --authority. Prints what is on the card's front."
)


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("personalise", help="make a synthetic card", description=_DESCRIPTION)
    parser.add_argument("profile", type=Path, nargs="?", help="the person, as TOML (not with --random)")
    parser.add_argument("photo", type=Path, help="the chip photo: JPEG or JPEG 2000")
    parser.add_argument("card", type=Path, help="the card image to write")

    person = parser.add_argument_group("a person made up by chance")
    person.add_argument("--random", metavar="SEED", help="any text; the same person for the same text, on the same day")
    person.add_argument("--age", type=int, metavar="YEARS", help="today; else any")
    person.add_argument("--sex", choices=list(SEX_TEXTS), help="else either")
    generations = [int(generation) for generation in CardGeneration]
    person.add_argument("--generation", type=int, choices=generations, help="the card's; else either")

    chip = parser.add_argument_group("what the chip can do")
    chip.add_argument(
        "--pace",
        action="append",
        metavar="VARIANT",
        help="dh or ecdh, gm, im or cam, and 3des, aes128, aes192 or aes256, with the number of the domain parameters "
        f"(ICAO 9303-11, 9.5.1) behind a colon; may be repeated. Default: {', '.join(map(str, DEFAULT_PACE))}",
    )
    chip.add_argument("--no-pace", action="store_true", help="basic access control alone")
    chip.add_argument(
        "--ca",
        action="append",
        metavar="VARIANT",
        help="chip authentication, like ecdh-aes128:13 or dh-3des:2/x942; may be repeated; none for a chip without it. "
        f"Default: {', '.join(map(str, DEFAULT_CHIP_AUTHENTICATION))}",
    )
    chip.add_argument(
        "--aa",
        metavar="VARIANT",
        default=str(DEFAULT_ACTIVE_AUTHENTICATION),
        help="active authentication, like rsa-2048-sha256 or ec-secp256r1-sha256; none for a chip without it. "
        "Default: %(default)s",
    )
    chip.add_argument(
        "--parents",
        type=ParentsLayout,
        choices=list(ParentsLayout),
        default=ParentsLayout.SPLIT,
        help="how DG13 holds their names; known cards differ. Default: %(default)s",
    )

    issuer = parser.add_argument_group("who signs it")
    issuer.add_argument(
        "--authority", type=Path, metavar="DIR", help="a test authority that is kept there for more cards"
    )
    issuer.add_argument("--signer", type=SignerKind, choices=list(SignerKind), default=SignerKind.EC)
    issuer.add_argument(
        "--signer-state",
        type=SignerState,
        choices=list(SignerState),
        default=SignerState.VALID,
        help="what is wrong with the signer, seen from the authority of --authority",
    )
    issuer.add_argument(
        "--csca-out", type=Path, metavar="FILE", help="write the signer's authority's certificate (DER)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        citizen = _citizen(options)
        signer = _signer(options)
        image = personalise(
            citizen,
            _read_photo(options.photo),
            signer=signer,
            parents=options.parents,
            pace=_pace(options),
            chip_authentication=_chip_authentication(options),
            active_authentication=None if options.aa == _NONE else ActiveAuthenticationVariant.parse(options.aa),
        )
        image.save(options.card)
        if options.csca_out is not None:
            options.csca_out.write_bytes(signer.csca_certificate)
    except (EmulationError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{citizen.full_name}\nnumber  {citizen.number}\nQR code {citizen.qr_text()}\n")
    return 0


def _citizen(options: argparse.Namespace) -> SyntheticCitizen:
    if (options.profile is None) == (options.random is None):
        raise EmulationError(EmulationErrorCode.BAD_PROFILE, "a profile or --random SEED, one of them")
    if options.random is None:
        for name in ("age", "sex", "generation"):
            if getattr(options, name) is not None:
                raise EmulationError(EmulationErrorCode.BAD_PROFILE, "belongs to --random", field=name)
        return load_citizen(options.profile)
    generation = None if options.generation is None else CardGeneration(options.generation)
    return invent_citizen(options.random, age=options.age, sex=options.sex, generation=generation)


def _signer(options: argparse.Namespace) -> TestSigner:
    if options.authority is not None:
        return AuthorityDirectory.open(options.authority, options.signer).issue(options.signer, options.signer_state)
    if options.signer_state is not SignerState.VALID:
        raise EmulationError(EmulationErrorCode.BAD_AUTHORITY, "needs --authority DIR", field="signer_state")
    return TestSigner.create(options.signer)


def _pace(options: argparse.Namespace) -> tuple[PaceVariant, ...]:
    if options.no_pace:
        if options.pace:
            raise EmulationError(EmulationErrorCode.BAD_VARIANT, "--pace and --no-pace exclude each other")
        return ()
    return DEFAULT_PACE if options.pace is None else tuple(PaceVariant.parse(text) for text in options.pace)


def _chip_authentication(options: argparse.Namespace) -> tuple[ChipAuthenticationVariant, ...]:
    if options.ca is None:
        return DEFAULT_CHIP_AUTHENTICATION
    return () if options.ca == [_NONE] else tuple(ChipAuthenticationVariant.parse(text) for text in options.ca)


def _read_photo(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EmulationError(EmulationErrorCode.BAD_PHOTO, f"{path.name} cannot be read") from error
