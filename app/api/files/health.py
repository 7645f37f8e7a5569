"""Routes about the service itself."""

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy import text

from app import __version__
from app.api.http.dependencies import ReadConnection
from app.api.http.responses import answer, failures
from app.api.http.strict_route import StrictRoute
from app.schemas.base.fields import Read
from app.vocabulary import LISTS

router = APIRouter(tags=["service"], route_class=StrictRoute)


class Health(Read):
    """Whether the service works."""

    status: str = Field(examples=["ok"])
    """ok: the database answers."""
    version: str
    """Version of Attest."""


class WordRead(Read):
    """A word and what it means."""

    word: str
    """The word."""
    meaning: str
    """What it means."""


class Vocabulary(Read):
    """The closed lists of the record."""

    lists: dict[str, list[WordRead]]
    """Each list by its name."""


@router.get("/health", response_model=Health, responses=failures(422))
def read_health(request: Request, connection: ReadConnection) -> Response:
    """Tell whether the service works."""
    connection.execute(text("SELECT 1"))
    return answer(request, Health(status="ok", version=__version__))


@router.get("/vocabulary", response_model=Vocabulary, responses=failures(422))
def read_vocabulary(request: Request) -> Response:
    """Read the closed lists of the record: every word that a field may hold, and what it means."""
    lists = {words.__name__: [WordRead(word=word.value, meaning=word.meaning) for word in words] for words in LISTS}
    return answer(request, Vocabulary(lists=lists))
