"""Reference lists in any style of the Citation Style Language (CSL 1.0.2), as text and as HTML.

A citation processor formats them (`csl_processor`). Without it, only the built-in style `short` is available.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any

from app.errors import InvalidError
from app.formats.citations import csl_processor, csl_styles, pandoc_json, short_style
from app.formats.citations.csl_json import csl_item
from app.formats.citations.csl_locales import correct_locale
from app.formats.citations.pandoc_json import Node
from app.formats.english.edtf_parts import split_edtf
from app.formats.english.writing_systems import has_initials, is_written_without_spaces
from app.schemas.files.citation import Citation, Rendering

MAX_REFERENCES = 500
"""References in one formatted list, which take about two seconds."""

PreparedReference = tuple[dict[str, Any], Citation]
"""An item of CSL-JSON as the processor receives it, and its citation."""

_PER_CITATION_FIELDS = frozenset({"id", "note", "version", "custom"})
"""Fields that differ between citations of the same document, and are not part of a reference to the document."""

_UNSPECIFIED_DIGITS = re.compile(r"(\d{2,3})(X{1,2})[?~%]?")


def write_text(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    """Write a list as plain text: each reference on one line, with an empty line between. Raises InvalidError."""
    bounded, is_short = _bounded_list(citations, rendering)
    lines = (
        short_style.format_references(bounded)
        if is_short
        else (pandoc_json.to_plain_text(entry) for entry in _entries(bounded, rendering))
    )
    yield from (f"\n{line}\n" if number else f"{line}\n" for number, line in enumerate(lines))


def write_html(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    """Write a list as an HTML fragment that can be embedded in a page. Raises InvalidError."""
    bounded, is_short = _bounded_list(citations, rendering)
    entries = (
        (escape(line, quote=False) for line in short_style.format_references(bounded))
        if is_short
        else (pandoc_json.to_html(entry) for entry in _entries(bounded, rendering))
    )
    yield '<div class="csl-bib-body">\n'
    yield from (f'<div class="csl-entry">{entry}</div>\n' for entry in entries)
    yield "</div>\n"


def _bounded_list(citations: Iterable[Citation], rendering: Rendering) -> tuple[Sequence[Citation], bool]:
    """The citations, and whether the built-in style formats them.

    Raises InvalidError for a style that needs the missing processor, or for more than MAX_REFERENCES citations.
    """
    is_short = rendering.style == short_style.STYLE_NAME
    if not is_short and (csl_styles.styles_folder() is None or csl_processor.program() is None):
        if rendering.style is not None:
            raise InvalidError.of(
                "style",
                "needs the extra `styles`: pip install 'attest[styles]'. "
                f"Without it, the only style is {short_style.STYLE_NAME!r}",
            )
        is_short = True
    # One more than the limit, so that a list within it is read to its end and its database connection is released.
    bounded = list(islice(citations, MAX_REFERENCES + 1))
    if len(bounded) > MAX_REFERENCES:
        raise InvalidError.of(
            "format",
            f"allows at most {MAX_REFERENCES} references at a time, and this list has more; narrow it (topic, kind, "
            "status, source, place, date_from, date_to, q), or request csl_json and format the list yourself",
        )
    return bounded, is_short


def _entries(citations: Sequence[Citation], rendering: Rendering) -> Iterator[list[Node]]:
    """The references as formatted by the style, in the style's order."""
    style = csl_styles.find_style(rendering.style or csl_styles.DEFAULT_STYLE)
    locale = csl_styles.find_locale(rendering.locale or style.locale or "en-US")
    references = dict(_prepare_references(citations, style.abbreviates_names))
    if not references:
        return
    entries = _format_references(references, style, locale)
    # Some styles print nothing for some types: Chicago omits posts. Format these as web pages, so that none is lost.
    empty_keys = [key for key, nodes in entries.items() if not pandoc_json.to_plain_text(nodes)]
    if empty_keys:
        web_pages = {key: ({**references[key][0], "type": "webpage"}, references[key][1]) for key in empty_keys}
        entries |= _format_references(web_pages, style, locale)
    # References that are still empty are formatted in the built-in style.
    for key, nodes in entries.items():
        citation = references[key][1]
        if not pandoc_json.to_plain_text(nodes):
            yield pandoc_json.text_nodes(short_style.format_reference(citation))
        elif citation.url is None and citation.document_address is not None:
            # Nothing leads to the document itself, but our record of it says what is known.
            record = f" {rendering.publisher}: {citation.document_address}"
            yield [*nodes, *pandoc_json.text_nodes(record)]
        else:
            yield nodes


def _format_references(
    references: Mapping[str, PreparedReference], style: csl_styles.CslStyle, locale: str
) -> dict[str, list[Node]]:
    items = [{"id": key, **reference} for key, (reference, _) in references.items()]
    document = pandoc_json.build_document(items, locale, has_bibliography=style.has_bibliography)
    processed = csl_processor.run(document, style=correct_locale(csl_styles.style_xml(style), locale))
    return dict(pandoc_json.formatted_entries(processed, list(references), has_bibliography=style.has_bibliography))


def _prepare_references(
    citations: Iterable[Citation], abbreviates_names: bool
) -> Iterator[tuple[str, PreparedReference]]:
    """The input of the processor by reference id, each document once however often it is cited."""
    seen: set[str] = set()
    for citation in citations:
        reference = {name: value for name, value in csl_item(citation).items() if name not in _PER_CITATION_FIELDS}
        if (identity := repr(reference)) in seen:
            continue
        seen.add(identity)
        yield f"r{len(seen)}", (_prepare_item(reference, citation, abbreviates_names), citation)


def _prepare_item(reference: Mapping[str, Any], citation: Citation, abbreviates_names: bool) -> dict[str, Any]:
    """An item of CSL-JSON, adjusted so that styles print it correctly."""
    item = dict(reference)
    if citation.title is not None:
        item["title"] = pandoc_json.title_nodes(citation.title, recase=_may_be_recased(citation))
    if citation.container is not None:
        # The name of a newspaper keeps its own capitals.
        item["container-title"] = pandoc_json.title_nodes(citation.container, recase=False)
    if not pandoc_json.is_web_url(citation.url):
        item.pop("URL", None)
    item["type"] = _printed_type(citation)
    if "literal" in item.get("issued", ()):
        item["issued"] = _approximate_date(citation.issued or "") or item["issued"]
    item["author"] = [_name(author, abbreviates_names) for author in reference.get("author", ())]
    return item


def _printed_type(citation: Citation) -> str:
    """The CSL type for which styles print this citation best.

    Chicago omits documents from lists, as it does letters. For a film, several styles print only the year, as if it had
    been in cinemas. For a broadcast without a publisher, Chicago's reference is incomplete.
    """
    if citation.type == "document":
        return "webpage" if citation.genre is None else "collection"
    if citation.type in ("motion_picture", "broadcast"):
        return "collection" if citation.publisher is None else "broadcast"
    return citation.type


def _approximate_date(edtf: str) -> dict[str, Any] | None:
    """Approximate date parts for a decade or century, which has none in CSL-JSON; None for any other date.

    Without parts, a style would print the date's text once for each part that it requests.
    """
    digits = _UNSPECIFIED_DIGITS.fullmatch(edtf)
    parsed = None if digits is None else split_edtf(f"{digits[1].ljust(4, '0')}/{digits[1].ljust(4, '9')}")
    return None if parsed is None else {"date-parts": [list(parts) for parts in parsed.dates], "circa": True}


def _may_be_recased(citation: Citation) -> bool:
    """True if a style may change the capitals of a title: it is in English, and not an editor's description."""
    is_english = citation.language is not None and re.match(r"en\b", citation.language, re.IGNORECASE) is not None
    return is_english and citation.title is not None and not citation.title.startswith("[")


def _name(name: Mapping[str, str], abbreviates_names: bool) -> Mapping[str, str]:
    """A name that the style can print: whole, where the style would abbreviate a given name that has no initials."""
    family, given = name.get("family"), name.get("given")
    if not family or not given or has_initials(given):
        return name
    if is_written_without_spaces(family):
        return {"literal": f"{family}{given}"}
    return {"literal": f"{given} {family}"} if abbreviates_names else name
