"""The address that people and vendors reach this installation at."""

from __future__ import annotations

_public_url = ""


def use(public_url: str) -> None:
    """Take `public_url` (no trailing slash) for this process."""
    global _public_url  # noqa: PLW0603  one installation, one address
    _public_url = public_url.rstrip("/")


def absolute(path: str = "") -> str:
    """`path` (with its leading slash) as a complete address. Raises RuntimeError before `use`."""
    if not _public_url:
        raise RuntimeError("core.links.use(public_url) was not called")
    return _public_url + path
