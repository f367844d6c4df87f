# syntax=docker/dockerfile:1
# The gateway alone: PostgreSQL is a server of its own. The version of Rust is that of rust-toolchain.toml.

FROM rust:1.95.0-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY api api
COPY db db
COPY migrations migrations
COPY tests/main.rs tests/main.rs
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin arvlite && cp target/release/arvlite /usr/local/bin/arvlite

FROM debian:bookworm-20260824-slim
# For sslmode=verify-full to databases whose certificate a public authority signed.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/bin/arvlite /usr/local/bin/arvlite
RUN useradd --system --uid 10001 --no-log-init --home-dir /var/lib/arvlite --create-home arvlite
USER arvlite
WORKDIR /var/lib/arvlite
ENV ARVLITE_DATA_DIR=/var/lib/arvlite
VOLUME /var/lib/arvlite
EXPOSE 4000
# The slim image has no curl; its bash opens a connection by itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4000 && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep -q '\"status\":\"ok\"' <&3"]
CMD ["arvlite", "serve", "--listen", "0.0.0.0:4000"]
