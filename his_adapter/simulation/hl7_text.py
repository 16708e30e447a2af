"""Messages of the simulated HL7 hospital: read with python-hl7, written by hand. The adapter does neither."""

import hl7

_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})


def written(text: str) -> str:
    """A text as it may stand in a field."""
    return text.translate(_ESCAPES)


class Heard:
    """A message that came."""

    def __init__(self, content: bytes) -> None:
        """Raises ValueError when it is no message."""
        try:
            self._message = hl7.parse(content.decode("utf-8"))
            self.segments = [str(segment[0]) for segment in self._message]
        except (hl7.HL7Exception, LookupError, ValueError, TypeError) as error:
            raise ValueError("not a message") from error
        if self.segments[0] != "MSH":
            raise ValueError("not a message")

    def text(self, segment: str, field: int, component: int = 1, repetition: int = 1, subcomponent: int = 1) -> str:
        """A value of the first such segment, empty when there is none."""
        try:
            value = self._message.extract_field(segment, 1, field, repetition, component, subcomponent)
        except (LookupError, hl7.HL7Exception):
            return ""
        return "" if value is None or value == '""' else str(value)

    def identifier(self, kind: str) -> str:
        """The number of a type among those of PID-3."""
        for repetition in range(1, 10):
            if self.text("PID", 3, 5, repetition) == kind:
                return self.text("PID", 3, 1, repetition)
        return ""

    @property
    def kind(self) -> str:
        """MSH-9, event included."""
        return f"{self.text('MSH', 9)}^{self.text('MSH', 9, 2)}"
