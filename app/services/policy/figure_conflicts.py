"""Finds figures that contradict each other. Pure functions over figures.

Two figures conflict if they are comparable (`figure_comparability`), their times overlap, no value is in both of their
ranges (`figure_intervals`), and they are rival accounts (`figure_accounts`).
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import combinations
from typing import TypeAlias

from app.schemas.base.edtf import Span
from app.services.policy.figure_accounts import Account, VoiceShape, rival_voices, rivalry
from app.services.policy.figure_comparability import ComparableFigure, CountingMode
from app.services.policy.figure_intervals import Endpoint, Interval, are_disjoint, lower_endpoint, upper_endpoint
from app.vocabulary import ConflictKind, Relation

SETTLING_RELATIONS = (Relation.SUPERSEDES, Relation.SAME_AS, Relation.UPDATES, Relation.PART_OF)
"""Two claims with one of these relations are no competing accounts: one replaces, repeats or continues the other, or is
a part of it."""

Rival: TypeAlias = tuple[ComparableFigure, ConflictKind]
"""A figure that conflicts with another one, and the kind of the conflict."""

Ancestors: TypeAlias = Callable[[], Mapping[str, Sequence[str]]]
"""Reads the organisations that each source belongs to, when they are first needed."""


def time_sort_key(figure: ComparableFigure) -> tuple[datetime, str, int]:
    """Sort key: by start of the time, then claim, then position in the claim."""
    return figure.span.start, figure.claim_id, figure.position


class ConflictFinder:
    """Finds the conflicts between figures of one topic."""

    def __init__(
        self,
        accounts: Callable[[str], Account],
        ancestors: Ancestors,
        settled: Mapping[str, Collection[str]],
    ) -> None:
        """`accounts` returns who stands behind a claim.

        `settled` maps a claim to the claims that do not compete with it, in both directions.
        """
        self._accounts = accounts
        self._ancestors = ancestors
        self._settled = settled
        self._kinds: dict[frozenset[VoiceShape], _Kinds] = {}

    def find(self, figures: Iterable[ComparableFigure]) -> Iterator[tuple[ComparableFigure, list[Rival]]]:
        """Yield each figure that conflicts with others found before, together with those, in no particular order.

        Figures of one claim never conflict. This is a generator, so that a caller who only counts never holds all
        pairs: a few thousand figures may have millions.
        """
        groups: dict[tuple[object, ...], list[ComparableFigure]] = defaultdict(list)
        for figure in figures:
            groups[figure.comparable].append(figure)
        for group in groups.values():
            if len(group) > 1 and len({figure.interval for figure in group}) > 1:
                contested = _ContestedGroup(group, self._accounts)
                if contested.figures and self._has_rivals(contested):
                    yield from self._sweep_by_time(contested)

    def _kinds_of(self, shape: frozenset[VoiceShape]) -> "_Kinds":
        kinds = self._kinds.get(shape)
        if kinds is None:
            kinds = self._kinds[shape] = _Kinds(shape, self._ancestors)
        return kinds

    def _has_rivals(self, contested: "_ContestedGroup") -> bool:
        """False if certainly no two figures are rival accounts, so that most topics need no sweep."""
        shapes = set(contested.shapes)
        if len(shapes) > _MAX_SHAPES:
            return True
        return any(self._kinds_of(shape)[other] is not None for shape in shapes for other in shapes)

    def _sweep_by_time(self, contested: "_ContestedGroup") -> Iterator[tuple[ComparableFigure, list[Rival]]]:
        # A sweep line over time: each figure is compared only with those whose time is still running.
        group, shapes = contested.figures, contested.shapes
        active = _ActiveFigures()
        for index, figure in enumerate(group):
            span = contested.spans[index]
            active.remove_ended_by(span.start)
            compatible_claims = {figure.claim_id, *self._settled.get(figure.claim_id, ())}
            kinds = self._kinds_of(shapes[index])
            is_simple = contested.is_simple[index]
            conflicts = [
                (group[other], kind)
                for other in active.disjoint_from(figure.interval)
                if (kind := kinds[shapes[other]]) is not None
                and group[other].claim_id not in compatible_claims
                and (
                    (is_simple and contested.is_simple[other] and kind is ConflictKind.SOURCES)
                    or self._is_conflict(contested, index, other)
                )
            ]
            if conflicts:
                yield figure, conflicts
            active.add(index, span.end, figure.interval)

    def _is_conflict(self, contested: "_ContestedGroup", index: int, other: int) -> bool:
        """The conditions that few pairs need."""
        first, second = contested.figures[index], contested.figures[other]
        if not first.span.overlaps(second.span):
            return False
        accounts = contested.accounts[index], contested.accounts[other]
        if self._kinds_of(accounts[0].shape)[accounts[1].shape] is ConflictKind.RELAYS:
            return first.mode is not CountingMode.PERIOD and first.span == second.span and _spoke_at_one_time(*accounts)
        pairs = rival_voices(accounts[0].shape, accounts[1].shape, self._ancestors())
        return not pairs or any(
            not contested.agrees(voice.source_id, first.span, second.interval)
            and not contested.agrees(other_voice.source_id, second.span, first.interval)
            for voice, other_voice in pairs
        )


MAX_FIGURES_OF_ONE_TIME = 20
"""A source that gives more figures of exactly the same thing and time means different things by them."""

_MAX_SHAPES = 8
"""Groups with more different accounts are swept without looking for rivals first."""


class _Kinds(dict[frozenset[VoiceShape], ConflictKind | None]):
    """The kinds of conflict that figures of one account can have with figures of others; computed on first use."""

    def __init__(self, shape: frozenset[VoiceShape], ancestors: Ancestors) -> None:
        super().__init__()
        self._shape = shape
        self._ancestors = ancestors

    def __missing__(self, other: frozenset[VoiceShape]) -> ConflictKind | None:
        needs_ancestors = self._shape and other and self._shape != other
        kind = self[other] = rivalry(self._shape, other, self._ancestors() if needs_ancestors else {})
        return kind


def _spoke_at_one_time(first: Account, second: Account) -> bool:
    """False if an origin of both accounts certainly spoke at different times, so that the later one is an update."""
    for source_id in first.origins.keys() & second.origins.keys():
        time, other_time = first.times_said[first.origins[source_id]], second.times_said[second.origins[source_id]]
        if time is not None and other_time is not None and not time.overlaps(other_time):
            return False
    return True


class _ContestedGroup:
    """Comparable figures in order of time, with those left out that their own source does not uphold as one figure.

    A source may give several figures of exactly the same time. If it gave one of them after all others, this one is its
    update, and it no longer stands by the others. If not, and they count incidents, they are of different incidents, so
    that nobody can tell which of them another source's figure is about: none of that time is compared. Figures of
    other kinds are compared, but a source contradicts another only if none of its figures agrees with the other's.
    """

    def __init__(self, group: Sequence[ComparableFigure], accounts: Callable[[str], Account]) -> None:
        self._several: dict[tuple[str, Span], list[Interval]] = {}
        outdated: dict[tuple[str, Span], set[str]] = defaultdict(set)
        unclear: set[Span] = set()
        for (source_id, span), own in _figures_by_origin(group, accounts).items():
            if not any(are_disjoint(first.interval, second.interval) for first, second in combinations(own, 2)):
                continue
            self._several[source_id, span] = [figure.interval for figure in own]
            last = _last_said(own, source_id, accounts)
            if len(own) > MAX_FIGURES_OF_ONE_TIME or (last is None and own[0].mode is CountingMode.PERIOD):
                unclear.add(span)
            elif last is not None:
                for figure in own:
                    if are_disjoint(figure.interval, last.interval):
                        outdated[figure.claim_id, span].add(source_id)
        is_zoned = any(figure.span.is_zoned for figure in group)
        rows = []
        for figure in group:
            account = accounts(figure.claim_id)
            dropped = outdated.get((figure.claim_id, figure.span))
            if dropped and account.shape:
                account = account.without(dropped)
                if not account.shape:
                    continue
            if figure.span not in unclear:
                span = figure.span.in_utc() if is_zoned else figure.span
                rows.append((span.start, figure.claim_id, figure.position, figure, account, span))
        rows.sort(key=lambda row: row[:3])
        self.figures = [row[3] for row in rows]
        self.accounts = [row[4] for row in rows]
        self.shapes = [account.shape for account in self.accounts]
        self.spans = [row[5] for row in rows]
        """The times by which the figures are swept: in UTC, as wide as they may be, if any of them has an offset."""
        several = {span for _source_id, span in self._several}
        self.is_simple = [not is_zoned and figure.span not in several for figure in self.figures]
        """True for a figure whose conflicts with other sources follow from its account and range alone."""

    def agrees(self, source_id: str, span: Span, interval: Interval) -> bool:
        """True if a source gives several figures of a time, and one of them agrees with an interval."""
        return any(not are_disjoint(own, interval) for own in self._several.get((source_id, span), ()))


def _figures_by_origin(
    group: Iterable[ComparableFigure], accounts: Callable[[str], Account]
) -> Mapping[tuple[str, Span], list[ComparableFigure]]:
    """The figures that each origin gave of exactly the same time, where there are several."""
    figures: dict[tuple[str, Span], list[ComparableFigure]] = defaultdict(list)
    for figure in group:
        for source_id in accounts(figure.claim_id).origins:
            figures[source_id, figure.span].append(figure)
    return {key: own for key, own in figures.items() if len({figure.claim_id for figure in own}) > 1}


def _last_said(
    figures: Sequence[ComparableFigure], source_id: str, accounts: Callable[[str], Account]
) -> ComparableFigure | None:
    """The figure that its source certainly gave after all others; None if there is none."""
    times = []
    for figure in figures:
        account = accounts(figure.claim_id)
        time = account.times_said[account.origins[source_id]]
        if time is None:
            return None
        times.append((time, figure))
    last_said, last = max(times, key=lambda pair: pair[0].start)
    is_last = all(time.ends_before(last_said) for time, figure in times if figure.claim_id != last.claim_id)
    return last if is_last else None


class _ActiveFigures:
    """Figures whose time has not ended, by index in their group.

    Their endpoints are kept sorted, so that disjoint intervals are found by bisection instead of a full scan.
    """

    def __init__(self) -> None:
        self._ends: list[tuple[datetime, int, Interval]] = []
        self._uppers: list[tuple[Endpoint, int]] = []
        self._lowers: list[tuple[Endpoint, int]] = []

    def disjoint_from(self, interval: Interval) -> list[int]:
        """The indexes of the figures whose interval lies wholly below or wholly above this one."""
        low, high = lower_endpoint(interval), upper_endpoint(interval)
        below = [] if low is None else self._uppers[: bisect_left(self._uppers, low, key=_endpoint)]
        above = [] if high is None else self._lowers[bisect_right(self._lowers, high, key=_endpoint) :]
        return [index for _, index in (*below, *above)]

    def add(self, index: int, end: datetime, interval: Interval) -> None:
        """Add a figure whose time begins."""
        heappush(self._ends, (end, index, interval))
        for endpoints, endpoint in self._sorted_lists(interval):
            insort(endpoints, (endpoint, index))

    def remove_ended_by(self, moment: datetime) -> None:
        """Remove the figures whose time ended by a moment."""
        while self._ends and self._ends[0][0] <= moment:
            _end, index, interval = heappop(self._ends)
            for endpoints, endpoint in self._sorted_lists(interval):
                del endpoints[bisect_left(endpoints, (endpoint, index))]

    def _sorted_lists(self, interval: Interval) -> list[tuple[list[tuple[Endpoint, int]], Endpoint]]:
        """The sorted lists that an interval belongs to, each with its endpoint there."""
        both = ((self._uppers, upper_endpoint(interval)), (self._lowers, lower_endpoint(interval)))
        return [(endpoints, endpoint) for endpoints, endpoint in both if endpoint is not None]


def _endpoint(entry: tuple[Endpoint, int]) -> Endpoint:
    return entry[0]
