# One image a process: docker build --target control-plane|node|gateway|cli .
# Runs without root, with a read-only root file system; what is written lies under /data and /tmp.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json nuget.config Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ControlPlane.sln ./
COPY src src
COPY migrations migrations
RUN for program in ControlPlane.Web ControlPlane.Cli Serving.Node Serving.Gateway; do \
      dotnet publish "src/$program" -c Release -o "/app/$program" || exit 1; \
    done

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS base
# Diagnostics would write its socket into a file system that is read-only.
ENV DOTNET_EnableDiagnostics=0 DOTNET_NOLOGO=1
RUN install -d -o "$APP_UID" -g "$APP_UID" /data
WORKDIR /data
USER $APP_UID

FROM base AS node
COPY --from=build /app/Serving.Node /app/Serving.Node
EXPOSE 8000 8001
ENTRYPOINT ["/app/Serving.Node/Serving.Node"]

FROM base AS gateway
COPY --from=build /app/Serving.Gateway /app/Serving.Gateway
EXPOSE 8080 8081
ENTRYPOINT ["/app/Serving.Gateway/Serving.Gateway"]

FROM base AS cli
COPY --from=build /app/ControlPlane.Cli /app/ControlPlane.Cli
ENTRYPOINT ["/app/ControlPlane.Cli/cpctl"]

# Validates uploads with the node's program, in a child process.
FROM base AS control-plane
COPY --from=build /app/Serving.Node /app/Serving.Node
COPY --from=build /app/ControlPlane.Web /app/ControlPlane.Web
EXPOSE 5080
ENTRYPOINT ["/app/ControlPlane.Web/ControlPlane.Web"]
