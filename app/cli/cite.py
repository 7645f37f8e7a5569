"""`attest cite`: citations, and what has become of them."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import FAILED, AsJson, checked, database, desk, fail, print_json, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.schemas.files.citation import Citation
    from app.schemas.files.publication import House, PublishedClaim
    from app.schemas.query_parameters import CitationQuery

_TELLING = ("altered", "retracted", "corrected", "status_changed", "unknown")


def cite(
    refs: Annotated[
        list[str] | None,
        typer.Argument(help="Claims (clm_…, or clm_…@3 for version 3), documents (doc_…) or sources (src_…)."),
    ] = None,
    check: Annotated[
        list[Path] | None,
        typer.Option(help="Read a reference list (.bib, .ris, .csl.json, any text) and say what has become of it."),
    ] = None,
    format: Annotated[str, typer.Option(help="How to write it: bibliography, bibtex, ris, …")] = "bibliography",
    include: Annotated[str, typer.Option(help="statement, decision, or both with a comma between them.")] = "statement",
    style: Annotated[
        str | None, typer.Option(help="Citation style of a formatted list: its name, or a file that ends with .csl.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="Language of a formatted list, BCP 47.")] = None,
    topic: Annotated[str | None, typer.Option(help="All claims that answer this question (id or key).")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="All claims about this.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="All claims of which we concluded this.")] = None,
    q: Annotated[str | None, typer.Option("--query", "-q", help="All claims with these words.")] = None,
    as_of: Annotated[str | None, typer.Option(help="From what was recorded at this moment.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.")
    ] = None,
    proofs: Annotated[
        Path | None, typer.Option(help="Folder for a .tlog-proof of each version of a claim that is cited.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cite claims, documents and sources; or check what has become of what was cited.

    Examples: [bold]attest cite clm_… --format bibtex -o refs.bib --proofs proofs[/bold]; [bold]attest cite --check
    refs.bib[/bold]
    """
    if check:
        _check(check, as_json)
        return
    from app.formats.citations.citation_formats import CITATION_FORMATS
    from app.schemas.files.citation import Rendering
    from app.schemas.query_parameters import CitationQuery

    own = None if style is None or not style.endswith(".csl") else _text_of(Path(style))
    named = style if own is None else None
    house = _house()
    picks = _picks(refs or [])
    asked = {"format": format, "include": include, "style": named, "locale": locale, "as_of": as_of, **picks}
    asked |= {"topic": topic, "kind": kind, "status": status, "q": q}
    query = checked(CitationQuery, {name: value for name, value in asked.items() if value not in (None, [])})
    if format not in CITATION_FORMATS:
        fail(f"--format: must be one of {', '.join(CITATION_FORMATS)}", code=2)
    with database() as opened, opened.reading() as connection:
        listed = _proved(connection, _citations(connection, query, house), proofs)
        pieces = CITATION_FORMATS[format].write(listed, Rendering(own or query.style, query.locale, house.name))
        # What is refused is refused before a file is made.
        pieces = chain([next(pieces, "")], pieces)
        if output is None:
            sys.stdout.writelines(pieces)
        else:
            with output.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(pieces)


def _text_of(style: Path) -> str:
    try:
        return style.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"--style: {error}", code=2)


def _picks(refs: list[str]) -> dict[str, list[str]]:
    """Parameters that pick these, by what their ids begin with."""
    picks: dict[str, list[str]] = {}
    for ref in refs:
        name = {"clm": "claim", "doc": "document", "src": "cited_source"}.get(ref.partition("_")[0])
        if name is None:
            fail(f"{ref}: must be an id that begins with clm_, doc_ or src_", code=2)
        picks.setdefault(name, []).append(ref)
    return picks


def _house() -> "House":
    from app import settings
    from app.schemas.files.publication import House

    chosen = settings.load()
    return House(name=chosen.publisher, address=chosen.api_url)


def _citations(connection: "Connection", query: "CitationQuery", house: "House") -> "Iterator[Citation]":
    from app.services.publishing import citations

    return citations.asked(connection, query, desk(), house)


def _proved(connection: "Connection", listed: "Iterator[Citation]", folder: Path | None) -> "Iterator[Citation]":
    """The same, each with the proof of its claim's version in the folder, if one is wanted."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    for citation in listed:
        if folder is not None and citation.claim is not None:
            _prove(connection, citation.claim, folder)
        yield citation


def _prove(connection: "Connection", claim: "PublishedClaim", folder: Path) -> None:
    from app.formats.proofs.tlog_proof import SUFFIX
    from app.services.audit import log_proofs
    from app.services.audit.proof_files import tlog_proof_file

    proved = log_proofs.inclusion(connection, f"claim/{claim.id}", claim.version, desk())
    (folder / f"{claim.id}-v{claim.version}.{SUFFIX}").write_text(tlog_proof_file(proved), encoding="utf-8")


def _check(paths: list[Path], as_json: bool) -> None:
    from app.formats.citations.cited_versions import cited_versions
    from app.services.publishing import citation_checks

    told: list[dict[str, Any]] = []
    with database() as opened, opened.reading() as connection:
        for path in paths:
            # Whatever else stands in it: addresses are ASCII.
            found = list(cited_versions(path.read_bytes().decode("utf-8", errors="replace")))
            checks = citation_checks.check(connection, found, None, _house())
            for cited, one in zip(found, checks, strict=True):
                told.append({"file": str(path), "line": cited.line, **one.model_dump(mode="json")})
    if as_json:
        print_json(told)
    else:
        for row in told:
            say(f"{row['file']}:{row['line']}: {row['claim_id']} version {row['version']}: {_words(row)}")
        if not told:
            say("No version of a claim is cited there by its address (…/claims/clm_…/versions/…).")
    if any(row["state"] in _TELLING for row in told):
        raise typer.Exit(FAILED)


def _words(row: dict[str, Any]) -> str:
    return f"{row['state'].replace('_', ' ')}. {row['says']}"
