# The executable in an image with nothing beside it: docker build -t finnhub-pipe:0.1.0 .
ARG DENO=2.6.10

FROM denoland/deno:debian-${DENO} AS build
WORKDIR /build
COPY deno.json deno.lock main.ts ./
COPY src src
COPY schemas schemas
COPY manifests manifests
COPY grafana grafana
RUN deno task build

# The C library and certificates: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/finnhub-pipe /finnhub-pipe
USER 65532:65532
ENTRYPOINT ["/finnhub-pipe"]
