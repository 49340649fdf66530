"""The desk of a hospital behind a gateway that wants every request signed in its headers. For copying.

    export GATEWAY_SECRET=...
    yidi certify hospital --drive "python signing_client.py tif KEY GATEWAY_SECRET" --profile profile.yaml

`headers` is made anew for every request, also when the same message is sent again: its body and msgid stay, its headers
do not, or the gateway takes it for a replay and turns it away.
"""

# fmt: off
import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit

from conformance.example.hospital_client import Hospital, main


class SigningHospital(Hospital):
    """A desk that signs. `scheme` is `tif` (headers x-tif-..., seconds) or `csb` (_api_..., milliseconds)."""

    def __init__(self, scheme: str, key: str, secret: str) -> None:
        super().__init__()
        self.scheme, self.key, self.secret, self.latest = scheme, key, secret, 0

    def headers(self, body: bytes) -> dict[str, str]:
        """What signs one request, now."""
        if self.scheme == "tif":
            stamp, nonce = str(int(self.now())), secrets.token_hex(16)
            signature = hashlib.sha256(f"{stamp}{self.secret}{nonce}{stamp}".encode()).hexdigest()
            return {"x-tif-paasid": self.key, "x-tif-timestamp": stamp, "x-tif-nonce": nonce,
                    "x-tif-signature": signature}
        self.latest = max(int(self.now() * 1000), self.latest + 1)  # gateways may take two of one moment for a replay
        told = {"_api_access_key": self.key, "_api_name": json.loads(body)["infno"],
                "_api_timestamp": str(self.latest), "_api_version": "1.0.0"}
        text = "&".join(f"{name}={told[name]}" for name in sorted(told))
        mac = hmac.new(self.secret.encode(), text.encode(), "sha1").digest()
        return {**told, "_api_signature": base64.b64encode(mac).decode()}

    def now(self) -> float:
        """Seconds since 1970, the same in every time zone."""
        return time.time()

    def send(self, body: bytes) -> bytes:
        """One request over the wire."""
        url, kind = urlsplit(self.desk["url"]), {"Content-Type": "application/json; charset=utf-8"}
        with closing(http.client.HTTPConnection(url.netloc, timeout=self.desk["reply_ms"] / 1000)) as connection:
            connection.request("POST", url.path or "/", body, {**kind, **self.headers(body)})
            return connection.getresponse().read()


if __name__ == "__main__":
    main(SigningHospital(sys.argv[1], sys.argv[2], os.environ[sys.argv[3]]))
