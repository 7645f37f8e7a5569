"""What a file is that cannot be imported: its container or its columns, the nearest format, and the next step."""

import csv
import re
from collections.abc import Iterable, Mapping

from app.formats.parsing.import_rows import delimiter_line

_SPREADSHEET = "Save the sheet as CSV in UTF-8 and import that file."
_UNPACK = "Unpack it and import the files in it."

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "compressed with gzip", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"%PDF-", "a PDF document", "Import the data that it was made from, or record its claims one by one."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office file, such as XLS", _SPREADSHEET),
    (b"PAR1", "a Parquet file", "To move records between installations, export them as attest_json."),
    (b"SQLite format 3\0", "an SQLite database", "Export its tables as CSV or JSON."),
    (b"\x89PNG", "an image (PNG)", "Import the data that it was made from."),
    (b"\xff\xd8\xff", "an image (JPEG)", "Import the data that it was made from."),
    (b"{\\rtf", "an RTF document", "Save its table as CSV in UTF-8 and import that file."),
)

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ZIP_MEMBERS: tuple[tuple[bytes, str, str], ...] = (
    (b"xl/", "an Excel workbook (XLSX)", _SPREADSHEET),
    (b"word/", "a Word document (DOCX)", "Save its table as CSV in UTF-8 and import that file."),
    (b"ppt/", "a PowerPoint presentation (PPTX)", "Save its table as CSV in UTF-8 and import that file."),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet (ODS)", _SPREADSHEET),
    (b"opendocument.text", "an OpenDocument text (ODT)", "Save its table as CSV in UTF-8 and import that file."),
)

_XML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<!?\s*([\w:-]+)", re.DOTALL)
_DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_MAX_NAMED = 12
_EXPORT_COLUMNS = frozenset({"claim_id", "version", "figure", "statement"})
_EXPORT_MEMBERS = frozenset({"content_hash", "address", "statement"})
_OWN_EXPORT = (
    "it is an export for analysis, which cannot be imported again. Export with format=attest_json or "
    "format=attest_csv to move records between installations"
)


def describe_container(head: bytes) -> str | None:
    """Return what a file is that is not text, as a sentence and the next step; None if it may be text."""
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        for member, name, step in _ZIP_MEMBERS:
            if member in head:
                return f"The file is {name}. {step}"
        # The directory of a workbook is at its end, and its first member has this name.
        if b"[Content_Types].xml" in head:
            return f"The file is a Microsoft Office file, such as XLSX. {_SPREADSHEET}"
        return f"The file is a ZIP archive. {_UNPACK}"
    for signature, name, step in _SIGNATURES:
        if head.startswith(signature):
            return f"The file is {name}. {step}"
    return None


def is_own_linked_data(members: Iterable[str]) -> bool:
    """Return True for the members of the JSON-LD that Attest exports: it contains reviews, but is no ClaimReview."""
    return any(member.startswith("attest:") for member in members)


def describe_text(
    text: str, encoding: str, columns_of: Mapping[str, Iterable[str]], members_of: Mapping[str, Iterable[str]]
) -> str:
    """Describe the beginning of a text in no known format, with the nearest format, in one or two sentences.

    `columns_of` and `members_of` give the columns of the known tables, and the members of the known JSON objects, by
    the name of their format.
    """
    if not text.strip():
        return "The file is empty."
    if text.lstrip()[:1] in {"{", "["}:
        return _describe_json(text, members_of)
    if text.lstrip().startswith("<") and (element := _XML.match(text)):
        kind = "a web page (HTML)" if element[1].lower() in {"doctype", "html"} else f"XML ({element[1][:40]})"
        return f"The file is {kind}. XML and HTML cannot be imported; send the data as JSON or CSV."
    return _describe_table(text, encoding, columns_of)


def _describe_json(text: str, members_of: Mapping[str, Iterable[str]]) -> str:
    members = list(dict.fromkeys(re.findall(r'"((?:[^"\\\n]|\\.){1,100})"\s*:', text[:20_000])))
    if set(members) >= _EXPORT_MEMBERS:
        return f"The file is JSON as Attest's format `jsonl` writes it: {_OWN_EXPORT}."
    if is_own_linked_data(members):
        return f"The file is JSON as Attest's format `json_ld` writes it: {_OWN_EXPORT}."
    seen = f"with the members {_listed(members)}" if members else "without any members"
    return f"The file is JSON {seen}. {_nearest(members, members_of, 'members')}"


def _describe_table(text: str, encoding: str, columns_of: Mapping[str, Iterable[str]]) -> str:
    first_line, rest = [*re.split(r"\r\n|\r|\n", text, maxsplit=1), ""][:2]
    delimiter = delimiter_line(first_line)
    heading = re.split(r"[\r\n]", rest, maxsplit=1)[0] if delimiter else first_line
    candidate = max(",;\t|", key=heading.count)
    delimiter = delimiter or candidate
    if delimiter not in heading:
        return f"The file is text in {encoding} without a table or JSON: its first line has no delimiter."
    try:
        columns = [name.strip() for name in next(csv.reader([heading], delimiter=delimiter), [])]
    except csv.Error:
        columns = [heading]
    if {name.casefold() for name in columns} >= _EXPORT_COLUMNS:
        return f"The file is a table as Attest's format `csv` writes it: {_OWN_EXPORT}."
    separated = f"separated by {_DELIMITER_NAMES.get(delimiter, repr(delimiter))}"
    seen = f"The file is a table in {encoding}, {separated}, with the columns {_listed(columns)}."
    return f"{seen} {_nearest(columns, columns_of, 'columns')}"


def _nearest(names: Iterable[str], names_of: Mapping[str, Iterable[str]], noun: str) -> str:
    """Say which known format shares most names, and which of its names are missing."""
    present = {name.casefold() for name in names}
    shared = {known: [name for name in listed if name.casefold() in present] for known, listed in names_of.items()}
    nearest = max(shared, key=lambda known: len(shared[known]))
    if not shared[nearest]:
        own = next(iter(names_of))
        return f"No format has these {noun}. The nearest is {own}, Attest's own, which needs the {noun} record and key."
    missing = [name for name in names_of[nearest] if name.casefold() not in present]
    return f"The nearest format is {nearest}, which also needs the {noun} {_listed(missing)}."


def _listed(names: list[str]) -> str:
    listed = ", ".join(name[:60] or "(no name)" for name in names[:_MAX_NAMED])
    return f"{listed} and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else listed
