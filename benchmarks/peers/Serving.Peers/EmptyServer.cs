using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Serving.Peers;

/// <summary>What the web server costs by itself: it takes the body and answers two bytes.</summary>
internal static class EmptyServer
{
    public const string Verb = "empty";

    private static readonly byte[] _answer = "{}"u8.ToArray();

    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(port + 1, listen => listen.Protocols = HttpProtocols.Http2);
        });
        await using var app = builder.Build();
        app.Run(static async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await context.Response.WriteAsync($"node_allocated_bytes_total {GC.GetTotalAllocatedBytes()}\n", context.RequestAborted);
                return;
            }

            var body = context.Request.BodyReader;
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            context.Response.ContentLength = _answer.Length;
            context.Response.ContentType = "application/json";
            await context.Response.BodyWriter.WriteAsync(_answer, context.RequestAborted);
        });
        await app.RunAsync();
    }
}
