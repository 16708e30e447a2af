"""A site measures its own camera, place and people: faces of consenting staff, in memory, for as long as it takes.

Two stays a person, with a step away between them: templates of one stay are alike as no two visits ever are, so only
pairs across stays, or with a reference photo, count as genuine.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from face.camera import CameraFault, Frame
from face.embed import Embedding
from face.errors import FaceError
from face.evaluation.site_light import LightProbe
from face.pad.evidence import PadResult
from face.quality import Guidance
from face.verify import Verifier

CONSENT = """\
Máy chụp khuôn mặt của anh/chị để đo xem nơi này nhận diện đúng đến đâu. Hình ảnh và mẫu khuôn mặt chỉ nằm trong bộ nhớ
và bị xóa khi lệnh này kết thúc; chỉ các con số được giữ lại. Anh/chị có quyền từ chối, không cần nêu lý do.

The camera takes your face to measure how well recognition works in this place. Pictures and face templates stay in
memory and are overwritten when this command ends; only figures are kept. You may refuse, without giving a reason."""

YES = ("yes", "có")

Ask = Callable[[str], str]
Tell = Callable[[str], None]


class FrameSource(Protocol):
    """:class:`face.camera.Camera`, or what a test puts in its place."""

    def read(self, timeout: float) -> Frame | CameraFault: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """``templates`` in each of ``stays``, at least ``pause_s`` apart, so that no two are of the same moment."""

    stays: int = 2
    templates: int = 3
    pause_s: float = 0.4
    limit_s: float = 20.0
    photos: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.stays <= 10 or not 1 <= self.templates <= 20:
            raise ValueError("1 to 10 stays with 1 to 20 templates each")


@dataclass(slots=True)
class Participant:
    """``stays``: the templates of each."""

    stays: list[list[Embedding]] = field(default_factory=list)
    photo: Embedding | None = None

    @property
    def live(self) -> Iterator[Embedding]:
        return (template for stay in self.stays for template in stay)

    def wipe(self) -> None:
        for template in self.live:
            template.fill(0)
        if self.photo is not None:
            self.photo.fill(0)


@dataclass(slots=True)
class Observed:
    """What was seen of the camera and the place, without anything of a face."""

    guidance: Counter[Guidance] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    eye_distances: list[float] = field(default_factory=list)
    qualities: list[float] = field(default_factory=list)
    intervals: list[float] = field(default_factory=list)
    light: list[PadResult] = field(default_factory=list)


class Collection:
    """Everyone who took part. Leaving the ``with`` block overwrites every template."""

    def __init__(self) -> None:
        self.people: list[Participant] = []
        self.observed = Observed()

    def __enter__(self) -> "Collection":
        return self

    def __exit__(self, *_: object) -> None:
        for person in self.people:
            person.wipe()
        self.people.clear()


def collect(
    into: Collection,
    verifier: Verifier,
    source: FrameSource,
    plan: Plan,
    *,
    ask: Ask,
    tell: Tell,
    light: LightProbe | None = None,
) -> None:
    """Take one person after the other until ``ask`` is answered with nothing (or its input ends)."""
    tell(CONSENT)
    while True:
        answer = ask(f"Person {len(into.people) + 1}: type yes (có) to take part, Enter to finish: ").strip().lower()
        if not answer:
            return
        if answer not in YES:
            tell("Not taking part; nothing was taken.")
            continue
        person = Participant()
        into.people.append(person)
        if plan.photos:
            person.photo = _photo(verifier, ask, tell)
        for stay in range(plan.stays):
            ask(f"  Stay {stay + 1} of {plan.stays}: look at the camera and press Enter. ")
            person.stays.append(_stay(into.observed, verifier, source, plan, tell, light if stay == 0 else None))
            tell(f"  {len(person.stays[-1])} of {plan.templates} templates taken. Please step away.")


def _photo(verifier: Verifier, ask: Ask, tell: Tell) -> Embedding | None:
    while True:
        path = ask("  Reference photo (a file; Enter for none): ").strip()
        if not path:
            return None
        try:
            with verifier.enrol(Path(path).read_bytes()) as template:
                return template.embedding.copy()
        except (FaceError, OSError) as error:
            tell(f"  Cannot be used: {error}")


def _stay(
    observed: Observed,
    verifier: Verifier,
    source: FrameSource,
    plan: Plan,
    tell: Tell,
    light: LightProbe | None,
) -> list[Embedding]:
    taken: list[Embedding] = []
    began: float | None = None
    before = last = float("-inf")
    advice: Guidance | None = None
    for frame in _frames(source, observed):
        began = frame.timestamp if began is None else began
        if before > float("-inf"):
            observed.intervals.append(frame.timestamp - before)
        before = frame.timestamp
        guidance, face, quality, embedding = verifier.look(frame.image)
        if light is not None:
            light.feed(frame, face, embedding)
        frame.image.fill(0)
        observed.guidance[guidance] += 1
        if guidance is not advice and guidance is not Guidance.GOOD:
            tell(f"  {guidance}")
        advice = guidance
        if embedding is not None and face is not None and quality is not None and len(taken) < plan.templates:
            if frame.timestamp - last >= plan.pause_s:
                taken.append(embedding)
                last = frame.timestamp
                observed.eye_distances.append(face.eye_distance)
                observed.qualities.append(quality.score)
            else:
                embedding.fill(0)
        lit = light is None or light.done
        if (len(taken) >= plan.templates and lit) or frame.timestamp - began >= plan.limit_s:
            break
    if light is not None:
        observed.light.append(light.finish())
    return taken


_FAULTS_MAX = 20  # read time-outs in a row before a stay is given up


def _frames(source: FrameSource, observed: Observed) -> Iterator[Frame]:
    faults = 0
    while faults < _FAULTS_MAX:
        seen = source.read(1.0)
        if isinstance(seen, CameraFault):
            observed.faults[str(seen.code)] += 1
            faults += 1
        else:
            faults = 0
            yield seen
