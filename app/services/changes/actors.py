"""The actor of a request or command: the person behind an API key, or the system itself."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.ids import new_id
from app.db.revisions import ChangeWriter, open_change
from app.db.schema import table_of
from app.errors import ConflictError, PermissionDeniedError
from app.models import Person
from app.services.changes import change_effects
from app.vocabulary import PUBLIC_STAGES, Action, Role, Scope, Stage

person = table_of(Person)

_ALL = frozenset(Stage)


@dataclass(frozen=True)
class Actor:
    """A person acting in their role, within the scopes of the key that they authenticated with."""

    person_id: str
    byline: str
    role: Role
    scopes: frozenset[Scope] = frozenset(Scope)
    key_id: str | None = None
    """The key that they authenticated with; None on the command line."""
    expires_at: datetime | None = None
    """When that key expires; None if it does not."""
    account_role: Role | None = None
    """The role of the person's account if it is higher than that of the key; the key was issued before a promotion."""

    def require(self, role: Role, action: str, scope: Scope | None = None) -> None:
        """Raise PermissionDeniedError unless the actor has this role and this scope.

        `action` is a verb phrase for the message, such as "merge claims".
        """
        if not self.role.includes(role):
            if self.account_role is not None and self.account_role.includes(role):
                next_step = (
                    f"Your account has the role {self.account_role} by now, so issue a new key and use that one."
                )
            else:
                next_step = "Ask an administrator if you should have it."
            raise PermissionDeniedError(
                f"To {action} you need a key with the role {role}. Your key has the role {self.role}. {next_step}"
            )
        if scope is not None and scope not in self.scopes:
            names = ", ".join(name for name in Scope if name in self.scopes)
            own = f"the {'scope' if len(self.scopes) == 1 else 'scopes'} {names}" if names else "no scopes"
            raise PermissionDeniedError(f"To {action} you need a key with the scope {scope}. Your key has {own}.")

    def open(self, connection: Connection, action: Action, reason: str) -> ChangeWriter:
        """Open a change of the record under this person's name, with the counters and the log attached to it."""
        change = open_change(connection, actor_id=self.person_id, action=action, reason=reason)
        change_effects.attach(change)
        return change


def may_see_drafts(actor: Actor | None) -> bool:
    """True for fact-checkers and higher roles, who may read drafts; None is a reader without a key."""
    return actor is not None and actor.role.includes(Role.FACT_CHECKER)


def visible_stages(actor: Actor | None) -> frozenset[Stage]:
    """The editorial stages that a reader may see: only fact-checkers see drafts and claims in review."""
    return _ALL if may_see_drafts(actor) else PUBLIC_STAGES


def system_actor(connection: Connection, byline: str) -> Actor:
    """The superuser account that commands on this machine act under; created on first use.

    Raises ConflictError if a person has that byline, because commands must not act under a person's name.
    """
    account_query = select(person.c.id, person.c.system).where(person.c.byline == byline)
    account = connection.execute(account_query).one_or_none()
    if account is None:
        columns = {"id": new_id(Person.prefix), "byline": byline, "role": Role.ADMIN, "system": True}
        # On PostgreSQL another process may insert it at the same time.
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(insert(person).values(created_at=clock.now(), **columns))
        account = connection.execute(account_query).one()
    if not account.system:
        raise ConflictError(
            f"A person has the byline {byline!r}, which Attest needs for its own account. Give that person another "
            "byline: attest people change"
        )
    return Actor(account.id, byline, Role.ADMIN)
