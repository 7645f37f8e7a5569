"""Pandoc's document tree as JSON (pandoc-types 1.23): references in, formatted entries out.

Text goes in and comes out as string nodes of the tree, so markup in a title is never interpreted. HTML is generated
here, from the few kinds of nodes that a style can produce.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import msgspec

PANDOC_API_VERSION = [1, 23, 1]

Node = Mapping[str, Any]
"""A node of the tree: `t` is its kind, `c` its content."""

_SPACE = {"t": "Space"}
_QUOTED = re.compile(r'“([^“”"]+)”|"([^"“”]+)"')
_CITATION = {
    "citationPrefix": [],
    "citationSuffix": [],
    "citationMode": {"t": "NormalCitation"},
    "citationNoteNum": 0,
    "citationHash": 0,
}
_TAGS = {"Emph": "i", "Strong": "b", "Superscript": "sup", "Subscript": "sub", "Underline": "u"}
_CLASSES = frozenset({"csl-left-margin", "csl-right-inline", "csl-block", "csl-indent"})

_encode = msgspec.json.Encoder().encode


def build_document(references: Sequence[Mapping[str, Any]], locale: str, *, has_bibliography: bool) -> bytes:
    """A document that cites these references, as JSON.

    It has one list of all references, or one note on each if the style has no bibliography.
    """
    meta = {
        "references": {"t": "MetaList", "c": [_meta(reference) for reference in references]},
        "lang": {"t": "MetaInlines", "c": text_nodes(locale)},
    }
    blocks: list[Node] = []
    if has_bibliography:
        meta["nocite"] = {"t": "MetaInlines", "c": [_cite("*")]}
    else:
        blocks = [{"t": "Para", "c": [_cite(str(reference["id"]))]} for reference in references]
    return _encode({"pandoc-api-version": PANDOC_API_VERSION, "meta": meta, "blocks": blocks})


def text_nodes(text: str) -> list[Node]:
    """A text as words and the spaces between them."""
    nodes: list[Node] = []
    for word in re.split(r"[ \t\r\n\u2028\u2029]+", text):
        nodes += [_SPACE, {"t": "Str", "c": word}] if nodes else [{"t": "Str", "c": word}]
    return [node for node in nodes if node.get("c") != ""]


def title_nodes(text: str, *, recase: bool) -> list[Node]:
    """A title, in which quotations are marked so that the style can choose their quotation marks.

    `recase` allows the style to change its capitals.
    """
    nodes: list[Node] = []
    last = 0
    for quotation in _QUOTED.finditer(text):
        nodes += _title_part(text[last : quotation.start()])
        nodes.append({"t": "Quoted", "c": [{"t": "DoubleQuote"}, text_nodes(quotation[1] or quotation[2])]})
        last = quotation.end()
    nodes += _title_part(text[last:])
    return nodes if recase else [{"t": "Span", "c": [["", ["nocase"], []], nodes]}]


def _title_part(text: str) -> list[Node]:
    before = [_SPACE] if text[:1].isspace() else []
    after = [_SPACE] if text[-1:].isspace() and text.strip() else []
    return [*before, *text_nodes(text.strip()), *after]


def _cite(identifier: str) -> Node:
    citation = {**_CITATION, "citationId": identifier}
    return {"t": "Cite", "c": [[citation], [{"t": "Str", "c": f"@{identifier}"}]]}


def _meta(value: Any) -> Node:
    """A value of CSL-JSON as a node of metadata. A list of nodes is formatted text and stays as it is."""
    if isinstance(value, dict):
        return {"t": "MetaMap", "c": {name: _meta(inner) for name, inner in value.items()}}
    if isinstance(value, bool):
        return {"t": "MetaBool", "c": value}
    if isinstance(value, int):
        return {"t": "MetaString", "c": str(value)}
    if isinstance(value, str):
        return {"t": "MetaInlines", "c": text_nodes(value)}
    if value and isinstance(value[0], dict) and "t" in value[0]:
        return {"t": "MetaInlines", "c": value}
    return {"t": "MetaList", "c": [_meta(inner) for inner in value]}


# --- formatted entries ---


def formatted_entries(
    document: bytes, keys: Sequence[str], *, has_bibliography: bool
) -> Iterator[tuple[str, list[Node]]]:
    """The formatted entries of a processed document: the id of each reference, and inline nodes.

    `keys` are the ids in the order of the notes. A bibliography has the order of the style and its own ids.
    """
    blocks: Sequence[Node] = msgspec.json.decode(document)["blocks"]
    if not has_bibliography:
        notes = [block["c"] for block in blocks if block["t"] == "Para"]
        yield from ((key, [*_inline_nodes(_note_content(nodes))]) for key, nodes in zip(keys, notes, strict=True))
        return
    for block in blocks:
        if block["t"] == "Div" and block["c"][0][0] == "refs":
            for entry in block["c"][1]:
                yield entry["c"][0][0].removeprefix("ref-"), [*_inline_nodes(entry["c"][1])]


def _note_content(nodes: Iterable[Node]) -> Iterator[Node]:
    """The content of a citation. A note style puts it into a footnote, any other style into the text."""
    for node in nodes:
        if node["t"] == "Cite":
            yield from _note_content(node["c"][1])
        elif node["t"] == "Note":
            yield from node["c"]
        else:
            yield node


def _inline_nodes(blocks: Iterable[Node]) -> Iterator[Node]:
    for block in blocks:
        if block["t"] in ("Para", "Plain"):
            yield from block["c"]
        elif block["t"] in ("Div", "BlockQuote"):
            yield from _inline_nodes(block["c"][1] if block["t"] == "Div" else block["c"])
        else:
            yield block


def to_plain_text(nodes: Iterable[Node]) -> str:
    """Nodes as plain text on one line."""
    return re.sub(r"[ \n\t]+", " ", "".join(_plain_text(node) for node in nodes)).strip(" ")


def _plain_text(node: Node) -> str:
    kind, inner = node["t"], node.get("c")
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind == "Str":
        return str(inner)
    if kind in ("Code", "Math", "RawInline"):
        return str(inner[1])  # type: ignore[index]  # the kind determines the content
    text = "".join(_plain_text(child) for child in _children(node))
    if kind == "Quoted":
        return f"“{text}”" if inner[0]["t"] == "DoubleQuote" else f"‘{text}’"  # type: ignore[index]  # as above
    # A number in the margin or a separate block needs a space on either side.
    return f" {text} " if kind == "Span" and _CLASSES & {*inner[0][1]} else text  # type: ignore[index]  # as above


def to_html(nodes: Iterable[Node]) -> str:
    """Nodes as HTML with a small set of elements. Links lead to http and https URLs only."""
    return "".join(_html(node) for node in nodes).strip()


def _html(node: Node) -> str:
    kind, inner = node["t"], node.get("c")
    if kind == "LineBreak":
        return "<br>"
    if inner is None or kind in ("Str", "Code", "Math", "RawInline"):
        return escape(_plain_text(node), quote=False)
    start, end = _html_tags(kind, inner)
    return f"{start}{''.join(_html(child) for child in _children(node))}{end}"


def _html_tags(kind: str, inner: Any) -> tuple[str, str]:
    """The start and end tags, or quotation marks, around the content of a node; empty for an unknown kind."""
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>", f"</{_TAGS[kind]}>"
    if kind == "SmallCaps":
        return '<span style="font-variant: small-caps">', "</span>"
    if kind == "Quoted":
        return ("“", "”") if inner[0]["t"] == "DoubleQuote" else ("‘", "’")
    if kind == "Link" and is_web_url(inner[2][0]):
        return f'<a href="{escape(inner[2][0])}">', "</a>"
    if kind == "Span" and (classes := sorted(_CLASSES & {*inner[0][1]})):
        return f'<span class="{" ".join(classes)}">', "</span>"
    return "", ""


def _children(node: Node) -> Sequence[Node]:
    """The child nodes of a node of any kind."""
    inner = node.get("c")
    if not isinstance(inner, list):
        return []
    if node["t"] in ("Span", "Link", "Quoted", "Cite"):
        children: Sequence[Node] = inner[1]
        return children
    return inner


def is_web_url(value: object) -> bool:
    """True for an http or https URL, which may become a link."""
    return isinstance(value, str) and re.match(r"https?://[^\s/]", value, re.IGNORECASE) is not None
