"""The one proposer of this installation, if it has one."""

from django.conf import settings

from .connectors.openai_compatible import OpenAiCompatible
from .errors import NoProposer
from .ports import FindingProposer


def has_proposer() -> bool:
    return bool(settings.PROPOSER_URL and settings.PROPOSER_MODEL)


def proposer() -> FindingProposer:
    """Raises NoProposer when none is configured, which is the default."""
    if not has_proposer():
        raise NoProposer
    return OpenAiCompatible(url=settings.PROPOSER_URL, model=settings.PROPOSER_MODEL, key=settings.PROPOSER_KEY)
