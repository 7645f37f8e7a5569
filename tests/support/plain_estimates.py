"""A naive reference implementation of estimates: every pair of figures is compared. The interval rules are shared."""

from collections.abc import Sequence
from datetime import date

from app.models import Claim, Quantity
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, EstimateSpeaker, FigureSpeaker, Series
from app.schemas.quantity import QuantityRead
from app.schemas.source import SourceBrief
from app.schemas.topic import TopicRead
from app.services.policy import origins
from app.services.policy.figure_intervals import interval_of
from app.vocabulary import ASSERTING_STANCES, Metric, UpstreamState
from tests.support.plain_conflicts import PlainConflicts, PlainFigure
from tests.support.plain_record import Params, PlainRecord, Query, build_read, column_values


class PlainEstimates(PlainRecord):
    """The naive reader of estimates."""

    def estimates(self, topic_id: str, params: Params) -> EstimatesPage:
        """Return the figures of a topic on one page."""
        claims = self.list_claims(Query({**params, "topic": topic_id, "sort": "date"}, 0))
        # A merged topic has no claims any more; only filters by it mean the other topic.
        claims = [claim for claim in claims if claim.topic_id == topic_id]
        stated = [
            (claim, figure)
            for claim in claims
            if self.is_asserted(claim)
            for figure in self.figures_of(claim)
            if figure.metric in params.get("metric", [figure.metric])
        ]
        conflicts = self.conflicts(topic_id, stated)
        return EstimatesPage(
            topic=build_read(TopicRead, self.topics[topic_id], distinct_from=self.rulings_on(topic_id)),
            items=[
                Estimate(
                    claim=self.claim_brief(claim),
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
            conflicts=conflicts,
            conflict_count=len(conflicts),
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

    def plain_figure(self, topic_start: date, claim: Claim, figure: Quantity) -> PlainFigure:
        return PlainFigure(
            claim_id=claim.id,
            position=figure.position,
            metric=figure.metric,
            unit=figure.unit,
            population=figure.population,
            place=claim.place,
            cumulative=figure.cumulative,
            time=claim.time,
            interval=interval_of(figure.qualifier, figure.low, figure.best, figure.high),
            attributions=tuple(column_values(row) for row in self.attributions_of(claim)),
            topic_start=topic_start,
        )

    def conflicts(self, topic_id: str, stated: Sequence[tuple[Claim, Quantity]]) -> list[Conflict]:
        topic_start = self.topics[topic_id].period_earliest
        by_position = {(claim.id, figure.position): (claim, figure) for claim, figure in stated}
        plain = PlainConflicts(
            [self.plain_figure(topic_start, claim, figure) for claim, figure in stated],
            self.anonymity(),
            {source.id: source.parent_id for source in self.sources.values()},
            {
                frozenset((relation.claim_id, relation.other_claim_id))
                for relation in self.relations.values()
                if relation.relation in {"supersedes", "same_as", "updates", "part_of"} and not relation.withdrawn
            },
        )
        conflicts = []
        for first, second, kind in plain.pairs():
            key = sorted((first, second), key=lambda figure: (figure.span.start, figure.claim_id, figure.position))
            pair = [by_position[figure.claim_id, figure.position] for figure in key]
            conflicts.append(
                build_read(
                    Conflict,
                    pair[0][1],
                    kind=kind,
                    claims=[self.claim_brief(claim) for claim, _figure in pair],
                    quantities=[build_read(QuantityRead, figure) for _claim, figure in pair],
                    times=[claim.time for claim, _figure in pair],
                    speakers=[self.speakers(plain, figure) for figure in key],
                )
            )
        return conflicts

    def speakers(self, plain: PlainConflicts, figure: PlainFigure) -> list[FigureSpeaker]:
        """Each chain of attributions of a claim, to its identified source."""
        return [
            FigureSpeaker(
                source=self.source_brief(chain[-1]["source_id"]),
                relayed_by=[self.source_brief(link["source_id"]) for link in chain[-2::-1]],
                document=self.optional_document(
                    next((link["document_id"] for link in chain if link["document_id"] is not None), None)
                ),
                said=chain[-1]["said"],
            )
            for chain in plain.chains(figure)
        ]
