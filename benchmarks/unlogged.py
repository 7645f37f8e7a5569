"""The command `attest` without the log that proves itself: what the log costs is measured beside it.

    python -m benchmarks.unlogged import claims.jsonl

Nobody runs Attest like this. What is recorded meanwhile is taken into the log by `attest db upgrade`.
"""

from app.cli.main import main
from app.db.revisions import Change
from app.services.log import recorder


def _keep_nothing(change: Change) -> None:
    """Instead of `log.keep`."""


if __name__ == "__main__":
    recorder.keep = _keep_nothing
    main()
