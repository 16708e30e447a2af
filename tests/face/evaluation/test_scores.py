"""From vectors to scores, groups and proposed thresholds, without any picture."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from face.evaluation.bootstrap import fnmr_intervals, people_of
from face.evaluation.calibration import proposal_json, propose
from face.evaluation.comparison import score_pairs
from face.evaluation.groups import group_rates
from face.evaluation.intervals import rate
from face.evaluation.labels import Label
from face.evaluation.metrics import Scores
from face.evaluation.outcomes import OperatingScores, count_outcomes
from face.evaluation.pairs import Pairs
from face.evaluation.reading import Reading
from face.models.calibration import Calibration, Threshold
from face.models.pack import ModelHash
from face.models.site_calibration import read_site_calibration


def reading(*vectors: list[float], refusal: str | None = None) -> Reading:
    if not vectors:
        return Reading(np.zeros((0, 2), dtype=np.float32), "no_face", "no_face")
    return Reading(np.array(vectors, dtype=np.float32), refusal, None)


def pairs_of(chip: int, live: int, rows: list[tuple[int, int, bool]]) -> Pairs:
    a, b, same = (np.array(column) for column in zip(*rows, strict=True))
    names = tuple(Path(f"/set/{number}") for number in range(max(chip, live)))
    return Pairs(names[:chip], names[:live], a.astype(np.int64), b.astype(np.int64), same.astype(np.bool_))


def test_a_score_is_the_median_over_the_frames_of_a_stay() -> None:
    chip = [reading([1.0, 0.0]), reading()]
    live = [reading([0.2, 0.98], [0.9, 0.436], [0.6, 0.8]), reading([0.5, 0.866]), reading()]
    pairs = pairs_of(2, 3, [(0, 0, True), (0, 1, False), (0, 2, False), (1, 0, False)])
    scores = score_pairs(pairs, chip, live)
    assert scores[:2] == pytest.approx([0.6, 0.5])
    assert np.isnan(scores[2:]).all()


def test_two_hundred_thousand_pairs_are_scored_as_each_alone() -> None:
    random = np.random.default_rng(1)

    def people(count: int, frames: int) -> list[Reading]:
        vectors = random.normal(size=(count, frames, 8)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
        return [Reading(item, None, None) for item in vectors]

    chip, live = people(400, 1), people(500, 3)
    rows = [(a, b, a == b) for a in range(400) for b in range(500)]
    scores = score_pairs(pairs_of(400, 500, rows), chip, live)
    for place in (0, 8191, 8192, 123_456, 199_999):
        a, b, _ = rows[place]
        assert scores[place] == pytest.approx(np.median(live[b].vectors @ chip[a].vectors[0]), abs=1e-6)


def test_outcomes_lie_between_the_two_scores_and_a_refusal_comes_first() -> None:
    chip = [reading([1.0, 0.0]), reading([1.0, 0.0], refusal="several_faces")]
    live = [reading([1.0, 0.0]), reading([0.0, 1.0], refusal="blurred")]
    pairs = pairs_of(2, 2, [(0, 0, True), (0, 0, True), (0, 0, True), (0, 1, True), (1, 1, True), (0, 0, False)])
    scores = np.array([0.58, 0.57, 0.33, 0.9, 0.9, 0.9])
    at = OperatingScores("1e-5", accept=0.58, reject=0.34, extrapolated=True)
    counts = count_outcomes(pairs, pairs.same, scores, chip, live, at)
    assert (counts.accepted, counts.undecided, counts.rejected, counts.refused) == (1, 1, 1, 2)
    assert counts.reasons == {"live: blurred": 1, "chip: several_faces": 1}
    assert counts.missed_without_rejection == pytest.approx(3 / 4)


def test_a_group_has_its_own_rate_and_its_factor_over_everybody() -> None:
    # People 0 and 1 are women, 2 and 3 men; the two women are taken for each other.
    labels = {
        Path(f"/set/{number}"): Label(None, "female" if number < 2 else "male", None, None) for number in range(4)
    }
    rows = [(a, b, a == b) for a in range(4) for b in range(4)]
    scores = np.array([0.9 if a == b else 0.6 if {a, b} == {0, 1} else 0.1 for a, b, _ in rows])
    refused = np.array([a == 0 for a, _, _ in rows])  # one woman, against everybody
    rates = group_rates(pairs_of(4, 4, rows), scores, labels, 0.5, refused)
    assert set(rates) == {"gender"}
    women, men = rates["gender"]["female"], rates["gender"]["male"]
    assert (women.genuine, women.impostor, women.fmr.value) == (2, 2, 1.0)
    assert women.factor == pytest.approx(6.0)  # two of twelve overall
    assert (men.fmr.value, men.factor) == (0.0, None)
    assert (women.refused.errors, women.refused.trials, men.refused.errors) == (1, 2, 0)


def test_the_proposal_is_a_manifest_the_pack_takes() -> None:
    random = np.random.default_rng(2)
    scores = Scores(random.normal(0.7, 0.1, 500), random.normal(0.1, 0.1, 20_000))
    proposal = propose(scores, data='staff of "A"', simulated=False, group_factor=4.2)
    document = tomllib.loads("[recogniser]\n" + proposal.manifest)["recogniser"]
    read = tuple(Threshold.model_validate(item) for item in document["threshold"])
    assert [item.fmr for item in read] == ["1e-2", "1e-3", "1e-4"]
    assert proposal.missing == ("1e-5", "1e-6")
    assert document["group_factor"] == 4.2
    assert read[0].data == 'staff of "A"'
    assert (read[0].genuine, read[0].impostor) == (500, 20_000)
    for item in read:
        kept = scores.fmr(item.score)
        assert kept.value is not None
        assert kept.value <= float(item.fmr)
        assert item.fmr_low <= kept.value <= item.fmr_high
    assert Calibration("site", read, 4.2).accept_score("1e-4").score > read[2].score


def test_the_json_of_a_proposal_is_what_recalibrate_reads(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    scores = Scores(random.normal(0.7, 0.1, 500), random.normal(0.1, 0.1, 20_000))
    proposal = propose(scores, data="staff", simulated=False, group_factor=31.0)
    models = [ModelHash("detector", "d" * 64), ModelHash("recogniser", "e" * 64)]
    file = tmp_path / "site.json"
    file.write_text(json.dumps({"calibration": proposal_json(proposal, models), "eer": 0.0}), encoding="utf-8")
    read = read_site_calibration(file)
    assert (read.thresholds, read.group_factor) == (proposal.thresholds, 31.0)
    read.must_be_of({"detector": "d" * 64, "recogniser": "e" * 64})


def test_equal_scores_propose_nothing_rather_than_a_rate_they_do_not_have() -> None:
    scores = Scores([0.9] * 10, [0.1] * 3000)
    assert propose(scores, data="x", simulated=False).thresholds == ()


def test_drawing_people_anew_widens_what_one_odd_person_makes_of_a_rate() -> None:
    """Ten people with twenty genuine pairs each; all misses are of one of them."""
    rows = [(person, person, True) for person in range(10) for _ in range(20)]
    rows += [(a, b, False) for a in range(10) for b in range(10) if a != b]
    pairs = pairs_of(10, 10, rows)
    labels = {Path(f"/set/{number}"): Label(str(number), None, None, None) for number in range(10)}
    scores = np.array([(0.1 if a == 0 else 0.9) if same else 0.2 for a, b, same in rows])
    people = people_of(pairs, labels)
    assert people is not None
    assert people.count == 10
    [interval] = fnmr_intervals(pairs, scores, people, [0.01], 400, seed=1)
    assert interval is not None
    low, high = interval
    by_pairs = rate(20, 200)
    assert by_pairs.low is not None
    assert by_pairs.high is not None
    assert low == 0.0 < by_pairs.low  # the odd person is not drawn in a third of the draws
    assert high >= 0.3 > by_pairs.high
    assert fnmr_intervals(pairs, scores, people, [0.01], 400, seed=1) == [interval]


def test_without_errors_and_without_names_there_is_nothing_to_draw() -> None:
    rows = [(a, b, a == b) for a in range(4) for b in range(4)]
    pairs = pairs_of(4, 4, rows)
    assert people_of(pairs, {}) is None
    labels = {Path(f"/set/{number}"): Label(str(number), None, None, None) for number in range(4)}
    people = people_of(pairs, labels)
    assert people is not None
    scores = np.array([0.9 if same else 0.1 for _, _, same in rows])
    assert fnmr_intervals(pairs, scores, people, [0.5, 0.001], 50, seed=2) == [(0.0, 0.0), (0.0, 0.0)]
