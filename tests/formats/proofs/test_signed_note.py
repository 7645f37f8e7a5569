"""Signed notes and checkpoints, beside the example that the specification gives."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from app.formats.proofs.signed_note import Checkpoint, Note, NoteError, Signer, Verifier

# The example of Go's golang.org/x/mod/sumdb/note, which the specification follows.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

SIGNER = Signer("example.com/log", b"k" * 32)
CHECKPOINT = Checkpoint("example.com/log", 7, b"r" * 32)


def test_a_note_that_another_implementation_signed() -> None:
    verifier = Verifier.parse(VKEY)

    assert Note.parse(NOTE).verified([verifier]) == TEXT
    assert verifier.vkey == VKEY


def test_what_is_signed_is_verified_and_read() -> None:
    signer = Signer("example.com/log", b"k" * 32)
    note = signer.sign(CHECKPOINT.text)

    text = Note.parse(note).verified([Verifier.parse(VKEY), Verifier.parse(signer.verifier.vkey)])

    assert Checkpoint.parse(text) == CHECKPOINT
    assert text == f"example.com/log\n7\n{base64.b64encode(b'r' * 32).decode()}\n"


def test_a_text_may_have_empty_lines() -> None:
    assert Note.parse(SIGNER.sign("one\n\nanother\n")).verified([SIGNER.verifier]) == "one\n\nanother\n"


def test_a_note_with_several_signatures_is_as_good_as_those_that_are_known() -> None:
    witness = Signer("witness.example", b"w" * 32)
    note = SIGNER.sign(CHECKPOINT.text)
    both = note + witness.sign(CHECKPOINT.text).rpartition("\n\n")[2]

    for known in ([SIGNER.verifier], [witness.verifier], [SIGNER.verifier, witness.verifier]):
        assert Note.parse(both).verified(known) == CHECKPOINT.text
    of_another_text = note + witness.sign("another\n").rpartition("\n\n")[2]
    assert Note.parse(of_another_text).verified([SIGNER.verifier]) == CHECKPOINT.text
    with pytest.raises(NoteError, match="is not by its key"):
        Note.parse(of_another_text).verified([SIGNER.verifier, witness.verifier])


@configured(deadline=None)
@given(st.data())
def test_no_character_of_a_note_can_be_another_one(data: st.DataObject) -> None:
    note = SIGNER.sign(CHECKPOINT.text)
    place = data.draw(st.integers(0, len(note) - 1))
    forged = note[:place] + data.draw(st.characters(exclude_characters=note[place])) + note[place + 1 :]

    with pytest.raises(NoteError):
        Note.parse(forged).verified([SIGNER.verifier])


@configured(deadline=None)
@given(st.text())
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Note.parse(text)


@configured(deadline=None)
@given(st.text() | st.from_regex(r"a\n[0-9]+\n[A-Za-z=/+]*\n"))
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


ROOT = base64.b64encode(b"r" * 32).decode()
THREE_LINES = "^a checkpoint is a name, a size and a root, a line each$"
LENGTH = "^the root of a checkpoint has 32 bytes, in base64$"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"\n7\n{ROOT}\n", THREE_LINES),
        (f"a\n07\n{ROOT}\n", THREE_LINES),
        (f"a\n-1\n{ROOT}\n", THREE_LINES),
        (f"a\n\n{ROOT}\n", THREE_LINES),
        (f"a\n{10**19}\n{ROOT}\n", THREE_LINES),
        (f"a\n7\n{ROOT}", THREE_LINES),
        ("a\n7\nAAAA\n", LENGTH),
        (f"a\n7\n{base64.b64encode(b'r' * 33).decode()}\n", LENGTH),
        (f"a\n7\n{ROOT[:-1]}\n", "^base64 is expected, in its usual alphabet and with padding$"),
    ],
)
def test_refusals_of_checkpoints_say_why(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        Checkpoint.parse(text)


def test_what_follows_the_three_lines_of_a_checkpoint_is_passed_over() -> None:
    assert Checkpoint.parse(f"a\n0\n{ROOT}\nmore\n") == Checkpoint("a", 0, b"r" * 32)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (TEXT, "a note is"),
        ("\ud800" + NOTE, "UTF-8"),
        ("\n\n— PeterNeumann x08go/ZJ\n", "a note is"),
        (NOTE.rstrip("\n"), "a note is"),
        (NOTE.replace("—", "-"), "^a signature has the form '— name base64'$"),
        (NOTE.replace("PeterNeumann", "Peter+Neumann"), "the form"),
        (NOTE.replace("AM=\n", "AM\n"), "base64"),
        (NOTE.replace("AM=\n", "AN=\n"), "base64"),
        (NOTE.replace("PeterNeumann", "Someone"), "by no key that is known here, but by Someone"),
        (TEXT + "\n— PeterNeumann x08goA==\n", "the form"),
        (TEXT + "\n— PeterNeumann x08go/ZJkuBS\n", "not by its key"),
        (NOTE.replace("problem,", "question,"), "not by its key"),
    ],
)
def test_refusals_say_why(note: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        Note.parse(note).verified([Verifier.parse(VKEY)])


@pytest.mark.parametrize(
    ("vkey", "why"),
    [
        ("", "base64 is expected"),
        ("PeterNeumann", "base64 is expected"),
        (VKEY.replace("c74f", "c74e"), "^the id of the key PeterNeumann does not belong to it$"),
        (VKEY + "A", "base64 is expected"),
        (VKEY.replace("ARpc", "AhpC"), "has the form"),
        ("a b" + VKEY, "has the form"),
    ],
)
def test_a_key_that_is_none_is_refused(vkey: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        Verifier.parse(vkey)


def key_of(name: str, key: bytes) -> str:
    """A public key as text, with the id that belongs to it, whatever it is."""
    identifier = sha256(name.encode() + b"\n" + key).digest()[:4]
    return f"{name}+{identifier.hex()}+{base64.b64encode(key).decode()}"


def test_a_key_that_can_be_none_is_refused_although_its_id_belongs_to_it() -> None:
    public = SIGNER.verifier.public
    good = key_of("example.com/log", b"\x01" + public)
    assert Verifier.parse(f"  {good}\n") == SIGNER.verifier
    for name, key in (
        ("a b", b"\x01" + public),
        ("", b"\x01" + public),
        ("a", b"\x02" + public),
        ("a", b"\x01" + public[:-1]),
        ("a", b"\x01" + public + b"x"),
        ("a", b"\x01"),
    ):
        with pytest.raises(NoteError, match=r"^a public key of a log has the form name\+id\+key, and is for Ed25519$"):
            Verifier.parse(key_of(name, key))


@pytest.mark.parametrize(
    ("name", "private", "why"),
    [
        ("a b", b"k" * 32, "^a log's name has neither blanks nor a plus sign$"),
        ("a+b", b"k" * 32, "plus sign"),
        ("", b"k" * 32, "plus sign"),
        ("a", b"k", "^a private key has 32 bytes$"),
    ],
)
def test_nobody_signs_under_a_name_or_with_a_key_that_cannot_be(name: str, private: bytes, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        Signer(name, private)
