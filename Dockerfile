# syntax=docker/dockerfile:1
# Three images, one target each: worker, starter, simulator. Static binaries, no shell, no root.

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ENV CGO_ENABLED=0
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -ldflags="-s -w" -o /out/worker ./worker \
 && go build -trimpath -ldflags="-s -w" -o /out/starter ./starter \
 && go build -trimpath -ldflags="-s -w" -o /out/simulator ./testsuite/simulator/cmd/simulator
RUN mkdir -p /out/empty

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# The container engine gives users that are in no passwd file this home as well; Temporal's client looks for profiles there.
ENV HOME=/
USER 65532:65532

FROM base AS starter
LABEL org.opencontainers.image.title="model-registrar starter" \
      org.opencontainers.image.description="The command line of Model Registrar"
COPY --from=build /out/starter /starter
ENTRYPOINT ["/starter"]

FROM base AS simulator
LABEL org.opencontainers.image.title="model-registrar simulator" \
      org.opencontainers.image.description="Plays Genesys Cloud, LLM providers and a webhook receiver, for demonstrations and tests"
COPY --from=build /out/simulator /simulator
# A volume takes its owner from the image's folder where it is mounted.
COPY --from=build --chown=65532:65532 /out/empty /tls
EXPOSE 9090
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["/simulator", "--healthcheck"]
ENTRYPOINT ["/simulator"]
CMD ["--listen", "0.0.0.0:9090"]

FROM base AS worker
LABEL org.opencontainers.image.title="model-registrar worker" \
      org.opencontainers.image.description="Runs the workflows and activities of model registrations"
COPY --from=build /out/worker /worker
COPY --from=build --chown=65532:65532 /out/empty /simulator-tls
# The audit trail's folder: mount a volume here.
COPY --from=build --chown=65532:65532 /out/empty /data
VOLUME /data
ENV REGISTRAR_AUDIT=file:/data/llm_model_audit.log \
    REGISTRAR_METRICS_ADDRESS=0.0.0.0:9464
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["/worker", "healthcheck"]
ENTRYPOINT ["/worker"]
