"""Documents made to hurt the server that reads them. Each is (file name, bytes, reasons that a person may be given)."""

import io
import struct
import zipfile
import zlib

DOCX_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def archive(*entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return packed.getvalue()


def docx(body, head="", *others):
    xml = f'<?xml version="1.0"?>{head}<w:document xmlns:w="x"><w:body>{body}</w:body></w:document>'
    return archive(("[Content_Types].xml", DOCX_TYPES), ("word/document.xml", xml), *others)


def overlapping_archive(entries):
    """After David Fifield's "A better zip bomb": many entries of the directory share one compressed kernel."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = kernel.compress(b"<w:p>" * 4_000_000) + kernel.flush()
    checksum, size = zlib.crc32(b"<w:p>" * 4_000_000), 20_000_000
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, checksum, len(packed), size, 17, 0) + b"word/document.xml" + packed
    directory = b""
    for number in range(entries):
        name = b"word/document.xml" if number == 0 else b"word/styles.xml" if number == 1 else b"n%015d" % number
        directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, checksum, len(packed), size, len(name), 0, 0, 0, 0, 0,
                                 0) + name
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries & 0xFFFF, entries & 0xFFFF, len(directory), len(local), 0)
    return local + directory + end


def many_entries(count):
    """Every entry of the directory, none of the files: the reader would have to walk through all of them."""
    directory = b"".join(struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0) + b"%08d" % number
                         for number in range(count))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 8, 0) + b"00000000"
    return local + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(local), 0)


def billion_laughs():
    entities = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {name} "{("&" + before + ";") * 10}">' for before, name in zip("abcdefgh", "bcdefghi"))
    return docx("<w:p><w:r><w:t>&i;</w:t></w:r></w:p>", f"<!DOCTYPE w:document [{entities}]>")


def external_entity(address):
    return docx("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{address}">]>')


def pdf(*objects):
    """Objects by number from 1; object 1 is the catalog. The table is right, so that nothing needs to be repaired."""
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))


def stream(content, entries=b""):
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def million_objects():
    lines = [b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"]
    lines += [b"%d 0 obj<</A %d 0 R>>endobj\n" % (number, number + 1) for number in range(3, 1_000_000)]
    return b"".join(lines) + b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


def endless_pages():
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000>>")


def spinning_pdf():
    """One page draws a form that draws another ten times, and so on: ten to the thirtieth, as long as nobody stops it."""
    depth = 30
    fonts = b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    forms = []
    for level in range(depth):
        last = level + 1 == depth
        content = b"BT /F 9 Tf (x) Tj ET" if last else b"/N Do " * 10
        inner = fonts if last else b"/XObject<</N %d 0 R>>" % (5 + level + 1)
        forms.append(stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<%s>>" % inner))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</N 5 0 R>>>>>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream(b"/N Do"), *forms)


def inflating_pdf():
    """A content stream of a kilobyte that unpacks to a hundred megabytes, in two steps."""
    packed = zlib.compress(zlib.compress(b" " * 100_000_000, 9), 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<<>>>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page,
               stream(packed, b"/Filter[/FlateDecode/FlateDecode]"))


def soft_hyphen_pdf():
    """A sentence that goes on over the page, where the next page has nothing but a soft hyphen. (It once ended the server.)"""
    def page(content):
        return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents %d 0 R/Resources<</Font<</F 7 0 R>>>>>>" % content

    to_unicode = (b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <00> <ff> "
                  b"endcodespacerange 1 beginbfrange <20> <7d> <0020> endbfrange 1 beginbfchar <7e> <00ad> endbfchar endcmap end end")
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>", page(5), page(6),
               stream(b"BT /F 12 Tf 20 200 Td (The sentence goes on and) Tj ET"), stream(b"BT /F 12 Tf 20 200 Td (~) Tj ET"),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 8 0 R>>", stream(to_unicode))


def many_cues(count):
    cues = "".join(f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000 --> {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.900\nw{n}\n\n"
                   for n in range(count))
    return ("WEBVTT\n\n" + cues).encode()


def alias_bomb():
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"{name}: &{name} [{', '.join(['*' + before] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi")]
    return "\n".join(lines).encode()


def all_weapons():
    deep = 100_000
    return [
        ("bomb.docx", archive(("word/document.xml", b" " * 80_000_000)), {"too_large"}),
        ("inside.docx", archive(("word/document.xml", archive(("word/document.xml", b" " * 50_000_000)))), {"broken"}),
        ("overlapping.docx", overlapping_archive(2000), {"too_large", "broken"}),
        ("entries.docx", many_entries(65_000), {"too_large", "broken"}),
        ("laughs.docx", billion_laughs(), {"broken"}),
        ("file.docx", external_entity("file:///etc/passwd"), {"broken"}),
        ("deep.docx", docx("<w:p>" * deep + "</w:p>" * deep), {"too_large"}),
        ("deep.html", b"<div>" * deep + b"deep" + b"</div>" * deep, {"too_large"}),
        ("cues.vtt", many_cues(300_000), {"too_large"}),
        ("objects.pdf", million_objects(), {"broken", "no_text", "too_large", "timeout"}),
        ("pages.pdf", endless_pages(), {"broken", "no_text", "too_large"}),
        ("inflating.pdf", inflating_pdf(), {"broken", "no_text", "too_large", "timeout"}),
    ]
