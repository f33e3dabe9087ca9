"""A mail as Python's own parser reads it, as JSON: from standard input, or for sink.py."""

import email
import email.policy
import json
import sys


def described(raw):
    # With SMTPUTF8 headers hold UTF-8 as it is, which the parser of bytes takes for damage.
    message = email.message_from_string(raw.decode("utf-8"), policy=email.policy.SMTPUTF8)
    bodies = [
        {"type": part.get_content_type(), "charset": part.get_content_charset(), "text": part.get_content().replace("\r\n", "\n")}
        for part in message.walk()
        if not part.is_multipart()
    ]
    addresses = lambda field: [[a.display_name, a.addr_spec] for a in message[field].addresses] if message[field] else []
    return {
        "type": message.get_content_type(),
        "subject": str(message["subject"]),
        "from": addresses("from"),
        "to": addresses("to"),
        "reply_to": addresses("reply-to"),
        "date": message["date"].datetime.isoformat(),
        "message_id": message["message-id"],
        "mime_version": message["mime-version"],
        "headers": {name: str(value) for name, value in message.items()},
        "defects": [repr(d) for part in message.walk() for d in part.defects],
        "bodies": bodies,
        "longest_line": max(len(line) for line in raw.split(b"\r\n")),
        "bare_line_ends": sum(raw.replace(b"\r\n", b"").count(end) for end in (b"\r", b"\n")),
        "ascii": raw.isascii(),
    }


if __name__ == "__main__":
    print(json.dumps(described(sys.stdin.buffer.read())))
