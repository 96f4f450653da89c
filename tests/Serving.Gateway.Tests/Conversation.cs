using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;

namespace Serving.Gateway.Tests;

/// <summary>A gRPC stream in both directions, message by message, over HTTP/2 without TLS.</summary>
internal sealed class Conversation : IDisposable
{
    private readonly HttpClient _client = new();
    private readonly Pipe _said = new();
    private Stream? _heard;

    public HttpResponseMessage Answer { get; private set; } = null!;

    /// <returns>Once the head of the answer is there.</returns>
    public static async Task<Conversation> StartAsync(string url)
    {
        var talk = new Conversation();
        var ask = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new Said(talk._said.Reader),
        };
        ask.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        talk.Answer = await talk._client.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead);
        talk._heard = await talk.Answer.Content.ReadAsStreamAsync();
        return talk;
    }

    public async Task SayAsync(byte[] bytes) => await _said.Writer.WriteAsync(bytes);

    /// <summary>Nothing more is said.</summary>
    public void End() => _said.Writer.Complete();

    /// <returns>As many bytes, or fewer at the end.</returns>
    public async Task<byte[]> HearAsync(int count)
    {
        var buffer = new byte[count];
        var read = await _heard!.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false);
        return buffer[..read];
    }

    public void Dispose() => _client.Dispose();

    private sealed class Said(PipeReader from) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            while (await from.ReadAsync(cancellationToken) is { } read)
            {
                foreach (var part in read.Buffer)
                    await stream.WriteAsync(part, cancellationToken);
                from.AdvanceTo(read.Buffer.End);
                await stream.FlushAsync(cancellationToken);
                if (read.IsCompleted)
                    return;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
