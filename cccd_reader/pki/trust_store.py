"""A trust store: the country signers that are trusted, document signers that are pinned, and revocation lists.

    store = TrustStore(Path("trust")).load()

It is loaded once and asked for every card: certificates are found by key identifier and by name without a search. A
loaded store is not changed by what happens to its files; `load` takes a new look.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cccd_reader.errors import ChipDataError
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.crl import Crl, parse_crl
from cccd_reader.pki.names import Name
from cccd_reader.pki.store_files import Folder, Origin, StoreFiles, StoreProblem
from cccd_reader.public_keys import UnsupportedKeyError

_NameKey = tuple[tuple[bytes, str], ...]


class Role(StrEnum):
    """What a certificate is trusted for."""

    AUTHORITY = "authority"
    """A country signer: what it issued is genuine."""
    SIGNER = "signer"
    """A pinned document signer: what it signed is genuine, whoever issued it."""


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A certificate of the store. `file` is "" and `origin` None for one that no file is behind."""

    certificate: Certificate
    role: Role
    file: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class TrustedCrl:
    """A revocation list whose signature by an authority of the store has been verified."""

    crl: Crl
    issuer: TrustedCertificate
    file: str = ""


class TrustStore:
    """Certificates and revocation lists of a directory (see `store_files`), or put together in memory with `of`."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory
        self._fill((), ())

    @classmethod
    def of(
        cls, authorities: Iterable[Certificate] = (), signers: Iterable[Certificate] = (), crls: Iterable[Crl] = ()
    ) -> "TrustStore":
        """A store without a directory."""
        store = cls()
        trusted = [TrustedCertificate(item, Role.AUTHORITY) for item in authorities]
        store._fill(
            (*trusted, *(TrustedCertificate(item, Role.SIGNER) for item in signers)), [("", crl) for crl in crls]
        )
        return store

    def load(self) -> "TrustStore":
        """Reads the directory, and returns the store itself. Never raises for what is in there: files that are broken
        or too large are listed in `problems`, and the others are used."""
        if self.directory is None:
            return self
        files = StoreFiles(self.directory)
        problems: list[StoreProblem] = []
        origins, problem = files.read_origins()
        if problem is not None:
            problems.append(problem)
        certificates: list[TrustedCertificate] = []
        for folder, role in ((Folder.CSCA, Role.AUTHORITY), (Folder.SIGNERS, Role.SIGNER)):
            for name, raw in _objects(files, folder, problems):
                try:
                    certificate = parse_certificate(raw)
                except ChipDataError as error:
                    problems.append(StoreProblem(name, error.detail))
                else:
                    origin = origins.get(certificate.fingerprint)
                    certificates.append(TrustedCertificate(certificate, role, name, origin))
        crls: list[tuple[str, Crl]] = []
        for name, raw in _objects(files, Folder.CRL, problems):
            try:
                crls.append((name, parse_crl(raw)))
            except ChipDataError as error:
                problems.append(StoreProblem(name, error.detail))
        self._fill(certificates, crls, problems)
        return self

    def _fill(
        self,
        certificates: Iterable[TrustedCertificate],
        crls: Iterable[tuple[str, Crl]],
        problems: Iterable[StoreProblem] = (),
    ) -> None:
        unique: dict[tuple[Role, str], TrustedCertificate] = {}
        for item in certificates:
            unique.setdefault((item.role, item.certificate.fingerprint), item)
        self.authorities = tuple(item for item in unique.values() if item.role is Role.AUTHORITY)
        self.signers = tuple(item for item in unique.values() if item.role is Role.SIGNER)
        self._pinned = {item.certificate.raw: item for item in self.signers}
        self._by_key_identifier: dict[bytes, list[TrustedCertificate]] = defaultdict(list)
        self._by_subject: dict[_NameKey, list[TrustedCertificate]] = defaultdict(list)
        self._names = _Names()
        # Self-signed certificates come first: they say everything about a key that a link certificate says.
        for item in sorted(self.authorities, key=lambda item: not item.certificate.self_issued):
            certificate = item.certificate
            for identifier in {certificate.key_identifier, certificate.key_digest} - {None}:
                self._by_key_identifier[identifier or b""].append(item)
            self._by_subject[certificate.subject.key].append(item)
            self._names.join(certificate.issuer.key, certificate.subject.key)
        found_problems = list(problems)
        self.crls = tuple(self._verified(crls, found_problems))
        self.problems = tuple(found_problems)

    def _verified(self, crls: Iterable[tuple[str, Crl]], problems: list[StoreProblem]) -> Iterator[TrustedCrl]:
        for file, crl in crls:
            issuer, reason = self.crl_issuer(crl)
            if issuer is None:
                problems.append(StoreProblem(file, reason))
            else:
                yield TrustedCrl(crl, issuer, file)

    @property
    def empty(self) -> bool:
        return not self.authorities and not self.signers

    def pinned(self, certificate: Certificate) -> TrustedCertificate | None:
        """The pinned document signer that is this very certificate, byte for byte."""
        return self._pinned.get(certificate.raw)

    def by_key_identifier(self, identifier: bytes) -> tuple[TrustedCertificate, ...]:
        """The authorities with this key (9303-12, D.1.1.1: the key identifier chooses the trust anchor)."""
        return tuple(self._by_key_identifier.get(identifier, ()))

    def by_name(self, name: Name) -> tuple[TrustedCertificate, ...]:
        """The authorities with this name, whatever their key."""
        return tuple(self._by_subject.get(name.key, ()))

    def crls_for(self, certificate: Certificate) -> tuple[TrustedCrl, ...]:
        """The revocation lists that speak of what the certificate's issuer issued: of the same name or key, or of a
        name that a link certificate of the store says to be the same authority's (9303-12, D.1.2.3 b)."""
        identifier = certificate.authority_key_identifier
        return tuple(
            item
            for item in self.crls
            if self._names.same(item.crl.issuer.key, certificate.issuer.key)
            or (identifier is not None and identifier == item.crl.authority_key_identifier)
        )

    def crl_issuer(self, crl: Crl) -> tuple[TrustedCertificate | None, str]:
        """The authority that signed the list, or None and the reason."""
        candidates = self.by_key_identifier(crl.authority_key_identifier or b"") or self.by_name(crl.issuer)
        reason = "its issuer is not in the store"
        for item in candidates:
            try:
                if crl.signed_by(item.certificate.public_key()):
                    return item, ""
                reason = "its signature is wrong"
            except (ChipDataError, UnsupportedKeyError) as error:
                reason = error.detail
        return None, reason


def _objects(files: StoreFiles, folder: Folder, problems: list[StoreProblem]) -> Iterator[tuple[str, bytes]]:
    for name, content in files.read(folder):
        if isinstance(content, StoreProblem):
            problems.append(content)
        else:
            for raw in content:
                yield name, raw


class _Names:
    """Which names are one authority's: sets that link certificates join."""

    def __init__(self) -> None:
        self._parents: dict[_NameKey, _NameKey] = {}

    def join(self, first: _NameKey, second: _NameKey) -> None:
        self._parents[self._root(first)] = self._root(second)

    def same(self, first: _NameKey, second: _NameKey) -> bool:
        return self._root(first) == self._root(second)

    def _root(self, name: _NameKey) -> _NameKey:
        while (parent := self._parents.get(name, name)) != name:
            self._parents[name] = name = self._parents.get(parent, parent)
        return name
