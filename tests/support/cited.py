"""Things that are hard to cite, each as a citation: rows for the tests of every format."""

from collections.abc import Mapping
from typing import Any

from app.schemas.files.citation import Citation

HOUSE = "https://attest.example/api/v1"


def cited(key: str, **fields: Any) -> Citation:
    """A citation of a newspaper article, unless the fields say otherwise."""
    return Citation(
        key=key, address=f"{HOUSE}/documents/{key}", **{"type": "article-newspaper", "title": None, **fields}
    )


def whole(name: str) -> list[dict[str, str]]:
    """One author whose name is never taken apart."""
    return [{"literal": name}]


_PAPER: dict[str, Any] = {"container": "The Daily Paper", "issued": "2025-01-12", "language": "en"}

ROWS: Mapping[str, Citation] = {
    one.key: one
    for one in (
        cited(
            "institution",
            type="webpage",
            genre="Press release",
            title="Briefing on North Korean soldiers in Kursk",
            authors=whole("National Intelligence Service (South Korea)"),
            issued="2025-01-13",
            url="https://example.org/institution",
            language="en",
        ),
        cited("single-name", title="The men in the video", authors=whole("Sukarno"), **_PAPER),
        cited(
            "people",
            title="Two soldiers captured in Kursk, Kyiv says",
            authors=[
                {"family": "Lovelace", "given": "Ada Augusta"},
                {"family": "Gogh", "given": "Vincent", "particle": "van"},
                {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
            ],
            url="https://example.org/people?a=1&b=2",
            accessed="2025-01-14",
            **_PAPER,
        ),
        cited(
            "korean",
            title="국정원 “북한군 사상자 3천여 명”",
            authors=[{"family": "김", "given": "민수"}],
            container="한겨레",
            issued="2025-01-13",
            url="https://example.org/korean",
            language="ko",
        ),
        cited(
            "korean-whole",
            title="북한군 포로 두 명",
            authors=whole("박지은"),
            container="연합뉴스",
            issued="2025-01-12",
            language="ko",
        ),
        cited(
            "cyrillic",
            title="Розвідка: близько 11 тисяч солдатів КНДР на Курщині",
            authors=[{"family": "Шевченко", "given": "Олена Іванівна"}],
            container="Українська правда",
            issued="2025-01-12",
            url="https://example.org/cyrillic",
            language="uk",
        ),
        cited(
            "arabic",
            title="جنود كوريون شماليون في كورسك",
            authors=[{"family": "حسن", "given": "محمد"}],
            container="الجزيرة",
            issued="2025-01-12",
            language="ar",
        ),
        cited(
            "arabic-whole",
            title="أسيران من كوريا الشمالية",
            authors=whole("عبد الله بن محمد"),
            container="الجزيرة",
            issued="2025-01-13",
            language="ar",
        ),
        cited("no-author", title="korean soldiers in the region, officials say", **_PAPER),
        cited(
            "no-date",
            type="report",
            title="Strength of the corps",
            authors=whole("General Staff of the Armed Forces of Ukraine"),
            url="https://example.org/no-date",
            language="en",
        ),
        cited(
            "no-title",
            type="post",
            authors=whole("@eyewitness"),
            container="Telegram",
            issued="2025-01-11",
            url="https://example.org/no-title",
        ),
        cited("uncertain", type="document", genre="Physical object", title="A memo", issued="2025-01~"),
        cited(
            "interval",
            type="report",
            title="Kursk, month by month",
            authors=whole("Institute for the Study of War"),
            issued="2024-10/2025-01",
            language="en",
        ),
        cited("open", type="document", title="A leaflet", issued="../2025-01-12"),
        cited("decade", type="graphic", genre="Photograph", title="An old map", issued="199X"),
        cited("season", type="report", title="Winter report", authors=whole("Some Institute"), issued="2024-24"),
        cited(
            "archived",
            title="Drones over Sumy",
            authors=whole("Suspilne"),
            container="suspilne.media",
            issued="2025-01-12",
            accessed="2025-01-13",
            url="https://example.org/archived",
            archive_url="https://web.archive.example/2025/https://example.org/archived",
            archived="2025-01-13",
            language="en",
        ),
        cited("described", title="North Korea sends more men", authors=whole("Western officials"), **_PAPER),
        cited(
            "video",
            type="motion_picture",
            genre="Video",
            title="Interrogation of two captured soldiers",
            authors=whole("Security Service of Ukraine"),
            publisher="YouTube",
            issued="2025-01-11",
            url="https://example.org/video",
            language="en",
        ),
        cited("video-of-nobody", type="motion_picture", genre="Video", title="[Interrogation of two captives]"),
        cited(
            "post",
            type="post",
            title="We have captured two soldiers",
            authors=whole("Volodymyr Zelensky"),
            container="X",
            issued="2025-01-11",
            url="https://example.org/post",
            language="en",
        ),
        cited("ours", type="report", title="[Summary of reporting on Kursk]", issued="2025-01-12", language="en"),
        cited(
            "quotes",
            title='"We will not surrender," says one of the “first” captives',
            authors=[{"family": "Reporter", "given": "Rita"}],
            **_PAPER,
        ),
        cited(
            "german",
            title="nordkoreanische soldaten in kursk",
            container="die tageszeitung",
            issued="2025-01-12",
            language="de",
        ),
        cited(
            "language-unknown",
            title="soldats nord-coréens à koursk",
            container="le quotidien",
            issued="2025-01-12",
        ),
        cited(
            "markup",
            title="<b>bold</b> & <script>alert(1)</script> $x^2$ *star* {brace} 100% #1 \\textbf{x}",
            authors=whole("<img src=x onerror=alert(1)>"),
            container="A & B <i>",
            issued="2025-01-12",
            url='https://example.org/markup?a=1&b="><script>alert(1)</script>',
            language="fr",
        ),
        cited(
            "script-address", title="A link", authors=whole("Mallory"), url="javascript:alert(1)", issued="2025-01-12"
        ),
        cited(
            "decision",
            type="webpage",
            genre="Fact-check",
            title="About 11,000 North Korean soldiers are deployed in Kursk: unconfirmed",
            authors=whole("Attest"),
            issued="2025-01-12",
            url=f"{HOUSE}/claims/clm_1/versions/3",
            version=3,
        ),
    )
}
"""By what is hard about them."""
