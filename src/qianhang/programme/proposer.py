"""The one proposer of this installation, if it has one."""

from django.conf import settings

from .connectors.openai_compatible import OpenAiCompatible
from .errors import NoProposer
from .ports import FindingProposer


def proposer() -> FindingProposer:
    """Raises NoProposer when none is configured, which is the default."""
    url, model = settings.PROPOSER_URL, settings.PROPOSER_MODEL
    if not (url and model):
        raise NoProposer
    return OpenAiCompatible(url=url, model=model, key=settings.PROPOSER_KEY)
