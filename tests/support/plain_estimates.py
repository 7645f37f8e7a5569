"""A naive reference implementation of estimates: every pair of figures is compared. The interval rules are shared."""

from collections.abc import Sequence

from app.models import Claim, Quantity
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, EstimateSpeaker, Series
from app.schemas.quantity import QuantityRead
from app.schemas.relation import ClaimBrief
from app.schemas.source import SourceBrief
from app.schemas.topic import TopicRead
from app.services.policy import figure_conflicts, origins
from app.vocabulary import ASSERTING_STANCES, Metric, UpstreamState
from tests.support.plain_record import Params, PlainRecord, Query, build_read, column_values


class PlainEstimates(PlainRecord):
    """The naive reader of estimates."""

    def estimates(self, topic_id: str, params: Params) -> EstimatesPage:
        """Return the figures of a topic on one page."""
        claims = self.list_claims(Query({**params, "topic": topic_id, "sort": "date"}, 0))
        stated = [
            (claim, figure)
            for claim in claims
            if self.is_asserted(claim)
            for figure in self.figures_of(claim)
            if figure.metric in params.get("metric", [figure.metric])
        ]
        pairs = [
            pair
            for number, second in enumerate(stated)
            for pair in ((first, second) for first in stated[:number])
            if self.is_conflict(*pair)
        ]
        return EstimatesPage(
            topic=build_read(TopicRead, self.topics[topic_id]),
            items=[
                Estimate(
                    claim=build_read(ClaimBrief, claim),
                    time=claim.time,
                    place=claim.place,
                    quantity=build_read(QuantityRead, figure),
                    origins=self.origins_of(claim),
                    said_by=self.asserting_sources(claim),
                )
                for claim, figure in stated
            ],
            next=None,
            series=self.series(stated),
            conflicts=[
                build_read(
                    Conflict,
                    pair[0][1],
                    claims=[build_read(ClaimBrief, claim) for claim, _figure in pair],
                    quantities=[build_read(QuantityRead, figure) for _claim, figure in pair],
                    times=[claim.time for claim, _figure in pair],
                )
                for pair in pairs
            ],
            conflict_count=len(pairs),
        )

    def is_asserted(self, claim: Claim) -> bool:
        """False if every asserting attribution of the claim is withdrawn."""
        withdrawn = [row.withdrawn for row in self.attributions_of(claim) if row.stance in ASSERTING_STANCES]
        return not withdrawn or not all(withdrawn)

    def asserting_sources(self, claim: Claim) -> list[EstimateSpeaker]:
        rows = [row for row in self.attributions_of(claim) if row.stance in ASSERTING_STANCES and not row.withdrawn]
        states: dict[str, list[str]] = {}
        for row in rows:
            states.setdefault(row.source_id, []).append(self.upstream_state(row))
        return [
            EstimateSpeaker(
                **self.source_brief(source_id).model_dump(),
                upstream_state=UpstreamState("stands" if "stands" in its_states else its_states[0]),
            )
            for source_id, its_states in states.items()
        ]

    def origins_of(self, claim: Claim) -> list[SourceBrief]:
        rows = [column_values(row) for row in self.attributions_of(claim)]
        ends = origins.trace_origins(rows, self.anonymity())
        return [self.source_brief(origin_id) for origin_id in origins.identified_origins(rows, ends)]

    def series(self, stated: Sequence[tuple[Claim, Quantity]]) -> list[Series]:
        series: dict[tuple[str | None, str], Series] = {}
        for claim, figure in stated:
            claim_origins: list[SourceBrief | None] = [*self.origins_of(claim)]
            for origin in claim_origins or [None]:
                key = None if origin is None else origin.id, figure.metric
                before = series.get(key)
                series[key] = Series(
                    origin=origin,
                    metric=Metric(figure.metric),
                    figures=1 if before is None else before.figures + 1,
                    first=claim.time if before is None or before.first is None else before.first,
                    last=before.last if before is not None and claim.time is None else claim.time,
                )
        return list(series.values())

    def is_conflict(self, first: tuple[Claim, Quantity], second: tuple[Claim, Quantity]) -> bool:
        (claim, figure), (other_claim, other_figure) = first, second
        comparable = ("metric", "unit", "population", "cumulative")
        interval, other_interval = (
            figure_conflicts.interval_of(row.qualifier, row.low, row.best, row.high) for row in (figure, other_figure)
        )
        return (
            claim.id != other_claim.id
            and not self.is_resolved(claim, other_claim)
            and claim.time is not None
            and other_claim.time is not None
            and claim.place == other_claim.place
            and all(getattr(figure, name) == getattr(other_figure, name) for name in comparable)
            and claim.time_earliest <= other_claim.time_latest
            and other_claim.time_earliest <= claim.time_latest
            and interval is not None
            and other_interval is not None
            and (is_below(interval, other_interval) or is_below(other_interval, interval))
        )

    def is_resolved(self, claim: Claim, other_claim: Claim) -> bool:
        return any(
            {claim.id, other_claim.id} == {relation.claim_id, relation.other_claim_id}
            and relation.relation in ("supersedes", "same_as")
            and not relation.withdrawn
            for relation in self.relations.values()
        )


def is_below(lower: figure_conflicts.Interval, upper: figure_conflicts.Interval) -> bool:
    """True if the first interval lies completely below the second."""
    if lower.high is None or upper.low is None:
        return False
    return lower.high < upper.low or (lower.high == upper.low and (lower.high_open or upper.low_open))
