# syntax=docker/dockerfile:1
# The one image of every role and every application. `docker build -t slipway .`; for another platform on a machine of that platform:
# the base is an index of amd64 and arm64, and nothing below names either.
# The base is debian:bookworm-20260918-slim as docker-library/repo-info records it; only the build sees it.
FROM debian@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251 AS build
WORKDIR /build
# Packages first: they change seldom.
COPY scripts/install.sh scripts/encoder.sha256 scripts/
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils >/dev/null && scripts/install.sh build \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release && cmake --build --preset release --target slipway
RUN scripts/rootfs.sh /rootfs

FROM scratch
COPY --from=build /rootfs /
COPY --from=build --chown=65532:65532 /rootfs/data /data
# Whom RDS and Aurora are trusted by: sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem
ADD --chmod=644 --checksum=sha256:e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3 \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-global-bundle.pem
# Which application runs when none is named: `docker build --build-arg APP=rikai -t rikaios .`, or SLIPWAY_APP at the start.
ARG APP=wwhd
ENV PATH=/usr/bin HOME=/data DATA=/data HOST=0.0.0.0 SLIPWAY_APP=/apps/${APP}
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8000 8283 8766
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/bin/slipway", "health"]
ENTRYPOINT ["/usr/bin/slipway"]
CMD ["serve"]
