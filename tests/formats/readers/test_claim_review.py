"""ClaimReview in every shape, and with the irregularities, in which fact-checkers publish it."""

import io
import json
from typing import Any

import pytest

from app.formats.parsing.import_rows import ImportRow, RowRefusal
from app.formats.readers.claim_review import read
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, SourceRecord

REVIEW: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://checker.example/reviews/1",
    "datePublished": "2024-11-05T09:00:00+02:00",
    "author": {"@type": "Organization", "name": "The Checker", "url": "https://checker.example"},
    "claimReviewed": "The bridge fell.",
    "itemReviewed": {
        "@type": "Claim",
        "author": {"@type": "Person", "name": "A. Speaker", "jobTitle": "Minister"},
        "datePublished": "2024-11-01",
        "appearance": [{"@type": "CreativeWork", "url": "https://www.facebook.com/post/1"}],
        "firstAppearance": {"@type": "CreativeWork", "url": "https://youtu.be/x"},
    },
    "reviewRating": {"@type": "Rating", "ratingValue": 1, "bestRating": "5", "alternateName": "False"},
}


def read_rows(value: Any) -> list[ImportRow | RowRefusal]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return list(read(io.BytesIO(text.encode())))


def rows(value: Any) -> list[ImportRow]:
    items = read_rows(value)
    assert [item for item in items if isinstance(item, RowRefusal)] == []
    return [item for item in items if isinstance(item, ImportRow)]


def claim(**changes: Any) -> ClaimRecord:
    (row,) = rows(REVIEW | changes)
    last = row.records[-1]
    assert isinstance(last, ClaimRecord)
    return last


def sources(**changes: Any) -> list[SourceRecord]:
    (row,) = rows(REVIEW | changes)
    return [record for record in row.records if isinstance(record, SourceRecord)]


def item(**changes: Any) -> dict[str, Any]:
    return {"itemReviewed": REVIEW["itemReviewed"] | changes}


def test_a_review_becomes_claim_claimant_appearances_and_fact_check() -> None:
    (row,) = rows(REVIEW)
    reviewer, speaker, page, video, post, claim_record = row.records
    assert isinstance(reviewer, SourceRecord)
    assert isinstance(speaker, SourceRecord)
    assert isinstance(page, DocumentRecord)
    assert isinstance(video, DocumentRecord)
    assert isinstance(post, DocumentRecord)
    assert isinstance(claim_record, ClaimRecord)
    assert (reviewer.name, speaker.name, speaker.kind) == ("The Checker", "A. Speaker", "person")
    assert (page.kind, page.publisher, page.published) == ("fact_check", reviewer.key, "2024-11-05")
    assert (video.kind, post.kind) == ("video", "social_media_post")
    assert (claim_record.statement, claim_record.language, claim_record.kind, claim_record.stage) == (
        "The bridge fell.",
        "und",
        "other",
        "published",
    )
    assert claim_record.reviews == []
    (attribution,) = claim_record.attributions
    assert (attribution.source, attribution.stance, attribution.lineage, attribution.said, attribution.document) == (
        speaker.key,
        "asserts",
        "unknown",
        "2024-11-01",
        video.key,
    )
    assert attribution.note == "Described as: Minister"
    assert [(piece.document, piece.role) for piece in claim_record.evidence] == [
        (video.key, "context"),
        (post.key, "context"),
    ]
    (check,) = claim_record.fact_checks
    assert (check.source, check.document, check.verdict) == (reviewer.key, page.key, "False")
    assert (check.rating_value, check.best_rating, check.worst_rating) == ("1", "5", None)
    assert check.original == REVIEW


@pytest.mark.parametrize(
    "value",
    [
        REVIEW,
        [REVIEW],
        json.dumps(REVIEW, indent=2),
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "x"}, REVIEW]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": REVIEW}]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [REVIEW]}]},
        {"@type": "DataFeed", "about": {}, "dataFeedElement": {"@type": "DataFeedItem", "item": REVIEW}},
        {"fixture": "a.json", "how": "ld", "object": REVIEW},
        [{"fixture": "a.json", "how": "ld", "object": REVIEW}],
    ],
)
def test_wrappers_around_a_review_are_removed(value: Any) -> None:
    assert rows(value)[0].records == rows(REVIEW)[0].records


@pytest.mark.parametrize("type_", [["Review", "ClaimReview"], "schema:ClaimReview", "http://schema.org/ClaimReview"])
def test_the_type_is_recognised_in_several_spellings(type_: Any) -> None:
    changed = {name: value for name, value in REVIEW.items() if name != "claimReviewed"} | {"@type": type_}
    (refusal,) = read_rows(changed)
    assert isinstance(refusal, RowRefusal)
    assert refusal.field == "claimReviewed"


def test_the_format_of_google_fact_check_tools_is_read() -> None:
    (first, second) = rows(
        {
            "text": "کانپور",
            "claimant": "FB User-Harshit Pandey",
            "claimDate": "2019-06-20T12:12:40Z",
            "claimReview": [
                {
                    "publisher": {"site": "vishvasnews.com"},
                    "url": "https://www.vishvasnews.com/urdu/1/",
                    "title": "فیکٹ چیک",
                    "reviewDate": "2019-06-21T12:12:40Z",
                    "textualRating": "False",
                    "languageCode": "ur",
                },
                {"publisher": {"name": "Other", "site": "other.example"}, "url": "https://other.example/1"},
            ],
        }
    )
    reviewer, claimant, page, last = first.records
    assert isinstance(reviewer, SourceRecord)
    assert isinstance(claimant, SourceRecord)
    assert isinstance(page, DocumentRecord)
    assert isinstance(last, ClaimRecord)
    assert (reviewer.name, reviewer.url) == ("vishvasnews.com", "https://vishvasnews.com")
    assert (claimant.kind, last.attributions[0].said) == ("social_media_account", "2019-06-20")
    assert (page.language, page.published, page.title) == ("ur", "2019-06-21", "فیکٹ چیک")
    assert (last.language, last.fact_checks[0].verdict) == ("ur", "False")
    assert len(last.fact_checks[0].original["claimReview"]) == 1
    assert second.records[-1] != last


def test_the_format_of_gesis_claimskg_is_read() -> None:
    content = {
        "text": {"type": "literal", "xml:lang": "en", "value": "A plane crashed."},
        "author": {"type": "literal", "value": ""},
        "source": {"type": "literal", "value": "snopes"},
        "sourceURL": {"type": "uri", "value": "http://www.snopes.com"},
        "link": {"type": "uri", "value": "https://www.snopes.com/fact-check/x/"},
        "ratingName": {"type": "literal", "value": "OTHER"},
        "truthRating": {"type": "typed-literal", "value": "-1"},
    }
    (row,) = rows({"id": "1", "content": content})
    last = row.records[-1]
    assert isinstance(last, ClaimRecord)
    assert (last.language, last.attributions) == ("en", [])
    assert (last.fact_checks[0].verdict, last.fact_checks[0].rating_value) == ("OTHER", "-1")


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ({"@type": "Person", "name": "B"}, [("B", "person", "named")]),
        ({"@type": "Organization", "name": " B\n C "}, [("B C", "other", "named")]),
        ([{"@type": "Person", "name": "B"}, "C"], [("B", "person", "named"), ("C", "other", "named")]),
        ({"@type": "Person", "name": ["B", "mayor"]}, [("B", "person", "named")]),
        ({"@type": "Person", "name": "Social media users "}, [("Social media users", "other", "described")]),
        ({"@type": "Person", "name": "Facebook user X"}, [("Facebook user X", "social_media_account", "named")]),
        (
            {"@type": "Person", "name": "X", "sameAs": " https://www.facebook.com/x "},
            [("X", "social_media_account", "named")],
        ),
        ({"@type": "Person", "name": "", "url": "/"}, []),
        ({"@type": "Person"}, []),
        (None, []),
        ([], []),
        (5, []),
    ],
)
def test_authors_of_the_reviewed_item_become_claimants(author: Any, expected: list[tuple[str, str, str]]) -> None:
    changes = item(author=author)
    assert [(source.name, source.kind, source.anonymity) for source in sources(**changes)[1:]] == expected
    assert len(claim(**changes).attributions) == len(expected)


@pytest.mark.parametrize(
    ("changes", "name", "byline"),
    [
        ({"author": {"@type": "Organization", "name": "Org"}}, "Org", None),
        ({"author": [{"@type": "Person", "name": "P"}], "publisher": {"name": "Org"}}, "Org", "P"),
        ({"author": {"@type": "Person", "name": "P"}}, "P", "P"),
        ({"author": [{"@type": "Person", "name": "P"}, {"@type": "Organization", "name": "Org"}]}, "Org", "P"),
        ({"author": None, "publisher": "Org"}, "Org", None),
    ],
)
def test_the_reviewer_is_the_organisation_and_the_byline_the_person(
    changes: dict[str, Any], name: str, byline: str | None
) -> None:
    (row,) = rows(REVIEW | changes)
    page = next(record for record in row.records if isinstance(record, DocumentRecord))
    assert (sources(**changes)[0].name, page.author) == (name, byline)


def test_statements_are_cleaned_but_verdicts_are_kept() -> None:
    record = claim(
        claimReviewed=" Sunak praises Singh&#039;s ideas \r\n",
        reviewRating={"alternateName": "Incorrect \r", "ratingValue": 1.5, "bestRating": "", "ratingExplanation": 5},
    )
    assert record.statement == "Sunak praises Singh's ideas"
    (check,) = record.fact_checks
    assert (check.verdict, check.rating_value, check.best_rating, check.explanation) == (
        "Incorrect \n",
        "1.5",
        None,
        "5",
    )


@pytest.mark.parametrize(
    ("claimed", "statement"),
    [
        ("<p>The bridge <b>fell</b>.</p>", "The bridge fell."),
        ("&lt;p&gt;The bridge fell.&lt;/p&gt;", "The bridge fell."),
        ("The bridge<br/>fell.", "The bridge fell."),
        ('<a href="https://a.example/?a=1&amp;b=2">The bridge</a> fell', "The bridge fell"),
        ("Fewer than 3 < 5 > 2", "Fewer than 3 < 5 > 2"),
        ("The <unknown> bridge", "The <unknown> bridge"),
        ("a <b", "a <b"),
    ],
)
def test_tags_in_a_claim_become_text(claimed: str, statement: str) -> None:
    assert claim(claimReviewed=claimed).statement == statement


def test_a_review_inside_a_page_is_read() -> None:
    nested = {"@type": "WebPage", "name": "A page", "mainEntity": REVIEW}
    (row,) = rows(nested)
    assert [record.statement for record in row.records if isinstance(record, ClaimRecord)] == [REVIEW["claimReviewed"]]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2020-03-18T14:00:00+0200", "2020-03-18"),
        ("2020-03-18", "2020-03-18"),
        (" 2020-03-18 10:00", "2020-03-18"),
        ("2020-02-30", None),
        ("18.3.2020", None),
        ("2020-03-181", None),
        (20200318, None),
        (None, None),
    ],
)
def test_only_complete_dates_are_imported(date: Any, expected: str | None) -> None:
    assert claim(**item(datePublished=date)).attributions[0].said == expected


def test_a_url_without_a_scheme_gets_https() -> None:
    (row,) = rows(REVIEW | {"url": "aosfatos.org/noticias/x/"})
    page = next(record for record in row.records if isinstance(record, DocumentRecord))
    assert page.url == "https://aosfatos.org/noticias/x/"


def test_appearances_without_a_web_url_are_omitted() -> None:
    record = claim(**item(appearance=["/", {"url": "javascript:alert(1)"}, {"url": 5}, {}], firstAppearance=None))
    assert (record.evidence, record.attributions[0].document) == ([], None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"claimReviewed": " "}, "claimReviewed"),
        ({"claimReviewed": 5}, "claimReviewed"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": None}, "url"),
        ({"author": {"@type": "Organization"}}, "author"),
        ({"claimReviewed": "x" * 60_000}, "statement"),
    ],
)
def test_refusals_name_their_field(changes: dict[str, Any], field: str) -> None:
    (refusal,) = read_rows(REVIEW | changes)
    assert isinstance(refusal, RowRefusal)
    assert refusal.field == field


@pytest.mark.parametrize("value", [{"@type": "NewsArticle"}, {}, {"@graph": [{"@type": "WebPage"}]}, {"object": {}}])
def test_other_objects_are_refused(value: Any) -> None:
    (refusal,) = read_rows(value)
    assert isinstance(refusal, RowRefusal)
    assert "ClaimReview" in refusal.reason


def test_more_than_five_wrappers_are_refused() -> None:
    value = REVIEW
    for _ in range(5):
        value = {"object": value}
    assert rows(value)[0].records == rows(REVIEW)[0].records
    assert [type(entry) for entry in read_rows({"object": value})] == [RowRefusal]


def test_versions_of_a_review_share_the_key_of_their_claim() -> None:
    first, again, newer = claim(), claim(), claim(reviewRating={"alternateName": "True"})
    assert first == again
    assert newer.key == first.key
    assert newer != first
    assert claim(claimReviewed="The bridge stands.").key != first.key


def test_a_second_version_of_a_review_in_one_file_is_refused() -> None:
    items = read_rows([REVIEW, REVIEW, REVIEW | {"headline": "Another"}])
    assert [type(entry) for entry in items] == [ImportRow, ImportRow, RowRefusal]


def test_the_language_is_imported_if_it_is_a_tag() -> None:
    assert [claim(inLanguage=tag).language for tag in ("pt-BR", {"alternateName": "uk"}, "Portuguese (Brazil)", 5)] == [
        "pt-BR",
        "uk",
        "und",
        "und",
    ]
