"""Who acts: the person behind a key, or the system itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.ids import new_id
from app.db.revisions import Change, open_change
from app.db.schema import table_of
from app.errors import PermissionDeniedError
from app.models import Person
from app.services import counts, log
from app.vocabulary import PUBLIC_STAGES, Action, Role, Stage

person = table_of(Person)

_ALL = frozenset(Stage)


@dataclass(frozen=True)
class Actor:
    """A person who acts in a role."""

    person_id: str
    byline: str
    role: Role

    def require(self, role: Role, what: str) -> None:
        """Raises PermissionDeniedError unless the actor's role includes `role`; `what` names the act."""
        if not self.role.includes(role):
            raise PermissionDeniedError(f"To {what} takes a key with the role {role}; this one is {self.role}.")

    def open(self, connection: Connection, action: Action, reason: str) -> Change:
        """Begin a change of the record in this person's name."""
        change = open_change(connection, actor_id=self.person_id, action=action, reason=reason)
        counts.keep(change)
        log.keep(change)
        return change


def of_the_desk(actor: Actor | None) -> bool:
    """True for a reader to whom drafts are shown."""
    return actor is not None and actor.role.includes(Role.FACT_CHECKER)


def visible_stages(actor: Actor | None) -> frozenset[Stage]:
    """The editorial stages that a reader may see: drafts are the desk's."""
    return _ALL if of_the_desk(actor) else PUBLIC_STAGES


def person_named(connection: Connection, byline: str) -> str:
    """The id of the person with a byline; entered if there is none yet."""
    found = connection.scalar(select(person.c.id).where(person.c.byline == byline))
    if found is not None:
        return str(found)
    identifier = new_id(Person.prefix)
    try:
        with connection.begin_nested():
            connection.execute(insert(person).values(id=identifier, byline=byline, created_at=clock.now()))
    except IntegrityError:  # on PostgreSQL another process may have entered the same person meanwhile
        return str(connection.scalar(select(person.c.id).where(person.c.byline == byline)))
    return identifier


def system(connection: Connection, byline: str) -> Actor:
    """The system itself, acting for whoever runs its commands on this machine."""
    return Actor(person_named(connection, byline), byline, Role.ADMIN)
