"""More than a million vectors through the index port into OpenSearch (index.py)."""

import index

SIZE = {"passages": 1_050_000, "dimension": 128, "duration_ms": 20_000}
HEAP = ("-Xms4g", "-Xmx4g", "-XX:+UseG1GC")


def run(context):
    folder = context.folder / "opensearch"
    folder.mkdir()
    report = index.opensearch(context, folder, SIZE, HEAP)
    return report | {"findings": index.findings_of("opensearch", report)}
