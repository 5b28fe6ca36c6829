"""The whole installation in a folder, and an installation made from such a folder."""

from loumass.backups.backing_up import back_up
from loumass.backups.manifest import Manifest, Unfitting
from loumass.backups.restoring import restore

__all__ = ["Manifest", "Unfitting", "back_up", "restore"]
