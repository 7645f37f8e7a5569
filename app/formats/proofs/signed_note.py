"""Signed notes and checkpoints: the signed statement of a log's size and root hash.

Follows the C2SP specifications signed-note and tlog-checkpoint: lines of text, an empty line, and signature lines. A
signature line has an em dash, the signer's name, and in base64 the four bytes of the key id and the signature.
Signatures are Ed25519 (RFC 8032).
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

_ED25519 = b"\x01"
"""The signature type byte that precedes the key bytes."""

_PUBLIC_BYTES, _SIGNATURE_BYTES, _ID_BYTES = 32, 64, 4

_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(ValueError):
    """A note, checkpoint or key is malformed, or a signature is missing or wrong; the message says which."""


@dataclass(frozen=True)
class Verifier:
    """The name and public key of a trusted signer."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Parse the text form `name+id+key`. Raises NoteError."""
        name, _, rest = vkey.strip().partition("+")
        identifier, _, encoded = rest.partition("+")
        key = _decode_base64(encoded)
        if not _NAME.fullmatch(name) or key[:1] != _ED25519 or len(key) != 1 + _PUBLIC_BYTES:
            raise NoteError("is not the public key of a log; it must have the form name+id+key, with an Ed25519 key")
        verifier = cls(name, key[1:])
        if identifier != verifier.key_id.hex():
            raise NoteError(f"the key id of {name} does not match the key; copy the complete public key again")
        return verifier

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signatures name the key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The text form `name+id+key`, to be published for those who verify signatures."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """True if the signature of the text is by this key."""
        # Imported lazily, because most commands neither sign nor verify, and importing it is slow.
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


class NoteSigner:
    """Signs notes under a name with a private key."""

    def __init__(self, name: str, private: bytes) -> None:
        """`private` are the 32 bytes of RFC 8032. Raises NoteError if the name or the key is invalid."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

        if not _NAME.fullmatch(name):
            raise NoteError(
                f"{name!r} cannot be the name of a log (ATTEST_LOG_ORIGIN); use a name without spaces and plus signs"
            )
        if len(private) != _PUBLIC_BYTES:
            raise NoteError(f"the private key has {len(private)} bytes; it must have {_PUBLIC_BYTES}")
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Return the signed note of a text that ends with a line break."""
        signature = base64.b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.verifier.name} {signature}\n"


@dataclass(frozen=True)
class NoteSignature:
    """A signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class SignedNote:
    """A text and its signatures, which are not verified yet."""

    text: str
    signatures: Sequence[NoteSignature]

    @classmethod
    def parse(cls, note: str) -> "SignedNote":
        """Parse a note. Raises NoteError if it is malformed or has no signature."""
        try:
            note.encode()
        except UnicodeEncodeError:
            raise NoteError("is not a signed note: it contains characters that UTF-8 cannot encode") from None
        text, separator, lines = note.rpartition("\n\n")
        if not separator or not text or not lines.endswith("\n"):
            raise NoteError(
                "is not a signed note; it must consist of a text, an empty line and one or more signature lines"
            )
        return cls(text + "\n", [_parse_signature(line) for line in lines[:-1].split("\n")])

    def verify(self, verifiers: Sequence[Verifier]) -> str:
        """Return the text if at least one of these keys signed it.

        Raises NoteError if none did, or if a signature in the name of one of these keys is wrong.
        """
        is_signed = False
        for signature in self.signatures:
            for verifier in verifiers:
                if (signature.name, signature.key_id) == (verifier.name, verifier.key_id):
                    if not verifier.verifies(self.text.encode(), signature.signature):
                        raise NoteError(
                            f"the signature by {signature.name} is invalid: it was not made with that key, or the text "
                            "was changed"
                        )
                    is_signed = True
        if not is_signed:
            raise NoteError(
                f"is not signed by a trusted key, but by {self.signers}; if you trust that key, pass it with --key"
            )
        return self.text

    @property
    def signers(self) -> str:
        """The names and key ids of the signers, for messages."""
        return ", ".join(f"{signature.name}+{signature.key_id.hex()}" for signature in self.signatures)


def _parse_signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    decoded = _decode_base64(encoded)
    if dash != "—" or not _NAME.fullmatch(name) or len(decoded) <= _ID_BYTES:
        raise NoteError("has an invalid signature line; it must have the form '— name base64'")
    return NoteSignature(name, decoded[:_ID_BYTES], decoded[_ID_BYTES:])


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log at a time: its name, its number of entries, and the root hash of their tree."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Parse the text of a note; lines after the first three are ignored. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - three, and the end
            raise NoteError("is not a checkpoint; it must begin with three lines: name, size and root hash")
        root = _decode_base64(lines[2])
        if len(root) != _PUBLIC_BYTES:
            raise NoteError(f"has a root hash of {len(root)} bytes; it must be {_PUBLIC_BYTES} bytes in base64")
        return cls(lines[0], int(lines[1]), root)


def _decode_base64(text: str) -> bytes:
    """Decode canonical base64 only, so that a signature has exactly one text. Raises NoteError for any other."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded or base64.b64encode(decoded).decode() != text:
        raise NoteError("contains invalid base64; it must use the standard alphabet, with padding")
    return decoded
