"""Keys of all kinds, and files as a whole."""

from tests.unit.settings.edits import put

MISTAKES = {
    **{
        f"tag with {bad!a}": (
            "dev",
            put("environment.owner", bad),
            "environment.owner",
            "",
            "which AWS takes in tags",
            f"owner: {good}",
        )
        for bad, good in (
            ("R&D", "R and D"),
            ("web <store>", "web store"),
            ("store; platform", "store platform"),
            ("store\nplatform", "store platform"),
            ("store\0", "store"),
            ("store \U0001f6d2", "store"),
            ("(store)", "store"),
        )
    },
    **{
        f"endpoint {host}": (
            "dev",
            put("third_parties.parties.cms.events.endpoint", f"https://{host}/v1"),
            "third_parties.parties.cms.events.endpoint",
            "not shown" if "@" in host else host,
            rule,
            fix,
        )
        for host, rule, fix in (
            ("169.254.169.254", "no address", ""),
            ("127.1", "no address", ""),
            ("2130706433", "no address", ""),
            ("0x7f000001", "no address", ""),
            ("[::1]", "no address", ""),
            ("localhost", "a public host name", ""),
            ("a..example.com", "a public host name", ""),
            ("user:word@cms.example.com", "without user name", ""),
            ("cms.localhost", "no public name ends in .localhost", "the host that the third party publishes"),
            ("metadata.google.internal", "no public name ends in .internal", "that the third party publishes"),
            ("cms.local", "no public name ends in .local", "that the third party publishes"),
            ("cms.example.com:99999", "a port from 1 to 65535", "endpoint: https://cms.example.com/v1"),
        )
    },
    **{
        f"key {key}": ("dev", lambda config, key=key: config.update({key: "x"}), place, f"`{key}`", "nobody reads", fix)
        for key, place, fix in (
            ("aws:region", "environment.region", "write it as `environment.region`"),
            ("aws-native:region", "environment.region", "write it as `environment.region`"),
            ("aws:profile", "environment", "credentials are those of the caller"),
            ("aws:secretKey", "environment", "credentials are those of the caller"),
            ("aws:defaultTags", "environment.owner", "`environment.cost_center`"),
            ("aws:assumeRoles", "environment.assume_role_arn", "the role's ARN"),
            ("aws:allowedAccountIds", "environment.account_id", "`environment.account_id`"),
            ("aws:maxRetries", "environment", "no setting says it"),
        )
    },
}
