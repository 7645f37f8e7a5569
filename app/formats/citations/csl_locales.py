"""What CSL's own locales get wrong, put right: a `<locale>` of CSL 1.0.2 that goes into a style.

Ukrainian: CSL gives '12, Січень 2025'. A day stands before its month in the genitive, small, and without a comma:
'12 січня 2025'. CSL knows one case only; that of dates with days is taken, which are nearly all there are.

Korean: short months are bare numbers, '1 2025'. They take 월 as the long ones do.
"""

_MONTHS = "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"
_SHORT = "січ. лют. берез. квіт. трав. черв. лип. серп. верес. жовт. листоп. груд."


def _terms(form: str, months: str) -> str:
    listed = enumerate(months.split(), 1)
    return "".join(f'<term name="month-{number:02}"{form}>{month}</term>' for number, month in listed)


_DATE = '<date-part name="day" suffix=" "/><date-part name="month" suffix=" "/><date-part name="year"/>'

_TERMS = _terms("", _MONTHS) + _terms(' form="short"', _SHORT)
_NUMBERED = _terms(' form="short"', " ".join(f"{number}월" for number in range(1, 13)))

_LOCALES = {
    "ko-KR": f'<locale xml:lang="ko"><terms>{_NUMBERED}</terms></locale>',
    "uk-UA": f'<locale xml:lang="uk"><date form="text">{_DATE}</date><terms>{_TERMS}</terms></locale>',
}


def put_right(style: str, locale: str) -> str:
    """The XML of a style for use with a locale."""
    mended = _LOCALES.get(locale)
    # A style that has words of its own for the language knows better.
    if mended is None or f'xml:lang="{locale[:2]}' in style:
        return style
    return style.replace("</info>", f"</info>{mended}", 1)
