"""A client of Qianhang's REST API for the command line: retries, readable refusals, logs that go on after a cut line.

No Django here, and httpx is loaded only when a command really talks to a server.
"""

import io
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qianhang import __version__
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError

from .profiles import Profile, current_profile
from .words import gettext as _
from .words import language

if TYPE_CHECKING:
    import httpx

API = "/api/v1"
# A request is repeated only where that cannot do anything twice: reads, and writes under an Idempotency-Key.
PAUSES_S = (0.2, 0.5, 1.0, 2.0)
AGAIN = {429, 502, 503, 504}
CHUNK = 256 * 1024

Progress = Callable[[int, int | None], None]
"""Called with bytes done and bytes in all (None: unknown)."""


class Refused(ApplianceError):
    """The server said no; `code` is the problem's stable code, `problems` its fields."""

    def __init__(self, problem: Mapping[str, Any], status: int) -> None:
        self.code = str(problem.get("code", ""))
        self.problems = [entry for entry in problem.get("errors") or [] if isinstance(entry, Mapping)]
        lines = [f"  {entry.get('path') or '-'}: {entry.get('message', '')}" for entry in self.problems]
        what = "\n".join([str(problem.get("detail") or f"HTTP {status}"), *lines])
        super().__init__(what, remedy=_remedy(status, problem), exit_code=_exit_code(status, self.code))


class _Watched(io.FileIO):
    """A file that says how far it has been read."""

    def __init__(self, file: Path, progress: Progress | None) -> None:
        super().__init__(file, "rb")
        self._progress, self._size = progress, file.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(-1 if size is None else size) or b""
        if self._progress is not None:
            self._progress(self.tell(), self._size)
        return piece


def unreachable(server: str, why: str) -> ApplianceError:
    return ApplianceError(
        _("{server} does not answer ({why}).").format(server=server, why=why),
        remedy=_("Check the address and the network; nothing was lost. `qianhang whoami` shows which server is used."),
        exit_code=ExitCode.UNREACHABLE,
    )


class Client:
    """Use as a context manager. Every method raises Refused, or ApplianceError when the server cannot be reached."""

    def __init__(self, profile: Profile | None = None) -> None:
        import httpx

        self.profile = profile or current_profile()
        self._failures = (httpx.TransportError,)
        self._http = httpx.Client(
            base_url=self.profile.server + API,
            headers={
                "Authorization": f"Bearer {self.profile.api_key}",
                "Accept-Language": language(),
                "User-Agent": f"qianhang/{__version__}",
            },
            timeout=httpx.Timeout(60, connect=5),
            follow_redirects=False,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_details: object) -> None:
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        return self._json("GET", path, params=_given(params))

    def post(self, path: str, body: Any = None) -> Any:
        """A POST that is safe to repeat, and is repeated when the line is cut."""
        return self._json("POST", path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def delete(self, path: str) -> Any:
        return self._json("DELETE", path)

    def pages(self, path: str, *, limit: int, **params: Any) -> Iterator[Mapping[str, Any]]:
        """The first `limit` items of a list, over as many pages as that takes."""
        cursor, left = None, limit
        while left > 0:
            page = self.get(path, cursor=cursor, limit=min(left, 200), **params)
            yield from page["items"][:left]
            left -= len(page["items"])
            cursor = page.get("next")
            if not cursor or not page["items"]:
                return

    def upload(self, path: str, file: Path, *, name: str, progress: Progress | None = None) -> Any:
        """Sends a file as it lies on disk. The server keeps equal files once, so a repetition is harmless."""

        def form() -> dict[str, Any]:
            return {"file": (name, _Watched(file, progress), "application/octet-stream")}

        return self._json("POST", path, files=form, headers={"Idempotency-Key": str(uuid.uuid4())})

    def download(self, path: str, into: Path, *, progress: Progress | None = None) -> None:
        """Writes the answer's bytes to `into`, which appears only when it is whole."""
        part = into.with_name(into.name + ".part")
        try:
            with self._http.stream("GET", path) as response, part.open("wb") as stream:
                self._check(response)
                size = int(response.headers.get("Content-Length") or 0) or None
                for piece in response.iter_bytes(CHUNK):
                    stream.write(piece)
                    if progress is not None:
                        progress(stream.tell(), size)
        except self._failures as error:
            raise unreachable(self.profile.server, _reason(error)) from error
        finally:
            if part.exists() and not part.stat().st_size:
                part.unlink()
        part.replace(into)

    def events(self, path: str, *, patience_s: float = 60) -> Iterator[tuple[str, str]]:
        """Server-sent events as (name, data), without a gap: after a cut line it goes on from the last event id.

        Raises when the server has not answered for `patience_s`.
        """
        last_id, silent_since, pause = "", time.monotonic(), PAUSES_S[0]
        while True:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": last_id}
            try:
                with self._http.stream("GET", path, headers=headers) as response:
                    if response.status_code not in AGAIN:
                        self._check(response)
                        for event_id, name, data in _read_events(response.iter_lines()):
                            last_id, silent_since, pause = event_id or last_id, time.monotonic(), PAUSES_S[0]
                            yield name, data
                            if name == "end":
                                return
            except self._failures as error:
                if time.monotonic() - silent_since > patience_s:
                    raise unreachable(self.profile.server, _reason(error)) from error
            time.sleep(pause)
            pause = min(pause * 2, 5)

    def _json(self, method: str, path: str, *, files: Callable[[], Any] | None = None, **request: Any) -> Any:
        """`files` makes the form anew for each attempt, because a sent file is at its end."""
        repeatable = method != "POST" or "Idempotency-Key" in request.get("headers", {})
        for pause in (*PAUSES_S, None):
            form = {"files": files()} if files is not None else {}
            try:
                response = self._http.request(method, path, **request, **form)
            except self._failures as error:
                if pause is None or not repeatable:
                    raise unreachable(self.profile.server, _reason(error)) from error
            else:
                if response.status_code not in AGAIN or pause is None or not repeatable:
                    self._check(response)
                    return response.json() if response.content else None
            time.sleep(pause)
        raise AssertionError("the last pause is None and ends the loop")

    def _check(self, response: "httpx.Response") -> None:
        if response.status_code < 400:
            return
        response.read()
        try:
            problem = response.json()
        except ValueError:
            problem = {}
        if not isinstance(problem, dict) or "code" not in problem:
            problem = {
                "detail": _("{server} answered {status}, and not in Qianhang's way.").format(
                    server=self.profile.server, status=response.status_code
                )
            }
        raise Refused(problem, response.status_code)


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """What was said; a list is a parameter repeated."""
    return {name: value for name, value in params.items() if value is not None and value != ""}


def _read_events(lines: Iterator[str]) -> Iterator[tuple[str, str, str]]:
    """(id, name, data) of each event of a text/event-stream; comments are skipped."""
    data: list[str] = []
    event_id, name = "", "message"
    for line in lines:
        if not line:
            if data or name != "message":
                yield event_id, name, "\n".join(data)
            name, data = "message", []
            continue
        field, _colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "id":
            event_id = value
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _exit_code(status: int, code: str) -> ExitCode:
    if status == 401 or code in {"forbidden", "step_up_required"}:
        return ExitCode.NOT_SIGNED_IN
    if status in AGAIN:
        return ExitCode.UNREACHABLE
    return ExitCode.REFUSED if status < 500 else ExitCode.FAILURE


def _remedy(status: int, problem: Mapping[str, Any]) -> str:
    if status == 401:
        return _("The key may be wrong, expired or revoked. Sign in again with `qianhang login SERVER`.")
    if status >= 500 and problem.get("request_id"):
        return _("Give the operator this request id: {id}").format(id=problem["request_id"])
    return ""


def parse_json(text: str) -> Any:
    """JSON from an event; an empty mapping when the server sent something else."""
    try:
        return json.loads(text)
    except ValueError:
        return {}
