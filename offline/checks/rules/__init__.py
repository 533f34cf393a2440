"""Rules that no single recorded fact covers: between inputs, between resources, and what the provider leaves to AWS.

Every module of this folder is imported, so that its rules are registered.
"""

import importlib
import pkgutil

from offline.checks.rules.registry import RULES, hand_problems

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["RULES", "hand_problems"]
