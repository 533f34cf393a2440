"""All rules, in the module or package of their service; importing this package registers them.

A rule is found by its name: `kms-key-rotation` is in `kms.py`, `ec2-vpc-flow-logs` in `ec2/vpc.py`. `helpers` has no
rules.
"""

import importlib
import pkgutil

for _module in sorted(found.name for found in pkgutil.walk_packages(__path__, f"{__name__}.")):
    importlib.import_module(_module)
