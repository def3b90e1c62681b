"""What every command begins with."""

from catalog.log import set_up_logging
from catalog.settings import Settings, read_settings


def begun() -> Settings:
    """The settings; from here on the command logs as they say. Raises SettingInvalid."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    return settings
