"""What entries of BibLaTeX (and BibTeX) have from others: `crossref` and `xdata`, after the manual's appendix B.

An entry has of its parent what it does not say itself; a collection's title is the title of the book that a part of it
is in. `xdata` are fields that several entries share, as a whole or one by one (`xdata=key-field-position` in the place
of a value). Of entries that lead around in circles each counts once; a reference to what there is not stays as it is.
"""

import re
from collections.abc import Iterable, Mapping

from app.formats.bibtex_file import Entry
from app.formats.bibtex_names import split

_NEVER = frozenset(
    {
        *("ids", "crossref", "xref", "xdata", "entryset", "entrysubtype", "execute", "label", "options", "presort"),
        *("related", "relatedoptions", "relatedstring", "relatedtype", "shortauthor", "shorttitle", "shorthand"),
        *("sortkey", "sortname", "sorttitle", "sortyear", "sortshorthand", "indextitle", "indexsorttitle"),
    }
)
_TITLES = {"title": "booktitle", "subtitle": "booksubtitle", "titleaddon": "booktitleaddon"}
_MAIN_TITLES = {"title": "maintitle", "subtitle": "mainsubtitle", "titleaddon": "maintitleaddon"}
_REFERENCE = re.compile(r"xdata\s*=\s*(?P<key>.+?)-(?P<field>[a-z]+)(?:-(?P<position>\d{1,4}))?", re.IGNORECASE)
_LONGEST_WAY = 8
_VOLUMES = frozenset({"mvbook", "mvcollection", "mvproceedings", "mvreference"})
_PARTS = frozenset(
    {"inbook", "bookinbook", "suppbook", "incollection", "suppcollection", "inproceedings", "conference", "inreference"}
)


class Kin:
    """The entries of a file, by their keys and aliases."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_key: dict[str, Entry] = {}
        for entry in entries:
            for key in (entry.key, *listed(entry.fields.get("ids"))):
                self._by_key.setdefault(key, entry)

    def fields(self, entry: Entry) -> dict[str, str]:
        """The fields of an entry, those that it has from others included."""
        return {name: self._resolved(value, _LONGEST_WAY) for name, value in self._fields(entry, set()).items()}

    def _resolved(self, value: str, way: int) -> str:
        if "xdata" not in value.lower() or not way:
            return value
        parts = split(value, "and")
        return " and ".join(self._named(part, way) for part in parts)

    def _named(self, part: str, way: int) -> str:
        found = _REFERENCE.fullmatch(part)
        entry = self._by_key.get(found["key"]) if found is not None else None
        if found is None or entry is None or entry.kind != "xdata" or found["field"].lower() not in entry.fields:
            return part
        value = entry.fields[found["field"].lower()]
        if found["position"] is not None:
            listed = split(value, "and")
            position = int(found["position"])
            if not 0 < position <= len(listed):
                return part
            value = listed[position - 1]
        return self._resolved(value, way - 1)

    def _fields(self, entry: Entry, seen: set[int]) -> dict[str, str]:
        seen.add(id(entry))
        found = dict(entry.fields)
        for key in listed(entry.fields.get("xdata")):
            shared = self._by_key.get(key)
            if shared is not None and id(shared) not in seen:
                for name, value in self._fields(shared, seen).items():
                    found.setdefault(name, value)
        parent = self._by_key.get(entry.fields.get("crossref", "").strip())
        if parent is not None and id(parent) not in seen:
            _inherit(found, entry.kind, parent.kind, self._fields(parent, seen))
        return found


def listed(value: str | None) -> list[str]:
    """The keys in a field that lists some."""
    return [key for part in (value or "").split(",") if (key := part.strip())]


def _inherit(found: dict[str, str], kind: str, parent: str, given: Mapping[str, str]) -> None:
    titles = _MAIN_TITLES if parent in _VOLUMES else _TITLES
    if kind not in _PARTS and parent not in _VOLUMES:
        titles = {}
    dated = bool(found.keys() & {"date", "year"})
    for name, value in given.items():
        if name in _NEVER or (dated and name in {"date", "year", "month"}):
            continue
        found.setdefault(titles.get(name, name), value)
