"""The catalogues of translated sentences: `python -m app.web.messages` brings them up to date with code and templates.

New sentences are added without a translation, sentences that are no longer used are removed, and translations are
kept. A test fails while a sentence is missing.
"""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.web.localization import CATALOGUES, LANGUAGES

FOLDER = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
_OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}


def sentences() -> Iterator[str | tuple[str, ...]]:
    """The sentences of the pages, in English: one, or singular and plural."""
    found = extract_from_dir(str(FOLDER), _METHODS, _OPTIONS, _KEYWORDS)
    for _file, _line, message, _comments, _context in found:
        if message:
            yield message


def read_catalogue(language: str) -> Catalog:
    """The catalogue of a language as it is stored."""
    with (CATALOGUES / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> None:
    """Bring the catalogue of a language up to date."""
    catalogue = read_catalogue(language)
    template = Catalog()
    for message in dict.fromkeys(sentences()):
        template.add(message)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with (CATALOGUES / language / "messages.po").open("wb") as file:
        write_po(file, catalogue, width=0, sort_output=True, omit_header=False, ignore_obsolete=True)


if __name__ == "__main__":
    for language in LANGUAGES[1:]:
        update(language)
