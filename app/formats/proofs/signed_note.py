"""Signed notes and checkpoints: how a log says "so many entries, with this root" under its name.

Follows the C2SP specifications signed-note and tlog-checkpoint: a text of lines, an empty line, and lines with
signatures, of which each begins with an em dash, the signer's name, and four bytes by which the key is known.
Signatures are Ed25519 (RFC 8032).
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

_ED25519 = b"\x01"
"""The kind of a key, as it stands before its bytes."""

_PUBLIC_BYTES, _SIGNATURE_BYTES, _ID_BYTES = 32, 64, 4

_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(ValueError):
    """A note, a checkpoint or a key is not in its form, or not signed as it should be; the message says how."""


@dataclass(frozen=True)
class Verifier:
    """Whose signatures are believed: a name and a public key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """From the text form `name+id+key`. Raises NoteError."""
        name, _, rest = vkey.strip().partition("+")
        identifier, _, encoded = rest.partition("+")
        key = _decoded(encoded)
        if not _NAME.fullmatch(name) or key[:1] != _ED25519 or len(key) != 1 + _PUBLIC_BYTES:
            raise NoteError("a public key of a log has the form name+id+key, and is for Ed25519")
        verifier = cls(name, key[1:])
        if identifier != verifier.id.hex():
            raise NoteError(f"the id of the key {name} does not belong to it")
        return verifier

    @property
    def id(self) -> bytes:
        """Four bytes by which signatures name the key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The text form, to be given to whoever is to check."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """True if this key made this signature of this text."""
        # Loaded only when something is signed or checked: most commands do neither, and it takes its time.
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A name and a private key."""

    def __init__(self, name: str, private: bytes) -> None:
        """`private` are the 32 bytes of RFC 8032. Raises NoteError if one of the two cannot be used."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

        if not _NAME.fullmatch(name):
            raise NoteError("a log's name has neither blanks nor a plus sign")
        if len(private) != _PUBLIC_BYTES:
            raise NoteError(f"a private key has {_PUBLIC_BYTES} bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note: the text, which ends with a line break, and our signature."""
        signature = base64.b64encode(self.verifier.id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.verifier.name} {signature}\n"


@dataclass(frozen=True)
class Signature:
    """A signature of a note."""

    name: str
    id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text and who signed it; nothing is checked yet."""

    text: str
    signatures: Sequence[Signature]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Raises NoteError if it is no note, or has no signature."""
        try:
            note.encode()
        except UnicodeEncodeError:
            raise NoteError("a note is text that can be written as UTF-8") from None
        text, found, lines = note.rpartition("\n\n")
        if not found or not text or not lines.endswith("\n"):
            raise NoteError("a note is a text, an empty line, and lines with signatures")
        return cls(text + "\n", [_signature(line) for line in lines[:-1].split("\n")])

    def verified(self, verifiers: Sequence[Verifier]) -> str:
        """The text. Raises NoteError unless one of these keys signed it, and if one that is said to have did not."""
        signed = False
        for one in self.signatures:
            for verifier in verifiers:
                if (one.name, one.id) == (verifier.name, verifier.id):
                    if not verifier.verifies(self.text.encode(), one.signature):
                        raise NoteError(f"the signature of {one.name} is not by its key")
                    signed = True
        if not signed:
            raise NoteError(f"it is signed by no key that is known here, but by {self.signers}")
        return self.text

    @property
    def signers(self) -> str:
        """Who signed, for a message."""
        return ", ".join(f"{one.name}+{one.id.hex()}" for one in self.signatures)


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    decoded = _decoded(encoded)
    if dash != "—" or not _NAME.fullmatch(name) or len(decoded) <= _ID_BYTES:
        raise NoteError("a signature has the form '— name base64'")
    return Signature(name, decoded[:_ID_BYTES], decoded[_ID_BYTES:])


@dataclass(frozen=True)
class Checkpoint:
    """What a log stood for at a time: its name, how many entries it had, and the root of their tree."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """From the text of a note; lines that follow the first three are passed over. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - three, and the end
            raise NoteError("a checkpoint is a name, a size and a root, a line each")
        root = _decoded(lines[2])
        if len(root) != _PUBLIC_BYTES:
            raise NoteError("the root of a checkpoint has 32 bytes, in base64")
        return cls(lines[0], int(lines[1]), root)


def _decoded(text: str) -> bytes:
    """Base64 that is written as one would write it anew: there are no two texts for one signature."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded or base64.b64encode(decoded).decode() != text:
        raise NoteError("base64 is expected, in its usual alphabet and with padding")
    return decoded
