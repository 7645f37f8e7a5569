"""Transcripts and subtitles: text captures that belong to the capture of a recording of the same document."""

from sqlalchemy import Connection, select

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import InvalidError
from app.formats.captures import media_types, recordings
from app.models import Document
from app.services.core.nouns import fetch_rows_by_id
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW, Snapshot


def require_recording(refs: Refs, document_id: str, media_type: str, recording_id: str) -> None:
    """Raise InvalidError unless a file of this type may be a transcript of that capture, of the same document."""
    row = fetch_rows_by_id(refs.connection, NOW.capture, [recording_id]).get(recording_id)
    if (problem := transcript_problem(refs, document_id, media_type, row)) is not None:
        raise InvalidError.of("transcript_of", problem)


def transcript_problem(refs: Refs, document_id: str, media_type: str, recording: StoredRow | None) -> str | None:
    """Why a file of this type cannot be a transcript of that capture; None if it can."""
    if media_type != media_types.TEXT:
        return (
            f"is for text files only, and this file is {media_type}; save the transcript as SRT, WebVTT or plain text"
        )
    if recording is None:
        return "must be the id of a capture on record; capture the recording first"
    if not recordings.is_recording(recording["media_type"]):
        return f"must be a capture of video or audio; {recording['id']} is {recording['media_type']}"
    # A document has the captures of its duplicates too.
    if refs.get(table_of(Document), recording["document_id"]) != document_id:
        return f"must be a capture of the same document; {recording['id']} is one of {recording['document_id']}"
    return None


def fetch_transcripts(connection: Connection, snapshot: Snapshot, recording_id: str) -> list[str]:
    """The ids of the transcripts of a recording, oldest first."""
    capture = snapshot.capture
    statement = select(capture.c.id).where(capture.c.transcript_of == recording_id).order_by(capture.c.id)
    return list(connection.scalars(statement))
