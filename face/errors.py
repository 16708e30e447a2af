"""The one exception family of this room."""

from enum import StrEnum


class FaceErrorCode(StrEnum):
    """Why a picture or a model pack cannot be used."""

    BAD_IMAGE = "bad_image"  # not a whole JPEG or JPEG 2000 picture within the size limits
    NO_FACE = "no_face"  # the chip picture shows no usable face
    SEVERAL_FACES = "several_faces"  # the chip picture shows more than one
    PHOTO_UNUSABLE = "photo_unusable"  # the chip picture's face is too small, or has no features
    MODEL_REFUSED = "model_refused"  # a pack's file is missing, differs from its SHA-256, or its manifest is not valid
    UNKNOWN_FMR = "unknown_fmr"  # the pack has no threshold measured at the false match rate asked for


class FaceError(Exception):
    """Raised for every expected failure of this room. ``detail`` names files and limits, never a person."""

    def __init__(self, code: FaceErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
