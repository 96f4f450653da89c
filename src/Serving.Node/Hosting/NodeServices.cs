using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Serving.Node.Cache;
using Serving.Node.Inspect;
using Serving.Node.Log;
using Serving.Node.Metrics;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Receive;
using Serving.Node.Versions;
using Serving.Node.Workers;

namespace Serving.Node.Hosting;

internal static class NodeServices
{
    private const int LongestHeaders = 32 << 10;

    public static void AddNode(this WebApplicationBuilder builder)
    {
        SecretFiles.Add(builder.Configuration);
        var services = builder.Services;
        services.AddOptions<NodeOptions>().BindConfiguration(NodeOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsValidator>();
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeTransportValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<NodeOptions>>().Value);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<NodePaths>().AddSingleton<ControlPlaneClient>();
        services.AddSingleton<CacheChecks>().AddSingleton<NodeCaches>().AddHostedService<CacheChecker>();
        services.AddSingleton<ServingTable>().AddSingleton<SnapshotBuilder>().AddSingleton<SeriesRegistry>();
        services.AddSingleton<Sandbox>().AddSingleton<WorkerStarter>().AddHostedService<LongRuns>();
        services.AddSingleton<ArtifactCache>().AddSingleton<BootLedger>().AddSingleton<ReleaseLoader>().AddSingleton<StateStore>().AddSingleton<NodeStatus>();
        services.AddSingleton<PredictionLog>().AddSingleton<Prediction>().AddSingleton<HttpPredictions>();
        services.AddSingleton<VersionManager>().AddHostedService(provider => provider.GetRequiredService<VersionManager>());
        services.AddHostedService<StateSource>().AddHostedService<LogWriter>().AddHostedService<LogShipper>();
        services.AddRpc();
        services.AddTracing(builder.Configuration);
        services.AddHostedService<Drain>();
        services.Configure<HostOptions>(host =>
        {
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
            host.ShutdownTimeout = TimeSpan.FromSeconds(45);
        });
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<NodeOptions>>((kestrel, options) => Listen(kestrel, options.Value));
    }

    private static void Listen(KestrelServerOptions kestrel, NodeOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // each endpoint has its own limit
        kestrel.Limits.MaxRequestHeadersTotalSize = LongestHeaders;
        Bind(kestrel, options.Url, HttpProtocols.Http1);
        if (options.Http2Url.Length > 0)
            Bind(kestrel, options.Http2Url, HttpProtocols.Http2);
        if (NodeEndpoints.ManagementOf(options) != options.Url)
            Bind(kestrel, options.ManagementUrl, HttpProtocols.Http1);
    }

    private static void Bind(KestrelServerOptions kestrel, string url, HttpProtocols protocols)
    {
        var address = BindingAddress.Parse(url);
        if (address.Host is "localhost")
            kestrel.ListenLocalhost(address.Port, listen => listen.Protocols = protocols);
        else if (System.Net.IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, address.Port, listen => listen.Protocols = protocols);
        else
            kestrel.ListenAnyIP(address.Port, listen => listen.Protocols = protocols);
    }
}
