"""Pages: one way to turn a template and plain values into a safe HTML response.

Owns the Jinja environments (one per language), what every template sees, and the headers of every
answer. Which page comes when is decided by the views.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Request, Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idp.web import assets, cookies, headers, i18n
from idp.web.cookies import CookieJar
from idp.web.language import known_language
from idp.web.organisation import Language, Organisation
from idp.web.request_id import request_id_of

__all__ = ["Organisation", "Pages"]

TEMPLATES = Path(__file__).with_name("templates")
_REMEMBER_LANGUAGE = timedelta(days=365)


@dataclass(frozen=True)
class Pages:
    """Renders all pages of one issuer."""

    organisation: Organisation
    jar: CookieJar
    hsts: bool
    environments: dict[Language, Environment]

    @classmethod
    def for_issuer(cls, issuer: str, organisation: Organisation) -> "Pages":
        """Prepare the pages of an issuer."""
        environments = {language: _environment(language) for language in i18n.LANGUAGES}
        jar = CookieJar.for_issuer(issuer)
        return cls(organisation, jar, headers.demands_https(issuer), environments)

    def render(
        self,
        template: str,
        status: int = 200,
        *,
        ui_locales: str | None = None,
        form_action: Sequence[str] = (),
        here: str | None = None,
        shown_once: bool = False,
        **context: object,
    ) -> Response:
        """Render a template for the current request.

        `form_action` are further CSP sources; `here` is the address that shows this page by GET,
        for the language link of a page that answers a POST. A page that is `shown_once` (its
        request is answered with it) has no such link.
        """
        language = self.language(ui_locales)
        page = self.text(
            template,
            language,
            request_id=request_id_of(request.environ),
            other_language_url=None if shown_once else _other_language_url(request, here, language),
            **context,
        )
        response = Response(page, status=status, content_type="text/html; charset=utf-8")
        response.headers["Content-Language"] = language
        headers.apply(response.headers, hsts=self.hsts, form_action=form_action)
        return response

    def text(
        self,
        template: str,
        language: Language,
        *,
        request_id: str,
        other_language_url: str | None = None,
        **context: object,
    ) -> str:
        """Render a template as text, for whatever request."""
        shared = {
            "language": language,
            "organisation": self.organisation,
            "request_id": request_id,
            "other_language_url": other_language_url,
        }
        return self.environments[language].get_template(template).render(shared | context)

    def language(self, ui_locales: str | None = None) -> Language:
        """Tell the language of the current request."""
        return self.language_of(request, ui_locales)

    def language_of(self, asking: Request, ui_locales: str | None = None) -> Language:
        """Tell the language of a request."""
        accepted = asking.headers.get("Accept-Language")
        kept = self.jar.read(asking, cookies.LANGUAGE)
        return i18n.choose_language(_asked(asking), kept, ui_locales, accepted)

    def install(self, app: Flask) -> None:
        """Serve the static files, and finish every response: headers, language cookie."""
        app.register_blueprint(assets.blueprint())

        @app.after_request
        def finish(response: Response) -> Response:
            headers.apply(response.headers, hsts=self.hsts)
            response.headers["X-Request-Id"] = request_id_of(request.environ)
            asked = _asked(request)
            if asked and response.headers["Cache-Control"] == "no-store":
                self.jar.set(response, cookies.LANGUAGE, asked, _REMEMBER_LANGUAGE)
            return response


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    catalog = i18n.translations(language)
    environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["static_url"] = assets.static_url
    environment.filters["long_date"] = lambda day: i18n.long_date(day, language)
    environment.filters["japan_time"] = lambda moment: i18n.japan_time(moment, language)
    environment.filters["japan_moment"] = lambda moment: i18n.japan_moment(moment, language)
    return environment


def _asked(current: Request) -> Language | None:
    """Read `?lang=` where the reader clicked it; a repeated one says nothing."""
    asked = current.args.getlist("lang")
    return known_language(asked[0]) if len(asked) == 1 else None


def _other_language_url(current: Request, here: str | None, language: Language) -> str | None:
    """Address this page in the other language; None when a GET would not show it again."""
    other = "ja" if language == "en" else "en"
    if here is not None:
        return f"{here}{'&' if '?' in here else '?'}lang={other}"
    if current.method not in ("GET", "HEAD"):
        return None
    kept = [(name, value) for name, value in current.args.items(multi=True) if name != "lang"]
    return "?" + urlencode([*kept, ("lang", other)])
