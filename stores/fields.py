"""A text column that is encrypted at rest."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=1)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The first key encrypts, every key decrypts."""
    return _cipher(tuple(settings.ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Fernet at rest, plain in memory; it can't be searched."""

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return cipher().encrypt(plain.encode()).decode() if plain else plain

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return cipher().decrypt(value.encode()).decode() if value else value
