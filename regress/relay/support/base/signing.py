"""A key for tokens: its public half is for the relay, and it makes tokens."""
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def public_pem(private):
    """Its public half, as the file of --token-key holds it."""
    return private.public_key().public_bytes(serialization.Encoding.PEM,
                                             serialization.PublicFormat.SubjectPublicKeyInfo)


class SigningKey:
    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_pem(self):
        return public_pem(self.private)

    @property
    def private_pem(self):
        return self.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption())

    def token(self, matches="*", seconds=600, **claims):
        return jwt.encode({"exp": int(time.time()) + seconds, "matches": matches} | claims, self.private, "ES256")
