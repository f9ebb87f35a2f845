# The executable in an image with nothing beside it: docker build -t finnhub-pipe:0.1.0 .
# Images are pinned by digest; Dependabot proposes newer ones.
FROM denoland/deno:2.6.10@sha256:70b9c3ae21491073ca260e45b98f6dfc6ccc036e2af84c1831d21f675e1c0932 AS build
WORKDIR /build
COPY deno.json deno.lock main.ts ./
COPY .ci/compile.json .ci/notices.ts .ci/sbom.ts .ci/
COPY src src
COPY schemas schemas
COPY manifests manifests
COPY grafana grafana
RUN deno task build

# The C library and certificates: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
COPY --from=build /build/finnhub-pipe /finnhub-pipe
USER 65532:65532
ENTRYPOINT ["/finnhub-pipe"]
