"""Proof files: everything needed to check a proof, for the API and the command line."""

import base64

from app.formats.proofs import tlog_proof
from app.formats.proofs.canonical_json import encode_canonical
from app.schemas.log import LogConsistency, LogInclusion
from app.services.audit.log_proofs import ConsistencyProof, InclusionProof


def base64_text(hashed: bytes) -> str:
    """Return a hash in base64."""
    return base64.b64encode(hashed).decode()


def inclusion_file(inclusion: InclusionProof, public_key: str | None) -> LogInclusion:
    """Return an inclusion proof as the JSON file that the API and the command line give out."""
    return LogInclusion.model_validate(
        {
            "index": inclusion.entry.position,
            "leaf": inclusion.entry.leaf,
            "leaf_hash": base64_text(inclusion.entry.hash),
            "size": inclusion.size,
            "proof": [base64_text(node) for node in inclusion.proof],
            "checkpoint": inclusion.checkpoint,
            "public_key": public_key,
            "record": inclusion.record,
            "salt": None if inclusion.salt is None else inclusion.salt.hex(),
        }
    )


def tlog_proof_file(inclusion: InclusionProof) -> str:
    """Return an inclusion proof as a C2SP tlog-proof file, with the entry as its extra data."""
    return tlog_proof.render_proof(
        encode_canonical(inclusion.entry.leaf), inclusion.entry.position, inclusion.proof, inclusion.checkpoint
    )


def consistency_file(consistency: ConsistencyProof, public_key: str | None) -> LogConsistency:
    """Return a consistency proof as the JSON file that the API and the command line give out."""
    return LogConsistency(
        first=consistency.first,
        second=consistency.second,
        first_root=base64_text(consistency.first_root),
        second_root=base64_text(consistency.second_root),
        proof=[base64_text(node) for node in consistency.proof],
        first_checkpoint=consistency.first_checkpoint,
        second_checkpoint=consistency.second_checkpoint,
        public_key=public_key,
    )
