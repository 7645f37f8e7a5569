#!/usr/bin/env python3
"""Verify proofs of Attest's log, offline and without Attest. Needs Python and the package `cryptography`.

    python verify_proof.py --key 'example.com/log+a9fb4281+AYEN…' proof.json …
    python verify_proof.py --key KEY --checkpoint january.txt proof.json

A proof is a response of `/api/v1/log/inclusion` or `/api/v1/log/consistency`, a file that `attest audit proof` writes,
or a `.tlog-proof` file next to a citation. Get the key from another place than the proof: the publisher's page, a
colleague, or an earlier proof. With `--checkpoint` the proof must end at a checkpoint that you saved earlier.

Exit codes: 0 proved, 1 not proved, 2 wrong usage. Standards: RFC 9162, section 2.1 (trees and proofs),
RFC 8785 (canonical JSON), the C2SP specifications signed-note, tlog-checkpoint and tlog-proof, RFC 8032 (Ed25519).
"""

import argparse
import base64
import json
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class NotProvedError(Exception):
    """The proof is not valid; the message names the step that failed."""


def need(condition, message):
    """Raise NotProvedError with a message unless a condition holds."""
    if not condition:
        raise NotProvedError(message)


def read(text):
    """Parse JSON. An object with two members of the same name is ambiguous, so it proves nothing."""
    return json.loads(text, object_pairs_hook=members)


def members(pairs):
    """Build an object, each of whose members must occur only once."""
    unique = dict(pairs)
    need(len(unique) == len(pairs), "it has two members of the same name")
    return unique


def canonical(value):
    """Return the canonical JSON of a value without fractions, as bytes (RFC 8785)."""
    ordered = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return ordered.encode()


def node(left, right):
    """Return the hash of the node above two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf, index, size, proof, root):
    """Check that a leaf hash is at `index` among the `size` leaves under a root (RFC 9162, section 2.1.3.2)."""
    need(0 <= index < size, f"there is no entry {index} among {size}")
    at, last, current = index, size - 1, leaf
    for step in proof:
        need(last > 0, "the proof is too long")
        if at & 1 or at == last:
            current = node(step, current)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = node(current, step)
        at, last = at >> 1, last >> 1
    need(last == 0, "the proof is too short")
    need(current == root, "the entry is not under the root")


def check_consistency(first, first_root, second, second_root, proof):
    """Check that the entries under one root are the first entries under another (RFC 9162, section 2.1.4.2)."""
    need(0 < first <= second, f"a log of {first} entries cannot be the beginning of one with {second}")
    if first == second:
        need(not proof and first_root == second_root, "two states of the same size differ")
        return
    steps = proof if first & (first - 1) else [first_root, *proof]
    need(steps, "the proof is empty")
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        need(last > 0, "the proof is too long")
        if at & 1 or at == last:
            before, after = node(step, before), node(step, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, step)
        at, last = at >> 1, last >> 1
    need(last == 0, "the proof is too short")
    need(before == first_root, "the first root does not follow from the proof")
    need(after == second_root, "the second root does not follow from the proof")


def verified_checkpoint(note, vkey):
    """Return size and root of a checkpoint that this key has signed."""
    name, identifier, encoded = vkey.strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    need(len(key) == 33 and key[0] == 1, "the public key is not an Ed25519 key")
    digest = sha256(name.encode() + b"\n" + key).digest()[:4]
    need(digest.hex() == identifier, "the key id does not match the key; copy the complete public key again")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        begin, _, signature = line.rpartition(" ")
        decoded = base64.b64decode(signature, validate=True) if begin == f"— {name}" else b""
        if decoded[:4] == digest:
            try:
                Ed25519PublicKey.from_public_bytes(key[1:]).verify(decoded[4:], text.encode())
            except InvalidSignature:
                raise NotProvedError("the signature of the checkpoint was not made with this key") from None
            origin, size, root, *_ = text.split("\n")
            need(origin == name, "the checkpoint belongs to another log")
            return int(size), base64.b64decode(root, validate=True)
    raise NotProvedError("the checkpoint is not signed by this key")


def hashes(texts):
    """Decode hashes in base64."""
    return [base64.b64decode(text, validate=True) for text in texts]


TLOG_PROOF = "c2sp.org/tlog-proof@v1\n"


def from_tlog_proof(text):
    """Convert a C2SP tlog-proof, whose `extra` is the entry, to the form of the other inclusion proofs."""
    head, _, checkpoint = text.removeprefix(TLOG_PROOF).partition("\n\n")
    extra, index, *steps = head.split("\n")
    leaf = read(base64.b64decode(extra.removeprefix("extra "), validate=True))
    number = index.removeprefix("index ")
    need(number.isascii() and number.isdecimal(), "the file does not give the index of the entry")
    return {
        "leaf": leaf,
        "leaf_hash": base64.b64encode(sha256(b"\x00" + canonical(leaf)).digest()),
        "index": int(number),
        "size": int(checkpoint.split("\n")[1]),
        "proof": steps,
        "checkpoint": checkpoint,
    }


def inclusion(proof, vkey, saved):
    """Check an inclusion proof and return what it proves, in words."""
    leaf = proof["leaf"]
    need(leaf["v"] == 1, "the entry has a format that this program does not know")
    hashed = sha256(b"\x00" + canonical(leaf)).digest()
    need(hashed == base64.b64decode(proof["leaf_hash"]), "the entry does not have the hash that is given")
    size, root = verified_checkpoint(proof["checkpoint"], vkey)
    need(size == proof["size"], "the checkpoint has another size than the proof")
    need(saved is None or saved == (size, root), "the proof ends at another checkpoint than the saved one")
    check_inclusion(hashed, proof["index"], size, hashes(proof["proof"]), root)
    statement = f"{leaf['object']} version {leaf['version']} was recorded at {leaf['at']} (change {leaf['seq']})"
    if proof.get("record") is None:
        return f"{statement}; its contents are not in the proof"
    record = canonical(proof["record"])
    hashed = sha256(bytes.fromhex(proof["salt"]) + record).hexdigest()
    need(hashed == leaf["after_hash"], "the record differs from what was logged")
    return f"{statement}, with the content shown in the proof"


def consistency(proof, vkey, saved):
    """Check a consistency proof and return what it proves, in words."""
    roots = hashes([proof["first_root"], proof["second_root"]])
    states = list(zip((proof["first"], proof["second"]), roots, strict=True))
    notes = [proof["first_checkpoint"], proof["second_checkpoint"]]
    signed = [verified_checkpoint(note, vkey) for note in notes if note is not None]
    need(signed, "neither state is signed")
    need(all(state in states for state in signed), "a checkpoint is of another state than the proof")
    need(saved is None or saved in states, "the proof is not about the saved checkpoint")
    check_consistency(*states[0], *states[1], hashes(proof["proof"]))
    return f"the log of {proof['first']} entries is the beginning of the log of {proof['second']}"


def main():
    """Verify the named files."""
    parser = argparse.ArgumentParser(description="Verify proofs of Attest's log, offline.")
    parser.add_argument("--key", required=True, help="public key of the log: name+id+key")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint that you saved, at which the proof must end")
    parser.add_argument("proofs", nargs="+", type=Path, help="files with proofs")
    arguments = parser.parse_args()
    failed = False
    for path in arguments.proofs:
        try:
            saved = (
                None
                if arguments.checkpoint is None
                else verified_checkpoint(arguments.checkpoint.read_text("utf-8"), arguments.key)
            )
            text = path.read_text("utf-8")
            proof = from_tlog_proof(text) if text.startswith(TLOG_PROOF) else read(text)
            check = inclusion if "leaf" in proof else consistency
            print(f"{path}: proved: {check(proof, arguments.key, saved)}")
        except NotProvedError as error:
            failed = True
            print(f"{path}: NOT PROVED: {error}", file=sys.stderr)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            failed = True
            print(
                f"{path}: NOT PROVED: it cannot be read as a proof ({type(error).__name__}: {error})",
                file=sys.stderr,
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
