"""Citations that are hard to format, for the tests of every citation style."""

from collections.abc import Mapping
from typing import Any

from app.schemas.files.citation import Citation

API_URL = "https://attest.example/api/v1"


def citation(key: str, **fields: Any) -> Citation:
    """Build a citation, by default of a newspaper article."""
    return Citation(
        key=key, address=f"{API_URL}/documents/{key}", **{"type": "article-newspaper", "title": None, **fields}
    )


def literal_name(name: str) -> list[dict[str, str]]:
    """Build a list of one author whose name has no parts."""
    return [{"literal": name}]


_NEWSPAPER: dict[str, Any] = {"container": "The Daily Paper", "issued": "2025-01-12", "language": "en"}

HARD_CITATIONS: Mapping[str, Citation] = {
    item.key: item
    for item in (
        citation(
            "institution",
            type="webpage",
            genre="Press release",
            title="Briefing on North Korean soldiers in Kursk",
            authors=literal_name("National Intelligence Service (South Korea)"),
            issued="2025-01-13",
            url="https://example.org/institution",
            language="en",
        ),
        citation("single-name", title="The men in the video", authors=literal_name("Sukarno"), **_NEWSPAPER),
        citation(
            "people",
            title="Two soldiers captured in Kursk, Kyiv says",
            authors=[
                {"family": "Lovelace", "given": "Ada Augusta"},
                {"family": "Gogh", "given": "Vincent", "particle": "van"},
                {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
            ],
            url="https://example.org/people?a=1&b=2",
            accessed="2025-01-14",
            **_NEWSPAPER,
        ),
        citation(
            "korean",
            title="국정원 “북한군 사상자 3천여 명”",
            authors=[{"family": "김", "given": "민수"}],
            container="한겨레",
            issued="2025-01-13",
            url="https://example.org/korean",
            language="ko",
        ),
        citation(
            "korean-whole",
            title="북한군 포로 두 명",
            authors=literal_name("박지은"),
            container="연합뉴스",
            issued="2025-01-12",
            language="ko",
        ),
        citation(
            "cyrillic",
            title="Розвідка: близько 11 тисяч солдатів КНДР на Курщині",
            authors=[{"family": "Шевченко", "given": "Олена Іванівна"}],
            container="Українська правда",
            issued="2025-01-12",
            url="https://example.org/cyrillic",
            language="uk",
        ),
        citation(
            "arabic",
            title="جنود كوريون شماليون في كورسك",
            authors=[{"family": "حسن", "given": "محمد"}],
            container="الجزيرة",
            issued="2025-01-12",
            language="ar",
        ),
        citation(
            "arabic-whole",
            title="أسيران من كوريا الشمالية",
            authors=literal_name("عبد الله بن محمد"),
            container="الجزيرة",
            issued="2025-01-13",
            language="ar",
        ),
        citation("no-author", title="korean soldiers in the region, officials say", **_NEWSPAPER),
        citation(
            "no-date",
            type="report",
            title="Strength of the corps",
            authors=literal_name("General Staff of the Armed Forces of Ukraine"),
            url="https://example.org/no-date",
            language="en",
        ),
        citation(
            "no-title",
            type="post",
            authors=literal_name("@eyewitness"),
            container="Telegram",
            issued="2025-01-11",
            url="https://example.org/no-title",
        ),
        citation("uncertain", type="document", genre="Physical object", title="A memo", issued="2025-01~"),
        citation(
            "interval",
            type="report",
            title="Kursk, month by month",
            authors=literal_name("Institute for the Study of War"),
            issued="2024-10/2025-01",
            language="en",
        ),
        citation("open", type="document", title="A leaflet", issued="../2025-01-12"),
        citation("decade", type="graphic", genre="Photograph", title="An old map", issued="199X"),
        citation(
            "season", type="report", title="Winter report", authors=literal_name("Some Institute"), issued="2024-24"
        ),
        citation(
            "archived",
            title="Drones over Sumy",
            authors=literal_name("Suspilne"),
            container="suspilne.media",
            issued="2025-01-12",
            accessed="2025-01-13",
            url="https://example.org/archived",
            archive_url="https://web.archive.example/2025/https://example.org/archived",
            archived="2025-01-13",
            language="en",
        ),
        citation(
            "described", title="North Korea sends more men", authors=literal_name("Western officials"), **_NEWSPAPER
        ),
        citation(
            "video",
            type="motion_picture",
            genre="Video",
            title="Interrogation of two captured soldiers",
            authors=literal_name("Security Service of Ukraine"),
            publisher="YouTube",
            issued="2025-01-11",
            url="https://example.org/video",
            language="en",
        ),
        citation("video-of-nobody", type="motion_picture", genre="Video", title="[Interrogation of two captives]"),
        citation(
            "post",
            type="post",
            title="We have captured two soldiers",
            authors=literal_name("Volodymyr Zelensky"),
            container="X",
            issued="2025-01-11",
            url="https://example.org/post",
            language="en",
        ),
        citation("ours", type="report", title="[Summary of reporting on Kursk]", issued="2025-01-12", language="en"),
        citation(
            "quotes",
            title='"We will not surrender," says one of the “first” captives',
            authors=[{"family": "Reporter", "given": "Rita"}],
            **_NEWSPAPER,
        ),
        citation(
            "german",
            title="nordkoreanische soldaten in kursk",
            container="die tageszeitung",
            issued="2025-01-12",
            language="de",
        ),
        citation(
            "language-unknown",
            title="soldats nord-coréens à koursk",
            container="le quotidien",
            issued="2025-01-12",
        ),
        citation(
            "markup",
            title="<b>bold</b> & <script>alert(1)</script> $x^2$ *star* {brace} 100% #1 \\textbf{x}",
            authors=literal_name("<img src=x onerror=alert(1)>"),
            container="A & B <i>",
            issued="2025-01-12",
            url='https://example.org/markup?a=1&b="><script>alert(1)</script>',
            language="fr",
        ),
        citation(
            "script-address",
            title="A link",
            authors=literal_name("Mallory"),
            url="javascript:alert(1)",
            issued="2025-01-12",
        ),
        citation(
            "decision",
            type="webpage",
            genre="Fact-check",
            title="About 11,000 North Korean soldiers are deployed in Kursk: unconfirmed",
            authors=literal_name("Attest"),
            issued="2025-01-12",
            url=f"{API_URL}/claims/clm_1/versions/3",
            version=3,
        ),
    )
}
"""The citations by what is hard about them."""
