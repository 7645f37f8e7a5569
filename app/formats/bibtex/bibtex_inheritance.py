"""What entries of BibLaTeX (and BibTeX) have from others: `crossref` and `xdata`, after the manual's appendix B.

An entry has of its parent what it does not say itself; a collection's title is the title of the book that a part of it
is in. `xdata` are fields that several entries share, as a whole or one by one (`xdata=key-field-position` in the place
of a value). Of entries that lead around in circles each counts once; a reference to what there is not stays as it is,
and so does one that leads back to its own field. What an entry may have from others is bounded.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from app.formats.bibtex.bibtex_limits import FaultyError, Room, Share
from app.formats.bibtex.bibtex_names import split
from app.formats.bibtex.bibtex_parser import Entry

_NEVER = frozenset(
    {
        *("ids", "crossref", "xref", "xdata", "entryset", "entrysubtype", "execute", "label", "options", "presort"),
        *("related", "relatedoptions", "relatedstring", "relatedtype", "shortauthor", "shorttitle", "shorthand"),
        *("sortkey", "sortname", "sorttitle", "sortyear", "sortshorthand", "indextitle", "indexsorttitle"),
    }
)
_TITLES = {"title": "booktitle", "subtitle": "booksubtitle", "titleaddon": "booktitleaddon"}
_MAIN_TITLES = {"title": "maintitle", "subtitle": "mainsubtitle", "titleaddon": "maintitleaddon"}
_REFERENCE = re.compile(r"xdata\s*=\s*(?P<key>\S.*?)-(?P<field>[a-z]+)(?:-(?P<position>\d{1,4}))?", re.IGNORECASE)
_LONGEST_WAY = 8
"""Most entries, or references, that lead from one to the next: manuals have three."""
_Way: TypeAlias = tuple[tuple[str, str], ...]
"""Fields of `@xdata` that lead from one to the next, each by the entry's key and its own name."""

_VOLUMES = frozenset({"mvbook", "mvcollection", "mvproceedings", "mvreference"})
_PARTS = frozenset(
    {"inbook", "bookinbook", "suppbook", "incollection", "suppcollection", "inproceedings", "conference", "inreference"}
)


class Kin:
    """The entries of a file, by their keys and aliases."""

    def __init__(self, entries: Iterable[Entry], room: Room) -> None:
        self._room = room
        self._by_key: dict[str, Entry] = {}
        self._sizes: dict[str, int] = {}
        self._lists: dict[tuple[str, str], list[str]] = {}
        for entry in entries:
            for key in (entry.key, *listed(entry.fields.get("ids"))):
                self._by_key.setdefault(key, entry)

    def fields(self, entry: Entry) -> dict[str, str]:
        """The fields of an entry, those that it has from others included.

        Raises FaultyError for one that has too much from others, or over too many of them.
        """
        share = Share(self._room)
        found = self._fields(entry, {id(entry)}, share, _LONGEST_WAY)
        return {name: self._resolved(name, value, share, ()) for name, value in found.items()}

    def _resolved(self, name: str, value: str, share: Share, way: _Way) -> str:
        """A value with what its references stand for; `way`: the fields that led to it."""
        if "xdata" not in value.lower() or len(way) == _LONGEST_WAY:
            return value
        return " and ".join(self._referred(name, part, share, way) for part in split(value, "and"))

    def _referred(self, name: str, part: str, share: Share, way: _Way) -> str:
        found = _REFERENCE.fullmatch(part)
        if found is None:
            return part
        key, field = found["key"], found["field"].lower()
        value = self._shared(key, field, found["position"])
        if value is None or (key, field) in way:
            return part
        share.take(name, len(value))
        return self._resolved(name, value, share, (*way, (key, field)))

    def _shared(self, key: str, field: str, position: str | None) -> str | None:
        """What a field of an `@xdata` says, or what it lists at a position; None if there is no such thing."""
        entry = self._by_key.get(key)
        if entry is None or entry.kind != "xdata" or field not in entry.fields:
            return None
        if position is None:
            return entry.fields[field]
        if (key, field) not in self._lists:
            # Kept: a list that is referred to name by name would be taken apart for each of them.
            self._lists[key, field] = split(entry.fields[field], "and")
        listed = self._lists[key, field]
        return listed[int(position) - 1] if 0 < int(position) <= len(listed) else None

    def _fields(self, entry: Entry, seen: set[int], share: Share, way: int) -> dict[str, str]:
        """An entry's fields and those that it has over so many others at most, none of which was seen before."""
        found = dict(entry.fields)
        for key in listed(entry.fields.get("xdata")):
            if (shared := self._unseen(key, "xdata", seen, share, way)) is not None:
                for name, value in self._fields(shared, seen, share, way - 1).items():
                    found.setdefault(name, value)
        parent = self._unseen(entry.fields.get("crossref", "").strip(), "crossref", seen, share, way)
        if parent is not None:
            _inherit(found, entry.kind, parent.kind, self._fields(parent, seen, share, way - 1))
        return found

    def _unseen(self, key: str, field: str, seen: set[int], share: Share, way: int) -> Entry | None:
        """The entry that a field names; None if there is none, or it has been seen. From now on it has."""
        entry = self._by_key.get(key)
        if entry is None or id(entry) in seen:
            return None
        if not way:
            raise FaultyError(field, f"must not lead over more than {_LONGEST_WAY} entries, from one to the next")
        share.take(field, self._size(key, entry))
        seen.add(id(entry))
        return entry

    def _size(self, key: str, entry: Entry) -> int:
        """How many characters an entry's fields have, their names included; counted once."""
        if key not in self._sizes:
            self._sizes[key] = sum(len(name) + len(value) for name, value in entry.fields.items())
        return self._sizes[key]


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
