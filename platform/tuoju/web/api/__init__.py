"""The JSON API: the same verbs as the pages."""

from typing import Any

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()


def describe() -> dict[str, Any]:
    """How the API introduces itself."""
    return {"title": "Tuoju", "version": "1", "description": "Referral and service matching."}
