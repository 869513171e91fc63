"""The way to the running platform, as one of its administrators: its public API, and no other."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

if TYPE_CHECKING:
    import httpx2

    from shared.jose import SigningKey

DEFAULT_CLIENT = "admin"
# The demonstration's own, with the same rights.
OF_THE_DEMONSTRATION = "ops"
SECONDS = 30
Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Door:
    """Which platform, and as whom."""

    url: str | None = None
    client: str = DEFAULT_CLIENT
    key: Path | None = None

    @classmethod
    def of(cls, context: typer.Context | None) -> "Door":
        """What `onevisit admin` was told; elsewhere, what the environment says."""
        if context is not None and isinstance(context.obj, cls):
            return context.obj
        key = os.environ.get("ONEVISIT_ADMIN_KEY_FILE")
        return cls(
            url=os.environ.get("ONEVISIT_URL"),
            client=os.environ.get("ONEVISIT_ADMIN_CLIENT", DEFAULT_CLIENT),
            key=Path(key) if key else None,
        )

    def open(self, data_dir: Path) -> "Administrator":
        """The platform that is named; without a name, the one that runs on the data directory."""
        import httpx2  # noqa: PLC0415 - few commands need it

        if self.url is None:
            home = Home(data_dir)
            url, client, key = home.running().gateway, OF_THE_DEMONSTRATION, home.client_key(OF_THE_DEMONSTRATION)
            if self.key is not None:
                client, key = self.client, self.key
        elif self.key is None:
            raise LaunchError("name the administrator's private key: --key FILE, or ONEVISIT_ADMIN_KEY_FILE")
        else:
            url, client, key = self.url.rstrip("/"), self.client, self.key
        # A proxy of the environment is not for this machine's own loopback.
        http = httpx2.Client(base_url=url, timeout=SECONDS, trust_env=self.url is not None)
        return Administrator(http, url=url, client=client, key=_key(key))


class Administrator:
    """Calls the platform; what it refuses is one clear line."""

    def __init__(self, http: "httpx2.Client", *, url: str, client: str, key: "SigningKey") -> None:
        self._http = http
        self._url = url
        self._client = client
        self._key = key
        self._token: str | None = None

    def get(self, path: str, **query: str | int | None) -> Json:
        """One resource."""
        asked = {name: value for name, value in query.items() if value is not None}
        answer: Json = self._call("GET", path, params=asked)[1]
        return answer

    def pages(self, path: str, **query: str | None) -> Iterator[Json]:
        """Every item of a paged list."""
        after: str | None = None
        while True:
            page = self.get(path, after=after, limit=100, **query)
            yield from page["items"]
            after = page.get("next")
            if after is None:
                return

    def put(self, path: str, body: object) -> tuple[bool, Json]:
        """Whether it is new, and how it is now."""
        status, answer = self._call("PUT", path, json=body)
        return status == 201, answer

    def post(self, path: str, body: object = None) -> tuple[bool, Json]:
        """Whether it is new, and how it is now."""
        status, answer = self._call("POST", path, json=body)
        return status == 201, answer

    def delete(self, path: str, **query: str) -> Json:
        """What is left."""
        answer: Json = self._call("DELETE", path, params=query)[1]
        return answer

    def _call(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        if self._token is None:
            self._token = self._earn()
        headers = {"authorization": f"Bearer {self._token}", "accept-language": _language()}
        return self._answered(method, path, headers=headers, **request)

    def _earn(self) -> str:
        from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion  # noqa: PLC0415
        from shared.clock import now  # noqa: PLC0415

        assertion = client_assertion(self._key, client_id=self._client, audience=self._url, at=now())
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        form = {"grant_type": "client_credentials", **proof}
        return str(self._answered("POST", "/oauth/token", data=form)[1]["access_token"])

    def _answered(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        import httpx2  # noqa: PLC0415

        try:
            response = self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise LaunchError(f"{self._url} does not answer ({type(error).__name__})") from None
        try:
            body = response.json() if response.content else {}
        except ValueError:
            raise LaunchError(f"{self._url} answered {response.status_code}, and not as the platform does") from None
        if response.is_error:
            raise LaunchError(f"refused: {_reason(body)}")
        return response.status_code, body


def _reason(problem: Mapping[str, Any]) -> str:
    """The title, its code, and the facts beside it."""
    if "error" in problem:
        return f"{problem.get('error_description')} ({problem['error']}): is this the client's key, and its name?"
    told = {"type", "title", "status", "code", "detail", "correlation_id"}
    facts = [f"{name}: {_fact(value)}" for name, value in problem.items() if name not in told and value]
    detail = f" {problem['detail']}" if problem.get("detail") else ""
    return f"{problem.get('title')} ({problem.get('code')}).{detail} {'; '.join(facts)}".strip()


def _fact(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_fact(each) for each in value)
    if isinstance(value, dict):
        return " ".join(str(each) for each in value.values())
    return str(value)


def _language() -> str:
    return "zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en"


def _key(path: Path) -> "SigningKey":
    from shared.jose import SigningKey  # noqa: PLC0415

    try:
        return SigningKey.load(path)
    except OSError as error:
        raise LaunchError(f"the key {path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise LaunchError(f"{path} is not a private key of the platform's kind (PEM, EC P-256)") from None
