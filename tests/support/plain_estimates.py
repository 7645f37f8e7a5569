"""Estimates as the plain reader has them: where a figure may lie the rules tell, pairs are tried one by one."""

from collections.abc import Sequence

from app.models import Claim, Quantity
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, Series
from app.schemas.quantity import QuantityRead
from app.schemas.relation import ClaimBrief
from app.schemas.source import SourceBrief
from app.schemas.topic import TopicRead
from app.services.policy import conflicts, origins
from app.vocabulary import ASSERTING_STANCES, Metric
from tests.support.plain_record import Params, PlainRecord, Query, columns, shown


class PlainEstimates(PlainRecord):
    """The plain reader of figures."""

    def estimates(self, topic_id: str, asked: Params) -> EstimatesPage:
        """The figures of a topic, on one page."""
        claims = self.listed(Query({**asked, "topic": topic_id, "sort": "date"}, 0))
        stated = [
            (claim, figure)
            for claim in claims
            if self.stands(claim)
            for figure in self.figures_of(claim)
            if figure.metric in asked.get("metric", [figure.metric])
        ]
        pairs = [
            pair
            for number, second in enumerate(stated)
            for pair in ((first, second) for first in stated[:number])
            if self.conflict(*pair)
        ]
        return EstimatesPage(
            topic=shown(TopicRead, self.topics[topic_id]),
            items=[
                Estimate(
                    claim=shown(ClaimBrief, claim),
                    time=claim.time,
                    place=claim.place,
                    quantity=shown(QuantityRead, figure),
                    origins=self.origins_of(claim),
                    said_by=self.said_by(claim),
                )
                for claim, figure in stated
            ],
            next=None,
            series=self.series(stated),
            conflicts=[
                shown(
                    Conflict,
                    pair[0][1],
                    claims=[shown(ClaimBrief, claim) for claim, _figure in pair],
                    quantities=[shown(QuantityRead, figure) for _claim, figure in pair],
                    times=[claim.time for claim, _figure in pair],
                )
                for pair in pairs
            ],
            conflict_count=len(pairs),
        )

    def stands(self, claim: Claim) -> bool:
        """False if all who put it forward have taken it back."""
        withdrawn = [one.withdrawn for one in self.said_of(claim) if one.stance in ASSERTING_STANCES]
        return not withdrawn or not all(withdrawn)

    def said_by(self, claim: Claim) -> list[SourceBrief]:
        standing = [one for one in self.said_of(claim) if one.stance in ASSERTING_STANCES and not one.withdrawn]
        return [self.named(one) for one in dict.fromkeys(said.source_id for said in standing)]

    def origins_of(self, claim: Claim) -> list[SourceBrief]:
        said = [columns(one) for one in self.said_of(claim)]
        ends = origins.traced(said, {one: source.anonymity for one, source in self.sources.items()})
        return [self.named(one) for one in origins.origins_of(said, ends)]

    def series(self, stated: Sequence[tuple[Claim, Quantity]]) -> list[Series]:
        found: dict[tuple[str | None, str], Series] = {}
        for claim, figure in stated:
            known: list[SourceBrief | None] = [*self.origins_of(claim)]
            for origin in known or [None]:
                of_it = None if origin is None else origin.id, figure.metric
                before = found.get(of_it)
                found[of_it] = Series(
                    origin=origin,
                    metric=Metric(figure.metric),
                    figures=1 if before is None else before.figures + 1,
                    first=claim.time if before is None or before.first is None else before.first,
                    last=before.last if before is not None and claim.time is None else claim.time,
                )
        return list(found.values())

    def conflict(self, first: tuple[Claim, Quantity], second: tuple[Claim, Quantity]) -> bool:
        (one, its_figure), (other, others_figure) = first, second
        alike = ("metric", "unit", "population", "cumulative")
        lies, others_lies = (
            conflicts.interval(figure.qualifier, figure.low, figure.best, figure.high)
            for figure in (its_figure, others_figure)
        )
        return (
            one.id != other.id
            and not self.resolved(one, other)
            and one.time is not None
            and other.time is not None
            and one.place == other.place
            and all(getattr(its_figure, name) == getattr(others_figure, name) for name in alike)
            and one.time_earliest <= other.time_latest
            and other.time_earliest <= one.time_latest
            and lies is not None
            and others_lies is not None
            and (below(lies, others_lies) or below(others_lies, lies))
        )

    def resolved(self, one: Claim, other: Claim) -> bool:
        return any(
            {one.id, other.id} == {tie.claim_id, tie.other_claim_id}
            and tie.relation in ("supersedes", "same_as")
            and not tie.withdrawn
            for tie in self.relations.values()
        )


def below(one: conflicts.Interval, other: conflicts.Interval) -> bool:
    """Whether one lies wholly below the other."""
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and (one.high_open or other.low_open))
