"""Command line: see README.md of `offline/facts`."""

import argparse
import json
import re
import sys
from pathlib import Path

from offline.facts.renew.bridge import Bridge
from offline.facts.renew.harvest import harvest
from offline.facts.renew.newer import add_newer
from offline.schema import all_tokens

_FILE = Path(__file__).parents[1] / "provider.json"


def main() -> int:
    options = _parser().parse_args()
    facts = json.loads(_FILE.read_text(encoding="utf-8"))
    if options.bridge:
        known = {token: record["terraform"] for token, record in facts.items()}
        tokens = sorted(token for token in all_tokens() if re.search(options.only, token))
        for token, record in harvest(lambda: Bridge(options.bridge, options.provider), tokens, known):
            facts[token] = record
            sys.stderr.write(f"{token}: {len(record['rules'])} rules\n")
    added = add_newer(facts)
    sys.stderr.write(f"{len(facts)} types, {added} limits widened by newer service models\n")
    text = json.dumps(facts, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    options.output.write_text(f"{text}\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m offline.facts.renew", description="Renews provider.json.")
    parser.add_argument("--bridge", type=Path, help="executable of the Pulumi Terraform bridge; asks the provider anew")
    parser.add_argument("--provider", type=Path, help="executable terraform-provider-aws (with --bridge)")
    parser.add_argument("--only", default="", metavar="REGEX", help="ask only about types whose token matches")
    parser.add_argument("--output", type=Path, default=_FILE, metavar="FILE", help=f"default: {_FILE.name} itself")
    return parser


if __name__ == "__main__":
    sys.exit(main())
