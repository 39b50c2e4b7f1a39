"""Certificates for tests, made by openssl: authorities, and what they sign."""
import pathlib
import subprocess


def _openssl(*arguments, check=True):
    run = subprocess.run(("openssl", *(str(a) for a in arguments)), capture_output=True, text=True, check=False)
    assert run.returncode == 0 or not check, run.stderr
    return run.returncode == 0


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Signs certificates; `file` is its own, `key` the key of that."""

    def __init__(self, directory, name="Authority of the tests", expired=False):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.file = self.directory / "authority.pem"
        self.key = self.directory / "authority.key"
        self._count = 0
        _openssl("req", "-x509", *_NEW_KEY, "-keyout", self.key, "-out", self.file, "-days", 30,
                 "-subj", f"/CN={name}")
        if expired:  # signed anew, by itself
            request, names = self.directory / "authority.csr", self.directory / "authority.ext"
            _openssl("x509", "-x509toreq", "-in", self.file, "-signkey", self.key, "-out", request)
            names.write_text("basicConstraints = CA:TRUE\n", encoding="ascii")
            self._make("-in", request, "-signkey", self.key, "-extfile", names, "-out", self.file, expired=True)

    @staticmethod
    def _make(*arguments, expired):
        if not expired:
            _openssl("x509", "-req", *arguments, "-days", 30)
        elif not _openssl("x509", "-req", *arguments, "-not_before", "20200101000000Z", "-not_after",
                          "20200102000000Z", check=False):
            _openssl("x509", "-req", *arguments, "-days", -1)  # before OpenSSL 3.4

    def sign(self, name, *others, expired=False):
        """(certificate, key) for a name, and others as openssl writes them: "IP:127.0.0.1"."""
        self._count += 1
        stem = self.directory / f"{self._count}"
        request, certificate, key = (stem.with_suffix(s) for s in (".csr", ".pem", ".key"))
        names = stem.with_suffix(".ext")
        names.write_text(f"subjectAltName = {', '.join((f'DNS:{name}', *others))}\n", encoding="ascii")
        _openssl("req", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        self._make("-in", request, "-CA", self.file, "-CAkey", self.key, "-set_serial", str(self._count),
                   "-extfile", names, "-out", certificate, expired=expired)
        key.chmod(0o600)
        return certificate, key

    def hashed(self):
        """A directory with the certificate under its hash."""
        directory = self.directory / "hashed"
        directory.mkdir(exist_ok=True)
        (directory / "authority.pem").write_bytes(self.file.read_bytes())
        _openssl("rehash", directory)
        return directory
