"""The stand-alone verifier `docs/verify_proof.py`: it accepts valid proofs only, and does not need Attest."""

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

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_proof.py"

Record = Callable[..., dict[str, Any]]


def verify_proofs(folder: Path, key: str, *proofs: Any, checkpoint: str | None = None) -> tuple[int, str]:
    """Run the script on proofs, in a folder from which Attest cannot be imported; the exit code and the output."""
    paths = []
    for number, proof in enumerate(proofs):
        paths.append(folder / f"proof-{number}.json")
        paths[-1].write_text(proof if isinstance(proof, str) else json.dumps(proof))
    options: list[str] = []
    if checkpoint is not None:
        (folder / "kept.txt").write_text(checkpoint)
        options = ["--checkpoint", str(folder / "kept.txt")]
    command = [sys.executable, str(SCRIPT), "--key", key, *options, *map(str, paths)]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


class Proofs:
    """An inclusion and a consistency proof from a log of seven entries, with its key."""

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


def test_the_script_imports_only_the_standard_library_and_cryptography() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}


def test_valid_proofs_are_accepted(proofs: Proofs, tmp_path: Path) -> None:
    code, output = verify_proofs(tmp_path, proofs.key, proofs.inclusion, proofs.consistency)

    assert code == 0, output
    assert f"proved: {proofs.name} version 1 was recorded at " in output
    assert "with the content shown in the proof" in output
    assert "proved: the log of 2 entries is the beginning of the log of 7" in output


def test_the_command_line_returns_the_proofs_of_the_api(proofs: Proofs, tmp_path: Path) -> None:
    database_and_folder = (proofs.settings.url, proofs.settings.data_dir)
    result = attest(
        *database_and_folder, "audit", "proof", proofs.name, "--without-record", "-o", tmp_path / "plain.json"
    )
    assert result.code == 0

    assert attest(*database_and_folder, "audit", "proof", proofs.name, "--version", "1").json == proofs.inclusion
    assert attest(*database_and_folder, "audit", "consistency", "2").json == proofs.consistency
    code, output = verify_proofs(tmp_path, proofs.key, (tmp_path / "plain.json").read_text())
    assert (code, "its contents are not in the proof" in output) == (0, True)


def test_a_kept_checkpoint_is_compared_with_the_proof(proofs: Proofs, tmp_path: Path) -> None:
    newest = proofs.inclusion["checkpoint"]

    assert verify_proofs(tmp_path, proofs.key, proofs.inclusion, checkpoint=newest)[0] == 0
    assert verify_proofs(tmp_path, proofs.key, proofs.consistency, checkpoint=proofs.earlier)[0] == 0
    code, output = verify_proofs(tmp_path, proofs.key, proofs.inclusion, checkpoint=proofs.earlier)
    assert (code, "another checkpoint than the saved one" in output) == (1, True)
    forged = proofs.signer.sign(Checkpoint("localhost/attest", 2, b"x" * 32).text)
    code, output = verify_proofs(tmp_path, proofs.key, proofs.consistency, checkpoint=forged)
    assert (code, "not about the saved checkpoint" in output) == (1, True)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


HASH = b64(b"x" * 32)

INCLUSION_FORGERIES: dict[str, tuple[Callable[[Proofs, dict[str, Any]], Any], str]] = {
    "another record": (lambda _, proof: proof["record"].update(statement="Nobody."), "differs from what was logged"),
    "another salt": (lambda _, proof: proof.update(salt="00" * 32), "the record differs from what was logged"),
    "no salt": (lambda _, proof: proof.pop("salt"), "cannot be read as a proof"),
    "another entry": (lambda _, proof: proof["leaf"].update(version=2), "does not have the hash"),
    "an entry of another form": (lambda _, proof: proof["leaf"].update(v=2), "does not know"),
    "another index": (lambda _, proof: proof.update(index=4), "not under the root"),
    "an index beyond": (lambda _, proof: proof.update(index=7), "no entry 7 among 7"),
    "another hash on the way": (lambda _, proof: proof["proof"].__setitem__(0, HASH), "not under the root"),
    "a hash too many": (lambda _, proof: proof["proof"].append(HASH), "too long"),
    "a hash too few": (lambda _, proof: proof["proof"].pop(), "too short"),
    "another size": (lambda _, proof: proof.update(size=6), "another size"),
    "an earlier checkpoint": (lambda proofs, proof: proof.update(checkpoint=proofs.earlier, size=2), "no entry"),
    "another signature": (
        lambda _, proof: proof.update(checkpoint=proof["checkpoint"].replace("\n7\n", "\n8\n")),
        "not made with this key",
    ),
    "no signature": (lambda _, proof: proof.update(checkpoint="localhost/attest\n7\n"), "not signed by this key"),
    "another log": (
        lambda proofs, proof: proof.update(checkpoint=proofs.signer.sign(f"other/log\n7\n{HASH}\n")),
        "belongs to another log",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", INCLUSION_FORGERIES)
def test_a_forged_inclusion_proof_is_rejected(proofs: Proofs, tmp_path: Path, what: str) -> None:
    forge, message = INCLUSION_FORGERIES[what]
    forge(proofs, proofs.inclusion)

    code, output = verify_proofs(tmp_path, proofs.key, proofs.inclusion)

    assert code == 1
    assert "NOT PROVED" in output
    assert message in output


CONSISTENCY_FORGERIES: dict[str, tuple[Callable[[Proofs, dict[str, Any]], Any], str]] = {
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
        "cannot be the beginning",
    ),
    "nothing that is signed": (
        lambda _, proof: proof.update(first_checkpoint=None, second_checkpoint=None),
        "neither state is signed",
    ),
    "two states of one size": (
        lambda _, proof: proof.update(first=7, first_checkpoint=None),
        "two states of the same size differ",
    ),
    "a proof of nothing": (
        lambda _, proof: proof.update(first=3, first_checkpoint=None, proof=[]),
        "the proof is empty",
    ),
}


@pytest.mark.parametrize("what", CONSISTENCY_FORGERIES)
def test_a_forged_consistency_proof_is_rejected(proofs: Proofs, tmp_path: Path, what: str) -> None:
    forge, message = CONSISTENCY_FORGERIES[what]
    forge(proofs, proofs.consistency)

    code, output = verify_proofs(tmp_path, proofs.key, proofs.consistency)

    assert code == 1
    assert "NOT PROVED" in output
    assert message in output


def test_a_wrong_or_invalid_key_is_rejected(proofs: Proofs, tmp_path: Path) -> None:
    other = NoteSigner("localhost/attest", b"k" * 32).verifier.vkey
    name, identifier, key = proofs.key.split("+", 2)
    x25519 = b64(b"\x02" + base64.b64decode(key)[1:])

    for wrong_key, message in (
        (other, "not signed by this key"),
        (f"{name}+00000000+{key}", "does not match the key"),
        (f"{name}+{identifier}+{x25519}", "not an Ed25519 key"),
        ("none", "NOT PROVED"),
    ):
        code, output = verify_proofs(tmp_path, wrong_key, proofs.inclusion)
        assert (code, message in output) == (1, True), output


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"leaf": {}}'])
def test_a_file_that_is_not_a_proof_is_rejected(proofs: Proofs, tmp_path: Path, content: str) -> None:
    code, output = verify_proofs(tmp_path, proofs.key, content)

    assert (code, "cannot be read as a proof" in output) == (1, True)


def test_a_proof_with_a_duplicate_name_is_rejected(proofs: Proofs, tmp_path: Path) -> None:
    original = json.dumps(proofs.inclusion)
    forged = original.replace('"record": {', '"record": {"statement": "Forged.", ', 1)
    assert forged != original

    code, output = verify_proofs(tmp_path, proofs.key, forged)

    assert (code, "NOT PROVED: it has two members of the same name" in output) == (1, True)


def test_a_valid_proof_does_not_hide_an_invalid_one(proofs: Proofs, tmp_path: Path) -> None:
    code, output = verify_proofs(tmp_path, proofs.key, "{}", proofs.inclusion)

    assert (code, output.count("NOT PROVED"), output.count(": proved:")) == (1, 1, 1)


def test_a_command_without_arguments_fails() -> None:
    result = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, check=False)

    assert result.returncode == 2
