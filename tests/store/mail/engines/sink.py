"""An SMTP server of the tests (aiosmtpd): keeps what it gets as JSON lines, read by Python's own e-mail parser.

The local part of a recipient chooses what happens: refused (550), later (451), slow (no answer), cut (the connection
closes in the middle of the message), lost (it closes before the answer), spam (554 for the message), full (452 for
the message), long (an answer that never ends). The port `limited` takes one connection at a time.
"""

import asyncio
import json
import os
import ssl
import sys

import aiosmtpd
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from mail_as_json import described

USER, PASSWORD = b"apostle", b"pass%word:\xc3\xa4"


def authenticate(server, session, envelope, mechanism, data):
    if not isinstance(data, LoginPassword):
        return AuthResult(success=False, handled=False)
    if data.login == b"busy":
        return AuthResult(success=False, handled=False, message="454 4.7.0 Try later")
    good = data.login == USER and data.password == PASSWORD
    message = None if good else "535 5.7.8 no " + data.password.decode("utf-8", "replace")
    return AuthResult(success=good, handled=False, message=message)


class Handler:
    def __init__(self, file):
        self.file = file

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        kind = address.split("@")[0]
        if kind == "refused":
            return "550 5.1.1 No such mailbox"
        if kind == "later":
            return "451 4.7.1 Greylisted, please try again"
        if kind == "slow":
            await asyncio.sleep(3600)
        if kind == "long":
            for _ in range(100_000):
                server.transport.write(b"250-" + b"x" * 500 + b"\r\n")
                await asyncio.sleep(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        kinds = {address.split("@")[0] for address in envelope.rcpt_tos}
        if "spam" in kinds:
            return "554 5.7.1 Looks like spam"
        if "full" in kinds:
            return "452 4.3.1 Insufficient system storage"
        if "lost" in kinds:
            server.transport.abort()
            return "250 never seen"
        raw = envelope.original_content
        record = described(raw)
        record["sender"], record["recipients"] = envelope.mail_from, envelope.rcpt_tos
        record["options"] = envelope.mail_options
        record["tls"], record["authenticated"] = session.ssl is not None, bool(session.authenticated)
        with open(self.file, "a") as out:
            out.write(json.dumps(record) + "\n")
        return "250 2.0.0 Taken"


class Server(SMTP):
    """Announces PIPELINING, which aiosmtpd can do but does not say, and cuts where a recipient asks for it."""

    async def ehlo_hook(self):
        await self.push("250-PIPELINING")

    async def smtp_DATA(self, arg):
        if any(address.startswith("cut@") for address in self.envelope.rcpt_tos):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.read(10)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Limited(Server):
    """One connection at a time; more are sent away."""

    taken = 0

    async def _handle_client(self):
        if Limited.taken >= 1:
            await self.push("421 4.7.0 Too many connections, try again later")
            self.transport.close()
            return
        Limited.taken += 1
        try:
            await super()._handle_client()
        finally:
            Limited.taken -= 1


async def serve(options):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options["certificate"], options["key"])
    handler = Handler(options["messages"])
    loop = asyncio.get_running_loop()
    login = dict(authenticator=authenticate, auth_require_tls=True, auth_required=True)

    def start_tls():
        return Server(handler, tls_context=context, require_starttls=True, enable_SMTPUTF8=True, **login)

    def plain():
        return SMTP(handler, enable_SMTPUTF8=False, auth_require_tls=False)

    def only_login():
        return SMTP(handler, auth_exclude_mechanism=["PLAIN"], auth_require_tls=False, auth_required=True,
                    authenticator=authenticate)

    def implicit():
        return Server(handler, enable_SMTPUTF8=True, auth_require_tls=False, auth_required=True,
                      authenticator=authenticate)

    def limited():
        return Limited(handler, auth_require_tls=False)

    print("aiosmtpd", aiosmtpd.__version__, flush=True)
    await loop.create_server(plain, "127.0.0.1", options["plain"])
    await loop.create_server(only_login, "127.0.0.1", options["login"])
    await loop.create_server(limited, "127.0.0.1", options["limited"])
    await loop.create_server(implicit, "127.0.0.1", options["implicit"], ssl=context)
    await loop.create_server(start_tls, "127.0.0.1", options["start_tls"])
    await asyncio.sleep(86400)


asyncio.run(serve(json.loads(sys.argv[1])))
