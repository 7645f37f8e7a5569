"""Proofs as files: everything that it takes to check one, in one JSON object, for the API and for the command line."""

import base64

from app.formats.proofs import tlog_proof
from app.formats.proofs.canonical_json import encode
from app.schemas.log import LogConsistency, LogInclusion
from app.services.audit.log_proofs import ConsistencyProof, InclusionProof


def base64_text(hashed: bytes) -> str:
    """A hash as text."""
    return base64.b64encode(hashed).decode()


def inclusion_file(proved: InclusionProof, public_key: str | None) -> LogInclusion:
    """A proof that an entry is in the log."""
    return LogInclusion.model_validate(
        {
            "index": proved.entry.position,
            "leaf": proved.entry.leaf,
            "leaf_hash": base64_text(proved.entry.hash),
            "size": proved.size,
            "proof": [base64_text(one) for one in proved.proof],
            "checkpoint": proved.checkpoint,
            "public_key": public_key,
            "record": proved.record,
            "salt": None if proved.salt is None else proved.salt.hex(),
        }
    )


def tlog_proof_file(proved: InclusionProof) -> str:
    """The same as a C2SP tlog-proof, whose extra is the entry."""
    return tlog_proof.write(encode(proved.entry.leaf), proved.entry.position, proved.proof, proved.checkpoint)


def consistency_file(proved: ConsistencyProof, public_key: str | None) -> LogConsistency:
    """A proof that the log has only grown."""
    return LogConsistency(
        first=proved.first,
        second=proved.second,
        first_root=base64_text(proved.first_root),
        second_root=base64_text(proved.second_root),
        proof=[base64_text(one) for one in proved.proof],
        first_checkpoint=proved.first_checkpoint,
        second_checkpoint=proved.second_checkpoint,
        public_key=public_key,
    )
