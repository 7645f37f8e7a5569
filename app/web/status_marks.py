"""The shape of each status, as SVG in a box of 16 by 16. The same shapes are the marks of charts."""

from collections.abc import Mapping

from markupsafe import Markup

SHAPES: Mapping[str, Markup] = {
    status: Markup(shape)  # noqa: S704 - our own constants
    for status, shape in {
        "unassessed": '<circle cx="8" cy="8" r="5.75" stroke-dasharray="2.2 2.3"/>',
        "unconfirmed": '<circle cx="8" cy="8" r="5.75"/>',
        "corroborated": '<circle cx="8" cy="8" r="5.75"/><circle cx="8" cy="8" r="2.25"/>',
        "conceded": '<circle cx="8" cy="8" r="5.75"/><path class="f" d="M8 2.25a5.75 5.75 0 0 1 0 11.5z"/>',
        "confirmed": '<circle class="f" cx="8" cy="8" r="5.75"/>',
        "disputed": '<path d="M8 1.5 14.5 8 8 14.5 1.5 8z"/><path class="f" d="M8 1.5v13L1.5 8z"/>',
        "unlikely": '<path d="M2 3h12L8 13.5z"/>',
        "refuted": '<path d="M3 3l10 10M13 3 3 13"/>',
        "unverifiable": '<path d="M2.5 2.5h11v11h-11zM5 8h6"/>',
        "withdrawn": '<path d="M2 8h12"/>',
    }.items()
}


def shape_of(status: str) -> Markup:
    """The shape of a status as it is shown. A decision that no longer holds has the shape of a claim without one."""
    return SHAPES["unassessed" if status == "stale" else status]
