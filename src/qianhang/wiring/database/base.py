"""Django's PostgreSQL backend, which does not ask a quiet connection whether it lives. Named in settings (`ENGINE`)."""

import select

from django.db.backends.postgresql import base
from psycopg import Connection


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """What CONN_HEALTH_CHECKS asks once for each request.

        A server that went away has closed the socket, which then has its end to read; one that is well and idle has
        sent nothing. So only a socket with something to read is worth the round trip of Django's own check.
        """
        connection = self.connection
        if connection is not None and not connection.closed and _nothing_to_read(connection):
            return True
        return bool(super().is_usable())


def _nothing_to_read(connection: Connection) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
