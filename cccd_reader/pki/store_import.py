"""Bringing certificates, master lists and revocation lists into a trust store's directory.

What is imported becomes a trust anchor: the caller has to have it from a source worth that. A master list brings its
own proof, a signature that leads to a root which the caller states. Importing the same thing twice changes nothing.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cccd_reader.errors import ChipDataError
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.crl import Crl, parse_crl
from cccd_reader.pki.extensions import KeyUsage
from cccd_reader.pki.master_list import ListVerdict, parse_master_list, verify_master_list
from cccd_reader.pki.store_files import Folder, Origin, StoreFiles, StoreProblem, decode_blocks
from cccd_reader.pki.trust_store import Role, TrustStore
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import CheckState

_NAME_CHARACTERS = 32
"""Of the SHA-256 that names a file: enough that no two certificates meet."""
_FOLDERS = {Role.AUTHORITY: Folder.CSCA, Role.SIGNER: Folder.SIGNERS}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: certificates added, those that were there already, and what was refused and why.

    `verdict` is the one about a master list's signature; when it is not successful, nothing was imported.
    """

    added: tuple[Certificate, ...] = ()
    known: tuple[Certificate, ...] = ()
    refused: tuple[StoreProblem, ...] = ()
    verdict: ListVerdict | None = None


@dataclass(frozen=True, slots=True)
class CrlReport:
    """What the import of a revocation list did. `crl` is None when `reason` says why it was refused."""

    crl: Crl | None
    reason: str


def import_master_list(
    store: TrustStore, data: bytes, *, source: str, roots: Iterable[Certificate], now: datetime
) -> ImportReport:
    """Imports the certificates of a master list whose signature leads to one of `roots`, and loads the store anew.

    `source` names the list for the manifest (a file name, no path of a machine). `roots` may well be the authorities of
    the store itself, which were imported before. Raises `ChipDataError` for what is no master list, `OSError` when the
    directory cannot be written.
    """
    master_list = parse_master_list(data)
    verdict = verify_master_list(master_list, roots, now)
    if verdict.state is not CheckState.SUCCESSFUL:
        return ImportReport(verdict=verdict)
    origin = Origin(
        source=source,
        source_sha256=hashlib.sha256(data).hexdigest(),
        imported_at=now,
        list_signer=str(verdict.signer.subject) if verdict.signer else None,
        list_signed_at=master_list.signing_time,
        list_root_sha256=verdict.root.fingerprint if verdict.root else None,
    )
    broken = [StoreProblem(f"certificate {place}", reason) for place, reason in master_list.broken]
    return _add(store, master_list.certificates, Role.AUTHORITY, origin, broken, verdict)


def import_certificates(store: TrustStore, data: bytes, *, source: str, role: Role, now: datetime) -> ImportReport:
    """Imports a certificate, in DER, or one or more in PEM, as country signers or as pinned document signers, and loads
    the store anew. Raises `ChipDataError` for broken PEM, `OSError` when the directory cannot be written."""
    origin = Origin(source, hashlib.sha256(data).hexdigest(), now)
    certificates: list[Certificate] = []
    refused: list[StoreProblem] = []
    for place, raw in enumerate(decode_blocks(data)):
        try:
            certificates.append(parse_certificate(raw))
        except ChipDataError as error:
            refused.append(StoreProblem(f"certificate {place}", error.detail))
    return _add(store, certificates, role, origin, refused, None)


def import_crl(store: TrustStore, data: bytes) -> CrlReport:
    """Imports a revocation list that an authority of the store signed, and loads the store anew. It takes the place of
    an older one of the same key; an older one than that is refused. Raises `ChipDataError` for what is no CRL."""
    blocks = decode_blocks(data)
    if len(blocks) != 1:
        raise ChipDataError("CRL", f"{len(blocks)} lists where one must be")
    crl = parse_crl(blocks[0])
    issuer, reason = store.crl_issuer(crl)
    if issuer is None:
        return CrlReport(None, reason)
    key = issuer.certificate.key_digest
    for known in store.crls:
        if known.issuer.certificate.key_digest == key and known.crl.this_update > crl.this_update:
            return CrlReport(None, f"the store has a newer one, of {known.crl.this_update:%Y-%m-%d}")
    _files(store).write(Folder.CRL, f"{key.hex()}.crl", crl.raw)
    store.load()
    return CrlReport(crl, f"issued by {issuer.certificate.subject}")


def reason_against(certificate: Certificate, role: Role) -> str | None:
    """Why the certificate can never be of use in this role, or None. Expiry is no reason: documents outlive keys."""
    try:
        key = certificate.public_key()
        if certificate.self_issued and certificate.authority_key_identifier in (None, certificate.key_identifier):
            if role is Role.AUTHORITY and not certificate.signed_by(key):
                return "self-signed with a wrong signature"
        else:
            certificate.signature_algorithm()
    except (ChipDataError, UnsupportedKeyError) as error:
        return error.detail
    usage = KeyUsage.CERTIFICATE_SIGNING if role is Role.AUTHORITY else KeyUsage.DIGITAL_SIGNATURE
    if not certificate.may(usage):
        return "its key usage does not allow it"
    return None


def _add(
    store: TrustStore,
    certificates: Iterable[Certificate],
    role: Role,
    origin: Origin,
    refused: list[StoreProblem],
    verdict: ListVerdict | None,
) -> ImportReport:
    files = _files(store)
    present = {item.certificate.fingerprint for item in (*store.authorities, *store.signers) if item.role is role}
    added: list[Certificate] = []
    known: list[Certificate] = []
    for certificate in certificates:
        fingerprint = certificate.fingerprint
        reason = reason_against(certificate, role)
        if fingerprint in present:
            known.append(certificate)
        elif reason is not None:
            refused.append(StoreProblem(str(certificate.subject), reason))
        else:
            present.add(fingerprint)
            added.append(certificate)
    if added:
        # The manifest first: a certificate whose origin is nowhere must not come about, the other way is harmless.
        files.write_origins({certificate.fingerprint: origin for certificate in added})
        for certificate in added:
            files.write(_FOLDERS[role], f"{certificate.fingerprint[:_NAME_CHARACTERS]}.der", certificate.raw)
        store.load()
    return ImportReport(tuple(added), tuple(known), tuple(refused), verdict)


def _files(store: TrustStore) -> StoreFiles:
    directory: Path | None = store.directory
    if directory is None:
        raise ValueError("a trust store in memory takes no imports")
    return StoreFiles(directory)
