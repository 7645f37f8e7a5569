"""What a recorded change triggers. All of it happens in the transaction of the change.

| what changes | what follows | when |
| --- | --- | --- |
| any row of the record | the tamper-evident log gets an entry for it (`services.log.recorder`) | before the commit |
| a claim, what is attached to it, the source tree | its decision is examined (`stale_periods`) | before the commit |
| claims, figures, attributions | the counters behind facets are updated (`claim_counters`) | before the commit |
| anything attached to a claim | the claim gets a new version (`bump_versions`) | at once |
| the words by which a claim is found | its search text is updated (`search_index`) | at once |
| something shown with other objects | `head.shared_seq`, so that their entity tags change (`db.revisions`) | at once |

The first three and the last one follow from the writes themselves. The services call the others.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from app.db.revisions import ChangeWriter
from app.db.schema import table_of
from app.models import Claim
from app.services.changes import claim_counters, search_index, stale_periods
from app.services.log import recorder


def attach(change: ChangeWriter) -> None:
    """Attach what follows from every write of a change: counters and log."""
    claim_counters.attach_counters(change)
    recorder.attach_log(change)


LAST_DERIVED_REVISION = "0022"
"""The last migration after which `rebuild` is needed, because it adds derived data that only code can compute."""


def rebuild(connection: Connection) -> None:
    """Recompute from the revisions what changes have derived: stale decisions and counters."""
    stale_periods.rebuild(connection)
    claim_counters.rebuild(connection)


def bump_versions(change: ChangeWriter, claim_ids: Sequence[str]) -> None:
    """Give these claims a new version without a change to the claims themselves.

    So a version, once cited, stands for one state of the claim with all its attributions, evidence, relations and
    decisions.
    """
    change.amend(table_of(Claim), [{"id": claim_id} for claim_id in claim_ids])


def update_search_texts(change: ChangeWriter, claim_ids: Iterable[str]) -> None:
    """Update the search texts of claims whose words, quotes, figures or speakers have changed."""
    search_index.refresh(change, claim_ids)


def update_search_texts_of_source(change: ChangeWriter, source_id: str) -> None:
    """Update the search texts of every claim that a renamed source is named in."""
    search_index.refresh_source(change, source_id)
