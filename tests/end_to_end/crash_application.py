"""A small application for tests that kill the server: cheap passwords, two documents, no key."""

import io
import random
import zipfile

MANIFEST = """name: crash
knowledge: { documents: docs, chunk: { size: 400, overlap: 40 } }
accounts: { argon2: { passes: 1, memory: 8KB }, attempts: { max: 10000 } }
chat:
  graph:
    librarian: { kind: retrieve }
    speaker: { kind: answer, options: { refusal: I do not know. } }
"""
OWN_DOCUMENTS = 12
PARAGRAPHS = 6  # of a document of a test; each with its word, so that a half document is seen
FILLER = "Rain falls on the harbour while the ferry waits for the last lorry of the evening and nobody is in a hurry."


def make(folder):
    (folder / "docs").mkdir(parents=True)
    (folder / "app.yaml").write_text(MANIFEST)
    for number in range(OWN_DOCUMENTS):
        (folder / "docs" / f"own-{number}.md").write_text(markdown(f"Own {number}", f"ownword{number}x"))
    return folder


def paragraphs(word):
    return [f"Paragraph {number} speaks of {word}. {FILLER}" for number in range(PARAGRAPHS)]


def markdown(title, word):
    return f"# {title}\n\n" + "\n\n".join(paragraphs(word)) + "\n"


def html(title, word):
    body = "".join(f"<p>{text}</p>" for text in paragraphs(word))
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"


def docx(title, word):
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in [title, *paragraphs(word)])
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml",
                         f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>')
    return made.getvalue()


def upload_of(kind, title, word):
    """(file name's ending, bytes) of a document in one of the formats."""
    if kind == "docx":
        return "docx", docx(title, word)
    if kind == "html":
        return "html", html(title, word).encode()
    if kind == "txt":
        return "txt", "\n\n".join([title, *paragraphs(word)]).encode()
    return "md", markdown(title, word).encode()


KINDS = ("md", "html", "txt", "docx")


def word_of(chance: random.Random):
    """A word that no other document has, and that no stemmer changes."""
    return "q" + "".join(chance.choice("bdfgklmnprtvz") + chance.choice("aiou") for _ in range(5)) + "x"
