"""Saved views: a person names the filters of a list and finds them above it from then on."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qianhang.core.errors import DomainError
from qianhang.core.web.pages import actor_of, signed_in

from .services.forget_view import forget_view
from .services.save_view import save_view


@signed_in
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    path, query = _list_address(request), request.POST.get("query", "")
    try:
        view = save_view(actor=actor_of(request), name=request.POST.get("name", ""), path=path, query=query)
    except DomainError as refusal:
        for said in [problem.message for problem in refusal.problems] or [str(refusal)]:
            messages.error(request, said)
        return HttpResponseRedirect(f"{path}?{query}")
    messages.success(request, _("The view “{name}” is saved. It stands above this list.").format(name=view.name))
    return HttpResponseRedirect(view.url)


@signed_in
@require_POST
def view_forget(request: HttpRequest) -> HttpResponse:
    path, name = _list_address(request), request.POST.get("name", "")
    forget_view(actor=actor_of(request), name=name, path=path)
    messages.success(request, _("The view “{name}” is forgotten.").format(name=name))
    return HttpResponseRedirect(path)


def _list_address(request: HttpRequest) -> str:
    """The path of a page of this site, as the list's form sent it; what is no page here is not kept or gone to."""
    path = request.POST.get("path", "")
    try:
        resolve(path)
    except Resolver404:
        raise Http404 from None
    if path.startswith("//") or urlsplit(path).netloc or "\\" in path or "\n" in path:
        raise Http404
    return path
