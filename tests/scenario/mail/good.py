# SPDX-License-Identifier: Apache-2.0
"""A mail server that does everything right: aiosmtpd, with STARTTLS and AUTH."""

from __future__ import annotations

import logging
import ssl
import subprocess

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "svc@example.test", "hemligt lösenord"


def make_certificate(folder):
    """An authority of our own and a certificate for localhost; returns (authority, certificate, key), paths."""
    authority, certificate, key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
    authority_key, request, names = folder / "ca-key.pem", folder / "cert.csr", folder / "names.cnf"
    names.write_text("subjectAltName = DNS:localhost, IP:127.0.0.1\n")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", authority_key, "-out", authority, "-subj", "/CN=Test authority")
    openssl("req", *new_key, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    signed = ("-CA", authority, "-CAkey", authority_key, "-CAcreateserial", "-extfile", names)
    openssl("x509", "-req", "-in", request, *signed, "-out", certificate)
    return authority, certificate, key


class _Handler:
    def __init__(self, mails):
        self._mails = mails

    async def handle_DATA(self, server, session, envelope):
        self._mails.append((session, envelope))
        return f"250 2.0.0 Ok: queued as {len(self._mails)}"


class _Controller(Controller):
    def _trigger_server(self):
        """The controller connects to its own port once, and must know which one it got."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class GoodServer:
    """Takes mail after STARTTLS and AUTH only; `mails` are (session, envelope) of aiosmtpd."""

    def __init__(self, certificate, key, password=PASSWORD):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.password = password
        self.mails = []
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # refused handshakes are meant to be
        self._controller = _Controller(
            _Handler(self.mails),
            hostname="127.0.0.1",
            port=0,
            server_hostname="mail.example.test",
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            authenticator=self._authenticate,
            enable_SMTPUTF8=True,
        )

    def _authenticate(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data.login == USER.encode()
        good = good and data.password == self.password.encode()
        return AuthResult(success=good, handled=good, message=None if good else "535 5.7.8 bad credentials")

    @property
    def port(self):
        return self._controller.port

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop()
