"""Routes of people, for administrators: nothing of an account but its byline is public, and that not from here."""

from fastapi import APIRouter, Request, Response

from app.api.http.dependencies import GlanceConnection, Holder, Identifier, IfMatch, WriteConnection
from app.api.http.responses import CORRECT, READ_ONE, RECORD, answer, corrected, failures, recorded
from app.api.http.strict_route import StrictRoute
from app.schemas.person import People, PersonChange, PersonCreate, PersonRead
from app.services.people import people

router = APIRouter(prefix="/people", tags=["people and keys"], route_class=StrictRoute)


@router.get("", response_model=People, responses=failures(403, 422))
def list_people(request: Request, connection: GlanceConnection, holder: Holder) -> Response:
    """List everybody who works, or worked, with the record."""
    return answer(request, People(items=people.read_all(connection, holder)))


@router.get("/{identifier}", response_model=PersonRead, responses={**READ_ONE, **failures(403)})
def read_person(request: Request, identifier: Identifier, connection: GlanceConnection, holder: Holder) -> Response:
    """Read somebody's account, by id or byline."""
    return answer(request, people.read_one(connection, holder, identifier))


@router.post("", status_code=201, response_model=PersonRead, responses=RECORD)
def create_person(person: PersonCreate, connection: WriteConnection, holder: Holder) -> Response:
    """Enter somebody. They get in with a key."""
    identifier = people.create(connection, holder, person)
    return recorded(people.read_one(connection, holder, identifier), "/api/v1/people")


@router.patch("/{identifier}", response_model=PersonRead, responses=CORRECT)
def change_person(
    identifier: Identifier, change: PersonChange, connection: WriteConnection, holder: Holder, if_match: IfMatch
) -> Response:
    """Change somebody's byline, name or role, or end their account: send the fields that change."""
    found = people.change(connection, holder, identifier, change, if_match)
    return corrected(people.read_one(connection, holder, found))
