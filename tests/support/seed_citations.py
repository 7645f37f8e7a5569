"""Generate docs/citations, the seed data's story in every format and style: `python -m tests.support.seed_citations`.

Everything is recorded at one fixed moment. Identifiers, which differ in every database, are replaced by `clm_…1`,
`doc_…1` in the order in which they occur, and the hashes that depend on them by `…`.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from unittest.mock import patch

from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.db import migrate
from app.db.engine import Database
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.readers.import_formats import read
from app.main import create_app
from app.schemas.desk.decision_origin import OriginCreate
from app.services.changes import actors
from app.services.imports import imports
from app.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "citations"
STORY = ROOT / "seed_data" / "01-story-january-2025.json"
RECORDED = datetime(2025, 1, 13, 9, tzinfo=UTC)

STYLES = (
    "apa",
    "chicago-notes-bibliography",
    "chicago-author-date",
    "modern-language-association",
    "vancouver",
    "ieee",
    "nature",
)
LOCALES = ("en-US", "en-GB", "ko-KR", "uk-UA")

_HEAD = """# The story of the seed data in every style

What is cited of three of its claims: the document in which it was said (a summary of unknown origin, whose title in
brackets is ours), and our own decisions on it. Made by `python -m tests.support.seed_citations`; a test holds it to the
code.
"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page of docs/citations."""
    with _story() as api:
        for name, citation_format in CITATION_FORMATS.items():
            if not name.startswith("bibliography"):
                yield f"story.{citation_format.suffix}", _mask_ids(_fetch(api, f"format={name}"))
        lists = {
            (style, locale): _fetch(
                api, f"format=bibliography&kind=troop_estimate&kind=capture_report&style={style}&locale={locale}"
            )
            for style in STYLES
            for locale in LOCALES
        }
        html = _fetch(api, "format=bibliography_html&kind=troop_estimate&kind=capture_report&style=ieee")
        short = _fetch(api, "format=bibliography&kind=troop_estimate&kind=capture_report&style=short")
    parts = [_HEAD]
    for (style, locale), text in lists.items():
        parts.append(f"## {style}, {locale}\n\n```text\n{_mask_ids(text)}```\n")
    parts += [f"## short\n\nBuilt in, for when no processor is installed.\n\n```text\n{_mask_ids(short)}```\n"]
    parts += [f"## ieee, as HTML\n\n```html\n{_mask_ids(html)}```\n"]
    yield "styles.md", "\n".join(parts)


@contextmanager
def _story() -> Iterator[TestClient]:
    ticks = count()
    with (
        tempfile.TemporaryDirectory() as name,
        patch("app.clock.now", lambda: RECORDED.replace(microsecond=next(ticks))),
    ):
        url = f"sqlite:///{name}/attest.db"
        database = Database(url, pool_size=1)
        migrate.upgrade(database)
        with database.writing() as connection, STORY.open("rb") as stream:
            desk = actors.system_actor(connection, "Attest seed desk")
            imports.import_records(
                connection,
                desk,
                read("attest_json", stream),
                format="attest_json",
                reason="Seed data.",
                origin=OriginCreate(file=STORY.name),
            )
        database.close()
        settings = Settings(
            database_url=url,
            data_dir=Path(name),
            secret_key=SecretStr("not secret"),
            public_url="https://factcheck.example",
        )
        with TestClient(create_app(settings), base_url="http://testserver/api/v1/") as api:
            yield api


def _fetch(api: TestClient, query: str) -> str:
    response = api.get(f"citations?include=statement,decision&{query}")
    response.raise_for_status()
    return response.text


def _mask_ids(text: str) -> str:
    replacements: dict[str, str] = {}

    def shorten(match: re.Match[str]) -> str:
        kind = match[1]
        if match[0] not in replacements:
            replacements[match[0]] = f"{kind}_…{1 + sum(name.startswith(f'{kind}_') for name in replacements)}"
        return replacements[match[0]]

    text = re.sub(r"\b([a-z]{3})_[0-9a-z]{26}", shorten, text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    return re.sub(r"root [A-Za-z0-9+/]{43}=", "root …", text)


def main() -> None:
    """Write the pages of docs/citations."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
