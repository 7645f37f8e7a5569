"""Who acts: the person behind a key, or the system itself."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.ids import new_id
from app.db.revisions import Change, open_change
from app.db.schema import table_of
from app.errors import ConflictError, PermissionDeniedError
from app.models import Person
from app.services.core import claim_counters
from app.services.log import recorder
from app.vocabulary import PUBLIC_STAGES, Action, Role, Scope, Stage

person = table_of(Person)

_ALL = frozenset(Stage)


@dataclass(frozen=True)
class Actor:
    """A person who acts in a role, within the scopes of the key that they came with."""

    person_id: str
    byline: str
    role: Role
    scopes: frozenset[Scope] = frozenset(Scope)
    key_id: str | None = None
    """The key that they came with; None for whoever runs commands on this machine."""
    expires_at: datetime | None = None
    """When that key stops working."""

    def require(self, role: Role, what: str, scope: Scope | None = None) -> None:
        """Raises PermissionDeniedError unless the actor has this role and this scope; `what` names the act."""
        if not self.role.includes(role):
            raise PermissionDeniedError(f"To {what} takes a key with the role {role}; this one is {self.role}.")
        if scope is not None and scope not in self.scopes:
            scopes = ", ".join(one for one in Scope if one in self.scopes) or "nothing at all"
            raise PermissionDeniedError(f"To {what} takes a key with the scope {scope}; this one is for {scopes}.")

    def open(self, connection: Connection, action: Action, reason: str) -> Change:
        """Begin a change of the record in this person's name."""
        change = open_change(connection, actor_id=self.person_id, action=action, reason=reason)
        claim_counters.keep(change)
        recorder.keep(change)
        return change


def of_the_desk(actor: Actor | None) -> bool:
    """True for a reader to whom drafts are shown."""
    return actor is not None and actor.role.includes(Role.FACT_CHECKER)


def visible_stages(actor: Actor | None) -> frozenset[Stage]:
    """The editorial stages that a reader may see: drafts are the desk's."""
    return _ALL if of_the_desk(actor) else PUBLIC_STAGES


def system(connection: Connection, byline: str) -> Actor:
    """The system itself, acting for whoever runs its commands on this machine; entered if it is not there yet.

    Raises ConflictError if a person has that byline: nothing is done in their name.
    """
    known = select(person.c.id, person.c.system).where(person.c.byline == byline)
    found = connection.execute(known).one_or_none()
    if found is None:
        account = {"id": new_id(Person.prefix), "byline": byline, "role": Role.ADMIN, "system": True}
        # On PostgreSQL another process may enter it meanwhile.
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(insert(person).values(created_at=clock.now(), **account))
        found = connection.execute(known).one()
    if not found.system:
        raise ConflictError(f"{byline!r} is the byline of a person; the system does nothing in their name.")
    return Actor(found.id, byline, Role.ADMIN)
