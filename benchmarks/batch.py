"""One import of a generated record: some hundred claims with their related rows and their later changes."""

import json
from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from random import Random
from typing import NamedTuple

from app.formats.search_text import fold, index_text
from app.services.changes.search_index import BOUNDARY
from app.vocabulary import (
    ASSERTING_STANCES,
    Basis,
    ClaimKind,
    Directness,
    DocumentKind,
    EvidenceRole,
    Independence,
    Lineage,
    Metric,
    MetricFamily,
    Qualifier,
    Relation,
    Stage,
    Stance,
    Status,
)
from benchmarks import texts
from benchmarks.history import BATCH, BEGIN, ClaimPlan, History, LaterChange, PlannedChange
from benchmarks.ids import Ids, single_id
from benchmarks.rows import (
    AttributionRow,
    CaptureRow,
    ClaimRow,
    DocumentRow,
    EvidenceRow,
    FactCheckRow,
    QuantityRow,
    RelationRow,
    ReviewRow,
    RulingRow,
    SearchTextRow,
)
from benchmarks.world import FAMILIES, FIRST_DAY, Question, Speaker, World, day_before, metric_of, moment

Rows = dict[str, list[tuple[object, ...]]]
"""Rows by table."""

_KINDS = {
    MetricFamily.STRENGTH: ClaimKind.TROOP_ESTIMATE,
    MetricFamily.CASUALTIES: ClaimKind.CASUALTY_FIGURE,
    MetricFamily.CAPTIVITY: ClaimKind.CAPTURE_REPORT,
    MetricFamily.EQUIPMENT: ClaimKind.EQUIPMENT_LOSS,
    MetricFamily.AREA: ClaimKind.TERRITORIAL_CONTROL,
}
_OTHER_KINDS = (
    ClaimKind.DEPLOYMENT, ClaimKind.RESPONSIBILITY, ClaimKind.ORDER_OR_POLICY, ClaimKind.OFFER_OR_INTENTION,
    ClaimKind.CONDITION_OR_MOTIVE, ClaimKind.OTHER,
)  # fmt: skip
_OTHER_WEIGHTS = (35, 35, 12, 7, 7, 4)
_QUALIFIERS = (
    Qualifier.EXACT, Qualifier.ABOUT, Qualifier.AT_LEAST, Qualifier.MORE_THAN, Qualifier.UP_TO, Qualifier.BETWEEN,
    Qualifier.VAGUE,
)  # fmt: skip
_QUALIFIER_WEIGHTS = (45, 30, 8, 6, 5, 5, 1)
_WORDING = {
    Qualifier.EXACT: "{}", Qualifier.ABOUT: "about {}", Qualifier.AT_LEAST: "at least {}",
    Qualifier.MORE_THAN: "more than {}", Qualifier.UP_TO: "up to {}", Qualifier.VAGUE: "dozens of",
}  # fmt: skip
_ATTRIBUTIONS = (1, 2, 3, 4, 5, 6)
_ATTRIBUTION_WEIGHTS = (46, 30, 12, 7, 3, 2)
_FIRST_STANCES = (Stance.ASSERTS, Stance.ESTIMATES, Stance.ALLEGES, Stance.SPECULATES, Stance.PREDICTS)
_FIRST_WEIGHTS = (60, 22, 12, 4, 2)
_DOCUMENT_KINDS = (
    DocumentKind.ARTICLE, DocumentKind.SOCIAL_MEDIA_POST, DocumentKind.OFFICIAL_RELEASE, DocumentKind.VIDEO,
    DocumentKind.REPORT, DocumentKind.DATASET,
)  # fmt: skip
_DOCUMENT_WEIGHTS = (55, 20, 12, 6, 5, 2)
_EVIDENCE_OF = {
    Status.CONFIRMED: (EvidenceRole.SUPPORTS, 1, 0),
    Status.UNLIKELY: (EvidenceRole.REFUTES, None, 0),
    Status.REFUTED: (EvidenceRole.REFUTES, 1, 1),
}
_RELATIONS = (Relation.UPDATES, Relation.REFINES, Relation.PART_OF, Relation.CONTRADICTS, Relation.SAME_AS)
_RELATION_WEIGHTS = (45, 20, 15, 12, 8)


class Batch(NamedTuple):
    """The rows of one import, and those of later changes to its claims."""

    rows: Rows
    later: list[tuple[int, Rows]]
    """With the numbers of the changes."""


def make(number: int, claims: int, seed: int, world: World, history: History) -> Batch:
    """Make batch `number` of a database of `claims` claims."""
    maker = _BatchMaker(Random(f"batch {seed} {number}"), world, history.imports[number])
    for claim_number in range(number * BATCH, min((number + 1) * BATCH, claims)):
        maker.claim(claim_number, history.claim_plans.get(claim_number) or ClaimPlan())
    return Batch(dict(maker.rows), [(seq, dict(rows)) for seq, rows in maker.later.items()])


class _Figure(NamedTuple):
    metric: Metric
    unit: str
    best: int
    qualifier: Qualifier


class _AttributionDraft(NamedTuple):
    speaker: Speaker
    stance: Stance
    lineage: Lineage
    upstream: str | None = None
    withdrawn: bool = False


class _BatchMaker:
    """Makes the rows of one import."""

    def __init__(self, rng: Random, world: World, change: PlannedChange) -> None:
        self.rows: Rows = defaultdict(list)
        self.later: defaultdict[int, Rows] = defaultdict(lambda: defaultdict(list))
        self._rng = rng
        self._world = world
        self._ids = Ids(rng, change.at)
        self._stamp = (change.seq, moment(change.at))
        self._day = change.at.date()
        self._documents = [self._document(change.seq, number) for number in range(BATCH // 5)]
        self._claim_ids: list[str] = []
        self._last_of_topic: dict[str | None, str] = {}

    def _store(self, table: str, *rows: tuple[object, ...]) -> None:
        """Store rows as current rows and as first revisions."""
        self.rows[table] += rows
        self.rows[f"{table}_revision"] += rows

    # --- documents ---

    def _document(self, batch: int, number: int) -> tuple[str, date]:
        rng = self._rng
        day = day_before(self._day, rng.expovariate(0.2))
        publisher = self._world.speakers.draw(rng)
        drawn = texts.Drawn("", "", f"{rng.randint(2, 90)}", "", texts.REGIONS.draw(rng), texts.VILLAGES.draw(rng))
        language = publisher.language
        text = texts.title(rng, drawn) if language == "en" else texts.foreign(rng, language, drawn)
        url = f"https://press.example/{day:%Y/%m}/{batch}-{number}"
        row = DocumentRow(
            id=self._ids.new("doc"),
            key=f"document/{batch}/{number}",
            version=1,
            kind=rng.choices(_DOCUMENT_KINDS, _DOCUMENT_WEIGHTS)[0],
            title=text,
            publisher_id=publisher.id,
            author=texts.person_name(rng) if rng.random() < 0.5 else None,
            url=url,
            language=language,
            published=day.isoformat(),
            published_earliest=day.isoformat(),
            published_latest=day.isoformat(),
            accessed_on=self._day.isoformat(),
            archive_url=f"https://archive.example/{batch}-{number}" if rng.random() < 0.3 else None,
            archived_on=None,
            note=None,
            change_seq=self._stamp[0],
            recorded_at=self._stamp[1],
        )
        self._store("document", row)
        if rng.random() < 0.05:
            digest = rng.randbytes(32).hex()
            capture = (self._ids.new("cap"), row.id, digest, "text/html", rng.randrange(500_000), self._stamp[1], url)
            self.rows["capture"].append(CaptureRow(*capture, *self._stamp))
        return row.id, day

    # --- a claim ---

    def claim(self, number: int, claim_plan: ClaimPlan) -> None:
        """Make claim `number` with its related rows."""
        rng = self._rng
        question = self._world.questions.draw(rng) if rng.random() < 0.6 else None
        kind, region, figures = self._subject(question)
        side = texts.SIDES.draw(rng)
        village = texts.VILLAGES.draw(rng)
        count = figures[0].best if figures else rng.randint(2, 40)
        unit = figures[0].unit if figures else "soldiers"
        drawn = texts.Drawn(side, _wording(figures, count), f"{count:,}", unit, region, village)
        language = "en" if rng.random() < 0.88 else rng.choice(texts.LANGUAGES)
        text = texts.statement(rng, kind, drawn) if language == "en" else texts.foreign(rng, language, drawn)
        place = None if rng.random() < 0.1 else f"{region.latin} Oblast" if question else f"{village}, {region.latin}"
        time, earliest, latest = self._time()
        adverse = self._world.parties.get(side) if claim_plan.status is Status.CONCEDED or rng.random() < 0.5 else None
        if claim_plan.status is Status.CONCEDED and adverse is None:
            adverse = self._world.parties["Russian"]
        row = ClaimRow(
            id=self._ids.new("clm"),
            key=f"claim/{number}",
            version=1,
            topic_id=question.id if question else None,
            kind=kind.value,
            statement=text,
            language=language,
            place=place,
            place_folded=_folded(place),
            time=time,
            time_earliest=earliest,
            time_latest=latest,
            adverse_to_id=adverse.id if adverse else None,
            status=Status.UNASSESSED.value,
            stage=claim_plan.stage.value,
            notice=None,
            note=f"Compare {texts.thing(rng)} of the week before." if rng.random() < 0.05 else None,
            content_version=1,
            change_seq=self._stamp[0],
            recorded_at=self._stamp[1],
        )
        quantities = self._quantities(row, figures, language)
        attributions, names = self._attributions(row, drawn, claim_plan, adverse)
        self._related_rows(row, claim_plan, question)
        self.rows["claim_revision"].append(row)
        self.rows["quantity"] += quantities
        self.rows["attribution_revision"] += attributions
        self._store_versions(row, attributions, quantities, names, claim_plan)
        self._claim_ids.append(row.id)
        self._last_of_topic[row.topic_id] = row.id

    def _subject(self, question: Question | None) -> tuple[ClaimKind, texts.Place, list[_Figure]]:
        rng = self._rng
        if question is not None:
            share = (self._day - BEGIN.date()).days / 730
            expected = question.base * (1 + question.growth * share) * rng.gauss(1, 0.03)
            qualifier = rng.choices(_QUALIFIERS, _QUALIFIER_WEIGHTS)[0]
            digits = 10 ** max(0, len(str(int(expected))) - (2 if qualifier is Qualifier.ABOUT else 3))
            best = max(1, round(expected / digits) * digits)
            figures = [_Figure(question.metric, question.unit, best, qualifier)]
            family, region = question.family, question.region
        else:
            is_other = rng.random() < 0.3
            family = MetricFamily.OTHER if is_other else rng.choices(list(FAMILIES), list(FAMILIES.values()))[0]
            region = texts.REGIONS.draw(rng)
            figures = []
            if family is not MetricFamily.OTHER:
                metric, unit = metric_of(rng, family)
                best = min(int(rng.paretovariate(0.7)) * rng.randint(1, 12), 900_000)
                figures = [_Figure(metric, unit, best, rng.choices(_QUALIFIERS, _QUALIFIER_WEIGHTS)[0])]
        if family is MetricFamily.CASUALTIES and rng.random() < 0.6 and figures[0].metric is Metric.KILLED:
            figures.append(figures[0]._replace(metric=Metric.WOUNDED, best=figures[0].best * rng.randint(1, 4)))
        elif family is MetricFamily.EQUIPMENT and rng.random() < 0.5:
            figures.append(figures[0]._replace(metric=Metric.EQUIPMENT_ABANDONED, best=rng.randint(1, 30)))
        kind = _KINDS.get(family) or rng.choices(_OTHER_KINDS, _OTHER_WEIGHTS)[0]
        return kind, region, figures

    def _time(self) -> tuple[str | None, str, str]:
        rng = self._rng
        drawn = rng.random()
        if drawn < 0.04:
            return None, date.min.isoformat(), date.max.isoformat()
        # A third of the claims is entered from the archive and is about the first two years.
        back = rng.uniform(0, (self._day - FIRST_DAY).days) if rng.random() < 0.3 else rng.expovariate(0.15)
        day = day_before(self._day, back)
        if drawn < 0.74:
            return day.isoformat(), day.isoformat(), day.isoformat()
        if drawn < 0.92:
            last = monthrange(day.year, day.month)[1]
            return f"{day:%Y-%m}", f"{day:%Y-%m}-01", f"{day:%Y-%m}-{last:02}"
        first = day_before(day, rng.randint(1, 60))
        return f"{first}/{day}", first.isoformat(), day.isoformat()

    def _quantities(self, row: ClaimRow, figures: list[_Figure], language: str) -> list[QuantityRow]:
        rng = self._rng
        rows = []
        for position, figure in enumerate(figures):
            low, best, high = _bounds(figure)
            is_vague = figure.qualifier is Qualifier.VAGUE
            verbatim = "dozens" if is_vague else f"{figure.best} {figure.unit}" if rng.random() < 0.3 else None
            rows.append(
                QuantityRow(
                    claim_id=row.id,
                    content_version=1,
                    position=position,
                    metric=figure.metric.value,
                    unit=figure.unit,
                    population=None,
                    qualifier=figure.qualifier.value,
                    low=low,
                    best=best,
                    high=high,
                    cumulative=int(rng.random() < 0.4),
                    basis=rng.choice((Basis.COUNT, Basis.ESTIMATE, Basis.UNSTATED, Basis.NAMED_COUNT)).value,
                    verbatim=verbatim,
                    verbatim_language=language if verbatim else None,
                    change_seq=self._stamp[0],
                    recorded_at=self._stamp[1],
                )
            )
        return rows

    # --- attributions ---

    def _attributions(
        self, row: ClaimRow, drawn: texts.Drawn, claim_plan: ClaimPlan, adverse: Speaker | None
    ) -> tuple[list[AttributionRow], list[str]]:
        """Return the attributions of a claim, and the names of their sources."""
        rng, speakers = self._rng, self._world.speakers
        rows: list[AttributionRow] = []
        names: list[str] = []

        def add(attribution: _AttributionDraft) -> None:
            rows.append(self._attribution(row, drawn, attribution, len(rows)))
            if not attribution.withdrawn:
                names.extend(attribution.speaker.names)

        first = self._named() if claim_plan.status is Status.CORROBORATED else speakers.draw(rng)
        add(_AttributionDraft(first, rng.choices(_FIRST_STANCES, _FIRST_WEIGHTS)[0], Lineage.ORIGINAL))
        # Relayed attributions could connect the two origins of a corroborated claim.
        others = rng.choices(_ATTRIBUTIONS, _ATTRIBUTION_WEIGHTS)[0] - 1
        for _ in range(0 if claim_plan.status is Status.CORROBORATED else others):
            speaker, share = speakers.draw(rng), rng.random()
            if share < 0.6:
                asserting = [
                    attribution.id
                    for attribution in rows
                    if attribution.stance in ASSERTING_STANCES and not attribution.withdrawn
                ]
                add(_AttributionDraft(speaker, Stance.ASSERTS, Lineage.RELAYED, rng.choice(asserting)))
            elif share < 0.8:
                stance = rng.choice((Stance.ASSERTS, Stance.CONFIRMS, Stance.ESTIMATES))
                add(_AttributionDraft(speaker, stance, Lineage.ORIGINAL))
            elif share < 0.93:
                add(_AttributionDraft(speaker, Stance.ASSERTS, Lineage.UNKNOWN, withdrawn=share > 0.92))
            else:
                stance = rng.choice((Stance.CANNOT_VERIFY, Stance.DECLINES_TO_COMMENT, Stance.DENIES))
                add(_AttributionDraft(speaker, stance, Lineage.ORIGINAL))
        needed = self._required_attribution(claim_plan.status, first, adverse)
        if needed is not None:
            add(needed)
        return rows, names

    def _named(self) -> Speaker:
        speaker = self._world.speakers.draw(self._rng)
        return speaker if speaker.named else self._named()

    def _required_attribution(
        self, status: Status, first: Speaker, adverse: Speaker | None
    ) -> _AttributionDraft | None:
        """Return the attribution that the status requires, if any."""
        rng = self._rng
        match status:
            case Status.CORROBORATED:
                second = self._named()
                while second.root == first.root:
                    second = self._named()
                return _AttributionDraft(second, Stance.ASSERTS, Lineage.ORIGINAL)
            case Status.CONCEDED if adverse is not None:
                return _AttributionDraft(adverse, Stance.CONFIRMS, Lineage.ORIGINAL)
            case Status.DISPUTED:
                denier = self._named()
                return _AttributionDraft(denier, rng.choice((Stance.DENIES, Stance.DISPUTES_FIGURE)), Lineage.ORIGINAL)
            case Status.UNVERIFIABLE:
                party = rng.choice(list(self._world.parties.values()))
                return _AttributionDraft(party, Stance.NO_STATEMENT_FOUND, Lineage.UNKNOWN)
            case _:
                return None

    def _attribution(
        self, row: ClaimRow, drawn: texts.Drawn, attribution: _AttributionDraft, number: int
    ) -> AttributionRow:
        speaker, stance = attribution.speaker, attribution.stance
        rng = self._rng
        document_id, day = rng.choice(self._documents)
        is_search = stance is Stance.NO_STATEMENT_FOUND
        quote = translation = None
        if not is_search and rng.random() < 0.55:
            is_foreign = speaker.language != "en"
            quote = texts.foreign(rng, speaker.language, drawn) if is_foreign else texts.quote(rng, drawn)
            translation = texts.quote(rng, drawn) if is_foreign and rng.random() < 0.6 else None
        is_official = speaker.kind in ("government", "armed_force", "intelligence_service")
        default_directness = Directness.OFFICIAL_RELEASE if is_official else Directness.PARAPHRASE
        return AttributionRow(
            id=self._ids.new("att"),
            key=f"{number + 1}",
            version=1,
            claim_id=row.id,
            source_id=speaker.id,
            stance=stance.value,
            lineage=attribution.lineage.value,
            upstream_id=attribution.upstream,
            document_id=None if is_search else document_id,
            said=day.isoformat(),
            said_earliest=day.isoformat(),
            said_latest=day.isoformat(),
            directness=(Directness.DIRECT_QUOTE if quote else default_directness).value,
            quote=quote,
            quote_language=speaker.language if quote else None,
            translation=translation,
            translated_by="Machine translation, checked by the desk" if translation else None,
            searched_on=self._day.isoformat() if is_search else None,
            searched_where="Its site and its channels, the week before." if is_search else None,
            searched_by="Import desk" if is_search else None,
            note=None,
            withdrawn=int(attribution.withdrawn),
            change_seq=self._stamp[0],
            recorded_at=self._stamp[1],
        )

    # --- evidence, relations and fact-checks ---

    def _related_rows(self, row: ClaimRow, claim_plan: ClaimPlan, question: Question | None) -> None:
        """Make evidence, relations and fact-checks by others."""
        rng = self._rng
        known_evidence = _EVIDENCE_OF.get(claim_plan.status)
        if known_evidence or rng.random() < 0.012:
            role, independent, conclusive = known_evidence or (EvidenceRole.CONTEXT, None, 0)
            document_id, day = rng.choice(self._documents)
            is_examined = known_evidence is not None
            self._store(
                "evidence",
                EvidenceRow(
                    id=self._ids.new("evd"),
                    key="1",
                    version=1,
                    claim_id=row.id,
                    document_id=document_id,
                    role=role.value,
                    description=f"It shows {texts.thing(rng)}.",
                    independent=independent,
                    examined_on=self._day.isoformat() if is_examined else None,
                    finding=f"Published on {day}; it shows {texts.thing(rng)} and {texts.thing(rng)}."
                    if is_examined
                    else None,
                    conclusive=conclusive,
                    withdrawn=0,
                    change_seq=self._stamp[0],
                    recorded_at=self._stamp[1],
                ),
            )
        if self._claim_ids and rng.random() < 0.05:
            other = self._last_of_topic.get(question and question.id) or rng.choice(self._claim_ids)
            relation = rng.choices(_RELATIONS, _RELATION_WEIGHTS)[0].value
            ids = (self._ids.new("rel"), None, 1, row.id, other)
            self._store("claim_relation", RelationRow(*ids, relation, None, 0, *self._stamp))
        if rng.random() < 0.01:
            self._fact_check(row)

    def _fact_check(self, row: ClaimRow) -> None:
        rng = self._rng
        verdict = rng.choice(("False", "Missing context", "Mostly true", "Unproven"))
        original = {"@type": "ClaimReview", "claimReviewed": row.statement, "reviewRating": {"alternateName": verdict}}
        self._store(
            "fact_check",
            FactCheckRow(
                id=self._ids.new("fck"),
                key="1",
                version=1,
                claim_id=row.id,
                source_id=self._world.speakers.draw(rng).id,
                document_id=rng.choice(self._documents)[0],
                verdict=verdict,
                rating_value=str(rng.randint(1, 5)),
                best_rating="5",
                worst_rating="1",
                explanation=None,
                original=json.dumps(original),
                change_seq=self._stamp[0],
                recorded_at=self._stamp[1],
            ),
        )

    # --- later changes ---

    def _store_versions(
        self,
        row: ClaimRow,
        attributions: list[AttributionRow],
        quantities: list[QuantityRow],
        names: list[str],
        claim_plan: ClaimPlan,
    ) -> None:
        """Store the final claim and its earlier versions."""
        words = _search_text(row, attributions, quantities, names)
        for change in claim_plan.events:
            rows = self.later[change.seq]
            stamp = (change.seq, moment(change.at))
            changes: dict[str, object] = {}
            match change.action:
                case "rule":
                    rows["independence_ruling"].append(self._ruling(row, attributions, change, stamp))
                case "decide":
                    rows["review"].append(self._review(row, claim_plan, change, stamp))
                    changes["status"] = claim_plan.status.value
                case "withdraw":
                    changes = {"stage": Stage.WITHDRAWN.value, "notice": "Recorded by mistake; see the history."}
                case "correct_attribution":
                    corrected = attributions[0]._replace(
                        version=2, note="Compared with the recording.", change_seq=stamp[0], recorded_at=stamp[1]
                    )
                    attributions = [corrected, *attributions[1:]]
                    rows["attribution_revision"].append(corrected)
                case _:
                    place = "Around " + (row.place or "the front")
                    changes = {
                        "statement": row.statement.rstrip(".") + ", or in the surroundings.",
                        "place": place,
                        "place_folded": _folded(place),
                        "content_version": row.version + 1,
                    }
                    new_quantities = [
                        quantity._replace(content_version=row.version + 1, change_seq=stamp[0], recorded_at=stamp[1])
                        for quantity in quantities
                    ]
                    rows["quantity"] += new_quantities
            row = row._replace(version=row.version + 1, change_seq=stamp[0], recorded_at=stamp[1], **changes)  # type: ignore[arg-type]  # values have the types of their columns
            rows["claim_revision"].append(row)
            if "statement" in changes:
                self.rows["search_text"].append(words._replace(latest=0))
                words = _search_text(row, attributions, quantities, names)._replace(version=words.version + 1)
                rows["search_text"].append(words)
        if words.version == 1:
            self.rows["search_text"].append(words)
        self.rows["claim"].append(row)
        self.rows["attribution"] += attributions

    def _ruling(
        self, row: ClaimRow, attributions: list[AttributionRow], change: LaterChange, stamp: tuple[int, str]
    ) -> RulingRow:
        pair = sorted((attributions[0].source_id, attributions[-1].source_id))
        established = Independence.ESTABLISHED.value
        reason = "Each has it from people of its own."
        return RulingRow(single_id("rul", change.at, self._rng), row.id, pair[0], pair[1], established, reason, *stamp)

    def _review(self, row: ClaimRow, claim_plan: ClaimPlan, change: LaterChange, stamp: tuple[int, str]) -> ReviewRow:
        rationale = f"The desk looked at {texts.thing(self._rng)} and at {texts.thing(self._rng)}."
        identity = (single_id("rev", change.at, self._rng), row.id, row.version)
        return ReviewRow(*identity, claim_plan.status.value, rationale, change.at.date().isoformat(), change.by, *stamp)


def _wording(figures: list[_Figure], number: int) -> str:
    if figures and figures[0].qualifier is Qualifier.BETWEEN:
        return f"{number:,} to {number * 2:,}"
    return _WORDING[figures[0].qualifier].format(f"{number:,}") if figures else f"{number:,}"


def _bounds(figure: _Figure) -> tuple[int | None, int | None, int | None]:
    match figure.qualifier:
        case Qualifier.EXACT | Qualifier.ABOUT:
            return None, figure.best, None
        case Qualifier.AT_LEAST | Qualifier.MORE_THAN:
            return figure.best, None, None
        case Qualifier.UP_TO:
            return None, None, figure.best
        case Qualifier.BETWEEN:
            return figure.best, None, figure.best * 2
        case _:
            return None, None, None


# --- search texts, as app.services.changes.search_index makes them ---


@lru_cache(maxsize=65_536)
def _folded(place: str | None) -> str | None:
    return None if place is None else fold(place)


_word = lru_cache(maxsize=200_000)(index_text)


def _words(text: str) -> str:
    # Word by word, because most words repeat and are cached. Only numbers join across a space ("11 000"), and generated
    # texts never have two numbers in a row.
    return " ".join(filter(None, map(_word, text.split(" "))))


def _search_text(
    row: ClaimRow, attributions: Sequence[AttributionRow], quantities: Sequence[QuantityRow], names: Sequence[str]
) -> SearchTextRow:
    current = [attribution for attribution in attributions if not attribution.withdrawn]
    quotes = [
        text for attribution in current for text in (attribution.quote, attribution.translation) if text is not None
    ]
    quotes += [quantity.verbatim for quantity in quantities if quantity.verbatim is not None]
    statement = _column([row.statement, row.place or ""])
    quote_column = _column(quotes)
    source_column = _column(names)
    return SearchTextRow(row.id, 1, 1, row.change_seq, statement, quote_column, source_column)


def _column(column_texts: Sequence[str]) -> str:
    return " ".join(f"{words} {BOUNDARY}" for words in map(_words, dict.fromkeys(column_texts)) if words)
