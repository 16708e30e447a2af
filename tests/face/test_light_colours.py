"""The colours may be shown to anybody, and nobody can foretell their order."""

import random
from collections import Counter
from itertools import permutations

import pytest

from face.pad.light_colours import LIGHT, RGB, STEP_S, LightColour, linear, random_sequence


def luminance(colour: LightColour) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    red, green, blue = LIGHT[colour]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_has_its_values_and_white_is_all_of_the_screen() -> None:
    assert set(RGB) == set(LightColour)
    assert LIGHT[LightColour.WHITE] == (1.0, 1.0, 1.0)
    assert linear(0) == 0.0
    assert linear(10) == pytest.approx(10 / 255 / 12.92)
    assert linear(188) == pytest.approx(0.5029, abs=1e-4)


def test_no_colour_is_a_saturated_red() -> None:
    assert max(red / (red + green + blue) for red, green, blue in LIGHT.values()) < 0.8 - 0.1


def test_the_screen_flashes_less_often_than_three_times_a_second() -> None:
    changes_a_second = 1 / STEP_S
    assert changes_a_second / 2 <= 1.0


def test_every_colour_gives_a_face_enough_light_to_be_seen_by() -> None:
    assert min(luminance(colour) for colour in LightColour) > 0.35


def test_any_two_colours_differ_in_hue_and_not_in_brightness_alone() -> None:
    for one, other in permutations(LightColour, 2):
        (r1, g1, b1), (r2, g2, b2) = LIGHT[one], LIGHT[other]
        assert max(abs(r1 / g1 - r2 / g2), abs(b1 / g1 - b2 / g2)) > 0.3


def test_a_sequence_never_repeats_a_colour_at_once_and_every_sequence_occurs() -> None:
    source = random.Random(4)
    seen = Counter(random_sequence(source, 3) for _ in range(8000))
    assert all(a is not b and b is not c for a, b, c in seen)
    assert len(seen) == 5 * 4 * 4
    assert min(seen.values()) > 50  # 100 expected of each: 5 standard deviations


def test_the_same_seed_gives_the_same_sequence_and_no_steps_are_no_sequence() -> None:
    assert random_sequence(random.Random(1), 6) == random_sequence(random.Random(1), 6)
    with pytest.raises(ValueError, match="at least one step"):
        random_sequence(random.Random(1), 0)
