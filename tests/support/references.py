"""Reference lists parsed by third-party programs: pybtex, pandoc, rispy, mwparserfromhell, and a JSON schema.

Every reader returns the entries by their keys and uses the same names for the same fields; fields that a format lacks
are missing. Authors have `given`, `family`, `particle`, `suffix` or `literal` where the format distinguishes these;
otherwise they are strings.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema_rs
import mwparserfromhell
import pypandoc
import rispy
from pybtex.database import Person, parse_string

Entries = dict[str, dict[str, Any]]

SCHEMA = Path(__file__).parent.parent / "data" / "csl" / "csl-data.json"


@cache
def _schema() -> Any:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))


def csl_json(text: str) -> Entries:
    """Parse CSL-JSON and validate it against its official schema."""
    items = json.loads(text)
    _schema().validate(items)
    return {item["id"]: _csl(item) for item in items}


def _csl(item: Mapping[str, Any]) -> dict[str, Any]:
    names = [
        {
            {"non-dropping-particle": "particle", "dropping-particle": "particle"}.get(part, part): text
            for part, text in name.items()
        }
        for name in item.get("author", [])
    ]
    return {
        "title": item.get("title"),
        "authors": names,
        "container": item.get("container-title"),
        "publisher": item.get("publisher"),
        "issued": item.get("issued"),
        "accessed": _day(item.get("accessed")),
        "url": item.get("URL"),
        "archive_url": item.get("custom", {}).get("archive-url"),
        "language": item.get("language"),
        "genre": item.get("genre"),
        "note": item.get("note"),
        "type": item.get("type"),
    }


def _day(date: Mapping[str, Any] | None) -> str | None:
    return None if date is None else "-".join(f"{part:02}" for part in date["date-parts"][0])


def pandoc(text: str, dialect: str) -> Entries:
    """Parse BibTeX or BibLaTeX with pandoc, which also interprets the LaTeX."""
    items = pypandoc.convert_text(text, "csljson", format=dialect, extra_args=["--sandbox"])
    return {item["id"]: _csl(item) for item in json.loads(items)}


def pybtex(text: str) -> Entries:
    """Parse BibTeX with pybtex; the values are still LaTeX."""
    # pybtex rejects a file with any fault, including duplicate keys.
    database = parse_string(text, "bibtex")
    return {
        key: {
            "entry_type": entry.type,
            "authors": [_person(person) for person in entry.persons.get("author", [])],
            **{name.lower(): value for name, value in entry.fields.items()},
        }
        for key, entry in database.entries.items()
    }


def _person(person: Person) -> dict[str, str]:
    parts = {
        "given": [*person.first_names, *person.middle_names],
        "particle": person.prelast_names,
        "family": person.last_names,
        "suffix": person.lineage_names,
    }
    return {part: " ".join(names) for part, names in parts.items() if names}


def ris(text: str) -> Entries:
    """Parse RIS with rispy."""
    assert text.count("\r\n") == text.count("\n"), "every line must end with CRLF"
    entries = rispy.loads(text.replace("\r\n", "\n"))
    return {
        entry["id"]: {
            "type": entry["type_of_reference"],
            "title": entry.get("title"),
            "authors": entry.get("authors", []),
            "container": entry.get("secondary_title"),
            "publisher": entry.get("publisher"),
            "issued": entry.get("date"),
            "accessed": entry.get("access_date"),
            # rispy splits URLs at semicolons.
            "url": ";".join(entry["urls"]) if "urls" in entry else None,
            "archive_url": entry.get("file_attachments2"),
            "language": entry.get("language"),
            "genre": entry.get("type_of_work"),
            "notes": entry.get("notes", []),
            "unknown": entry.get("unknown_tag"),
        }
        for entry in entries
    }


def wikipedia(text: str) -> Entries:
    """Parse wikitext: each footnote holds one template, at most one comment, and nothing else."""
    entries: Entries = {}
    for tag in mwparserfromhell.parse(text).filter_tags(recursive=False):
        assert tag.tag == "ref"
        (template,) = tag.contents.filter_templates()
        assert not tag.contents.filter_wikilinks() + tag.contents.filter_external_links(matches=_has_brackets)
        rest = [node for node in tag.contents.nodes if node is not template]
        notes = [str(node.contents).strip() for node in rest if isinstance(node, mwparserfromhell.nodes.Comment)]
        assert len(notes) == len(rest) <= 1
        values = {str(param.name): str(param.value.strip_code(normalize=False)).strip() for param in template.params}
        comments = {str(param.name): param.value.filter_comments() for param in template.params}
        entries[str(tag.attributes[0].value)] = {
            "template": str(template.name).strip(),
            **{name: unescape(re.sub(r"<!--.*?-->", "", value)) for name, value in values.items()},
            "date_comment": [str(comment.contents).strip() for comment in comments.get("date", [])],
            "note": unescape(notes[0]) if notes else None,
        }
    return entries


def _has_brackets(link: Any) -> bool:
    return bool(link.brackets)


def markdown(text: str) -> Entries:
    """Parse GitHub's Markdown with pandoc: the text of each footnote and the targets of its links."""
    keys = re.findall(r"^\[\^([^\]]+)\]: ", text, re.MULTILINE)
    references = "\n\n".join(f"[^{key}]" for key in keys)
    document = json.loads(
        pypandoc.convert_text(
            f"{references}\n\n{text}", "json", format="commonmark+footnotes", extra_args=["--sandbox"]
        )
    )
    footnotes = [note["c"] for block in document["blocks"] for note in block["c"] if note["t"] == "Note"]
    entries: Entries = {}
    for key, blocks in zip(keys, footnotes, strict=True):
        (paragraph,) = blocks
        assert paragraph["t"] == "Para"
        links: list[str] = []
        entries[key] = {"text": _inlines(paragraph["c"], links), "links": links}
    return entries


def _inlines(inlines: list[dict[str, Any]], links: list[str]) -> str:
    text = ""
    for inline in inlines:
        if inline["t"] == "Link":
            links.append(inline["c"][2][0])
            text += _inlines(inline["c"][1], [])
        else:
            # Our footnotes contain no emphasis, code, HTML or images.
            text += inline["c"] if inline["t"] == "Str" else {"Space": " ", "SoftBreak": "\n"}[inline["t"]]
    return text


def quick_statements(text: str) -> list[list[list[str]]]:
    """Parse QuickStatements as its own program does: the commands of each item, without `LAST`."""
    items: list[list[list[str]]] = []
    for line in text.split("\n")[:-1]:
        if line == "CREATE":
            items.append([])
            continue
        last, *parts = line.strip().split("\t")
        assert last == "LAST"
        assert len(parts) % 2 == 0
        assert all(re.fullmatch(r"[PS]\d+|[LD][a-z_-]+", name) for name in parts[::2])
        items[-1].append([re.sub(r'^"(.*)"$', r"\1", part) for part in parts])
    return items
