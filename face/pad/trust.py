"""`trust`: the directory of certificates that issuers are checked against. Import, list, verify."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from cccd_reader.cli.console import Console
from cccd_reader.cli.exit_codes import ExitCode, epilog
from cccd_reader.cli.help_text import HelpFormatter
from cccd_reader.cli.trust_import import import_file
from cccd_reader.cli.trust_show import list_store, verify
from cccd_reader.errors import ChipDataError
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.store_files import decode_blocks
from cccd_reader.pki.trust_store import Role, TrustStore

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Of a file to import: several times the largest master list."""

_EXAMPLES = """\
examples:
  a master list whose signature leads to a root that you have from elsewhere:
    %(prog)s import list.ml --root csca.cer --store trust
  the authority's own certificate, and its revocation list:
    %(prog)s import csca.cer issuer.crl --store trust
  what is in it, and whether it holds:
    %(prog)s list --store trust
    %(prog)s verify --store trust
  then:
    python -m cccd_reader read --key-stdin --trust trust

"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "trust",
        help="keep the certificates that issuers are checked against",
        description="Keeps a directory of certificates of country signing authorities, pinned document signers and "
        "revocation lists. Whatever is imported is trusted: have it from a source that is worth it.",
        epilog=_EXAMPLES + epilog(),
        formatter_class=HelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    _register_import(actions)
    for name, run, text in (
        ("list", list_store, "print what is in the store"),
        ("verify", verify, "verify every signature in the store, and print what needs attention"),
    ):
        action = actions.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=epilog(),
            formatter_class=HelpFormatter,
        )
        _add_store_options(action)
        if name == "list":
            action.add_argument("--country", metavar="CODE", help="certificates of this country alone, such as VN")
        action.set_defaults(run=run)


def _register_import(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    action = actions.add_parser(
        "import",
        help="bring in master lists, certificates and revocation lists",
        description="Brings in master lists (.ml), certificates (DER or PEM) and revocation lists, in the order given. "
        "A master list is taken only if its own signature leads to a root of --root or to an authority that is in the "
        "store already; a revocation list only if an authority in the store signed it.",
        epilog=epilog(),
        formatter_class=HelpFormatter,
    )
    action.add_argument("files", type=Path, nargs="+", metavar="FILE")
    action.add_argument(
        "--root",
        type=Path,
        action="append",
        default=[],
        metavar="CERT",
        help="a certificate that master lists may be signed under; it is not imported; may be given more than once",
    )
    action.add_argument("--pin", action="store_true", help="certificates are document signers to trust by themselves")
    _add_store_options(action)
    action.set_defaults(run=_import)


def _add_store_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=Path, required=True, metavar="DIR", help="the directory of the store")
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def _import(options: argparse.Namespace) -> int:
    console = Console(as_json=options.json)
    store = TrustStore(options.store).load()
    now = datetime.now(UTC)
    results = []
    try:
        roots = [root for path in options.root for root in _certificates(path)] or [
            item.certificate for item in store.authorities
        ]
        for path in options.files:
            role = Role.SIGNER if options.pin else Role.AUTHORITY
            result = import_file(store, _read(path), source=path.name, role=role, roots=roots, now=now)
            results.append(result)
            if not options.json:
                console.result(result.text())
    except ChipDataError as error:
        console.failure(str(error))
        return ExitCode.PROTOCOL
    except OSError as error:
        console.failure(str(error))
        return ExitCode.OTHER
    if options.json:
        console.result_json({"store": str(options.store), "imported": [result.as_json() for result in results]})
    if any(result.broken for result in results):
        return ExitCode.PROTOCOL
    return ExitCode.OK if all(result.accepted for result in results) else ExitCode.CHECK_FAILED


def _certificates(path: Path) -> list[Certificate]:
    return [parse_certificate(raw, path.name) for raw in decode_blocks(_read(path))]


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise OSError(f"{path}: longer than {MAX_FILE_BYTES} bytes")
    return data
