"""The tools around the fuzzer: trees that are changed as trees, what is stored, and what the driver says."""

import random
import subprocess
from pathlib import Path

import pytest

from cccd_reader import tlv
from tests.fuzz import corpus
from tests.fuzz.mutator import mutate_tree, parse_tree
from tests.fuzz.run import _result
from tests.fuzz.script import pack, unpack
from tests.fuzz.targets import TARGETS

DER = "3013020101A00E040C300A3003020101030300FFFF"


def change(data: bytes, max_size: int) -> bytes:
    """In the place of libFuzzer's own mutation."""
    return (data + b"\x55")[:max_size]


def test_a_tree_that_is_not_changed_stays_as_it_is() -> None:
    nodes = []
    roots, rest = parse_tree(bytes.fromhex(DER) + b"\x01", nodes)
    assert [root.encode().hex().upper() for root in roots] == [DER]
    assert rest == b"\x01"
    assert len(nodes) == 8  # the octet string's content and the bit string are part of the tree


def test_a_changed_tree_has_right_lengths() -> None:
    tree = bytes.fromhex(DER)
    for seed in range(500):
        changed = mutate_tree(tree, 4096, seed, change)
        if changed != change(tree, 4096):  # which is changed as bytes
            assert b"".join(item.raw for item in tlv.iterate(changed)) == changed


def test_changes_are_many_and_stay_within_the_size() -> None:
    source = bytes.fromhex(DER)
    found = {mutate_tree(source, 40, seed, change) for seed in range(500)}
    assert len(found) > 50
    assert all(len(changed) <= 40 for changed in found)


def test_any_bytes_can_be_changed() -> None:
    source = random.Random(1)
    for seed in range(300):
        data = source.randbytes(source.randrange(60))
        assert len(mutate_tree(data, 100, seed, change)) <= 100


def test_a_script_of_answers_comes_back_whole_and_any_bytes_are_one() -> None:
    answers = [b"", b"\x90\x00", bytes(300)]
    assert list(unpack(pack(answers))) == answers
    assert list(unpack(b"\x00")) == [b""]
    assert list(unpack(b"\xff\xffabc")) == [b"abc"]


def test_what_was_found_is_stored_the_shortest_first_and_without_the_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    monkeypatch.setattr(corpus, "REGRESSIONS", tmp_path / "none")
    monkeypatch.setattr(corpus, "MAX_BYTES", 10)
    (tmp_path / "tlv").mkdir()
    (tmp_path / "tlv" / "seed-01.bin").write_bytes(b"seed")
    assert corpus.pack_found("tlv", [b"longest", b"seed", b"abc", b"ab"]) == 2
    first = (tmp_path / "tlv" / corpus.FOUND).read_bytes()
    assert [data for _, data in corpus.found("tlv")] == [b"ab", b"abc"]
    assert next(label for label, _ in corpus.stored("tlv")) == f"{tmp_path.name}/seed-01.bin"
    corpus.pack_found("tlv", [b"ab", b"abc"])
    assert (tmp_path / "tlv" / corpus.FOUND).read_bytes() == first


OUTPUT = """\
INFO: Instrumenting cccd_reader.tlv
#2\tINITED cov: 8 ft: 8 corp: 1/1b exec/s: 0 rss: 63Mb
#9048\tNEW    cov: 9 ft: 10 corp: 2/92b lim: 92 exec/s: 0 rss: 63Mb L: 91/91 MS: 1 InsertRepeatedBytes-
stat::number_of_executed_units: 668490
stat::average_exec_per_sec:     133698
"""


def test_the_drivers_line() -> None:
    done = subprocess.CompletedProcess([], 0, OUTPUT)
    result = _result(TARGETS["tlv"], done, ())
    assert (result.executions, result.per_second, result.edges, result.features, result.inputs) == (
        668490,
        133698,
        9,
        10,
        2,
    )
    assert result.line.endswith("ok")
    assert "Instrumenting" not in result.output
    failed = _result(TARGETS["tlv"], subprocess.CompletedProcess([], 77, ""), (Path("crash-1"),))
    assert failed.failed
    assert failed.line.endswith("FINDING")
