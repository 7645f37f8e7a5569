"""`python -m tests.support.seed_citations`: write docs/citations, the story of the seed data in every format and style.

Recorded at one fixed moment. Identifiers, which are new in every database, stand as `clm_…1`, `doc_…1` in the order in
which they occur; so do the hashes that depend on them, as `…`.
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
from app.services.core import actors
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
    """The pages of docs/citations, by name."""
    with _story() as api:
        for name, one in CITATION_FORMATS.items():
            if not name.startswith("bibliography"):
                yield f"story.{one.suffix}", _same(_got(api, f"format={name}"))
        listed = {
            (style, locale): _got(
                api, f"format=bibliography&kind=troop_estimate&kind=capture_report&style={style}&locale={locale}"
            )
            for style in STYLES
            for locale in LOCALES
        }
        html = _got(api, "format=bibliography_html&kind=troop_estimate&kind=capture_report&style=ieee")
        short = _got(api, "format=bibliography&kind=troop_estimate&kind=capture_report&style=short")
    parts = [_HEAD]
    for (style, locale), text in listed.items():
        parts.append(f"## {style}, {locale}\n\n```text\n{_same(text)}```\n")
    parts += [f"## short\n\nBuilt in, for when no processor is installed.\n\n```text\n{_same(short)}```\n"]
    parts += [f"## ieee, as HTML\n\n```html\n{_same(html)}```\n"]
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
            desk = actors.system(connection, "Attest seed desk")
            imports.load(connection, desk, read("attest_json", stream), format="attest_json", reason="Seed data.")
        database.close()
        settings = Settings(
            database_url=url,
            data_dir=Path(name),
            secret_key=SecretStr("not secret"),
            public_url="https://factcheck.example",
        )
        with TestClient(create_app(settings), base_url="http://testserver/api/v1/") as api:
            yield api


def _got(api: TestClient, query: str) -> str:
    answer = api.get(f"citations?include=statement,decision&{query}")
    answer.raise_for_status()
    return answer.text


def _same(text: str) -> str:
    known: dict[str, str] = {}

    def short(found: re.Match[str]) -> str:
        kind = found[1]
        if found[0] not in known:
            known[found[0]] = f"{kind}_…{1 + sum(one.startswith(f'{kind}_') for one in known)}"
        return known[found[0]]

    text = re.sub(r"\b([a-z]{3})_[0-9a-z]{26}", short, text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    return re.sub(r"root [A-Za-z0-9+/]{43}=", "root …", text)


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
