"""FIFO queues of moto that remember what was sent for five minutes; moto 5.2 forgets it with the message."""

from typing import Any

from moto.sqs.models import Message, Queue

_REMEMBERED_MILLISECONDS = 300_000


def remember_what_was_sent() -> None:
    """Change moto so, in this process
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html).
    """
    add = Queue.add_message

    def add_message(self: Queue, message: Message) -> None:
        if not message.deduplication_id:
            add(self, message)
        elif not _is_known(self, message):
            with self._messages_lock:
                self._messages.append(message)
                self._messages_lock.notify_all()

    Queue.add_message = add_message


def _is_known(queue: Queue, message: Message) -> bool:
    sent: dict[tuple[Any, Any], int] = vars(queue).setdefault("sent", {})
    by_group = queue.attributes.get("DeduplicationScope") == "messageGroup"
    key = (message.group_id if by_group else None, message.deduplication_id)
    now = int(message.sent_timestamp or 0)
    if now - sent.get(key, -_REMEMBERED_MILLISECONDS) < _REMEMBERED_MILLISECONDS:
        return True
    sent[key] = now
    return False
