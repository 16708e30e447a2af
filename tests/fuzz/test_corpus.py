"""Every stored input of every fuzz target again, without the fuzzer: so this also runs where there is no atheris."""

import pytest

from tests.fuzz import corpus
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_stored_inputs_end_as_they_should(name: str) -> None:
    inputs = list(corpus.stored(name))
    assert inputs, "a target without a seed starts from nothing"
    for _label, data in inputs:
        TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_small(name: str) -> None:
    assert sum(len(data) for _, data in corpus.stored(name)) <= 2 * corpus.MAX_BYTES


def test_no_inputs_are_stored_for_targets_that_are_gone() -> None:
    stored = {path.name for folder in (corpus.FOLDER, corpus.REGRESSIONS) for path in folder.glob("*")}
    assert stored <= TARGETS.keys()
