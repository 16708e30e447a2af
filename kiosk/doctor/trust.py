"""Probe of the trust store: the certificates that tell a genuine card from one that is merely intact."""

from kiosk.doctor.report import Finding
from kiosk.settings import Settings

_MOST_NAMED = 3


def trust_store(settings: Settings) -> Finding:
    """What the card reader's process will load, and what in the folder it will leave out."""
    from cccd_reader.pki.trust_store import TrustStore

    folder = settings.reader.trust_store
    if folder is None:
        return Finding.warn("none set: cards are proven intact, their issuer is not verified")
    if not folder.is_dir():
        return Finding.fail(f"no such folder: {folder}")
    store = TrustStore(folder).load()
    if store.empty:
        return Finding.fail(f"no certificate in {folder}")
    held = f"{len(store.authorities)} authorities, {len(store.signers)} signers, {len(store.crls)} revocation lists"
    if store.problems:
        named = "; ".join(f"{problem.file}: {problem.reason}" for problem in store.problems[:_MOST_NAMED])
        return Finding.warn(f"{held}; {len(store.problems)} files are left out: {named}")
    return Finding.ok(held)
