"""Figures in words, with their qualifier: 'about 11,000', 'at least 3,000', '3,000 to 5,000', '“dozens”'."""

from collections.abc import Mapping
from typing import Any

from app.vocabulary import Qualifier
from app.web.localization import Localization

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def figure_in_words(quantity: Mapping[str, Any], localization: Localization) -> str:
    """Return the figure of a quantity as the source qualifies it. Qualifier and number never part at a line's end."""
    _ = localization.gettext
    qualifier = Qualifier(quantity["qualifier"])
    low, best, high = (
        None if quantity[name] is None else localization.number(quantity[name]) for name in ("low", "best", "high")
    )
    if qualifier is Qualifier.VAGUE or (low is None and best is None and high is None):
        return _("“{words}”").format(words=quantity["verbatim"]) if quantity["verbatim"] else _("no number given")
    patterns = {
        Qualifier.ABOUT: _("about {number}"),
        Qualifier.AT_LEAST: _("at least {number}"),
        Qualifier.MORE_THAN: _("more than {number}"),
        Qualifier.AT_MOST: _("at most {number}"),
        Qualifier.UP_TO: _("up to {number}"),
        Qualifier.FEWER_THAN: _("fewer than {number}"),
    }
    if low is not None and high is not None:
        text = _("{low} to {high}").format(low=low, high=high)
        if best is not None:
            text = _("{number} ({range})").format(number=best, range=text)
    else:
        number = best or low or high
        text = patterns.get(qualifier, "{number}").format(number=number)
    return text.replace(" ", NO_BREAK_SPACE)
