"""Serves bare repositories over https with git http-backend, to those who show the token.

Usage: https-git-server.py ROOT CERTIFICATE KEY TOKEN PORT. Prints its port (0: any). The first component of the path says how it
serves: plain, stall (stops in the middle of the pack), garbage (no valid Git), redirect (to the host and port that are the next component), loop
(redirects to itself), downgrade (redirects to http), error, echo (an error that
repeats the credentials), nobody (asks nobody for a token).
"""

import base64
import http.server
import os
import ssl
import subprocess
import sys

root, certificate, key, token, port = sys.argv[1:6]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        self.serve(self.body())

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def serve(self, body):
        self.close_connection = True
        mode, _, rest = self.path.lstrip("/").partition("/")
        expected = "Basic " + base64.b64encode(b"flotilla:" + token.encode()).decode()
        if mode != "nobody" and self.headers.get("Authorization") != expected:
            return self.answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        if mode == "error":
            return self.answer(500)
        if mode == "redirect":
            authority, _, rest = rest.partition("/")
            place = "https://" + authority if authority != "same" else ""
            return self.answer(302, {"Location": "%s/plain/%s" % (place, rest)})
        if mode == "loop":
            return self.answer(302, {"Location": self.path})
        if mode == "downgrade":
            return self.answer(302, {"Location": "http://localhost:%d/plain/%s" % (self.server.server_port, rest)})
        if mode == "garbage":
            kind = {"Content-Type": "application/x-git-upload-pack-advertisement"}
            return self.answer(200, kind, b"no packet line\n" * 10)
        if mode == "echo":
            kind = {"Content-Type": "application/x-git-upload-pack-advertisement"}
            text = b"# service=git-upload-pack\n"
            line = ("ERR %s is not welcome" % token).encode()
            return self.answer(200, kind, b"%04x%s0000%04x%s" % (len(text) + 4, text, len(line) + 4, line))
        self.backend(rest, body, stalls=mode == "stall")

    def backend(self, rest, body, stalls):
        path, _, query = rest.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "HOME": root,
            "PATH_INFO": "/" + path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        output = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE).stdout
        head, _, content = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200").split()[0])
        if stalls and self.command == "POST":
            headers["Content-Length"] = str(len(content))
            self.answer(status, headers, content[: len(content) // 2], ends=False)
            self.rfile.read(1)  # until the client goes away
        else:
            self.answer(status, headers, content)

    def answer(self, status, headers={}, content=b"", ends=True):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if ends:
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        # The handshake is made in the handler's thread.
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = Server(("localhost", int(port)), Handler)
print(server.server_port, flush=True)
server.serve_forever()
