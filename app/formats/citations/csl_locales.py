"""Corrections of the locales that come with CSL, as a `<locale>` element (CSL 1.0.2) that is inserted into a style.

Ukrainian: CSL prints '12, Січень 2025'. After a day the month is in the genitive, in lower case and without a comma:
'12 січня 2025'. CSL supports one grammatical case only. The correction uses the genitive, because nearly all dates
have a day.

Korean: CSL prints short months as bare numbers, '1 2025'. The correction adds 월, as in the long form.
"""

_UKRAINIAN_MONTHS = "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"
_UKRAINIAN_SHORT = "січ. лют. берез. квіт. трав. черв. лип. серп. верес. жовт. листоп. груд."


def _terms(form: str, months: str) -> str:
    numbered = enumerate(months.split(), 1)
    return "".join(f'<term name="month-{number:02}"{form}>{month}</term>' for number, month in numbered)


_UKRAINIAN_DATE = '<date-part name="day" suffix=" "/><date-part name="month" suffix=" "/><date-part name="year"/>'

_UKRAINIAN_TERMS = _terms("", _UKRAINIAN_MONTHS) + _terms(' form="short"', _UKRAINIAN_SHORT)
_KOREAN_TERMS = _terms(' form="short"', " ".join(f"{number}월" for number in range(1, 13)))

_CORRECTIONS = {
    "ko-KR": f'<locale xml:lang="ko"><terms>{_KOREAN_TERMS}</terms></locale>',
    "uk-UA": (
        f'<locale xml:lang="uk"><date form="text">{_UKRAINIAN_DATE}</date><terms>{_UKRAINIAN_TERMS}</terms></locale>'
    ),
}


def correct_locale(style: str, locale: str) -> str:
    """The XML of a style, with the corrections for a locale inserted if there are any."""
    correction = _CORRECTIONS.get(locale)
    # A style with its own terms for the language takes precedence.
    if correction is None or f'xml:lang="{locale[:2]}' in style:
        return style
    return style.replace("</info>", f"</info>{correction}", 1)
