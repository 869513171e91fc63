"""Sealing keys in a hardware security module, by PKCS#11: they are made there, sign there, and never leave it.

python-pkcs11 initialises the module for one thread (`C_Initialize` without arguments), so one caller at a time speaks
to it, and code that runs in an event loop leaves that to a thread of the token's own (`apart`).
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Self, TypeVar
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certificates.sealing.directory import SealDirectory, Seals, write_file
from certificates.sealing.errors import NoSealKey, SealDeviceAway, UnsafeSealKey
from certificates.sealing.ports import all_certificates, in_force
from certificates.sealing.rules import thumbprint_of

try:
    import pkcs11
    from pkcs11._pkcs11 import lib
    from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
except ImportError:
    raise UnsafeSealKey("Keys in a token need the package python-pkcs11: install onevisit[hsm]") from None

T = TypeVar("T")

# Longer than any healthy device takes; shorter than a caller waits.
ANSWER_SECONDS = 8.0
_KEY_OBJECTS = (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY)


class Token:
    """One token. A session that was lost (device away, module restarted) is opened again once per question."""

    def __init__(self, module: Path, label: str, *, pin: bytes, patience_seconds: float = ANSWER_SECONDS) -> None:
        self.label = label
        self._patience_seconds = patience_seconds
        self._module = module
        self._pin = pin.decode()
        self._session: pkcs11.Session | None = None
        # Any: the keys of python-pkcs11 take on at run time what the token lets them do.
        self._keys: dict[str, Any] = {}
        self._refused: str | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="seal-token")

    def sign(self, name: str, digest: bytes) -> bytes:
        """The ECDSA signature (r followed by s) of a digest by the key of this name; refuses as `ask`."""

        def sign(session: pkcs11.Session) -> bytes:
            signature: bytes = self._key(session, name).sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
            return signature

        return self.ask(sign)

    def public_key(self, name: str) -> EllipticCurvePublicKey:
        """The public half of the key of this name, which can sign; refuses as `ask`."""

        def read(session: pkcs11.Session) -> bytes:
            self._key(session, name)
            public: Any = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=name)
            return encode_ec_public_key(public)

        return _ec(self.ask(read))

    def make(self, name: str, *, identifier: bytes) -> EllipticCurvePublicKey:
        """A new key on P-256 of this name lies in the token and cannot be read out; answers its public half."""
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}

        def generate(session: pkcs11.Session) -> bytes:
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            public, _ = parameters.generate_keypair(store=True, id=identifier, label=name)
            return encode_ec_public_key(public)

        return _ec(self.ask(generate))

    def destroy(self, name: str) -> bool:
        """No key of this name is in the token; answers whether one was."""

        def remove(session: pkcs11.Session) -> bool:
            found = [
                each
                for kind in _KEY_OBJECTS
                for each in session.get_objects({pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.LABEL: name})
            ]
            for each in found:
                each.destroy()
            return bool(found)

        return self.ask(remove)

    def ask(self, question: Callable[[pkcs11.Session], T]) -> T:
        """What the token answers. Refuses (NoSealKey) where it has no such key, (SealDeviceAway) where it does not
        answer, (UnsafeSealKey) where it does not take the PIN; that is not tried again, for tokens lock themselves.
        """
        with _turn(self._module):
            try:
                try:
                    return question(self._open())
                except pkcs11.PKCS11Error as error:
                    if isinstance(error, pkcs11.NoSuchKey):
                        raise
                    self._forget()
                    _library(self._module).reinitialize()
                    return question(self._open())
            except pkcs11.NoSuchKey:
                raise NoSealKey(holder="a key that is not in the token") from None
            except pkcs11.PKCS11Error as error:
                self._forget()
                raise SealDeviceAway from error

    async def in_thread(self, work: Callable[[], T]) -> T:
        """What the work answers, which asks the token. Refuses (SealDeviceAway) when that takes too long."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.wait_for(running, self._patience_seconds)
        except TimeoutError:
            raise SealDeviceAway from None

    def _open(self) -> pkcs11.Session:
        if self._refused is not None:
            raise UnsafeSealKey(self._refused)
        if self._session is None:
            token = _library(self._module).get_token(token_label=self.label)
            try:
                self._session = token.open(rw=True, user_pin=self._pin)
            except pkcs11.UserAlreadyLoggedIn:
                # Another session of this process is; logins are per process and token.
                self._session = token.open(rw=True)
            except (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
                self._refused = f"Token {self.label} refuses the PIN ({type(error).__name__})"
                raise UnsafeSealKey(self._refused) from None
        return self._session

    def _key(self, session: pkcs11.Session, name: str) -> Any:
        if name not in self._keys:
            self._keys[name] = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=name)
        return self._keys[name]

    def _forget(self) -> None:
        self._session = None
        self._keys.clear()


class Pkcs11Signer:
    """Keys in a token; certificates in the key directory. Conforms to `Signer`."""

    def __init__(
        self, seals: Seals, *, current: Mapping[str, x509.Certificate], names: Mapping[str, str], token: Token
    ) -> None:
        self._seals = seals
        self._current = current
        self._all = all_certificates(current, seals.retired)
        self._names = names
        self._token = token

    @property
    def root_pem(self) -> bytes:
        return self._seals.root_pem

    @property
    def root_crl(self) -> bytes:
        return self._seals.root_crl

    def certificate_of(self, holder: str) -> x509.Certificate:
        found = self._current.get(holder)
        if found is None:
            raise NoSealKey(holder=holder)
        return found

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        return self._all

    def sign(self, certificate: x509.Certificate, message: bytes) -> bytes:
        name = self._names.get(thumbprint_of(certificate))
        if name is None:
            raise NoSealKey(holder=certificate.subject.rfc4514_string())
        return self._token.sign(name, sha256(message).digest())

    async def apart(self, work: Callable[[], T]) -> T:
        return await self._token.in_thread(work)

    @classmethod
    def from_directory(cls, directory: Path, token: Token) -> Self:
        """The seals of a key directory whose keys are in this token; what was revoked signs no more.

        Refuses (UnsafeSealKey) a certificate of another root, and one whose key is not in the token.
        """
        where = SealDirectory(directory)
        seals = where.read()
        current = in_force(seals)
        names = {holder: where.key(holder, found.serial_number).stem for holder, found in current.items()}
        for holder, certificate in current.items():
            if _public_in(token, names[holder]) != certificate.public_key():
                raise UnsafeSealKey(f"Token {token.label} does not hold the key of {where.certificate(holder)}")
        by_key = {thumbprint_of(certificate): names[holder] for holder, certificate in current.items()}
        return cls(seals, current=current, names=by_key, token=token)


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """A `KeyStore`: keys are made in the token, and a file beside each certificate says so (RFC 7512)."""

    directory: SealDirectory
    token: Token

    def make(self, holder: str, serial: int) -> EllipticCurvePublicKey:
        name, identifier = self.directory.key(holder, serial).stem, serial.to_bytes(20)
        public = self.token.make(name, identifier=identifier)
        address = f"pkcs11:token={quote(self.token.label)};object={quote(name)};type=private\n"
        write_file(self.directory.token_mark(holder, serial), address.encode(), mode=0o644)
        return public

    def destroy(self, holder: str, serial: int) -> bool:
        was_there = self.token.destroy(self.directory.key(holder, serial).stem)
        self.directory.token_mark(holder, serial).unlink(missing_ok=True)
        return was_there


def _public_in(token: Token, name: str) -> EllipticCurvePublicKey | None:
    try:
        return token.public_key(name)
    except NoSealKey:
        return None
    except SealDeviceAway as away:
        raise UnsafeSealKey(f"Token {token.label} cannot be reached ({away.__cause__!r})") from None


def _ec(der: bytes) -> EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, EllipticCurvePublicKey):
        raise UnsafeSealKey("The token's key is no key on P-256")
    return key


@lru_cache(maxsize=8)
def _turn(_: Path) -> Lock:
    """Whose it is to speak to a module: there is one of it in a process, however many tokens and signers use it."""
    return Lock()


def _library(module: Path) -> lib:
    return pkcs11.lib(str(module))
