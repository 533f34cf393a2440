"""The queue of events of a service."""

from collections.abc import Sequence

import pulumi

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.queue import DeadLetters, Queue, QueueArgs, Sender, queue_metric
from components.events import Events, Target

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_TIMES_THE_RUN = 6
_TASK_SECONDS = 30


class Inbox(StoreComponent):
    """Queue of the events that one service consumes, so that no event is lost while the service is down or busy."""

    TYPE = "webstore:app:Inbox"
    queue: Queue

    def __init__(
        self,
        name: str,
        *,
        service: str,
        event_names: Sequence[str],
        run_seconds: int | None,
        age_alarm_minutes: int,
        max_receives: int,
        events: Events,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            run_seconds: Timeout of the consuming function; None for tasks, which extend the visibility timeout
                themselves.
        """
        super().__init__(name, opts)
        self.queue = Queue(
            name,
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=False,  # its events are in the archive, and removing a service removes its queue
                runbook="events-dead-letters",
                visibility_timeout_seconds=_TIMES_THE_RUN * (run_seconds or _TASK_SECONDS),
                max_receives=max_receives,
                dead_letter=DeadLetters(),
                senders=[Sender(sid="RulesSend", service="events.amazonaws.com", source_arn=events.rule_arns(service))],
            ),
            opts=self._inside,
        )
        events.subscribe(service, event_names, Target(arn=self.queue.queue_arn), opts=self._inside)
        alarm(
            f"{name}-age",
            metric=queue_metric("ApproximateAgeOfOldestMessage", self.queue.queue_name),
            threshold=age_alarm_minutes * 60,
            meaning=f"An event has waited more than {age_alarm_minutes} minutes for service {service}.",
            todo="see whether the service runs, then read its log.",
            opts=self._inside,
        )
        self._publish()
