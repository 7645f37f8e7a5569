"""A claim gets a new version whenever something that hangs on it changes."""

from collections.abc import Sequence

from app.db.revisions import Change
from app.db.schema import table_of
from app.models import Claim


def touch(change: Change, claim_ids: Sequence[str]) -> None:
    """Give these claims a new version that says the same of the claim itself.

    So a version, once cited, stands for one state of the claim with all its attributions, evidence, relations and
    decisions.
    """
    change.amend(table_of(Claim), [{"id": claim_id} for claim_id in claim_ids])
