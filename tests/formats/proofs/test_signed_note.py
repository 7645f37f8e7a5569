"""Signed notes and checkpoints, including the example of the specification."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.proofs.signed_note import Checkpoint, NoteError, NoteSigner, SignedNote, Verifier

# The example of golang.org/x/mod/sumdb/note, on which the specification is based.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

SIGNER = NoteSigner("example.com/log", b"k" * 32)
CHECKPOINT = Checkpoint("example.com/log", 7, b"r" * 32)


def test_a_note_signed_by_another_implementation_is_verified() -> None:
    verifier = Verifier.parse(VKEY)

    assert SignedNote.parse(NOTE).verify([verifier]) == TEXT
    assert verifier.vkey == VKEY


def test_a_signed_checkpoint_is_verified_and_parsed() -> None:
    signer = NoteSigner("example.com/log", b"k" * 32)
    note = signer.sign(CHECKPOINT.text)

    text = SignedNote.parse(note).verify([Verifier.parse(VKEY), Verifier.parse(signer.verifier.vkey)])

    assert Checkpoint.parse(text) == CHECKPOINT
    assert text == f"example.com/log\n7\n{base64.b64encode(b'r' * 32).decode()}\n"


def test_a_text_may_have_empty_lines() -> None:
    assert SignedNote.parse(SIGNER.sign("one\n\nanother\n")).verify([SIGNER.verifier]) == "one\n\nanother\n"


def test_a_note_with_several_signatures_is_verified_by_the_known_keys() -> None:
    witness = NoteSigner("witness.example", b"w" * 32)
    note = SIGNER.sign(CHECKPOINT.text)
    both = note + witness.sign(CHECKPOINT.text).rpartition("\n\n")[2]

    for verifiers in ([SIGNER.verifier], [witness.verifier], [SIGNER.verifier, witness.verifier]):
        assert SignedNote.parse(both).verify(verifiers) == CHECKPOINT.text
    mismatched = note + witness.sign("another\n").rpartition("\n\n")[2]
    assert SignedNote.parse(mismatched).verify([SIGNER.verifier]) == CHECKPOINT.text
    with pytest.raises(NoteError, match="was not made with that key"):
        SignedNote.parse(mismatched).verify([SIGNER.verifier, witness.verifier])


@settings(deadline=None)
@given(st.data())
def test_a_note_with_any_character_replaced_is_refused(data: st.DataObject) -> None:
    note = SIGNER.sign(CHECKPOINT.text)
    position = data.draw(st.integers(0, len(note) - 1))
    forged = note[:position] + data.draw(st.characters(exclude_characters=note[position])) + note[position + 1 :]

    with pytest.raises(NoteError):
        SignedNote.parse(forged).verify([SIGNER.verifier])


@settings(deadline=None)
@given(st.text())
def test_other_text_is_refused_as_a_note(text: str) -> None:
    with pytest.raises(NoteError):
        SignedNote.parse(text)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"a\n[0-9]+\n[A-Za-z=/+]*\n"))
def test_other_text_is_refused_as_a_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


ROOT = base64.b64encode(b"r" * 32).decode()
THREE_LINES = "^is not a checkpoint; it must begin with three lines: name, size and root hash$"
LENGTH = "^has a root hash of [0-9]+ bytes; it must be 32 bytes in base64$"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"\n7\n{ROOT}\n", THREE_LINES),
        (f"a\n07\n{ROOT}\n", THREE_LINES),
        (f"a\n-1\n{ROOT}\n", THREE_LINES),
        (f"a\n\n{ROOT}\n", THREE_LINES),
        (f"a\n{10**19}\n{ROOT}\n", THREE_LINES),
        (f"a\n7\n{ROOT}", THREE_LINES),
        ("a\n7\nAAAA\n", LENGTH),
        (f"a\n7\n{base64.b64encode(b'r' * 33).decode()}\n", LENGTH),
        (f"a\n7\n{ROOT[:-1]}\n", "^contains invalid base64; it must use the standard alphabet, with padding$"),
    ],
)
def test_an_invalid_checkpoint_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Checkpoint.parse(text)


def test_lines_after_the_first_three_of_a_checkpoint_are_ignored() -> None:
    assert Checkpoint.parse(f"a\n0\n{ROOT}\nmore\n") == Checkpoint("a", 0, b"r" * 32)


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (TEXT, "is not a signed note"),
        ("\ud800" + NOTE, "UTF-8"),
        ("\n\n— PeterNeumann x08go/ZJ\n", "is not a signed note"),
        (NOTE.rstrip("\n"), "is not a signed note"),
        (NOTE.replace("—", "-"), "^has an invalid signature line; it must have the form '— name base64'$"),
        (NOTE.replace("PeterNeumann", "Peter+Neumann"), "the form"),
        (NOTE.replace("AM=\n", "AM\n"), "base64"),
        (NOTE.replace("AM=\n", "AN=\n"), "base64"),
        (NOTE.replace("PeterNeumann", "Someone"), "is not signed by a trusted key, but by Someone"),
        (TEXT + "\n— PeterNeumann x08goA==\n", "the form"),
        (TEXT + "\n— PeterNeumann x08go/ZJkuBS\n", "not made with that key"),
        (NOTE.replace("problem,", "question,"), "not made with that key"),
    ],
)
def test_an_invalid_note_is_refused_with_the_reason(note: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        SignedNote.parse(note).verify([Verifier.parse(VKEY)])


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "contains invalid base64"),
        ("PeterNeumann", "contains invalid base64"),
        (
            VKEY.replace("c74f", "c74e"),
            "^the key id of PeterNeumann does not match the key; copy the complete public key again$",
        ),
        (VKEY + "A", "contains invalid base64"),
        (VKEY.replace("ARpc", "AhpC"), "must have the form"),
        ("a b" + VKEY, "must have the form"),
    ],
)
def test_an_invalid_public_key_is_refused(vkey: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Verifier.parse(vkey)


def key_of(name: str, key: bytes) -> str:
    """Encode any bytes as a public key, with the matching key id."""
    identifier = sha256(name.encode() + b"\n" + key).digest()[:4]
    return f"{name}+{identifier.hex()}+{base64.b64encode(key).decode()}"


def test_an_invalid_public_key_with_a_matching_id_is_refused() -> None:
    public = SIGNER.verifier.public
    valid_key = key_of("example.com/log", b"\x01" + public)
    assert Verifier.parse(f"  {valid_key}\n") == SIGNER.verifier
    for name, key in (
        ("a b", b"\x01" + public),
        ("", b"\x01" + public),
        ("a", b"\x02" + public),
        ("a", b"\x01" + public[:-1]),
        ("a", b"\x01" + public + b"x"),
        ("a", b"\x01"),
    ):
        with pytest.raises(NoteError, match=r"^is not the public key of a log; it must have the form name\+id\+key"):
            Verifier.parse(key_of(name, key))


@pytest.mark.parametrize(
    ("name", "private", "reason"),
    [
        ("a b", b"k" * 32, "^'a b' cannot be the name of a log"),
        ("a+b", b"k" * 32, "plus sign"),
        ("", b"k" * 32, "plus sign"),
        ("a", b"k", "^the private key has 1 bytes; it must have 32$"),
    ],
)
def test_a_signer_needs_a_valid_name_and_private_key(name: str, private: bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        NoteSigner(name, private)
