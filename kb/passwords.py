"""Passwords: Argon2id hashes, and what a password must be."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

MIN_LENGTH = 12
MAX_LENGTH = 128
# the most guessed ones of that length, and what people here think of first
_COMMON = frozenset(
    {
        "123456789012",
        "1234567890123",
        "password1234",
        "passwordpassword",
        "qwertyuiop12",
        "qwerty123456",
        "abcdefghijkl",
    }
)
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to be kept."""
    return _HASHER.hash(password)


def matches(hashed: str, password: str) -> bool:
    """Whether a password is the one behind a hash; takes as long for an empty hash as for any other."""
    try:
        return _HASHER.verify(hashed or _nobodys(), password) and bool(hashed)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def is_outdated(hashed: str) -> bool:
    """Whether a hash was made with weaker parameters than are used now."""
    return _HASHER.check_needs_rehash(hashed)


def weakness(password: str, name: str) -> str | None:
    """Why a password is not accepted, a Chinese sentence, or None (NIST SP 800-63B: length and not guessable, no rules of signs)."""
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 个字符，可以用一句话。"
    if len(password) > MAX_LENGTH:
        return f"密码最多 {MAX_LENGTH} 个字符。"
    lowered = password.lower()
    if lowered in _COMMON or len(set(password)) < 5:
        return "这个密码太容易猜到，请换一个。"
    if name and name.lower() in lowered:
        return "密码里不能有登录名。"
    return None


@cache
def _nobodys() -> str:
    """A hash to compare with where there is none; made when first needed, because it takes a while on purpose."""
    return _HASHER.hash("nobody has this password")
