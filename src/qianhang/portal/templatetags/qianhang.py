"""How numbers, money, times and states look on a page. Every template has these as built-ins."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from lucide.templatetags.lucide import lucide

from qianhang.core.clock import now
from qianhang.core.units.money import exact_yuan, format_yuan
from qianhang.core.units.quantities import MS_PER_HOUR

from .. import charts
from ..states import SHAPES, tone_of

register = template.Library()

NOTHING = "–"


def _absent(value: object) -> bool:
    """None, and the empty string that a template makes of what it cannot find."""
    return value is None or value == ""


@register.filter
def yuan(micro: Any) -> str:
    """`1,234,567.89` from micro-yuan; a price or charge finer than a fen shows up to six decimals."""
    return NOTHING if _absent(micro) else exact_yuan(micro)


@register.filter
def fen(micro: Any) -> str:
    """A balance in yuan, rounded half up to a whole fen. For figures that are read, not added up."""
    return NOTHING if _absent(micro) else format_yuan(micro)


@register.filter
def money(micro: Any) -> str:
    """The amount in yuan with its unit, as the reader's language writes it."""
    if _absent(micro):
        return NOTHING
    return _("{amount} yuan").format(amount=yuan(micro))


@register.filter
def count(value: Any) -> str:
    """A whole number with thousands separators."""
    return NOTHING if _absent(value) else f"{int(value):,}"


@register.filter(name="bytes")
def bytes_(value: Any) -> str:
    """Bytes in binary multiples, three significant figures: `1.50 MiB`."""
    if _absent(value):
        return NOTHING
    size, unit = Decimal(int(value)), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if abs(size) < 1024:
            break
        size, unit = size / 1024, larger
    places = 0 if unit == "B" or size >= 100 else 1 if size >= 10 else 2
    return f"{size:.{places}f} {unit}"


@register.filter
def mib(value: Any) -> str:
    """Mebibytes, shown in the largest fitting binary unit."""
    return NOTHING if _absent(value) else bytes_(int(value) * 1024 * 1024)


@register.filter
def duration(value: Any) -> str:
    """Milliseconds (or a timedelta) as the two largest units: `2 h 5 min`, `48.2 s`, `120 ms`."""
    if _absent(value):
        return NOTHING
    milliseconds = int(value.total_seconds() * 1000) if isinstance(value, timedelta) else int(value)
    if milliseconds < 1000:
        return _("{n} ms").format(n=milliseconds)
    if milliseconds < 60_000:
        return _("{n} s").format(n=f"{Decimal(milliseconds) / 1000:.1f}")
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("{d} d {h} h").format(d=days, h=hours) if hours else _("{d} d").format(d=days)
    if hours:
        return _("{h} h {m} min").format(h=hours, m=minutes) if minutes else _("{h} h").format(h=hours)
    return _("{m} min {s} s").format(m=minutes, s=seconds) if seconds else _("{m} min").format(m=minutes)


@register.filter
def seconds(value: Any) -> str:
    """Seconds, shown like `duration`."""
    return NOTHING if _absent(value) else duration(int(value) * 1000)


@register.filter
def hours(milliseconds: Any) -> str:
    """Card- or CPU-milliseconds as hours, to four decimals or as many as are needed to show something."""
    if _absent(milliseconds):
        return NOTHING
    value = Decimal(int(milliseconds)) / MS_PER_HOUR
    places = 4 if not value or value >= Decimal("0.0001") else 6
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,}"


@register.filter
def billed_hours(milliseconds: Any) -> str:
    """Hours as a receipt needs them: with enough decimals that hours times price gives the line's amount."""
    if _absent(milliseconds):
        return NOTHING
    value = (Decimal(int(milliseconds)) / MS_PER_HOUR).quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)
    whole, _point, decimals = f"{value:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<4}"


@register.filter
def percent(share: Any, places: int = 0) -> str:
    """A share between 0 and 1 as per cent."""
    return NOTHING if _absent(share) else f"{Decimal(str(share)) * 100:.{places}f}%"


@register.filter
def ppm_percent(ppm: Any) -> str:
    """Parts per million as per cent, without idle zeros: 500,000 is `50%`."""
    if _absent(ppm):
        return NOTHING
    return f"{(Decimal(int(ppm)) / 10_000).normalize():f}%"


@register.filter
def short_id(value: object) -> str:
    """The last eight characters of an identifier: enough to tell two apart, short enough to read out."""
    return str(value)[-8:]


@register.filter
def stamp(moment_: datetime | None) -> SafeString | str:
    """`2026-11-21 14:05` in the installation's time zone, as a time element."""
    if not moment_:
        return NOTHING
    local = timezone.localtime(moment_)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M:%S} {timezone.get_current_timezone_name()}",
        f"{local:%Y-%m-%d %H:%M}",
    )


@register.filter
def exact_stamp(moment_: datetime | None) -> SafeString | str:
    """Like `stamp`, to the second: for steps that follow each other quickly."""
    if not moment_:
        return NOTHING
    local = timezone.localtime(moment_)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="milliseconds"),
        timezone.get_current_timezone_name(),
        f"{local:%Y-%m-%d %H:%M:%S}",
    )


@register.filter
def day(moment_: datetime | None) -> SafeString | str:
    """The date alone: `2026-11-21`."""
    if not moment_:
        return NOTHING
    local = timezone.localtime(moment_)
    return format_html('<time datetime="{}">{}</time>', f"{local:%Y-%m-%d}", f"{local:%Y-%m-%d}")


@register.filter
def ago(moment_: datetime | None) -> str:
    """How long ago or how far ahead, in one unit. Only ever shown beside the absolute time."""
    if not moment_:
        return ""
    delta = int((now() - moment_).total_seconds())
    amount = _span(abs(delta))
    if abs(delta) < 10:
        return _("just now")
    return _("in {span}").format(span=amount) if delta < 0 else _("{span} ago").format(span=amount)


def _span(seconds_: int) -> str:
    if seconds_ < 60:
        return ngettext("{n} second", "{n} seconds", seconds_).format(n=seconds_)
    if seconds_ < 3600:
        return ngettext("{n} minute", "{n} minutes", seconds_ // 60).format(n=seconds_ // 60)
    if seconds_ < 86_400:
        return ngettext("{n} hour", "{n} hours", seconds_ // 3600).format(n=seconds_ // 3600)
    return ngettext("{n} day", "{n} days", seconds_ // 86_400).format(n=seconds_ // 86_400)


@register.filter
def moment(moment_: datetime | None) -> SafeString | str:
    """The absolute time with the relative one beside it."""
    if not moment_:
        return NOTHING
    return format_html(
        '<span class="moment">{} <span class="ago" data-ago>{}</span></span>', stamp(moment_), ago(moment_)
    )


@register.filter
def tone(state: str) -> str:
    """The tone of a state: wait, move, good, bad, warn, off or note."""
    return tone_of(str(state))[0]


@register.simple_tag
def shape(state: str) -> SafeString:
    """The small drawing that says a state without its colour."""
    return mark_safe(SHAPES[tone_of(str(state))[1]])  # noqa: S308 -- a constant of ours, no input in it


@register.simple_tag
def tone_shape(name: str) -> SafeString:
    return mark_safe(SHAPES[name])  # noqa: S308 -- a constant of ours, no input in it


@register.simple_tag
def icon(name: str, *, size: int = 16) -> SafeString:
    """An outline icon from the installed set, hidden from screen readers: the word beside it is what they read."""
    drawn = lucide(name, size=size, **{"aria-hidden": "true", "focusable": "false", "class": "lucide"})
    return mark_safe(drawn)  # noqa: S308 -- from the installed package, by name


@register.filter
def unlocalized(value: object) -> str:
    """A number as SVG and data attributes want it, whatever the page's language."""
    return str(value)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """This page's query string with some parameters changed; None removes one. A filter change forgets the cursor."""
    request: HttpRequest | None = context.get("request")
    params = request.GET.copy() if request else QueryDict(mutable=True)
    if "cursor" not in changes:
        params.pop("cursor", None)
    for name, value in changes.items():
        params.pop(name, None)
        if value is not None and value != "":
            params[name] = str(value)
    return "?" + params.urlencode()


@register.simple_tag(takes_context=True)
def here(context: Context, *names: str) -> SafeString | str:
    """Marks a link as the current page when this page's URL has one of these names."""
    match = getattr(context.get("request"), "resolver_match", None)
    return mark_safe(' aria-current="page"') if match and match.view_name in names else ""


@register.simple_tag
def sparkline(values: Any) -> charts.Sparkline:
    return charts.sparkline(values or ())


@register.simple_tag
def line_chart(series: Any, *, limit: Any = None, x_labels: Any = None, unit: str = "") -> charts.LineChart:
    return charts.line_chart(series or (), limit=limit, x_labels=x_labels or (), unit=unit)


@register.simple_tag
def meter(value: Any, most: Any) -> charts.Meter:
    return charts.meter(value, most)
