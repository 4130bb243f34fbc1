"""Which language a page is in: what the person chose, else Chinese, whatever the browser says.

Public servants' browsers are often installed in English; a guess from them would greet most readers in the wrong
language. A program that calls the API may ask with Accept-Language, because it has no cookie to choose with.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from .frame import API_PREFIX

KNOWN = {code for code, _name in settings.LANGUAGES}


class ChosenLanguage(MiddlewareMixin):
    """Stands after authentication, because a signed-in person's profile may hold the choice."""

    def process_request(self, request: HttpRequest) -> None:
        language = chosen_language(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


def chosen_language(request: HttpRequest) -> str:
    kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if kept in KNOWN:
        return kept
    if request.path.startswith(API_PREFIX) and request.headers.get("Accept-Language"):
        return _asked_for(request.headers["Accept-Language"])
    # Only a visitor with a session is looked up; others cost no query.
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        profile = getattr(request.user, "language", "")
        if profile in KNOWN:
            return profile
    return settings.LANGUAGE_CODE


def in_reader_language(name: str, name_en: str) -> str:
    """A name of record in Chinese, or its English form for those who read English and where there is one."""
    return name_en if name_en and (translation.get_language() or "").startswith("en") else name


def _asked_for(header: str) -> str:
    """The first language of the header that this installation speaks (`zh-CN` counts as zh-hans)."""
    for part in header.split(","):
        code = part.split(";")[0].strip().lower()
        if code.startswith("zh"):
            return "zh-hans"
        if code.split("-")[0] in KNOWN:
            return code.split("-")[0]
    return settings.LANGUAGE_CODE
