"""The route of the vocabulary."""

from fastapi import Request, Response

from app.api.http.json_responses import json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.schemas.base.fields import Read
from app.vocabulary import LISTS

router = api_router("", "service")


class WordRead(Read):
    """A value of a closed list, and its meaning."""

    word: str
    """The value."""
    meaning: str
    """What it means."""


class Vocabulary(Read):
    """The closed lists (controlled vocabularies) of the record."""

    lists: dict[str, list[WordRead]]
    """Each list by its name."""


@router.get("/vocabulary", response_model=Vocabulary, responses=failures(422))
def read_vocabulary(request: Request) -> Response:
    """Read the closed lists of the record: every value that a field may have, and what it means."""
    lists = {words.__name__: [WordRead(word=word.value, meaning=word.meaning) for word in words] for words in LISTS}
    return json_response(request, Vocabulary(lists=lists))
