"""The parts of a drawing. Positions are in the units of the drawing's view box, from its upper left corner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Line:
    """A straight line; with `arrow`, its second end has a head."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str
    """Class of the stylesheet."""
    is_dashed: bool = False


@dataclass(frozen=True)
class Polyline:
    """A line through points, or a shape if it is closed."""

    points: Sequence[tuple[float, float]]
    style: str


@dataclass(frozen=True)
class Text:
    """A line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    style: str = ""
    anchor: Anchor = "start"


@dataclass(frozen=True)
class Mark:
    """The shape of a status, with its centre at a point."""

    x: float
    y: float
    status: str


@dataclass(frozen=True)
class Link:
    """Parts that lead to a claim, with a name for those who cannot see them."""

    address: str
    name: str
    parts: "Sequence[Line | Polyline | Text | Mark]"


Part = Line | Polyline | Text | Mark | Link


@dataclass
class Drawing:
    """A drawing of one width."""

    name: Literal["wide", "mid", "narrow"]
    width: int
    height: int = 0
    parts: list[Part] = field(default_factory=list)
