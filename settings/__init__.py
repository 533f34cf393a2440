"""Typed settings of a stack; the only reader of the stack's configuration."""

import sys
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from settings.layers import files_of
from settings.loader import parse
from settings.problems import PROJECT, SettingsError
from settings.store import StoreSettings

__all__ = ["MESSAGE_SHOWN", "StoreSettings", "load_secret", "load_settings"]

# The language host takes this code for "the message has been shown" and adds nothing to it
# (https://github.com/pulumi/pulumi/blob/master/sdk/python/cmd/pulumi-language-python-exec).
MESSAGE_SHOWN = 32


def load_settings() -> StoreSettings:
    """Settings of the stack that is being deployed; ends the program with one message when they cannot be used."""
    config = CONFIG.get()
    stack = pulumi.get_stack()
    secret_keys = [key for key in config if is_config_secret(key)]
    # The engine starts the program in the project's folder.
    files = files_of(Path(), stack)
    try:
        return parse(config, stack=stack, secret_keys=secret_keys, files=files)
    except SettingsError as error:
        pulumi.log.error(str(error))
        sys.exit(MESSAGE_SHOWN)


def load_secret(name: str) -> pulumi.Output[str] | None:
    """One of `settings.store.SECRETS`, as a secret output; None if the stack has none."""
    # As the sections: the project may have another name.
    return pulumi.Config(PROJECT).get_secret(name)
