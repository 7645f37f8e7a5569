"""`python -m benchmarks.csl_suite FOLDER`: how much of the CSL test suite the processor passes.

FOLDER is `processor-tests/humans` of citation-style-language/test-suite, which is not part of Attest. Each file gives a
style, items and the text that comes out. Driven are lists, and citations of a single point; not those that depend on a
manuscript as it is edited (CITATIONS), nor what a caller must tell of positions, for pandoc works these out itself.
Styles for notes are run as styles for texts: pandoc makes sentences of footnotes, which the suite does not.
"""

import html
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from app.formats.citations.csl_processor import program
from app.formats.citations.pandoc_json import PANDOC_API_VERSION
from benchmarks.screen import results as out

AT_ONCE = 2
PASSED, FAILED, LEFT = "passed", "failed", "not driven"

_SECTION = re.compile(r">>=+ *([A-Z0-9-]+) *=+>>\n(.*?)\n?<<=+ *\1 *=+<<", re.DOTALL)
_AROUND = {
    "Emph": ("<i>", "</i>"),
    "Strong": ("<b>", "</b>"),
    "Superscript": ("<sup>", "</sup>"),
    "Subscript": ("<sub>", "</sub>"),
    "SmallCaps": ('<span style="font-variant:small-caps;">', "</span>"),
    "Underline": ('<span style="text-decoration:underline;">', "</span>"),
}
_BLOCKS = ("csl-left-margin", "csl-right-inline", "csl-block", "csl-indent")
_LABELS = {"page": "p. ", "chapter": "chap. ", "section": "sec. ", "volume": "vol. ", "paragraph": "para. "}
_KNOWN = {"id", "prefix", "suffix", "locator", "label", "suppress-author", "uris", "uri", "item", "itemData"}


def main() -> None:
    """Run all of it, and say what came of it."""
    files = sorted(Path(sys.argv[1]).glob("*.txt"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(files, pool.map(_run, files), strict=True))
    for mode in ("bibliography", "citation"):
        counts = Counter(result for one, result in found.values() if one == mode)
        driven = counts[PASSED] + counts[FAILED]
        share = f"{counts[PASSED] / driven:.1%}" if driven else "–"
        out.print(f"{mode}: {counts[PASSED]} of {driven} passed ({share}), {counts[LEFT]} not driven")
    if "--failed" in sys.argv:
        for file, (_, result) in found.items():
            if result == FAILED:
                out.print(file.stem)


def _run(file: Path) -> tuple[str, str]:
    parts = dict(_SECTION.findall(file.read_text(encoding="utf-8")))
    mode = parts["MODE"].strip()
    items = json.loads(parts["INPUT"])
    for number, one in enumerate(items):
        one["id"] = str(one.get("id", f"none-{number}"))
    style = parts["CSL"].strip()
    if mode == "citation":
        style = re.sub(r'class="note"', 'class="in-text"', style, count=1)
        asked = json.loads(parts.get("CITATION-ITEMS") or "null") or [[{"id": one["id"]} for one in items]]
        strange = {name for cluster in asked for cite in cluster for name in cite} - _KNOWN
        whole = all("id" in cite for cluster in asked for cite in cluster)
        # Pandoc reads locators in the words of the language of the style.
        placed = "default-locale" in style and any("locator" in cite for cluster in asked for cite in cluster)
        if "CITATIONS" in parts or strange or not whole or placed or 'position="' in style:
            return mode, LEFT
        told = _told(style, items, [[_cite(cite) for cite in cluster] for cluster in asked])
    elif "CITATIONS" in parts or "BIBSECTION" in parts:
        return mode, LEFT
    else:
        told = _told(style, items, [])
    return mode, PASSED if _plain(told) == _plain(parts["RESULT"]) else FAILED


def _cite(cite: dict[str, Any]) -> dict[str, Any]:
    locator = ""
    if cite.get("locator"):
        label = cite.get("label", "page")
        locator = f", {{{_LABELS.get(label, label + ' ')}{cite['locator']}}}"
    return {
        "citationId": str(cite["id"]),
        "citationPrefix": _words(cite.get("prefix", "")),
        "citationSuffix": _words(locator + cite.get("suffix", "")),
        "citationMode": {"t": "SuppressAuthor" if cite.get("suppress-author") else "NormalCitation"},
        "citationNoteNum": 0,
        "citationHash": 0,
    }


def _words(text: str) -> list[dict[str, Any]]:
    return [{"t": "Space"} if part.isspace() else {"t": "Str", "c": part} for part in re.split(r"( +)", text) if part]


def _told(style: str, items: list[dict[str, Any]], clusters: list[list[dict[str, Any]]]) -> str:
    # Numbers go by the order in which items are given, so all are cited once before.
    every = [_cite({"id": one["id"]}) for one in items]
    first = [every] if clusters else []
    blocks = [{"t": "Para", "c": [{"t": "Cite", "c": [cluster, []]}]} for cluster in [*first, *clusters]]
    nocite = {"t": "MetaInlines", "c": [{"t": "Cite", "c": [[_cite({"id": "*"})], [{"t": "Str", "c": "@*"}]]}]}
    document = {
        "pandoc-api-version": PANDOC_API_VERSION,
        "meta": {} if clusters else {"nocite": nocite},
        "blocks": blocks,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "style.csl").write_text(style, encoding="utf-8")
        (folder / "items.json").write_text(json.dumps(items), encoding="utf-8")
        command = [str(program()), "--quiet", "--from=json", "--to=json", "--citeproc"]
        command += [f"--csl={folder / 'style.csl'}", f"--bibliography={folder / 'items.json'}"]
        done = subprocess.run(
            command, input=json.dumps(document).encode(), capture_output=True, timeout=60, check=False
        )
    if done.returncode:
        return "refused"
    made = json.loads(done.stdout)["blocks"]
    if clusters:
        notes = [block["c"] for block in made if block["t"] == "Para"][1:]
        return "\n".join(_line(nodes) for nodes in notes)
    refs: list[Any] = next((block["c"][1] for block in made if block["t"] == "Div" and block["c"][0][0] == "refs"), [])
    entries = [f'  <div class="csl-entry">{_line(_inlines(entry["c"][1]))}</div>' for entry in refs]
    return "\n".join(['<div class="csl-bib-body">', *entries, "</div>"])


def _inlines(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["t"] in ("Para", "Plain"):
            yield from block["c"]
        elif block["t"] == "Div":
            yield from _inlines(block["c"][1])


def _line(nodes: Iterable[dict[str, Any]]) -> str:
    return "".join(_node(node) for node in nodes)


def _node(node: dict[str, Any]) -> str:  # noqa: PLR0911 - a kind of node, a line
    kind, inner = node["t"], node.get("c")
    if kind == "Str":
        return html.escape(inner, quote=False) if inner else ""
    if inner is None:
        return " "
    if kind == "Note":
        return _line(_inlines(inner))
    if kind in _AROUND:
        return _AROUND[kind][0] + _line(inner) + _AROUND[kind][1]
    if kind == "Quoted":
        return f"“{_line(inner[1])}”" if inner[0]["t"] == "DoubleQuote" else f"‘{_line(inner[1])}’"
    if kind == "Span":
        block = next((one for one in inner[0][1] if one in _BLOCKS), None)
        if "nodecor" in inner[0][1]:
            return f'<span style="font-style:normal;">{_line(inner[1])}</span>'
        return f'<div class="{block}">{_line(inner[1])}</div>' if block else _line(inner[1])
    return _line(inner[1]) if kind in ("Link", "Cite") else ""


def _plain(text: str) -> str:
    """What counts: not which of two ways a character is written, nor where lines break."""
    said = re.sub(r"[ \t\n]+", " ", unicodedata.normalize("NFC", html.unescape(text)))
    return re.sub(r" *(</?div[^>]*>) *", r"\1", said).strip()


if __name__ == "__main__":
    main()
