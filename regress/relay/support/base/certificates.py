"""Certificates that a test makes for itself, and that nobody else trusts."""
import datetime
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization


class Certificate:
    """Files `cert` and `key` in a folder, for 127.0.0.1 and localhost."""

    def __init__(self, folder, name):
        self.cert, self.key = f"{folder}/{name}.crt", f"{folder}/{name}.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", f"/CN={name}",
                     "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

    def certify(self, first_day, last_day):
        """Makes it anew with the same key, for these days, counted from today. openssl makes none that is over."""
        with open(self.key, "rb") as file:
            key = serialization.load_pem_private_key(file.read(), None)
        now = datetime.datetime.now(datetime.timezone.utc)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dated")])
        certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                       .public_key(key.public_key()).serial_number(x509.random_serial_number())
                       .not_valid_before(now + datetime.timedelta(first_day))
                       .not_valid_after(now + datetime.timedelta(last_day)).sign(key, hashes.SHA256()))
        with open(self.cert, "wb") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))

    @property
    def options(self):
        return "--tls-cert", self.cert, "--tls-key", self.key

    def client(self):
        """An SSLContext that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=self.cert)
