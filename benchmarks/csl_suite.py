"""`python -m benchmarks.csl_suite FOLDER`: how much of the CSL test suite the processor passes.

FOLDER is `processor-tests/humans` of citation-style-language/test-suite, which is not part of Attest. Each file gives a
style, items and the expected output. Bibliographies and citations at a single point are run. Tests that depend on a
manuscript while it is edited (CITATIONS) and tests that set positions are not run, because pandoc works out positions
itself. Note styles are run as in-text styles: pandoc turns footnotes into sentences, which the suite does not expect.
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
from benchmarks.screen import result_console as out

PARALLEL_RUNS = 2
PASSED, FAILED, SKIPPED = "passed", "failed", "not run"

_SECTION = re.compile(r">>=+ *([A-Z0-9-]+) *=+>>\n(.*?)\n?<<=+ *\1 *=+<<", re.DOTALL)
_MARKUP = {
    "Emph": ("<i>", "</i>"),
    "Strong": ("<b>", "</b>"),
    "Superscript": ("<sup>", "</sup>"),
    "Subscript": ("<sub>", "</sub>"),
    "SmallCaps": ('<span style="font-variant:small-caps;">', "</span>"),
    "Underline": ('<span style="text-decoration:underline;">', "</span>"),
}
_BLOCKS = ("csl-left-margin", "csl-right-inline", "csl-block", "csl-indent")
_LABELS = {"page": "p. ", "chapter": "chap. ", "section": "sec. ", "volume": "vol. ", "paragraph": "para. "}
_SUPPORTED_FIELDS = {"id", "prefix", "suffix", "locator", "label", "suppress-author", "uris", "uri", "item", "itemData"}


def main() -> None:
    """Run the whole suite and print the results."""
    files = sorted(Path(sys.argv[1]).glob("*.txt"))
    with ThreadPoolExecutor(PARALLEL_RUNS) as pool:
        outcomes = dict(zip(files, pool.map(_run, files), strict=True))
    for mode in ("bibliography", "citation"):
        counts = Counter(result for outcome_mode, result in outcomes.values() if outcome_mode == mode)
        driven = counts[PASSED] + counts[FAILED]
        share = f"{counts[PASSED] / driven:.1%}" if driven else "–"
        out.print(f"{mode}: {counts[PASSED]} of {driven} passed ({share}), {counts[SKIPPED]} not run")
    if "--failed" in sys.argv:
        for file, (_, result) in outcomes.items():
            if result == FAILED:
                out.print(file.stem)


def _run(file: Path) -> tuple[str, str]:
    parts = dict(_SECTION.findall(file.read_text(encoding="utf-8")))
    mode = parts["MODE"].strip()
    items = json.loads(parts["INPUT"])
    for number, item in enumerate(items):
        item["id"] = str(item.get("id", f"none-{number}"))
    style = parts["CSL"].strip()
    if mode == "citation":
        style = re.sub(r'class="note"', 'class="in-text"', style, count=1)
        clusters = json.loads(parts.get("CITATION-ITEMS") or "null") or [[{"id": item["id"]} for item in items]]
        unsupported = {name for cluster in clusters for cite in cluster for name in cite} - _SUPPORTED_FIELDS
        has_ids = all("id" in cite for cluster in clusters for cite in cluster)
        # Pandoc parses locators in the language of the style.
        has_localized_locators = "default-locale" in style and any(
            "locator" in cite for cluster in clusters for cite in cluster
        )
        if "CITATIONS" in parts or unsupported or not has_ids or has_localized_locators or 'position="' in style:
            return mode, SKIPPED
        output = _render(style, items, [[_cite(cite) for cite in cluster] for cluster in clusters])
    elif "CITATIONS" in parts or "BIBSECTION" in parts:
        return mode, SKIPPED
    else:
        output = _render(style, items, [])
    return mode, PASSED if _plain(output) == _plain(parts["RESULT"]) else FAILED


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


def _render(style: str, items: list[dict[str, Any]], clusters: list[list[dict[str, Any]]]) -> str:
    # Citation numbers follow the order of the items, so all items are cited once before.
    all_cites = [_cite({"id": item["id"]}) for item in items]
    first_cluster = [all_cites] if clusters else []
    blocks = [{"t": "Para", "c": [{"t": "Cite", "c": [cluster, []]}]} for cluster in [*first_cluster, *clusters]]
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
        result = subprocess.run(
            command, input=json.dumps(document).encode(), capture_output=True, timeout=60, check=False
        )
    if result.returncode:
        return "refused"
    output_blocks = json.loads(result.stdout)["blocks"]
    if clusters:
        notes = [block["c"] for block in output_blocks if block["t"] == "Para"][1:]
        return "\n".join(_line(nodes) for nodes in notes)
    refs: list[Any] = next(
        (block["c"][1] for block in output_blocks if block["t"] == "Div" and block["c"][0][0] == "refs"), []
    )
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


def _node(node: dict[str, Any]) -> str:  # noqa: PLR0911 - one return per kind of node
    kind, content = node["t"], node.get("c")
    if kind == "Str":
        return html.escape(content, quote=False) if content else ""
    if content is None:
        return " "
    if kind == "Note":
        return _line(_inlines(content))
    if kind in _MARKUP:
        return _MARKUP[kind][0] + _line(content) + _MARKUP[kind][1]
    if kind == "Quoted":
        return f"“{_line(content[1])}”" if content[0]["t"] == "DoubleQuote" else f"‘{_line(content[1])}’"
    if kind == "Span":
        block = next((class_name for class_name in content[0][1] if class_name in _BLOCKS), None)
        if "nodecor" in content[0][1]:
            return f'<span style="font-style:normal;">{_line(content[1])}</span>'
        return f'<div class="{block}">{_line(content[1])}</div>' if block else _line(content[1])
    return _line(content[1]) if kind in ("Link", "Cite") else ""


def _plain(text: str) -> str:
    """Normalize a text: equivalent characters and line breaks do not matter."""
    normalized = re.sub(r"[ \t\n]+", " ", unicodedata.normalize("NFC", html.unescape(text)))
    return re.sub(r" *(</?div[^>]*>) *", r"\1", normalized).strip()


if __name__ == "__main__":
    main()
