"""A DNS server for tests: TXT records by name, over UDP and TCP. What does not fit into a datagram is cut off there."""

import socketserver
import struct
import threading

LONGEST = 512


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("ascii"))
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


class NameServer:
    """`records`: name → texts. `asked`: how each question came."""

    def __init__(self):
        self.records, self.asked = {}, []
        outer = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                message, socket = self.request
                # A forged answer first: it has another id, and must count for nothing.
                forged = outer.answer(message, forged=True)
                socket.sendto(forged, self.client_address)
                answer = outer.answer(message)
                outer.asked.append("udp")
                if len(answer) > LONGEST:
                    flags = struct.unpack("!H", answer[2:4])[0] | 0x0200
                    answer = answer[:2] + struct.pack("!HHHHH", flags, 1, 0, 0, 0) + message[12:]
                socket.sendto(answer, self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                size = struct.unpack("!H", self.rfile.read(2))[0]
                answer = outer.answer(self.rfile.read(size))
                outer.asked.append("tcp")
                self.wfile.write(struct.pack("!H", len(answer)) + answer)

        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream)
        self.address = f"127.0.0.1:{self._tcp.server_address[1]}"
        self._udp = socketserver.ThreadingUDPServer(("127.0.0.1", self._tcp.server_address[1]), Datagram)

    def answer(self, message, forged=False):
        number = struct.unpack("!H", message[:2])[0] ^ (1 if forged else 0)
        name, end = read_name(message, 12)
        texts = ["forged"] if forged else self.records.get(name)
        head = struct.pack("!HHHHHH", number, 0x8180 | (0 if texts is not None else 3), 1, len(texts or []), 0, 0)
        body = head + message[12:end + 4]
        for text in texts or []:
            pieces = [text[at:at + 255].encode() for at in range(0, len(text), 255)] or [b""]
            data = b"".join(bytes([len(piece)]) + piece for piece in pieces)
            body += b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(data)) + data
        return body

    def __enter__(self):
        for server in (self._udp, self._tcp):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()
