"""The stylesheet, the script and the pictures of the pages."""

from typing import Annotated

from fastapi import Path, Response
from starlette.responses import FileResponse

from app.errors import NotFoundError
from app.web.rendering import STATIC, static_path
from app.web.routes import page_router

IMMUTABLE = "public, max-age=31536000, immutable"

router = page_router()


@router.get("/static/{digest}/{name}", response_class=Response)
def read_static_file(
    digest: Annotated[str, Path(max_length=20)], name: Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9_.-]+$")]
) -> Response:
    """A static file. An old digest is answered too, because a cached page may still ask for it, but not kept."""
    if name.startswith(".") or not (STATIC / name).is_file():
        raise NotFoundError("file", name)
    is_current = static_path(name) == f"/static/{digest}/{name}"
    return FileResponse(STATIC / name, headers={"Cache-Control": IMMUTABLE if is_current else "no-cache"})
