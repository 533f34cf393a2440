"""SES: out of the sandbox, a verified identity, and the account's one contact list."""

from collections.abc import Iterator

from doctor.account import Account
from doctor.program import Program
from doctor.result import Check, Finding, Step, later, missing, ok
from settings.senders import SesSender


def _sender(program: Program) -> SesSender | None:
    sender = program.settings.identity.email
    return sender if isinstance(sender, SesSender) else None


def _lists(program: Program) -> list[str]:
    services = program.settings.app_tier.services.values()
    return sorted({service.contact_list for service in services if service.contact_list})


def _sandbox(program: Program, account: Account) -> Iterator[Finding]:
    if not _sender(program):
        return
    state = account.call("sesv2", "get_account")
    subject = f"SES, {program.home}"
    if not state.get("ProductionAccessEnabled"):
        # Codes of sign-ups reach everybody without SES, so the first update and the first customers can do without.
        tell = missing if program.settings.identity.accounts_by_ses else later
        yield tell(
            subject,
            "in the sandbox: 200 messages a day, to verified addresses only",
            f"aws sesv2 put-account-details --region {program.home} --production-access-enabled "
            f"--mail-type TRANSACTIONAL --website-url https://{program.settings.dns.domain_name} --contact-language EN "
            "--use-case-description 'Codes of sign-ups, and messages about orders'   # AWS answers within a day",
        )
    elif not state.get("SendingEnabled", True) or state.get("EnforcementStatus") == "SHUTDOWN":
        yield missing(
            subject,
            f"sending is off ({state.get('EnforcementStatus', 'paused')})",
            "answer AWS's case, or: aws sesv2 put-account-sending-attributes --sending-enabled",
        )
    else:
        quota = state.get("SendQuota", {})
        yield ok(subject, f"production access, {quota.get('Max24HourSend', 0):g} messages a day")


def _identity(program: Program, account: Account) -> Iterator[Finding]:
    sender = _sender(program)
    if not sender or sender.identity_arn is None:
        return  # made and verified by the update itself
    name = sender.identity_arn.partition("identity/")[2]
    found = account.find("sesv2", "get_email_identity", absent=("NotFoundException",), EmailIdentity=name)
    if found is None:
        yield missing(
            name,
            "no such SES identity",
            f"aws sesv2 create-email-identity --email-identity {name}   # then its 3 CNAMEs",
        )
    elif not found.get("VerifiedForSendingStatus"):
        tokens = ", ".join(found.get("DkimAttributes", {}).get("Tokens", []))
        yield missing(
            name,
            "not verified: Cognito refuses it",
            f"CNAME records <token>._domainkey.{name} to <token>.dkim.amazonses.com in its zone; tokens: {tokens}",
        )
    else:
        yield ok(name, "verified for sending")


def _contact_list(program: Program, account: Account) -> Iterator[Finding]:
    wanted = _lists(program)
    if not wanted:
        return
    makes = bool(program.of("sesv2/contactList:ContactList"))
    there = [entry["ContactListName"] for entry in account.every("sesv2", "list_contact_lists", "ContactLists")]
    for name in wanted:
        others = [found for found in there if found != name]
        if others:
            yield missing(
                f"contact list {name}",
                f"the account has the list {others[0]} in {program.home}, and SES allows one",
                f"web-store:app_tier.services.<service>.contact_list: {others[0]}, or, with its contacts: "
                f"aws sesv2 delete-contact-list --contact-list-name {others[0]}",
            )
        elif name in there:
            yield ok(f"contact list {name}", "exists")
        elif makes:
            yield ok(f"contact list {name}", "the account has none; the update makes it")
        else:
            yield missing(
                f"contact list {name}",
                "the account has none",
                f"aws sesv2 create-contact-list --contact-list-name {name} --topics TopicName=marketing,"
                "DisplayName=Marketing,DefaultSubscriptionStatus=OPT_OUT",
            )


CHECKS = (
    Check(
        name="ses-sandbox",
        step=Step.EMAIL,
        looks_at="Whether SES may write to everybody (`sesv2 get-account`), where `identity.email` sends by SES.",
        mends="`aws sesv2 put-account-details`; AWS answers within a day.",
        run=_sandbox,
    ),
    Check(
        name="ses-identity",
        step=Step.EMAIL,
        looks_at="The identity that mail is sent from (`sesv2 get-email-identity`), unless the program makes it.",
        mends="DKIM records in its zone; up to 72 hours, mostly minutes.",
        run=_identity,
    ),
    Check(
        name="contact-list",
        step=Step.EMAIL,
        looks_at="The account's contact list (`sesv2 list-contact-lists`): an account has one in a Region "
        "(https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html).",
        mends="Name the list that exists, or delete it.",
        run=_contact_list,
    ),
)
