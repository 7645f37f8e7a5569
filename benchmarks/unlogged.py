"""The command `attest` without the log that proves itself: what the log costs is measured beside it.

    python -m benchmarks.unlogged import claims.jsonl

Nobody runs Attest like this. What is recorded meanwhile is taken into the log by `attest db upgrade`.
"""

from app.cli.main import main
from app.db.revisions import ChangeWriter
from app.services.log import recorder


def _keep_nothing(change: ChangeWriter) -> None:
    """Instead of `log.keep`."""


if __name__ == "__main__":
    recorder.attach_log = _keep_nothing
    main()
