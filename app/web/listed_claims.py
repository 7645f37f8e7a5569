"""Claims in lists, as pages show them: the statement with marked words, who says so, and where else words occur."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from app.web.localization import Localization
from app.web.speaker_phrases import Phrase, speaker_phrases

MAX_FIGURES = 3
"""The most figures that a list shows of a claim; the page of the claim shows all."""

MAX_OTHER_FINDS = 2
"""The most texts besides the statement that a list shows for the words of a search."""


@dataclass(frozen=True)
class OtherFind:
    """A text besides the statement in which words of the search were found."""

    where: str
    text: Markup


@dataclass(frozen=True)
class ListedClaim:
    """A claim of a list (`item`), and what is shown with it."""

    item: Mapping[str, Any]
    address: str
    """Path of its page, without the language."""
    statement: Markup | str
    """The statement, with the words of the search marked."""
    phrases: Sequence[Phrase]
    figures: Sequence[Mapping[str, Any]]
    more_figures: int
    finds: Sequence[OtherFind]


def listed_claim(item: Mapping[str, Any], l10n: Localization, as_of: str | list[str] | None = None) -> ListedClaim:
    """A claim of a list, ready to show. `as_of` is the moment of a list in the past, as it was sent."""
    statement: Markup | str = item["statement"]
    finds: list[OtherFind] = []
    names = {speaker["name"] for speaker in item["attributed_to"]}
    where = _places_of_finds(l10n)
    for snippet in item["snippets"] or ():
        text = html.unescape(re.sub(r"</?mark>", "", snippet["html"]))
        # The service has escaped snippets; all their markup is <mark>.
        marked = Markup(snippet["html"])  # noqa: S704
        if snippet["field"] == "statement" and text == item["statement"]:
            statement = marked
        elif snippet["field"] in where and text not in names and len(finds) < MAX_OTHER_FINDS:
            finds.append(OtherFind(where[snippet["field"]], marked))
    return ListedClaim(
        item,
        f"/claims/{item['id']}" + (f"?{urlencode({'as_of': as_of})}" if as_of else ""),
        statement,
        speaker_phrases(item["attributed_to"], l10n),
        item["quantities"][:MAX_FIGURES],
        max(0, len(item["quantities"]) - MAX_FIGURES),
        finds,
    )


def _places_of_finds(l10n: Localization) -> Mapping[str, str]:
    _ = l10n.gettext
    return {
        "statement": _("the statement"),
        "quote": _("a quotation"),
        "source": _("a name of a source"),
    }
