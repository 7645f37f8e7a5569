"""`attest cite`: create citations, and check what has happened to cited versions."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import EXIT_FAILED, JsonOption, fail, open_database, print_json, print_text, superuser, validated

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.schemas.files.citation import Citation
    from app.schemas.files.publication import PublishedClaim, Publisher
    from app.schemas.query_parameters import CitationQuery

_FAILING_STATES = ("altered", "retracted", "corrected", "status_changed", "held_elsewhere", "unknown")
"""States of cited versions that make the check exit with code 1."""


def cite(
    refs: Annotated[
        list[str] | None,
        typer.Argument(help="Claims (clm_…, or clm_…@3 for version 3), documents (doc_…) or sources (src_…)."),
    ] = None,
    check: Annotated[
        list[Path] | None,
        typer.Option(
            help="Reference list (.bib, .ris, .csl.json or any text). Check whether the claims it cites have changed."
        ),
    ] = None,
    format: Annotated[str, typer.Option(help="Citation format: bibliography, bibtex, ris, …")] = "bibliography",
    include: Annotated[str, typer.Option(help="statement, decision, or both, separated by a comma.")] = "statement",
    style: Annotated[
        str | None, typer.Option(help="Citation style of a formatted list: its name, or a file that ends with .csl.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="Language of a formatted list, BCP 47.")] = None,
    topic: Annotated[str | None, typer.Option(help="Cite the claims of this topic (id or key).")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Cite the claims of this kind. Can be repeated.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="Cite the claims with this status. Can be repeated.")] = None,
    q: Annotated[str | None, typer.Option("--query", "-q", help="Cite the claims that contain these words.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Cite the record as it was at this time, e.g. 2025-01-12T18:00Z.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. The default is standard output.")
    ] = None,
    proofs: Annotated[
        Path | None, typer.Option(help="Folder for a .tlog-proof file of each cited version of a claim.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Cite claims, documents and sources, or check what has happened to claims since they were cited.

    Examples: [bold]attest cite clm_… --format bibtex -o refs.bib --proofs proofs[/bold]; [bold]attest cite --check
    refs.bib[/bold]
    """
    if check:
        _check(check, as_json)
        return
    from app.formats.citations.citation_formats import CITATION_FORMATS
    from app.schemas.files.citation import Rendering
    from app.schemas.query_parameters import CitationQuery

    style_file = None if style is None or not style.endswith(".csl") else _read_style(Path(style))
    style_name = style if style_file is None else None
    publisher = _publisher()
    ids = _ids_by_parameter(refs or [])
    fields = {"format": format, "include": include, "style": style_name, "locale": locale, "as_of": as_of, **ids}
    fields |= {"topic": topic, "kind": kind, "status": status, "q": q}
    query = validated(CitationQuery, {name: value for name, value in fields.items() if value not in (None, [])})
    if format not in CITATION_FORMATS:
        fail(f"--format: must be one of {', '.join(CITATION_FORMATS)}", code=2)
    with open_database() as database, database.reading() as connection:
        entries = _with_proofs(connection, _citations(connection, query, publisher), proofs)
        rendering = Rendering(style_file or query.style, query.locale, publisher.name)
        chunks = CITATION_FORMATS[format].render(entries, rendering)
        # Render the first chunk before the file is opened, so that a refused request leaves no empty file behind.
        chunks = chain([next(chunks, "")], chunks)
        if output is None:
            sys.stdout.writelines(chunks)
        else:
            with output.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(chunks)


def _read_style(style: Path) -> str:
    try:
        return style.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"--style: {error}", code=2)


def _ids_by_parameter(refs: list[str]) -> dict[str, list[str]]:
    """Group ids by the query parameter for objects with their prefix."""
    ids: dict[str, list[str]] = {}
    for ref in refs:
        name = {"clm": "claim", "doc": "document", "src": "cited_source"}.get(ref.partition("_")[0])
        if name is None:
            fail(f"{ref}: cannot be cited; ids begin with clm_, doc_ or src_", code=2)
        ids.setdefault(name, []).append(ref)
    return ids


def _publisher() -> "Publisher":
    from app import settings
    from app.schemas.files.publication import Publisher

    config = settings.load()
    return Publisher(name=config.publisher, address=config.api_url)


def _citations(connection: "Connection", query: "CitationQuery", publisher: "Publisher") -> "Iterator[Citation]":
    from app.services.publishing import citations

    return citations.query_citations(connection, query, superuser(), publisher)


def _with_proofs(connection: "Connection", entries: "Iterator[Citation]", folder: Path | None) -> "Iterator[Citation]":
    """Pass citations on, and write the proof of each cited version of a claim to the folder, if there is one."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    for citation in entries:
        if folder is not None and citation.claim is not None:
            _write_proof(connection, citation.claim, folder)
        yield citation


def _write_proof(connection: "Connection", claim: "PublishedClaim", folder: Path) -> None:
    from app.formats.proofs.tlog_proof import PROOF_SUFFIX
    from app.services.audit import log_proofs
    from app.services.audit.proof_files import tlog_proof_file

    inclusion = log_proofs.prove_inclusion(connection, f"claim/{claim.id}", claim.version, superuser())
    (folder / f"{claim.id}-v{claim.version}.{PROOF_SUFFIX}").write_text(tlog_proof_file(inclusion), encoding="utf-8")


def _check(paths: list[Path], as_json: bool) -> None:
    from app.formats.citations.cited_versions import cited_versions
    from app.services.publishing import citation_checks

    results: list[dict[str, Any]] = []
    with open_database() as database, database.reading() as connection:
        for path in paths:
            # Errors in the encoding do not matter: addresses are ASCII.
            cited = list(cited_versions(path.read_bytes().decode("utf-8", errors="replace")))
            checks = citation_checks.check_citations(connection, cited, None, _publisher())
            for reference, check in zip(cited, checks, strict=True):
                results.append({"file": str(path), "line": reference.line, **check.model_dump(mode="json")})
    if as_json:
        print_json(results)
    else:
        for row in results:
            print_text(f"{row['file']}:{row['line']}: {row['claim_id']} version {row['version']}: {_explanation(row)}")
        if not results:
            print_text(
                "The files cite no version of a claim: they contain no address of the form …/claims/clm_…/versions/…."
            )
    if any(row["state"] in _FAILING_STATES for row in results):
        raise typer.Exit(EXIT_FAILED)


def _explanation(row: dict[str, Any]) -> str:
    return f"{row['state'].replace('_', ' ')}. {row['says']}"
