"""Fields that entries of BibLaTeX (and BibTeX) inherit by `crossref` and `xdata`: BibLaTeX manual, appendix B.

An entry inherits from its parent the fields that it lacks. The title of a collection becomes the book title of its
parts. `xdata` entries hold fields that several entries share, either all of them or one at a time
(`xdata=key-field-position` in place of a value). In a cycle of entries each entry counts once. A reference to nothing,
or back to its own field, stays in the text as it is. The amount that an entry inherits is limited.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from app.formats.bibtex.bibtex_limits import BibtexEntryError, EntryBudget, FileBudget
from app.formats.bibtex.bibtex_names import split_list
from app.formats.bibtex.bibtex_parser import BibtexEntry

_NOT_INHERITED = frozenset(
    {
        *("ids", "crossref", "xref", "xdata", "entryset", "entrysubtype", "execute", "label", "options", "presort"),
        *("related", "relatedoptions", "relatedstring", "relatedtype", "shortauthor", "shorttitle", "shorthand"),
        *("sortkey", "sortname", "sorttitle", "sortyear", "sortshorthand", "indextitle", "indexsorttitle"),
    }
)
_TITLES = {"title": "booktitle", "subtitle": "booksubtitle", "titleaddon": "booktitleaddon"}
_MAIN_TITLES = {"title": "maintitle", "subtitle": "mainsubtitle", "titleaddon": "maintitleaddon"}
_REFERENCE = re.compile(r"xdata\s*=\s*(?P<key>\S.*?)-(?P<field>[a-z]+)(?:-(?P<position>\d{1,4}))?", re.IGNORECASE)
_MAX_CHAIN_LENGTH = 8
"""Entries, or references, in a chain from one to the next. Examples in manuals have three."""
_ReferencePath: TypeAlias = tuple[tuple[str, str], ...]
"""The chain of `@xdata` fields followed so far, each as the key of its entry and the name of the field."""

_VOLUMES = frozenset({"mvbook", "mvcollection", "mvproceedings", "mvreference"})
_PARTS = frozenset(
    {"inbook", "bookinbook", "suppbook", "incollection", "suppcollection", "inproceedings", "conference", "inreference"}
)


class InheritanceResolver:
    """Resolves the inherited fields of the entries of one file, which it finds by their keys and aliases."""

    def __init__(self, entries: Iterable[BibtexEntry], budget: FileBudget) -> None:
        self._budget = budget
        self._entries_by_key: dict[str, BibtexEntry] = {}
        self._sizes: dict[str, int] = {}
        self._lists: dict[tuple[str, str], list[str]] = {}
        for entry in entries:
            for key in (entry.key, *split_keys(entry.fields.get("ids"))):
                self._entries_by_key.setdefault(key, entry)

    def fields(self, entry: BibtexEntry) -> dict[str, str]:
        """The fields of an entry, including those that it inherits.

        Raises BibtexEntryError for an entry that inherits too much, or through too long a chain of entries.
        """
        budget = EntryBudget(self._budget)
        fields = self._fields(entry, {id(entry)}, budget, _MAX_CHAIN_LENGTH)
        return {name: self._resolve_value(name, value, budget, ()) for name, value in fields.items()}

    def _resolve_value(self, name: str, value: str, budget: EntryBudget, path: _ReferencePath) -> str:
        """A value in which `xdata` references are replaced by their targets; `path` holds the fields that led here."""
        if "xdata" not in value.lower() or len(path) == _MAX_CHAIN_LENGTH:
            return value
        return " and ".join(self._resolve_item(name, item, budget, path) for item in split_list(value, "and"))

    def _resolve_item(self, name: str, item: str, budget: EntryBudget, path: _ReferencePath) -> str:
        reference = _REFERENCE.fullmatch(item)
        if reference is None:
            return item
        key, field = reference["key"], reference["field"].lower()
        value = self._xdata_value(key, field, reference["position"])
        if value is None or (key, field) in path:
            return item
        budget.spend(name, len(value))
        return self._resolve_value(name, value, budget, (*path, (key, field)))

    def _xdata_value(self, key: str, field: str, position: str | None) -> str | None:
        """The value of a field of an `@xdata` entry, or its list item at a position from 1; None if there is none."""
        entry = self._entries_by_key.get(key)
        if entry is None or entry.kind != "xdata" or field not in entry.fields:
            return None
        if position is None:
            return entry.fields[field]
        if (key, field) not in self._lists:
            # Cached, because a list that is referenced item by item would be split again for each of them.
            self._lists[key, field] = split_list(entry.fields[field], "and")
        items = self._lists[key, field]
        return items[int(position) - 1] if 0 < int(position) <= len(items) else None

    def _fields(self, entry: BibtexEntry, seen: set[int], budget: EntryBudget, steps_left: int) -> dict[str, str]:
        """The fields of an entry, including those over at most `steps_left` entries that are not in `seen`."""
        fields = dict(entry.fields)
        for key in split_keys(entry.fields.get("xdata")):
            if (shared := self._take_unseen(key, "xdata", seen, budget, steps_left)) is not None:
                for name, value in self._fields(shared, seen, budget, steps_left - 1).items():
                    fields.setdefault(name, value)
        parent = self._take_unseen(entry.fields.get("crossref", "").strip(), "crossref", seen, budget, steps_left)
        if parent is not None:
            _inherit(fields, entry.kind, parent.kind, self._fields(parent, seen, budget, steps_left - 1))
        return fields

    def _take_unseen(
        self, key: str, field: str, seen: set[int], budget: EntryBudget, steps_left: int
    ) -> BibtexEntry | None:
        """The entry that a field names, which is marked as seen; None if there is none or it was seen before."""
        entry = self._entries_by_key.get(key)
        if entry is None or id(entry) in seen:
            return None
        if not steps_left:
            raise BibtexEntryError(field, f"must not inherit through more than {_MAX_CHAIN_LENGTH} entries")
        budget.spend(field, self._size(key, entry))
        seen.add(id(entry))
        return entry

    def _size(self, key: str, entry: BibtexEntry) -> int:
        """The length of an entry's fields in characters, including their names. Computed once per key."""
        if key not in self._sizes:
            self._sizes[key] = sum(len(name) + len(value) for name, value in entry.fields.items())
        return self._sizes[key]


def split_keys(value: str | None) -> list[str]:
    """The keys in a comma-separated field; no keys for None."""
    return [key for item in (value or "").split(",") if (key := item.strip())]


def _inherit(fields: dict[str, str], kind: str, parent_kind: str, parent_fields: Mapping[str, str]) -> None:
    """Add the fields of a parent that an entry of type `kind` lacks, under the names that they have in a child."""
    titles = _MAIN_TITLES if parent_kind in _VOLUMES else _TITLES
    if kind not in _PARTS and parent_kind not in _VOLUMES:
        titles = {}
    has_date = bool(fields.keys() & {"date", "year"})
    for name, value in parent_fields.items():
        # A child's year with a parent's month would be a date that neither of them has.
        if name in _NOT_INHERITED or (has_date and name in {"date", "year", "month"}):
            continue
        fields.setdefault(titles.get(name, name), value)
