# syntax=docker/dockerfile:1
# Three images, one target each: worker, starter, simulator. Static binaries, no shell, no root.

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags="-s -w" -o /out/worker ./worker \
 && go build -trimpath -ldflags="-s -w" -o /out/starter ./starter \
 && go build -trimpath -ldflags="-s -w" -o /out/simulator ./testsuite/simulator/cmd/simulator \
 && mkdir -p /out/data

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
USER 65532:65532

FROM base AS starter
COPY --from=build /out/starter /starter
ENTRYPOINT ["/starter"]

FROM base AS simulator
COPY --from=build /out/simulator /simulator
EXPOSE 9090
ENTRYPOINT ["/simulator", "--listen", "0.0.0.0:9090"]

FROM base AS worker
COPY --from=build /out/worker /worker
# The audit trail's folder: mount a volume here. It belongs to the user that the worker runs as.
COPY --from=build --chown=65532:65532 /out/data /data
VOLUME /data
ENV REGISTRAR_AUDIT=file:/data/llm_model_audit.log \
    REGISTRAR_METRICS_ADDRESS=0.0.0.0:9464
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/worker", "healthcheck"]
ENTRYPOINT ["/worker"]
