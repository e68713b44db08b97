"""A mail server on aiosmtpd. Its settings are a JSON object in the first argument; it
prints ready, and then every delivery as a line of JSON."""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

settings = json.loads(sys.argv[1])


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 No such user"
        if address.startswith("full"):
            return "452 4.2.2 Mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "user": session.auth_data,
            "encrypted": isinstance(server.transport.get_extra_info("ssl_object"), (ssl.SSLObject, ssl.SSLSocket)),
            "size": len(envelope.content),
        })
        return "250 OK"


def authenticate(server, session, envelope, mechanism, login):
    good = login.login == settings["user"].encode() and login.password == settings["password"].encode()
    return AuthResult(success=good, handled=False, auth_data=mechanism)


def say(line):
    print(json.dumps(line), flush=True)


async def main():
    context = None
    if settings["security"] != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings["certificate"], settings["key"])

    def serve():
        return SMTP(
            Handler(), hostname="mail.example.com", tls_context=context if settings["security"] == "starttls" else None,
            require_starttls=settings["security"] == "starttls", auth_required=True, auth_require_tls=settings["security"] == "starttls",
            authenticator=authenticate, auth_exclude_mechanism=settings["without"], enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(
        serve, "127.0.0.1", settings["port"], ssl=context if settings["security"] == "tls" else None)
    say("ready")
    await server.serve_forever()


asyncio.run(main())
