using System.Diagnostics;
using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace Serving.Peers;

/// <summary>The library that the gateway is built on with nothing around it: every request to one address, nothing kept, nothing counted.</summary>
internal static class BareYarp
{
    public const string Verb = "yarp";

    public static async Task RunAsync(int port, string target)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true, ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(2),
        });
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        var config = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        app.Run(async context => await forwarder.SendAsync(context, target, client, config, HttpTransformer.Default, context.RequestAborted));
        await app.RunAsync();
    }
}
