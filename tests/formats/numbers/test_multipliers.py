"""The table of multipliers is that of the Unicode CLDR."""

from pathlib import Path

import pytest

from app.formats.numbers import multipliers
from app.formats.numbers.multipliers import find_multiplier
from app.formats.numbers.text_language import TextLanguages
from tests.support import compact_forms

pytestmark = pytest.mark.slow

TABLE = Path(multipliers.__file__).with_name("compact_forms.tsv")


def test_the_table_is_up_to_date() -> None:
    """Otherwise run `python -m tests.support.compact_forms > app/formats/numbers/compact_forms.tsv`."""
    assert TABLE.read_text("utf-8") == compact_forms.HEADER + "".join(compact_forms.lines())


def test_every_form_multiplies_in_its_own_language() -> None:
    missing = []
    for line in compact_forms.lines():
        position, form, factor, languages = line.rstrip("\n").split("\t")
        for language in languages.replace("~", "").split():
            multiplier = find_multiplier(form.rstrip("."), TextLanguages(frozenset({language})), is_attached=True)
            if position == "after" and (multiplier is None or int(factor) not in multiplier.factors):
                missing.append((form, factor, language))
    assert missing == []
