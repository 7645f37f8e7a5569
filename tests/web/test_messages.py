"""The catalogues of translated sentences are complete, have nothing stale, and keep every placeholder."""

import re

import pytest

from app.web import messages
from app.web.localization import LANGUAGES

_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def placeholders(text: str) -> set[str]:
    # The number may be left out where a form of the plural says it: "one claim".
    return set(_PLACEHOLDER.findall(text)) - {"%(num)s", "{count}", "%(count)s"}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_sentence_is_translated_and_none_is_stale(language: str) -> None:
    """Otherwise run `python -m app.web.messages`, and translate what is new."""
    catalogue = {message.id: message for message in messages.read_catalogue(language) if message.id}
    singular = {sentence if isinstance(sentence, str) else sentence[0] for sentence in messages.sentences()}
    stored = {key if isinstance(key, str) else key[0] for key in catalogue}
    assert singular - stored == set()
    assert stored - singular == set()
    for key, message in catalogue.items():
        translations = [message.string] if isinstance(message.string, str) else list(message.string or ())
        assert all(translations), key
        for text in translations:
            assert placeholders(text) == placeholders(key if isinstance(key, str) else key[1]), key
