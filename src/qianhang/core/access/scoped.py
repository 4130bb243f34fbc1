"""The base of every queryset over tenant data."""

from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models

from qianhang.core.errors import NotFound

from .actor import Actor

M = TypeVar("M", bound=models.Model, covariant=True)  # noqa: PLC0105 -- one letter, as everywhere


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that knows who may see its rows. Subclasses implement `visible_to`."""

    def visible_to(self, actor: Actor) -> Self:
        """The rows `actor` may see; an anonymous actor sees none, the system sees all."""
        raise NotImplementedError(f"{type(self).__name__} does not say who may see its rows")

    def fetch(self, actor: Actor, **lookup: Any) -> M:
        """The one row that matches and that `actor` may see. Raises NotFound for both: absent and foreign."""
        row = self.visible_to(actor).filter(**lookup).first()
        if row is None:
            raise NotFound(what=self.model._meta.verbose_name)
        return row

    def of_organisation(self, organisation_id: UUID) -> Self:
        return self.filter(organisation_id=organisation_id)
