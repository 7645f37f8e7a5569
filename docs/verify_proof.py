#!/usr/bin/env python3
"""Checks a proof of Attest's log, offline and without Attest: Python and the package `cryptography` are enough.

    python verify_proof.py --key 'example.com/log+a9fb4281+AYEN…' proof.json …
    python verify_proof.py --key KEY --checkpoint january.txt proof.json

A proof is what `/api/v1/log/inclusion` or `/api/v1/log/consistency` answers, what `attest audit proof` writes, or a
`.tlog-proof` beside a citation. The key must come from somewhere else than the proof: from the publisher's page, a
colleague, a proof that you got earlier.
`--checkpoint` wants the proof to end at that signed state, which you kept.

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
    """What was to be proved is not; the message says at which step."""


def need(holds, otherwise):
    """Raises NotProvedError unless something holds."""
    if not holds:
        raise NotProvedError(otherwise)


def read(text):
    """What a text in JSON says; one that names a member twice says two things, and proves neither."""
    return json.loads(text, object_pairs_hook=members)


def members(pairs):
    """An object of which each member stands there once."""
    found = dict(pairs)
    need(len(found) == len(pairs), "it names something twice")
    return found


def canonical(value):
    """The bytes of a value of text, whole numbers, true, false, null, and lists and objects of these (RFC 8785)."""
    ordered = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return ordered.encode()


def node(left, right):
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf, index, size, proof, root):
    """That a leaf, given by its hash, is number `index` of the `size` under a root (RFC 9162, 2.1.3.2)."""
    need(0 <= index < size, f"there is no entry {index} among {size}")
    at, last, known = index, size - 1, leaf
    for step in proof:
        need(last > 0, "the proof is too long")
        if at & 1 or at == last:
            known = node(step, known)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            known = node(known, step)
        at, last = at >> 1, last >> 1
    need(last == 0, "the proof is too short")
    need(known == root, "the entry is not under the root")


def check_consistency(first, first_root, second, second_root, proof):
    """That the entries under the first root are the first ones of those under the second (RFC 9162, 2.1.4.2)."""
    need(0 < first <= second, f"a log of {first} entries does not grow to {second}")
    if first == second:
        need(not proof and first_root == second_root, "two states of one size are not the same")
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


def opened(note, vkey):
    """The size and the root of a checkpoint that this key has signed."""
    name, identifier, encoded = vkey.strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    need(len(key) == 33 and key[0] == 1, "the key is not for Ed25519")
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
                raise NotProvedError("the signature of the checkpoint is not by this key") from None
            origin, size, root, *_ = text.split("\n")
            need(origin == name, "the checkpoint is of another log")
            return int(size), base64.b64decode(root, validate=True)
    raise NotProvedError("the checkpoint is not signed by this key")


def hashes(texts):
    """Hashes out of a file."""
    return [base64.b64decode(text, validate=True) for text in texts]


TLOG_PROOF = "c2sp.org/tlog-proof@v1\n"


def from_tlog_proof(text):
    """A C2SP tlog-proof in the words of the other proofs of inclusion. Its extra is the entry."""
    head, _, checkpoint = text.removeprefix(TLOG_PROOF).partition("\n\n")
    extra, index, *steps = head.split("\n")
    leaf = read(base64.b64decode(extra.removeprefix("extra "), validate=True))
    number = index.removeprefix("index ")
    need(number.isascii() and number.isdecimal(), "the file does not say which entry it is about")
    return {
        "leaf": leaf,
        "leaf_hash": base64.b64encode(sha256(b"\x00" + canonical(leaf)).digest()),
        "index": int(number),
        "size": int(checkpoint.split("\n")[1]),
        "proof": steps,
        "checkpoint": checkpoint,
    }


def inclusion(proof, vkey, kept):
    """Check a proof of inclusion; what it proves, in words."""
    leaf = proof["leaf"]
    need(leaf["v"] == 1, "the entry is of a form that this program does not know")
    hashed = sha256(b"\x00" + canonical(leaf)).digest()
    need(hashed == base64.b64decode(proof["leaf_hash"]), "the entry is not the one that was hashed")
    size, root = opened(proof["checkpoint"], vkey)
    need(size == proof["size"], "the checkpoint is of another size than the proof")
    need(kept is None or kept == (size, root), "the proof ends at another checkpoint than the one that was kept")
    check_inclusion(hashed, proof["index"], size, hashes(proof["proof"]), root)
    said = f"{leaf['object']} version {leaf['version']} was recorded at {leaf['at']} (change {leaf['seq']})"
    if proof.get("record") is None:
        return f"{said}; its contents are not in the proof"
    record = canonical(proof["record"])
    hashed = sha256(bytes.fromhex(proof["salt"]) + record).hexdigest()
    need(hashed == leaf["after_hash"], "the record is not what was logged")
    return f"{said}, with the content shown in the proof"


def consistency(proof, vkey, kept):
    """Check a proof of consistency; what it proves, in words."""
    roots = hashes([proof["first_root"], proof["second_root"]])
    states = list(zip((proof["first"], proof["second"]), roots, strict=True))
    notes = [proof["first_checkpoint"], proof["second_checkpoint"]]
    signed = [opened(note, vkey) for note in notes if note is not None]
    need(signed, "neither state is signed")
    need(all(one in states for one in signed), "a checkpoint is of another state than the proof")
    need(kept is None or kept in states, "the proof is not about the checkpoint that was kept")
    check_consistency(*states[0], *states[1], hashes(proof["proof"]))
    return f"the log of {proof['first']} entries is the beginning of that of {proof['second']}"


def main():
    """Check the files that were named."""
    asked = argparse.ArgumentParser(description="Checks proofs of Attest's log, offline.")
    asked.add_argument("--key", required=True, help="public key of the log: name+id+key")
    asked.add_argument("--checkpoint", type=Path, help="a signed state that you kept, at which the proof must end")
    asked.add_argument("proofs", nargs="+", type=Path, help="files with proofs")
    given = asked.parse_args()
    failed = False
    for path in given.proofs:
        try:
            kept = None if given.checkpoint is None else opened(given.checkpoint.read_text("utf-8"), given.key)
            text = path.read_text("utf-8")
            proof = from_tlog_proof(text) if text.startswith(TLOG_PROOF) else read(text)
            check = inclusion if "leaf" in proof else consistency
            print(f"{path}: proved: {check(proof, given.key, kept)}")
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
