"""Every value of a closed list that readers see has a label."""

import pytest

from app import vocabulary
from app.vocabulary.closed_list import Word
from app.web.word_labels import LABELS

LISTS: dict[str, type[Word]] = {
    "status": vocabulary.ClaimStatus,
    "kind": vocabulary.ClaimKind,
    "metric": vocabulary.Metric,
    "metric_family": vocabulary.MetricFamily,
    "basis": vocabulary.Basis,
    "stance": vocabulary.Stance,
    "directness": vocabulary.Directness,
    "source_kind": vocabulary.SourceKind,
    "anonymity": vocabulary.Anonymity,
    "document_kind": vocabulary.DocumentKind,
    "relation": vocabulary.Relation,
    "evidence_role": vocabulary.EvidenceRole,
    "evidence_kind": vocabulary.EvidenceKind,
    "custody_act": vocabulary.CustodyAct,
    "stale_because": vocabulary.Staleness,
}

STAGES = {str(stage) for stage in vocabulary.Stage}
"""The badge shows these in place of a status."""


@pytest.mark.parametrize("name", LISTS)
def test_every_value_has_a_label_and_every_label_a_value(name: str) -> None:
    values = {str(word) for word in LISTS[name]}
    assert values <= LABELS[name].keys()
    assert LABELS[name].keys() <= values | (STAGES if name == "status" else set())
