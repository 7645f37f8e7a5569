"""The addresses of the pages. Each page exists once for each language: `/claims/…` and `/uk/claims/…`."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from app.api.http.strict_route import StrictRoute
from app.web.localization import LANGUAGES, localization_of

Page = Callable[..., Response]


def page_router() -> APIRouter:
    """A router for pages. They are not part of the API's documentation."""
    return APIRouter(include_in_schema=False, route_class=StrictRoute)


def page(router: APIRouter, path: str) -> Callable[[Page], Page]:
    """Register a function as the page at this path, in every language."""

    def register(function: Page) -> Page:
        for language in LANGUAGES:
            prefix = localization_of(language).prefix
            options: dict[str, Any] = {"response_class": Response, "name": f"{function.__name__}_{language}"}
            router.get((prefix + path).removesuffix("/") or "/", **options)(function)
        return function

    return register
