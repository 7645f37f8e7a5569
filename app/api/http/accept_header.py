"""The Accept header (RFC 9110, section 12.5.1): media ranges with their parameters and qualities."""

from collections.abc import Iterable
from typing import NamedTuple


class AcceptedRange(NamedTuple):
    """One media range of an Accept header."""

    media_range: str
    """In lower case, without parameters: `text/csv`, `text/*` or `*/*`."""
    parameters: str
    """Its parameters as they were sent, such as `style=apa; locale=uk-UA`."""
    quality: float
    """From 0 (not acceptable) to 1."""


def accepted_ranges(headers: Iterable[tuple[bytes, bytes]]) -> list[AcceptedRange]:
    """The media ranges of a request's Accept headers, in the order in which they were sent."""
    return [
        _parse(item)
        for name, value in headers
        if name == b"accept"
        for item in value.decode("latin-1").split(",")
        if item.strip()
    ]


def _parse(item: str) -> AcceptedRange:
    media_range, _, parameters = item.partition(";")
    quality = 1.0
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            quality = _quality(value.strip())
    return AcceptedRange(media_range.strip().lower(), parameters, quality)


def _quality(text: str) -> float:
    """A quality value; 0 if it is none, because what cannot be read was not asked for."""
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def quality_of(media_type: str, ranges: Iterable[AcceptedRange]) -> float:
    """The quality of a media type: that of the most specific range that includes it; 0 if none does."""
    by_range = {accepted.media_range: accepted.quality for accepted in ranges}
    candidates = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((by_range[media_range] for media_range in candidates if media_range in by_range), 0.0)
