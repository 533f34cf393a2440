"""Rules of backups: where copies lie, what is tested, what can never be removed."""

from collections.abc import Iterator

from settings.backup import BackupPlan
from settings.problems import Problem
from settings.relations.reads import Plan, Protect, Region, Tables
from settings.relations.relation import problem, relation


@relation
def backups_are_copied_to_another_region(region: Region, plan: Plan) -> Iterator[Problem]:
    if isinstance(plan, BackupPlan) and plan.copy_region == region:
        yield problem(
            "backup.plan.copy_region",
            plan.copy_region,
            "must be another Region than the home Region: a copy beside the original is lost with it",
            fix="name another Region, or leave it out for no copy",
        )


@relation
def vaults_for_ever_are_for_protected_environments(protect: Protect, plan: Plan) -> Iterator[Problem]:
    days = plan.lock.immutable_after_days if isinstance(plan, BackupPlan) and plan.lock else None
    if days is not None and not protect:
        yield problem(
            "backup.plan.lock.immutable_after_days",
            days,
            "must be null with `environment.protect: false`: nobody can remove the lock or delete the vaults",
            None,
            fix="or leave it out: the lock then exists and can be lifted",
        )


@relation
def restore_tests_name_their_tables(plan: Plan, tables: Tables) -> Iterator[Problem]:
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreTestingSelectionForCreate.html
    most = 30
    count = 1 + sum(design.backup for _, design in tables.all.values())
    if isinstance(plan, BackupPlan) and "tables" in plan.restore_tests and count > most:
        yield problem(
            "backup.plan.restore_tests",
            plan.restore_tests,
            f"must not contain `tables`: a restore test names {most} tables at most, and the store backs up {count}",
            [kind for kind in plan.restore_tests if kind != "tables"],
            fix="leave `tables` out, or write `backup: false` in designs of tables that nobody would restore",
        )
