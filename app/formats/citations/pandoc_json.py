"""Pandoc's document tree as JSON (pandoc-types 1.23): references in, formatted entries out.

Text goes in as words of the tree and comes out as words of the tree. Nothing that somebody wrote into a title is ever
read as markup, and what leaves as HTML is written here, from the few kinds of nodes that a style can make.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import msgspec

VERSION = [1, 23, 1]

Node = Mapping[str, Any]
"""A node of the tree: `t` its kind, `c` what it holds."""

_SPACE = {"t": "Space"}
_QUOTED = re.compile(r'“([^“”"]+)”|"([^"“”]+)"')
_CITED = {
    "citationPrefix": [],
    "citationSuffix": [],
    "citationMode": {"t": "NormalCitation"},
    "citationNoteNum": 0,
    "citationHash": 0,
}
_TAGS = {"Emph": "i", "Strong": "b", "Superscript": "sup", "Subscript": "sub", "Underline": "u"}
_CLASSES = frozenset({"csl-left-margin", "csl-right-inline", "csl-block", "csl-indent"})

_encode = msgspec.json.Encoder().encode


def document(references: Sequence[Mapping[str, Any]], locale: str, *, lists: bool) -> bytes:
    """A document that has these references: a list of all of them, or a note on each."""
    meta = {
        "references": {"t": "MetaList", "c": [_meta(one) for one in references]},
        "lang": {"t": "MetaInlines", "c": words(locale)},
    }
    blocks: list[Node] = []
    if lists:
        meta["nocite"] = {"t": "MetaInlines", "c": [_cite("*")]}
    else:
        blocks = [{"t": "Para", "c": [_cite(str(one["id"]))]} for one in references]
    return _encode({"pandoc-api-version": VERSION, "meta": meta, "blocks": blocks})


def words(text: str) -> list[Node]:
    """A text as words and the blanks between them."""
    found: list[Node] = []
    for word in re.split(r"[ \t\r\n\u2028\u2029]+", text):
        found += [_SPACE, {"t": "Str", "c": word}] if found else [{"t": "Str", "c": word}]
    return [one for one in found if one.get("c") != ""]


def title(text: str, *, recase: bool) -> list[Node]:
    """A title: quotations in it are told to the style, which may need the other kind of marks around them."""
    found: list[Node] = []
    last = 0
    for quoted in _QUOTED.finditer(text):
        found += _part(text[last : quoted.start()])
        found.append({"t": "Quoted", "c": [{"t": "DoubleQuote"}, words(quoted[1] or quoted[2])]})
        last = quoted.end()
    found += _part(text[last:])
    return found if recase else [{"t": "Span", "c": [["", ["nocase"], []], found]}]


def _part(text: str) -> list[Node]:
    before = [_SPACE] if text[:1].isspace() else []
    after = [_SPACE] if text[-1:].isspace() and text.strip() else []
    return [*before, *words(text.strip()), *after]


def _cite(identifier: str) -> Node:
    cited = {**_CITED, "citationId": identifier}
    return {"t": "Cite", "c": [[cited], [{"t": "Str", "c": f"@{identifier}"}]]}


def _meta(value: Any) -> Node:
    if isinstance(value, dict):
        return {"t": "MetaMap", "c": {name: _meta(inner) for name, inner in value.items()}}
    if isinstance(value, bool):
        return {"t": "MetaBool", "c": value}
    if isinstance(value, int):
        return {"t": "MetaString", "c": str(value)}
    if isinstance(value, str):
        return {"t": "MetaInlines", "c": words(value)}
    if value and isinstance(value[0], dict) and "t" in value[0]:
        return {"t": "MetaInlines", "c": value}
    return {"t": "MetaList", "c": [_meta(inner) for inner in value]}


# --- out ---


def entries(told: bytes, asked: Sequence[str], *, lists: bool) -> Iterator[tuple[str, list[Node]]]:
    """The formatted entries of a document, each with its reference's id, as nodes within a line."""
    blocks: Sequence[Node] = msgspec.json.decode(told)["blocks"]
    if not lists:
        notes = [block["c"] for block in blocks if block["t"] == "Para"]
        yield from ((key, [*_lines(_unwrapped(nodes))]) for key, nodes in zip(asked, notes, strict=True))
        return
    for block in blocks:
        if block["t"] == "Div" and block["c"][0][0] == "refs":
            for entry in block["c"][1]:
                yield entry["c"][0][0].removeprefix("ref-"), [*_lines(entry["c"][1])]


def _unwrapped(nodes: Iterable[Node]) -> Iterator[Node]:
    """What a note says: a style of notes puts it into a footnote of the citation, any other into the text."""
    for node in nodes:
        if node["t"] == "Cite":
            yield from _unwrapped(node["c"][1])
        elif node["t"] == "Note":
            yield from node["c"]
        else:
            yield node


def _lines(blocks: Iterable[Node]) -> Iterator[Node]:
    for block in blocks:
        if block["t"] in ("Para", "Plain"):
            yield from block["c"]
        elif block["t"] in ("Div", "BlockQuote"):
            yield from _lines(block["c"][1] if block["t"] == "Div" else block["c"])
        else:
            yield block


def plain(nodes: Iterable[Node]) -> str:
    """Nodes as plain text, in one line."""
    return re.sub(r"[ \n\t]+", " ", "".join(_plain(node) for node in nodes)).strip(" ")


def _plain(node: Node) -> str:
    kind, inner = node["t"], node.get("c")
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind == "Str":
        return str(inner)
    if kind in ("Code", "Math", "RawInline"):
        return str(inner[1])  # type: ignore[index]  # what is inside goes by the kind
    text = "".join(_plain(one) for one in _held(node))
    if kind == "Quoted":
        return f"“{text}”" if inner[0]["t"] == "DoubleQuote" else f"‘{text}’"  # type: ignore[index]  # as above
    # A number in the margin, a block of its own: they stand apart from what is before and after.
    return f" {text} " if kind == "Span" and _CLASSES & {*inner[0][1]} else text  # type: ignore[index]  # as above


def html(nodes: Iterable[Node]) -> str:
    """Nodes as HTML, from a handful of elements; links lead to http and https alone."""
    return "".join(_html(node) for node in nodes).strip()


def _html(node: Node) -> str:
    kind, inner = node["t"], node.get("c")
    if kind == "LineBreak":
        return "<br>"
    if inner is None or kind in ("Str", "Code", "Math", "RawInline"):
        return escape(_plain(node), quote=False)
    before, after = _around(kind, inner)
    return f"{before}{''.join(_html(one) for one in _held(node))}{after}"


def _around(kind: str, inner: Any) -> tuple[str, str]:
    """What stands before and after the content of a node: nothing, unless it is of a kind that is known here."""
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>", f"</{_TAGS[kind]}>"
    if kind == "SmallCaps":
        return '<span style="font-variant: small-caps">', "</span>"
    if kind == "Quoted":
        return ("“", "”") if inner[0]["t"] == "DoubleQuote" else ("‘", "’")
    if kind == "Link" and is_web(inner[2][0]):
        return f'<a href="{escape(inner[2][0])}">', "</a>"
    if kind == "Span" and (classes := sorted(_CLASSES & {*inner[0][1]})):
        return f'<span class="{" ".join(classes)}">', "</span>"
    return "", ""


def _held(node: Node) -> Sequence[Node]:
    """The nodes within a node, whatever its kind."""
    inner = node.get("c")
    if not isinstance(inner, list):
        return []
    if node["t"] in ("Span", "Link", "Quoted", "Cite"):
        held: Sequence[Node] = inner[1]
        return held
    return inner


def is_web(address: object) -> bool:
    """True for an address that may be made a link."""
    return isinstance(address, str) and re.match(r"https?://[^\s/]", address, re.IGNORECASE) is not None
