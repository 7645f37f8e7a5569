"""The stand-alone verifier: it believes what is proved and nothing else, and needs nothing of Attest."""

import ast
import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.formats.proofs.signed_note import Checkpoint, NoteSigner
from app.settings import Settings
from tests.support.attest import attest

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_proof.py"

Record = Callable[..., dict[str, Any]]


def verify(folder: Path, key: str, *proofs: Any, checkpoint: str | None = None) -> tuple[int, str]:
    """Run the script on proofs, in a folder where nothing of ours can be imported."""
    paths = []
    for number, proof in enumerate(proofs):
        paths.append(folder / f"proof-{number}.json")
        paths[-1].write_text(proof if isinstance(proof, str) else json.dumps(proof))
    kept: list[str] = []
    if checkpoint is not None:
        (folder / "kept.txt").write_text(checkpoint)
        kept = ["--checkpoint", str(folder / "kept.txt")]
    command = [sys.executable, str(SCRIPT), "--key", key, *kept, *map(str, paths)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Proofs:
    """Proofs of a log of a few entries."""

    def __init__(self, api: TestClient, settings: Settings, record: Record) -> None:
        record("sources")
        self.earlier: str = api.get("log/checkpoint").text
        claim = record("claims", statement='Солдати "там"\nбули.', quantities=[FIGURE])
        self.name = f"claim/{claim['id']}"
        record("topics")
        self.key: str = api.get("log").json()["public_key"]
        self.inclusion: dict[str, Any] = api.get("log/inclusion", params={"object": self.name}).json()
        self.consistency: dict[str, Any] = api.get("log/consistency", params={"first": 2}).json()
        self.settings = settings
        private = base64.b64decode(settings.log_key_path.read_text())
        self.signer: NoteSigner = NoteSigner("localhost/attest", private)


FIGURE = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 40.5}


@pytest.fixture
def proofs(api: TestClient, settings: Settings, record: Record) -> Proofs:
    return Proofs(api, settings, record)


def test_the_script_stands_alone() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}


def test_what_is_proved_is_believed(proofs: Proofs, tmp_path: Path) -> None:
    code, said = verify(tmp_path, proofs.key, proofs.inclusion, proofs.consistency)

    assert code == 0, said
    assert f"proved: {proofs.name} version 1 was recorded at " in said
    assert "with the content shown in the proof" in said
    assert "proved: the log of 2 entries is the beginning of that of 7" in said


def test_proofs_by_command_are_those_of_the_api(proofs: Proofs, tmp_path: Path) -> None:
    where = (proofs.settings.url, proofs.settings.data_dir)
    plain = attest(*where, "audit", "proof", proofs.name, "--without-record", "-o", tmp_path / "plain.json")
    assert plain.code == 0

    assert attest(*where, "audit", "proof", proofs.name, "--version", "1").json == proofs.inclusion
    assert attest(*where, "audit", "consistency", "2").json == proofs.consistency
    code, said = verify(tmp_path, proofs.key, (tmp_path / "plain.json").read_text())
    assert (code, "its contents are not in the proof" in said) == (0, True)


def test_a_checkpoint_that_was_kept_is_held_against_a_proof(proofs: Proofs, tmp_path: Path) -> None:
    newest = proofs.inclusion["checkpoint"]

    assert verify(tmp_path, proofs.key, proofs.inclusion, checkpoint=newest)[0] == 0
    assert verify(tmp_path, proofs.key, proofs.consistency, checkpoint=proofs.earlier)[0] == 0
    code, said = verify(tmp_path, proofs.key, proofs.inclusion, checkpoint=proofs.earlier)
    assert (code, "another checkpoint than the one that was kept" in said) == (1, True)
    forged = proofs.signer.sign(Checkpoint("localhost/attest", 2, b"x" * 32).text)
    code, said = verify(tmp_path, proofs.key, proofs.consistency, checkpoint=forged)
    assert (code, "not about the checkpoint that was kept" in said) == (1, True)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


HASH = b64(b"x" * 32)

INCLUSION: dict[str, tuple[Callable[[Proofs, dict[str, Any]], Any], str]] = {
    "another record": (lambda _, proof: proof["record"].update(statement="Nobody."), "the record is not what was"),
    "another salt": (lambda _, proof: proof.update(salt="00" * 32), "the record is not what was logged"),
    "no salt": (lambda _, proof: proof.pop("salt"), "cannot be read as a proof"),
    "another entry": (lambda _, proof: proof["leaf"].update(version=2), "not the one that was hashed"),
    "an entry of another form": (lambda _, proof: proof["leaf"].update(v=2), "does not know"),
    "another index": (lambda _, proof: proof.update(index=4), "not under the root"),
    "an index beyond": (lambda _, proof: proof.update(index=7), "no entry 7 among 7"),
    "another hash on the way": (lambda _, proof: proof["proof"].__setitem__(0, HASH), "not under the root"),
    "a hash too many": (lambda _, proof: proof["proof"].append(HASH), "too long"),
    "a hash too few": (lambda _, proof: proof["proof"].pop(), "too short"),
    "another size": (lambda _, proof: proof.update(size=6), "another size"),
    "an earlier checkpoint": (lambda kept, proof: proof.update(checkpoint=kept.earlier, size=2), "no entry"),
    "another signature": (
        lambda _, proof: proof.update(checkpoint=proof["checkpoint"].replace("\n7\n", "\n8\n")),
        "not by this key",
    ),
    "no signature": (lambda _, proof: proof.update(checkpoint="localhost/attest\n7\n"), "not signed by this key"),
    "another log": (
        lambda kept, proof: proof.update(checkpoint=kept.signer.sign(f"other/log\n7\n{HASH}\n")),
        "of another log",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", INCLUSION)
def test_what_was_tampered_with_is_not_proved(proofs: Proofs, tmp_path: Path, what: str) -> None:
    forge, why = INCLUSION[what]
    forge(proofs, proofs.inclusion)

    code, said = verify(tmp_path, proofs.key, proofs.inclusion)

    assert code == 1
    assert "NOT PROVED" in said
    assert why in said


CONSISTENCY: dict[str, tuple[Callable[[Proofs, dict[str, Any]], Any], str]] = {
    "another first root": (lambda _, proof: proof.update(first_root=HASH), "of another state"),
    "another first root, unsigned": (
        lambda _, proof: proof.update(first_root=HASH, first_checkpoint=None),
        "does not follow",
    ),
    "another second root, unsigned": (
        lambda _, proof: proof.update(second_root=HASH, second_checkpoint=None),
        "second root does not follow",
    ),
    "another hash on the way": (lambda _, proof: proof["proof"].__setitem__(0, HASH), "does not follow"),
    "a hash too many": (lambda _, proof: proof["proof"].append(HASH), "too long"),
    "a hash too few": (lambda _, proof: proof["proof"].pop(), "too short"),
    "a log that shrinks": (
        lambda _, proof: proof.update(first=8, first_checkpoint=None),
        "does not grow",
    ),
    "nothing that is signed": (
        lambda _, proof: proof.update(first_checkpoint=None, second_checkpoint=None),
        "neither state is signed",
    ),
    "two states of one size": (
        lambda _, proof: proof.update(first=7, first_checkpoint=None),
        "not the same",
    ),
    "a proof of nothing": (
        lambda _, proof: proof.update(first=3, first_checkpoint=None, proof=[]),
        "the proof is empty",
    ),
}


@pytest.mark.parametrize("what", CONSISTENCY)
def test_a_history_that_was_tampered_with_is_not_proved(proofs: Proofs, tmp_path: Path, what: str) -> None:
    forge, why = CONSISTENCY[what]
    forge(proofs, proofs.consistency)

    code, said = verify(tmp_path, proofs.key, proofs.consistency)

    assert code == 1
    assert "NOT PROVED" in said
    assert why in said


def test_the_key_must_be_the_logs(proofs: Proofs, tmp_path: Path) -> None:
    other = NoteSigner("localhost/attest", b"k" * 32).verifier.vkey
    name, identifier, key = proofs.key.split("+", 2)
    x25519 = b64(b"\x02" + base64.b64decode(key)[1:])

    assert "not signed by this key" in verify(tmp_path, other, proofs.inclusion)[1]
    assert "does not match the key" in verify(tmp_path, f"{name}+00000000+{key}", proofs.inclusion)[1]
    assert "not for Ed25519" in verify(tmp_path, f"{name}+{identifier}+{x25519}", proofs.inclusion)[1]
    assert verify(tmp_path, "none", proofs.inclusion)[0] == 1


@pytest.mark.parametrize("written", ["", "[]", "{}", "null", '{"leaf": {}}'])
def test_what_is_no_proof_is_said_to_be_none(proofs: Proofs, tmp_path: Path, written: str) -> None:
    code, said = verify(tmp_path, proofs.key, written)

    assert (code, "cannot be read as a proof" in said) == (1, True)


def test_what_says_two_things_proves_neither(proofs: Proofs, tmp_path: Path) -> None:
    told = json.dumps(proofs.inclusion)
    forged = told.replace('"record": {', '"record": {"statement": "Forged.", ', 1)
    assert forged != told

    code, said = verify(tmp_path, proofs.key, forged)

    assert (code, "NOT PROVED: it names something twice" in said) == (1, True)


def test_a_file_that_fails_does_not_hide_behind_one_that_holds(proofs: Proofs, tmp_path: Path) -> None:
    code, said = verify(tmp_path, proofs.key, "{}", proofs.inclusion)

    assert (code, said.count("NOT PROVED"), said.count(": proved:")) == (1, 1, 1)


def test_a_command_that_is_typed_wrongly_proves_nothing() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, check=False)

    assert done.returncode == 2
