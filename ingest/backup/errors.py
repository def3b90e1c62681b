"""What ends a backup or a restore; the live index is as it was."""

from catalog.errors import CatalogError


class BackupRefused(CatalogError):
    """It is not begun, or not carried through."""

    code = "backup_refused"


class BackupUnusable(CatalogError):
    """The archive is damaged, cut off, or not one that this Vitrine reads."""

    code = "backup_unusable"
