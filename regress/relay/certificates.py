"""Certificates that a test makes for itself, and that nobody else trusts."""
import ssl
import subprocess


class Certificate:
    """Files `cert` and `key` in a folder, for 127.0.0.1."""

    def __init__(self, folder, name):
        self.cert, self.key = f"{folder}/{name}.crt", f"{folder}/{name}.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", f"/CN={name}",
                     "-addext", "subjectAltName=IP:127.0.0.1")

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)

    @property
    def options(self):
        return "--tls-cert", self.cert, "--tls-key", self.key

    def client(self):
        """What trusts this certificate and no other."""
        return ssl.create_default_context(cafile=self.cert)
