"""One look for every state in the system: a tone (colour) and a shape, so that colour is never alone.

The words of a state belong to its room; what is here is only how loud it is and which way it points.
"""

from typing import Final

# Drawn on a 12 x 12 grid with currentColor. Shape carries the meaning in print and to the colour-blind.
_LINE = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
_CUT = 'fill="none" stroke="var(--sheet)" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
_CIRCLE = f'<circle cx="6" cy="6" r="4.5" {_LINE}/>'
_DISC = '<circle cx="6" cy="6" r="5.5" fill="currentColor"/>'
_BLOCK = '<rect x=".5" y=".5" width="11" height="11" rx="1.5" fill="currentColor"/>'


def _line(path: str) -> str:
    return f'<path d="{path}" {_LINE}/>'


def _cut(path: str) -> str:
    return f'<path d="{path}" {_CUT}/>'


def _solid(path: str) -> str:
    return f'<path d="{path}" fill="currentColor"/>'


_DRAWINGS: Final[dict[str, str]] = {
    "ring": _CIRCLE,
    "target": _CIRCLE + '<circle cx="6" cy="6" r="1.75" fill="currentColor"/>',
    "half": _CIRCLE + _solid("M6 1.5a4.5 4.5 0 0 1 0 9z"),
    "play": _solid("M2.5 1.2v9.6L11 6z"),
    "check": _DISC + _cut("M3.4 6.2 5.3 8l3.4-3.8"),
    "cross": _BLOCK + _cut("m3.7 3.7 4.6 4.6m0-4.6L3.7 8.3"),
    "warning": _solid("M6 .8 11.6 11H.4z") + _cut("M6 4.6v2.6m0 1.9v.01"),
    "bar": _CIRCLE + _line("M2.9 9.1l6.2-6.2"),
    "dash": _line("M2 6h8"),
    "square": f'<rect x="1.5" y="1.5" width="9" height="9" rx="1" stroke-dasharray="2.4 2.4" {_LINE}/>',
    "again": _line("M10.3 6A4.3 4.3 0 1 1 8.8 2.7M9 .8v2.4H6.6"),
    "pause": _solid("M2 1.5h3v9H2zM7 1.5h3v9H7z"),
}
SHAPES: Final[dict[str, str]] = {
    name: f'<svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">{drawing}</svg>'
    for name, drawing in _DRAWINGS.items()
}

# state -> (tone, shape)
_LOOKS: Final[dict[str, tuple[str, str]]] = {
    # jobs and runs
    "queued": ("wait", "ring"),
    "requeued": ("wait", "again"),
    "placed": ("move", "target"),
    "starting": ("move", "half"),
    "running": ("move", "play"),
    "succeeded": ("good", "check"),
    "failed": ("bad", "cross"),
    "cancelled": ("off", "bar"),
    "lost": ("warn", "warning"),
    # organisations, vouchers, keys
    "registered": ("wait", "ring"),
    "active": ("good", "check"),
    "rejected": ("bad", "cross"),
    "suspended": ("warn", "pause"),
    "frozen": ("warn", "pause"),
    "revoked": ("off", "bar"),
    "expired": ("off", "dash"),
    # clusters
    "announced": ("note", "square"),
    "draining": ("warn", "half"),
    "offline": ("bad", "cross"),
    "retired": ("off", "dash"),
    # money set aside
    "held": ("wait", "half"),
    "settled": ("good", "check"),
    "released": ("off", "dash"),
    # findings of a plan, its tasks, the systems it names
    "proposed": ("wait", "ring"),
    "accepted": ("good", "check"),
    "edited": ("good", "half"),
    "added": ("move", "target"),
    "not_started": ("note", "ring"),
    "under_way": ("move", "play"),
    "blocked": ("warn", "pause"),
    "done": ("good", "check"),
    "dropped": ("off", "bar"),
    "planned": ("note", "square"),
    "building": ("move", "half"),
    "live": ("good", "check"),
    # the light of a target
    "green": ("good", "check"),
    "yellow": ("warn", "warning"),
    "red": ("bad", "cross"),
    "grey": ("note", "ring"),
    # programmes, general
    "draft": ("note", "square"),
    "open": ("good", "play"),
    "closed": ("off", "dash"),
    "ok": ("good", "check"),
    "warning": ("warn", "warning"),
    "error": ("bad", "cross"),
    "info": ("note", "target"),
}


def tone_of(state: str) -> tuple[str, str]:
    """Tone and shape of a state; one nobody has described yet looks neutral rather than wrong."""
    return _LOOKS.get(state, ("note", "dash"))


def described_states() -> list[str]:
    return list(_LOOKS)
