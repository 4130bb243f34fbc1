"""Who the room's own work is done by, in the audit trail."""

from qianhang.core.access import Actor

CLOCKWORK = Actor.system("programme")
