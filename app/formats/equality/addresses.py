"""Normal forms of web addresses, to find out whether two of them are the same page.

RFC 3986, section 6.2, with the steps that are usual for pages: http and https, `www.`, a trailing slash, the order of
parameters, tracking parameters and fragments do not count. The normal form is compared and never requested.
"""

import re
from contextlib import suppress
from urllib.parse import quote, unquote_to_bytes, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

_TRACKING = re.compile(
    r"utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh"
    r"|mc_[ce]id|mkt_tok|_hs(enc|mi)|_openstat|oly_(anon|enc)_id|ref_src|ref_url|at_(medium|campaign)|cmpid|ocid|ncid"
    r"|__twitter_impression|wt_?mc(_o)?|pk_(campaign|kwd|source|medium)|mtm_[a-z]+|spm|s_cid|vero_(conv|id)",
    re.IGNORECASE,
)
"""Parameters that say where a reader came from, not which page it is."""

_PLAIN = re.compile(r"[A-Za-z0-9/._~-]*")
"""Text that needs no encoding, which most addresses consist of."""

_SAFE_IN_PATH = "/:@!$&'()*+,;=-._~"
_SAFE_IN_QUERY = "/:@!$'()*,;-._~?"


def normal_address(url: str) -> str:
    """Return the normal form of an http or https address, without its scheme.

    A fragment counts only if it is the address of a page within a script: `#!/…` or `#/…`.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # brackets or letters that no host has
        return url.strip().partition("#")[0].partition("://")[2]
    host = _normal_host(parts.hostname or "")
    port = _port(parts.netloc)
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    path = _without_dot_segments(_encoded(parts.path, _SAFE_IN_PATH)).rstrip("/")
    query = _normal_query(parts.query)
    fragment = f"#{_encoded(parts.fragment, _SAFE_IN_PATH)}" if parts.fragment.startswith(("!", "/")) else ""
    return f"{host}{path}{'?' if query else ''}{query}{fragment}"


def _port(netloc: str) -> int | None:
    # Not `SplitResult.port`, which raises for a port that is no number.
    _host, colon, port = netloc.rpartition(":")
    return int(port) if colon and port.isascii() and port.isdecimal() and len(port) <= 5 else None  # noqa: PLR2004 - 65535


def _normal_host(host: str) -> str:
    host = host.rstrip(".")
    if not host.isascii():
        with suppress(UnicodeError):  # no valid name of a host: compared as it is
            host = host.encode("idna").decode()
    return host.lower().removeprefix("www.")


def _encoded(text: str, safe: str) -> str:
    """Return the text with one percent-encoding: none for what needs none, capital hexadecimal digits for the rest."""
    if _PLAIN.fullmatch(text):
        return text
    # Reserved characters that were encoded stay so: a%2Fb is another path than a/b.
    pieces = re.split(r"(%2[Ff]|%3[Ff]|%23|%26|%3[Dd]|%2[Bb])", text)
    return "".join(
        piece.upper() if number % 2 else quote(unquote_to_bytes(piece), safe=safe)
        for number, piece in enumerate(pieces)
    )


def _without_dot_segments(path: str) -> str:
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments = segments[:-1] if len(segments) > 1 else segments
        elif segment != ".":
            segments.append(segment)
    return "/".join(segments)


def _normal_query(query: str) -> str:
    parameters = []
    for parameter in query.split("&"):
        name, equals, value = parameter.partition("=")
        if parameter and not _TRACKING.fullmatch(name):
            encoded = [_encoded(part.replace("+", " "), _SAFE_IN_QUERY) for part in (name, value)]
            parameters.append((encoded[0], f"{equals}{encoded[1]}"))
    # Sorted by name only: the order of the values of one name may count.
    return "&".join(name + value for name, value in sorted(parameters, key=lambda parameter: parameter[0]))
