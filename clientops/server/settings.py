"""What a server is started with."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from clientops.core.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Options of a server.

    Attributes:
        book: The book's file.
        host: Address to listen at.
        port: Port of the workbench and the API.
        public_url: Address at which people reach it, e.g. ``https://books.example.com``; else host and port.
        tls_cert: Certificate file, where the server itself speaks TLS.
        tls_key: Its key.
        behind_proxy: Whether a proxy in front says who asks and whether it came by TLS (``X-Forwarded-…``).
        user_header: Header in which that proxy names who signed in; empty: not trusted.
        idle: Seconds after which a session without activity ends.
        absolute: Seconds after which a session ends in any case.
        local: Name of the one person of ``clientops app``; empty for a server with accounts.
        most_pages: Open pages at most.
        client_area_url: Address of the client area, if it is served.
    """

    book: Path
    host: str = "127.0.0.1"
    port: int = 8400
    public_url: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    user_header: str = ""
    idle: float = 3600.0
    absolute: float = 12 * 3600.0
    local: str = ""
    most_pages: int = 400
    client_area_url: str = ""
    oidc: dict[str, str] = field(default_factory=dict)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by TLS, so that cookies are sent by TLS only."""
        return bool(self.tls_cert) or self.public_url.startswith("https://")

    @property
    def address(self) -> str:
        """The address that people open, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """Names, with port, that requests may be for."""
        named = {urlsplit(self.address).netloc.lower()}
        if not self.public_url or is_local(self.host):
            named |= {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return frozenset(named)

    @property
    def origins(self) -> frozenset[str]:
        """Origins of pages that may send forms and open sockets."""
        scheme = "https" if self.is_secure else "http"
        return frozenset(f"{scheme}://{host}" for host in self.hosts)


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_settings(settings: Settings) -> None:
    """Refuse what would expose people without their noticing.

    Raises:
        UsageError: Says which option is wrong, and what would be allowed.
    """
    wrong: list[str] = []
    if bool(settings.tls_cert) != bool(settings.tls_key):
        wrong.append("--tls-cert and --tls-key belong together: give both or neither")
    wrong += [
        f"{name} {file}: there is no such file"
        for name, file in (("--tls-cert", settings.tls_cert), ("--tls-key", settings.tls_key))
        if file is not None and not file.is_file()
    ]
    if settings.public_url:
        split = urlsplit(settings.public_url)
        if split.scheme not in ("http", "https") or not split.netloc or split.path not in ("", "/") or split.query:
            wrong.append(f"--public-url {settings.public_url!r} is not an address like https://books.example.com")
        elif split.scheme == "http" and not is_local(split.hostname or ""):
            wrong.append(f"--public-url {settings.public_url!r}: passwords must not travel without TLS; use https://")
        elif split.scheme == "https" and not settings.tls_cert and not settings.behind_proxy:
            wrong.append("--public-url begins with https: give --tls-cert and --tls-key, or --behind-proxy")
    elif not is_local(settings.host):
        wrong.append(
            f"--host {settings.host} can be reached by others: give --public-url with the https:// address they use"
        )
    if settings.user_header and not settings.behind_proxy:
        wrong.append("--proxy-user-header needs --behind-proxy: anybody else could send that header")
    if wrong:
        raise UsageError("; ".join(wrong))


def oidc_from_environment() -> dict[str, str]:
    """Settings of an OpenID Connect provider (``CLIENTOPS_OIDC_ISSUER``, ``…_CLIENT_ID``, ``…_CLIENT_SECRET``); empty if none.

    Raises:
        UsageError: Only some of them are given.
    """
    names = ("issuer", "client_id", "client_secret")
    given = {name: os.environ.get(f"CLIENTOPS_OIDC_{name.upper()}", "") for name in names}
    if not any(given.values()):
        return {}
    missing = [f"CLIENTOPS_OIDC_{name.upper()}" for name, value in given.items() if not value]
    if missing:
        raise UsageError(f"OpenID Connect needs {', '.join(missing)}, too")
    return {**given, "claim": os.environ.get("CLIENTOPS_OIDC_CLAIM", "email")}
