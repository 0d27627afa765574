"""Wiring."""

from datetime import UTC, datetime

from consumers.account_mailer.handler import is_spent, letter, wanted
from consumers.account_mailer.post import Post
from consumers.account_mailer.settings import MailSettings
from consumers.account_mailer.store import MailStore
from schemas import mail_tokens
from schemas.keyring import Keyring
from topics.bus.context import ConsumerContext
from topics.bus.each import each
from topics.bus.message import Message
from topics.errors import Retry
from topics.runtime import metrics
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run; without configured mail it passes everything over."""
    settings, mail = context.settings, MailSettings()
    url = settings.smtp_url
    post = Post(url.get_secret_value(), mail.sender_at(settings.address), mail.seconds) if url is not None else None
    keyring = Keyring.load(settings.keyring_file)
    pool = await postgres_pool(settings, f"doska_{context.manifest.name}", min_size=0, max_size=2)
    context.stack.push_async_callback(pool.close)
    store = MailStore(pool)

    async def on_message(message: Message) -> None:
        link = None if message.data is None else wanted(message.type.name, message.data)
        if post is None or link is None:
            return
        fact_id = message.envelope.id
        try:
            done, addressee = await store.is_mailed(fact_id), await store.addressee(link)
            if done:
                return
            if addressee is None or is_spent(addressee, datetime.now(UTC)):
                metrics.MAILS.labels("spent").inc()
                return
            token = mail_tokens.mint(keyring, link.kind, link.user_id, link.link_id)
            await post.send(letter(link, addressee, token, settings.address, fact_id))
            metrics.MAILS.labels("sent").inc()
            await store.note(fact_id)
        except POSTGRES_AWAY as error:
            raise Retry(f"PostgreSQL: {error!r}") from error

    return each(context, on_message)
