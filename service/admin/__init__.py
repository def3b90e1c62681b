"""The operator's page at /admin: what is indexed, being done, and failed, and what all of it runs on."""

from flask import Flask

from catalog.settings import Settings
from service.admin import actions, page, sign_in
from service.admin.wording import FILTERS

for _part in (sign_in, actions):
    page.blueprint.register_blueprint(_part.blueprint)


def install(app: Flask, settings: Settings) -> None:
    app.extensions["admin_settings"] = settings
    app.jinja_env.filters |= FILTERS
    app.register_blueprint(page.blueprint)
