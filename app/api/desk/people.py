"""Routes of people, for administrators. Only bylines are public, where decisions show them."""

from fastapi import Request, Response

from app.api.http.dependencies import Identifier, IfMatch, KeyHolder, SingleStatementConnection, WriteConnection
from app.api.http.json_responses import json_response
from app.api.http.responses import CORRECT, CREATE, READ_ONE, corrected, created, failures
from app.api.http.routing import api_router
from app.schemas.person import People, PersonChange, PersonCreate, PersonRead
from app.services.people import people

router = api_router("/people", "people and keys")


@router.get("", response_model=People, responses=failures(403, 422))
def list_people(request: Request, connection: SingleStatementConnection, holder: KeyHolder) -> Response:
    """List the accounts of everybody who works, or has worked, with the record."""
    return json_response(request, People(items=people.read_all(connection, holder)))


@router.get("/{identifier}", response_model=PersonRead, responses={**READ_ONE, **failures(403)})
def read_person(
    request: Request, identifier: Identifier, connection: SingleStatementConnection, holder: KeyHolder
) -> Response:
    """Read an account, by id or byline."""
    return json_response(request, people.read_one(connection, holder, identifier))


@router.post("", status_code=201, response_model=PersonRead, responses=CREATE)
def create_person(person: PersonCreate, connection: WriteConnection, holder: KeyHolder) -> Response:
    """Create an account. The person signs in with a key, which you issue separately."""
    identifier = people.create(connection, holder, person)
    return created(people.read_one(connection, holder, identifier), "/api/v1/people")


@router.patch("/{identifier}", response_model=PersonRead, responses=CORRECT)
def change_person(
    identifier: Identifier, change: PersonChange, connection: WriteConnection, holder: KeyHolder, if_match: IfMatch
) -> Response:
    """Change the byline, name or role of an account, or deactivate it: send the fields that change."""
    person_id = people.update_person(connection, holder, identifier, change, if_match)
    return corrected(people.read_one(connection, holder, person_id))
