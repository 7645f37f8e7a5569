"""Numbers in different elements of a page stay apart, and what a page shows is read."""

import io
from decimal import Decimal

import pytest

from app.formats.captures import media_types
from app.formats.captures.captured_text import extract_text
from app.formats.numbers.numerals import find_numbers
from tests.support.files import html

CASES: list[tuple[str, list[int]]] = [
    ("<table><tr><td>12</td><td>300</td></tr></table>", [12, 300]),
    ("<table><tr><td>12<td>300<tr><td>500</table>", [12, 300, 500]),
    ("<table><tr><td>12</td></tr><tr><td>300</td></tr></table>", [12, 300]),
    ("<table><tr><td><table><tr><td>12</td></tr></table></td><td>300</td></tr></table>", [12, 300]),
    ("<table><tr><td>12</td> <td>300</td></tr></table>", [12, 300]),
    ("<ul><li>12</li><li>300</li></ul>", [12, 300]),
    ("<ol><li>12<li>300</ol>", [12, 300]),
    ("<p>Brigade 47</p><p>300 soldiers</p>", [47, 300]),
    ("<p>Brigade 47<p>300 soldiers", [47, 300]),
    ("12<br>300", [12, 300]),
    ("12<br/>thousand", [12]),
    ("<dl><dt>12</dt><dd>300</dd></dl>", [12, 300]),
    ("<select><option>12</option><option>300</option></select>", [12, 300]),
    ("<div>12</div><div>300</div>", [12, 300]),
    ("<h2>12</h2>300", [12, 300]),
    ("12<hr>300", [12, 300]),
    ("12<img src=x>300", [12, 300]),
    ("<button>12</button><button>300</button>", [12, 300]),
    ("<span>12</span> <span>300</span>", [12, 300]),
    ("<b>12</b>&nbsp;<b>300</b>", [12, 300]),
    ("<a>12</a><a>300</a>", [12, 300]),
    ("<s>12</s>300", [12, 300]),
    ("<del>12</del><ins>300</ins>", [12, 300]),
    ("<pre>12  300\n400\t500</pre>", [12, 300, 400, 500]),
    ("<svg><text>12</text><text>300</text></svg>", [12, 300]),
    ("300<sup>2</sup> 12<sub>1</sub>", [300, 12]),
    ("5 km<sup>2</sup>", [5]),
    ("2<sup>1</sup>/<sub>2</sub> thousand", [2500]),
    ("<b>1</b>2", [12]),
    ("<b>12</b>,300,000", [12300000]),
    ("12&nbsp;300", [12300]),
    ("12&thinsp;300", [12300]),
    ("12\u202f300", [12300]),
    ("12\n300", [12300]),
    ("12<!-- -->&nbsp;300", [12300]),
    ("<b>11</b> thousand", [11000]),
    ("<b>11</b> <i>thousand</i>", [11000]),
    ("<div><template shadowrootmode=open><p>300</p></template></div>", [300]),
    ("<template><p>300</p></template>", []),
    ("<iframe srcdoc='<p>12</p><p>300</p>'></iframe>", [12, 300]),
    ("<script>300</script><style>300</style><!-- 300 -->", []),
]


@pytest.mark.parametrize(("body", "expected"), CASES)
def test_every_block_separates_numbers(body: str, expected: list[int]) -> None:
    text = extract_text(io.BytesIO(html(body)), media_types.HTML)
    numbers = [mention.readings for part in text.parts for mention in find_numbers(part.text, part.languages)]
    assert numbers == [frozenset({Decimal(number)}) for number in expected]
    assert text.gaps == []


def test_a_page_of_frames_is_reported() -> None:
    text = extract_text(io.BytesIO(html("<frameset><frame src=a><frame src=b></frameset>")), media_types.HTML)
    assert text.gaps == ["The page consists of frames, whose pages are not part of the file."]
